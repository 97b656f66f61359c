"""GANs: on 2-D points and on Fashion-MNIST, trained live and recorded; picture to picture; style; growing."""

from genai_demo.run import Run
from genai_demo.spec import ModelSpec

SPECS: tuple[ModelSpec, ...] = ()
RUNS: tuple[Run, ...] = ()
