"""A toy architecture: a disc that spins. All that the rest of the program knows of it."""

from genai_demo.toy.options import SpinOptions

from genai_demo.core.registry import Family
from genai_demo.core.run import Run

FAMILY = Family("Toy", "Systems", "A disc that spins.", starts=(("Spin", "run=toy/spin&steps=4"),))
SPECS = ()
RUNS = (
    Run("toy/spin", "A disc goes round", SpinOptions, "genai_demo.toy.spin:spin", seconds=lambda o: 5),
    Run("toy/disc", "A disc that stays", SpinOptions, "genai_demo.toy.spin:spin", seconds=lambda o: 5),
)
