"""What a text of n tokens costs, measured: attention, a state space, and a mixture of both.

The networks are those of model.py with random weights, for time and memory do not hang on what they have learnt. Time
is that of the processor, on one thread, so that what else the machine does hardly counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator, seeded
from genai_demo.core.frames import curve, number, prose
from genai_demo.language.corpus import VOCABULARY
from genai_demo.ssm import model
from genai_demo.ssm.options import LengthOptions

SHORTEST, BETWEEN = 128, 2  # tokens; lengths from one power of two to the next
NETWORKS = ("attention", "mamba2", "hybrid")
PASS, KEPT, NEXT = "time to read the text", "memory to go on writing", "time of one token more"
TIMES = 3  # a short pass is measured so often, and the quickest counts
BRIEF = 0.25  # seconds of a short one


@dataclass(frozen=True, slots=True, eq=False)
class LengthStep:
    """Texts of `length` tokens. Fits are those to all that was measured so far."""

    index: int
    total: int
    said: str = prose("what is measured")
    length: int = number("tokens", digits=0)
    attention: float = curve("attention", unit="ms", chart=PASS, against="length", digits=1, measured=True)
    space: float = curve("state space", unit="ms", chart=PASS, against="length", digits=1, measured=True)
    mixed: float = curve("mixture", unit="ms", chart=PASS, against="length", digits=1, measured=True)
    square: float = curve("fit, a n + b n²", unit="ms", chart=PASS, against="length", digits=1, measured=True)
    linear: float = curve("fit, a n", unit="ms", chart=PASS, against="length", digits=1, measured=True)
    cache: float = curve("attention, keys and values", unit="kB", chart=KEPT, against="length", digits=0)
    state: float = curve("state space, its state", unit="kB", chart=KEPT, against="length", digits=0)
    both: float = curve("mixture, both", unit="kB", chart=KEPT, against="length", digits=0)
    one_attention: float = curve("attention ", unit="ms", chart=NEXT, against="length", digits=1, measured=True)
    one_space: float = curve("state space ", unit="ms", chart=NEXT, against="length", digits=1, measured=True)
    one_mixed: float = curve("mixture ", unit="ms", chart=NEXT, against="length", digits=1, measured=True)
    squared: float | None = number("of attention's time grows with n²", unit="%", digits=0, measured=True)


@dataclass(frozen=True, slots=True)
class Cost:
    """ms: processor time of a pass; kept: bytes that it leaves for the next token; one_ms: processor time of that."""

    ms: float
    kept: int
    one_ms: float


@torch.inference_mode()
def length(options: LengthOptions, *, seed: int) -> Iterator[LengthStep]:
    """A frame a length, the shortest first."""
    with seeded(seed):
        networks = [getattr(model, name)().eval() for name in NETWORKS]
    wanted = lengths(options.longest)
    ids = torch.randint(VOCABULARY, (1, options.longest + 1), generator=generator(seed))
    for network in networks:  # the first pass is slower
        cost(network, ids[:, : SHORTEST + 1])
    found: list[list[Cost]] = []
    for index, n in enumerate(wanted):
        found.append([cost(network, ids[:, : n + 1]) for network in networks])
        attention, space, mixed = found[-1]
        times = [[each.ms for each in column] for column in zip(*found)]
        a, b = fit(wanted[: index + 1], times[0], (1, 2)) if index else (0.0, 0.0)
        (slope,) = fit(wanted[: index + 1], times[1], (1,))
        yield LengthStep(
            index,
            len(wanted),
            said(index, len(wanted)),
            n,
            attention.ms,
            space.ms,
            mixed.ms,
            a * n + b * n * n if index else attention.ms,
            slope * n,
            attention.kept / 1000,
            space.kept / 1000,
            mixed.kept / 1000,
            attention.one_ms,
            space.one_ms,
            mixed.one_ms,
            100 * b * n * n / (a * n + b * n * n) if index > BETWEEN else None,
        )


def lengths(longest: int) -> list[int]:
    """Each power of two from SHORTEST on, and places between them."""
    doublings = round(np.log2(longest / SHORTEST))
    return [round(SHORTEST * 2 ** (k / BETWEEN)) for k in range(doublings * BETWEEN + 1)]


def cost(network: Any, ids: Tensor) -> Cost:
    """What reading all but the last of ids (1, n + 1) costs, and then the last."""
    from transformers import DynamicCache

    kept = DynamicCache(config=network.config)
    text, last = ids[:, :-1], ids[:, -1:]
    ms = quickest(lambda: network.base_model(text, use_cache=False))
    network.base_model(text, use_cache=True, cache=kept)
    before = size(kept)
    return Cost(ms, before, quickest(lambda: network.base_model(last, use_cache=True, cache=kept)))


def quickest(work: Callable[[], Any]) -> float:
    """Processor time in ms, the least of TIMES where it is short."""
    found = []
    for _ in range(TIMES):
        start = time.thread_time()
        work()
        found.append(time.thread_time() - start)
        if found[-1] > BRIEF:
            break
    return 1000 * min(found)


def size(cache: Any) -> int:
    """Bytes of all tensors that a cache holds."""
    return sum(
        tensor.numel() * tensor.element_size()
        for layer in cache.layers
        for part in vars(layer).values()
        for tensor in (part.values() if isinstance(part, dict) else [part])
        if isinstance(tensor, Tensor)
    )


def fit(n: Sequence[int], ms: Sequence[float], powers: Sequence[int]) -> tuple[float, ...]:
    """Least squares of relative errors: a factor for each power of n; a power whose factor would be below 0 goes."""
    table = np.array([[float(length) ** power for power in powers] for length in n]) / np.array(ms)[:, None]
    scale = table.max(0)
    found = np.linalg.lstsq(table / scale, np.ones(len(n)), rcond=None)[0] / scale
    if (found >= 0).all():
        return tuple(found.tolist())
    left = [power for power, factor in zip(powers, found) if factor >= 0]
    again = dict(zip(left, fit(n, ms, left)))
    return tuple(again.get(power, 0.0) for power in powers)


def said(index: int, total: int) -> str:
    """What a frame shows."""
    if index < total - 1:
        return (
            "Each network reads a text, then one token more; processor time, on one thread. Their weights are random: "
            "time and memory do not hang on what was learnt."
        )
    return (
        "Attention compares every token with every other: its time has a part in n², and it keeps a key and a value of "
        "each. The state space goes through once, and what it keeps is as large at the end as at the beginning."
    )
