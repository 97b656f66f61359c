"""Text that no small language model was trained on, shipped, so that visitors' runs measure on it without fetching any.

Whole packages and modules of each of data/domains.py's five, `python -m genai_demo.language.held` picks them.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping

import torch
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.home import ASSETS, whole
from genai_demo.data import domains
from genai_demo.language.model import LanguageModel

FILE = ASSETS / "held_out.json"
CHARACTERS, PART = 20_000, 1_500  # of a domain, and of one document at most


@functools.cache
def held_out() -> Mapping[str, str]:
    """Domain -> a text of about CHARACTERS. Raises DemoError where the file is missing."""
    if not FILE.exists():
        raise DemoError(f"assets/{FILE.name} is missing; restore it, or make it: python -m genai_demo.language.held")
    found: dict[str, str] = json.loads(FILE.read_text())
    return found


def stretches(model: LanguageModel, count: int, length: int) -> dict[str, Tensor]:
    """Domain -> so many stretches of its text, evenly spaced, (count, length) token numbers of the model."""
    found = {}
    for name, text in held_out().items():
        ids = torch.tensor(model.encode(text), device=model.network.device)
        starts = torch.linspace(0, len(ids) - length, count).long().tolist()
        found[name] = torch.stack([ids[at : at + length] for at in starts])
    return found


def pick() -> dict[str, str]:
    """Beginnings of documents that are held out, evenly spaced. Raises DemoError where they can't be had."""
    found = {}
    for name in domains.DOMAINS:
        texts = domains.load(name, "held out")
        step = max(1, len(texts) * PART // (2 * CHARACTERS))
        chosen, length = [], 0
        for text in [*texts[::step], *texts[1::step]]:
            chosen.append(text[:PART])
            length += len(chosen[-1])
            if length >= CHARACTERS:
                break
        found[name] = "\n\n".join(chosen)
    return found


if __name__ == "__main__":
    with whole(FILE) as partial:
        partial.write_text(json.dumps(pick(), indent=1, ensure_ascii=False) + "\n")
