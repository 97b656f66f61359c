"""Keys with their values, then other text, then the keys again: which values are still known, against the distance?

Associative recall (Arora et al. 2023) by three tiny networks (tiny.py), learnt with short distances in front of the
visitor and measured with longer ones. The trained language models are too small to repeat what they have read once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from genai_demo.core.device import generator, seeded
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import curve, number, prose
from genai_demo.ssm.options import RecallOptions
from genai_demo.ssm.tasks import Batch, Learning, judged
from genai_demo.ssm.tiny import Tiny

KEYS, VALUES, OTHERS = 8, 8, 4  # symbols of each kind, numbered in this order; OTHERS: of the text between
ROWS, JUDGED = 32, 128  # rows of a step and of a measure
FIRST = 4  # symbols of the shortest distance that is measured
LAYERS, EVERY = 2, 20  # EVERY: steps from one frame to the next
NETWORKS: dict[str, dict[str, bool]] = {"attention": {"attention": True}, "space": {}, "fixed": {"selection": False}}
LEARN, RIGHT = "loss at the distances learnt", "values recalled"


@dataclass(frozen=True, slots=True, eq=False)
class RecallStep:
    """First the networks learn, a frame every so many steps; then a frame a distance, with what they recall."""

    index: int
    total: int
    said: str = prose("what happens")
    attention: float | None = curve("attention", unit="%", chart=RIGHT, against="distance", digits=0)
    space: float | None = curve("state space", unit="%", chart=RIGHT, against="distance", digits=0)
    fixed: float | None = curve("without selection", unit="%", chart=RIGHT, against="distance", digits=0)
    chance: float | None = curve("by chance", unit="%", chart=RIGHT, against="distance", digits=0)
    attention_loss: float | None = curve("attention ", unit="nats a value", chart=LEARN, against="step")
    space_loss: float | None = curve("state space ", unit="nats a value", chart=LEARN, against="step")
    fixed_loss: float | None = curve("without selection ", unit="nats a value", chart=LEARN, against="step")
    step: int = number("step", digits=0)
    distance: int = number("symbols between", digits=0)


def recall(options: RecallOptions, *, seed: int) -> Iterator[RecallStep]:
    """Learns, then measures, the shortest distance first. Raises DemoError where a loss is no number any more."""
    learning = [Learning(_made(seed, **each), options.learning_rate) for each in NETWORKS.values()]
    random, held = generator(seed + 1), rows(options, options.learnt, JUDGED, generator(seed + 2))
    stops, wanted = [*range(0, options.steps, EVERY), options.steps], distances(options.longest)
    total, index, step = len(stops) + len(wanted), 0, 0
    for index, stop in enumerate(stops):
        while step < stop:
            distance = int(torch.randint(options.learnt + 1, (), generator=random))
            batch = rows(options, distance, ROWS, random)
            for each in learning:
                each.advance(batch)
            step += 1
        losses = [value for value, _ in _all(learning, held)]
        if not math.isfinite(sum(losses)):
            raise DemoError(
                f"learning_rate is {options.learning_rate:g}, and the loss was no number any more at step {step}; "
                "choose a smaller one"
            )
        told = f"They learn with 0 to {options.learnt} symbols between the keys and the questions."
        one, two, three = losses
        yield RecallStep(index, total, told, None, None, None, None, one, two, three, step, options.learnt)
    for place, distance in enumerate(wanted, index + 1):
        shares = [share for _, share in _all(learning, rows(options, distance, JUDGED, generator(seed + 2)))]
        told = _said(distance, options.learnt)
        one, two, three = shares
        yield RecallStep(place, total, told, one, two, three, 100 / VALUES, None, None, None, step, distance)


def _made(seed: int, **settings: bool) -> Tiny:
    with seeded(seed):
        return Tiny(KEYS + VALUES + OTHERS, LAYERS, **settings)


@torch.no_grad()
def _all(learning: list[Learning], batch: Batch) -> list[tuple[float, float]]:
    """Of each network its loss in nats, and the share of its answers that is right in %."""
    found = (judged(one.network, batch) for one in learning)
    return [(float(loss), 100 * float(share)) for loss, share in found]


def rows(options: RecallOptions, distance: int, count: int, random: torch.Generator) -> Batch:
    """Keys, each with its value; `distance` symbols of the other kind; the keys again in another order."""
    keys = torch.rand(count, KEYS, generator=random).argsort(1)[:, : options.pairs]
    values = torch.randint(KEYS, KEYS + VALUES, (count, options.pairs), generator=random)
    which = torch.rand(count, options.pairs, generator=random).argsort(1)
    between = torch.randint(KEYS + VALUES, KEYS + VALUES + OTHERS, (count, distance), generator=random)
    ids = torch.cat([torch.stack([keys, values], -1).flatten(1), between, keys.gather(1, which)], 1)
    answers = torch.full_like(ids, -1)
    answers[:, -options.pairs :] = values.gather(1, which)
    return ids, answers


def distances(longest: int) -> list[int]:
    """Powers of two."""
    return [FIRST * 2**k for k in range(round(math.log2(longest / FIRST)) + 1)]


def _said(distance: int, learnt: int) -> str:
    if distance <= learnt:
        return f"Measured with {distance} symbols between, a distance that they have learnt."
    return f"Measured with {distance} symbols between; in training there were never more than {learnt}."
