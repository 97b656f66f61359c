"""A text too long to be read at once, in parts that are not: whole sentences, as many as there is room for."""

from __future__ import annotations

import re

from genai_demo.language.text import clean
from genai_demo.seq2seq.model import Translator

ENDS = re.compile(r"(?<=[.!?;:])\s+|\n+")


def parts(model: Translator, task: str, text: str) -> list[str]:
    """The text, or its parts in their order; a sentence that is too long by itself is cut between words."""
    if task not in model.tasks or _fits(model, task, text):
        return [text]
    found: list[str] = []
    for sentence in ENDS.split(clean(text)):
        for piece in [sentence] if _fits(model, task, sentence) else sentence.split():
            joined = f"{found[-1]} {piece}" if found else piece
            if found and _fits(model, task, joined):
                found[-1] = joined
            else:
                found.append(piece)
    return [part for part in found if part.strip()]


def _fits(model: Translator, task: str, text: str) -> bool:
    """Whether it reads that much at once, with the task's sign and END."""
    return len(model.segment(model.blank + clean(text))) < model.longest - len(model.opening(task))
