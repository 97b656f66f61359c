"""The words that the model of emoji knows, as the file of its text encoder lists them; imports no torch."""

from __future__ import annotations

from pathlib import Path

from safetensors import safe_open

from genai_demo.core.spec import WEIGHTS

FILE = "emoji-text.safetensors"
WORDS = "words"  # under which the metadata lists them, with spaces between


def of(path: Path) -> tuple[str, ...]:
    """Those of a text encoder's file."""
    with safe_open(path, "np") as file:
        return tuple(file.metadata()[WORDS].split())


def shipped() -> tuple[str, ...]:
    """Those of the bundled model."""
    return of(WEIGHTS / "text_to_image" / FILE)
