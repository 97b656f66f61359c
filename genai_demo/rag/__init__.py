"""Retrieval-augmented generation: the built-in library of articles and the questions asked of it."""

from genai_demo.run import Run
from genai_demo.spec import ModelSpec

SPECS: tuple[ModelSpec, ...] = ()
RUNS: tuple[Run, ...] = ()
