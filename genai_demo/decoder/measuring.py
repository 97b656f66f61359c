"""Measures how far 4 bits in llama.cpp and bf16 in PyTorch agree.

At each place of PyTorch's greedy answers llama.cpp is asked what it would take after the same text.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from genai_demo.decoder.quality import RESULTS
from genai_demo.language.decode import decode
from genai_demo.language.engines import Engine, Prompt
from genai_demo.language.model import LanguageModel
from genai_demo.language.options import Sampling
from genai_demo.quality.cards import Watch

TOKENS = 32  # of each answer
PROMPTS = (
    "What is the capital of France?",
    "Why is the sky blue?",
    "Write a short poem about the sea.",
    "Explain what a transformer is in machine learning.",
    "How do I boil an egg?",
    "Name three fruits.",
    "What is 7 times 8?",
    "Translate 'good morning' to Spanish.",
    "Who wrote Romeo and Juliet?",
    "Give me a tip for sleeping well.",
    "What do plants need to grow?",
    "Tell me a joke.",
    "Write a Python function that adds two numbers.",
    "What is the largest planet?",
    "Describe a rainbow.",
    "How far away is the moon?",
    "What is the opposite of hot?",
    "List the days of the week.",
    "What is gravity?",
    "Summarise the story of Cinderella in two sentences.",
)


def agreement(fast: Engine, model: LanguageModel, prompts: Sequence[str] = PROMPTS, tokens: int = TOKENS) -> float:
    """Share of the places of PyTorch's greedy answers, at most `tokens` each, where `fast` takes the same token."""
    same = [agree for prompt in prompts for agree in places(fast, model, prompt, tokens)]
    return sum(same) / len(same)


def places(fast: Engine, model: LanguageModel, prompt: str, tokens: int) -> list[bool]:
    """Whether both take the same token, for each place of PyTorch's greedy answer."""
    ids = model.chat([{"role": "user", "content": prompt}])
    taken = [step.id for step in decode(model, ids, Sampling(), seed=0, limit=tokens)]
    return [taken[i] == _next(fast, [*ids, *taken[:i]]) for i in range(len(taken))]


def _next(fast: Engine, ids: Sequence[int]) -> int | None:
    """The token that `fast` takes; None where it is the beginning of a character, which llama.cpp keeps to itself."""
    pieces = fast.stream(Prompt(len(ids), tuple(ids)), Sampling(), seed=0, limit=1, top=1)
    return next((piece.taken.id for piece in pieces), None)


def _seconds(engine: Engine, prompt: str) -> float:
    """A token of a greedy answer, on average, reading included."""
    begun = time.perf_counter()
    asked = engine.ask([{"role": "user", "content": prompt}])
    count = sum(piece.count for piece in engine.stream(asked, Sampling(), seed=0, limit=TOKENS, top=8))
    return (time.perf_counter() - begun) / count


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Compare the two models, write RESULTS -> what was found."""
    from genai_demo.core.cards import machine
    from genai_demo.core.load import load, load_info
    from genai_demo.core.recipe import versions
    from genai_demo.decoder import FAST, SMALL
    from genai_demo.language.engines import Local

    fast, info = load(FAST), load_info(SMALL)
    model = info.model

    same, spent = [], {"fast": 0.0, "torch": 0.0}  # spent: on the same tokens, in turn, so that both meet the same load
    for prompt in watch(PROMPTS, "compare"):
        same += places(fast, model, prompt, TOKENS)
        for name, engine in (("fast", fast), ("torch", Local(model))):
            spent[name] += _seconds(engine, prompt)
    found = {
        "prompts": len(PROMPTS),
        "places": len(same),
        "same": round(sum(same) / len(same), 4),
        "times_as_fast": round(spent["torch"] / spent["fast"], 1),
        "dtype": info.dtype,
    }
    RESULTS.write_text(json.dumps({**found, "device": machine(), "versions": versions()}, indent=1) + "\n")
    return found
