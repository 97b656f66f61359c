"""The decoder through run(recipe), with its frames, against the bare libraries on the same prompt, taken in turn."""

from __future__ import annotations

import itertools
import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

from benchmarks import Row, alternate
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.decoder import FAST, SMALL
from genai_demo.language import prefixes

QUESTION = "Write a long story about a boat."
TOKENS, VISITORS, TOP = 64, 8, 8
STORY = "Once upon a time a small boat sailed over the wide sea to find an island. " * 24  # some 400 tokens
TIMES = itertools.count()


def rows() -> list[Row]:
    """Rates in tokens a second, and times to the first token; the smaller the machine's other load, the better."""
    fast, model = load(FAST), load(SMALL)
    chat, bare = alternate(lambda: talk(QUESTION), lambda: bare_llama_cpp(fast), 5)
    chat_again, generate = alternate(lambda: talk(QUESTION), lambda: bare_generate(model), 3)
    eight, one = alternate(visitors, lambda: talk("Write a long story about an island."), 3)
    panel, loop = alternate(lambda: talk(QUESTION, SMALL.key), lambda: hand_loop(model), 3)
    first, forward = alternate(lambda: read(STORY), lambda: bare_forward(model), 5)
    return [
        rate("decoder: chat in llama.cpp (at least 0.95)", chat, bare),
        rate("decoder: the same against transformers.generate, bf16 (at least 3)", chat_again, generate),
        rate(f"decoder: {VISITORS} visitors together against one (at least 1.5)", eight / VISITORS, one),
        rate("decoder: chat in PyTorch with its bars against a hand loop (at least 0.85)", panel, loop),
        wait("decoder: first token of 400 in PyTorch against the forward pass (at most 1.1)", first, forward),
        wait("decoder: first token of a second turn in PyTorch (at most 0.5 of a fresh one)", *turns(SMALL.key)),
        wait("decoder: the same in llama.cpp (at most 0.5)", *turns(FAST.key)),
    ]


def rate(name: str, ours: float, bare: float) -> Row:
    """A row of two rates, from the seconds of TOKENS tokens."""
    return name, f"{TOKENS / ours:.1f} tokens/s", f"{TOKENS / bare:.1f} tokens/s", bare / ours


def wait(name: str, ours: float, bare: float) -> Row:
    """A row of two times."""
    return name, f"{1000 * ours:.0f} ms", f"{1000 * bare:.0f} ms", ours / bare


def recipe(text: str, model: str, tokens: int = TOKENS) -> Recipe:
    options = {"turns": text, "temperature": 0, "repetition_penalty": 1, "max_new_tokens": tokens, "top": TOP}
    return Recipe("decoder/chat", options, 0, model)


def talk(text: str, model: str = FAST.key) -> None:
    """The whole run, all its frames."""
    frames = list(run(recipe(text, model)))
    assert frames[-1].index == TOKENS - 1, "an answer is shorter than what it is compared with"


def visitors() -> None:
    """VISITORS at once, each with a question of their own."""
    with ThreadPoolExecutor(VISITORS) as pool:
        list(pool.map(talk, [f"Write a long story about {i + 2} boats." for i in range(VISITORS)]))


def bare_llama_cpp(fast: Any) -> None:
    """The same request, the answers counted and dropped."""
    ids = fast.ask([{"role": "user", "content": QUESTION}]).ids
    wanted = {"prompt": list(ids), "n_predict": TOKENS, "stream": True, "temperature": 0, "n_probs": TOP}
    seen: list[int] = []
    fast.server.handle_completions(wanted, lambda answer: seen.append(1))


def prompt(model: Any, text: str) -> torch.Tensor:
    return torch.tensor([model.chat([{"role": "user", "content": text}])])


def bare_generate(model: Any) -> None:
    ids = prompt(model, QUESTION)
    model.network.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        min_new_tokens=TOKENS,
        max_new_tokens=TOKENS,
        pad_token_id=0,
    )


@torch.inference_mode()
def hand_loop(model: Any) -> None:
    """A pass over the prompt, then the likeliest token again and again."""
    from transformers import DynamicCache

    cache, new = DynamicCache(), prompt(model, QUESTION)
    for _ in range(TOKENS):
        new = model.network(input_ids=new, cache=cache, use_cache=True).logits[:, -1:].argmax(-1)


@torch.inference_mode()
def bare_forward(model: Any) -> None:
    model.network(input_ids=prompt(model, STORY), use_cache=True, logits_to_keep=1)


def read(text: str) -> None:
    """To the first token, nothing of the text known beforehand."""
    prefixes.forget()
    first(text, SMALL.key)


def first(text: str, model: str) -> float:
    """Seconds to the first token."""
    start = time.perf_counter()
    frames = run(recipe(text, model, 2))
    next(frames)
    spent = time.perf_counter() - start
    frames.close()
    return spent


def turns(model: str) -> tuple[float, float]:
    """Seconds to the first token of a second turn, and of the same conversation where nothing of it is known."""
    second, fresh = [], []
    for _ in range(3):
        for spent, before in ((second, True), (fresh, False)):
            asked = ["user", f"Number {next(TIMES)}. {STORY}"]
            whole = json.dumps([asked, ["assistant", "What a story."], ["user", "Go on."]])
            if before:
                first(json.dumps([asked]), model)
            spent.append(first(whole, model))
    return statistics.median(second), statistics.median(fresh)
