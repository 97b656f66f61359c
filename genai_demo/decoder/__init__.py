"""Decoders: a language model chats, token by token, and is looked into."""

from genai_demo.run import Run
from genai_demo.spec import ModelSpec

SPECS: tuple[ModelSpec, ...] = ()
RUNS: tuple[Run, ...] = ()
