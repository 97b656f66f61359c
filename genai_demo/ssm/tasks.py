"""Three small tasks that need memory, learnt in front of the visitor by a tiny state space (tiny.py).

Selective copying (Gu & Dao 2023), induction (Olsson et al. 2022), associative recall (Arora et al. 2023). Only the
answers count for the loss.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core.device import generator, seeded
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import curve, number, prose
from genai_demo.ssm.options import TaskOptions
from genai_demo.ssm.tiny import Tiny

SYMBOLS, LETTERS, COPIED = 16, 4, 4  # SYMBOLS in all; the first LETTERS have meanings; how many letters are copied
NOISE, ASK, MARK = 0, 1, 2
NAMES = (".", "?", "!", "_", *"abcdefghijkl")
KEYS = 8  # of associative recall: symbols 0 to 7 are keys, the rest values
ROWS, JUDGED, WARMUP = 32, 256, 30  # rows of a step and of the measure; steps until the full rate
CHART = "answers that are right"
Batch = tuple[Tensor, Tensor]  # ids (b, l), and the answers (b, l), -1 where none is asked for


@dataclass(frozen=True, slots=True, eq=False)
class TaskStep:
    """The networks after `step` steps. right, other: share of held-out answers, of the second one where there is one.

    chance: of guesses.
    """

    index: int
    total: int
    said: str = prose("one of the questions, and what it answers now")
    step: int = number("step", digits=0)
    right: float = curve("as set", unit="%", chart=CHART, against="step", digits=1)
    other: float | None = curve("beside it", unit="%", chart=CHART, against="step", digits=1)
    chance: float = curve("by chance", unit="%", chart=CHART, against="step", digits=1)
    loss: float = curve("as set ", unit="nats an answer", chart="loss", against="step")
    other_loss: float | None = curve("beside it ", unit="nats an answer", chart="loss", against="step")
    parameters: int = number("parameters", digits=0)


class Learning:
    """A network in training."""

    def __init__(self, network: Tiny, rate: float) -> None:
        self.network = network
        self.optimiser = torch.optim.AdamW(
            network.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.01, fused=True
        )
        self.rate, self.step = rate, 0

    def advance(self, batch: Batch) -> None:
        """One step."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * min(1.0, (self.step + 1) / WARMUP)
        loss, _ = judged(self.network, batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1


def tasks(options: TaskOptions, *, seed: int) -> Iterator[TaskStep]:
    """Trains one network, or two side by side on the same rows; a frame before, every `every` steps, and at the end.

    Raises DemoError where the loss is no number any more.
    """
    made, random = TASKS[options.task], generator(seed + 1)
    held = made(options.length, JUDGED, generator(seed + 2))
    learning = [Learning(_made(options, seed, **each), options.learning_rate) for each in settings(options)]
    wanted = sorted({*range(0, options.steps, options.every), options.steps})
    step = 0
    for index, stop in enumerate(wanted):
        while step < stop:
            batch = made(options.length, ROWS, random)
            for one in learning:
                one.advance(batch)
            step += 1
        with torch.no_grad():
            found = [judged(one.network, held) for one in learning]
        losses, shares = ([float(each[k]) for each in found] for k in (0, 1))
        if not math.isfinite(sum(losses)):
            raise DemoError(
                f"learning_rate is {options.learning_rate:g}, and the loss was no number any more at step {step}; "
                "choose a smaller one"
            )
        yield TaskStep(
            index,
            len(wanted),
            said(learning[0].network, held),
            step,
            100 * shares[0],
            100 * shares[1] if len(shares) > 1 else None,
            100 / CHOICES[options.task],
            losses[0],
            losses[1] if len(losses) > 1 else None,
            sum(p.numel() for p in learning[0].network.parameters()),
        )


def _made(options: TaskOptions, seed: int, **parts: bool) -> Tiny:
    with seeded(seed):
        return Tiny(SYMBOLS, options.layers, **parts)


def settings(options: TaskOptions) -> list[dict[str, bool]]:
    """Of the network, and of the one beside it where there is one."""
    mine = {"selection": options.selection, "convolution": options.convolution}
    switched = {"selection switched": "selection", "convolution switched": "convolution"}.get(options.beside)
    return [mine, {**mine, switched: not mine[switched]}] if switched else [mine]


def judged(network: Tiny, batch: Batch) -> tuple[Tensor, Tensor]:
    """Cross-entropy of the answers in nats, and the share of them that is right."""
    ids, answers = batch
    asked = answers >= 0
    logits = network(ids)[asked]
    return F.cross_entropy(logits, answers[asked]), (logits.argmax(-1) == answers[asked]).float().mean()


def copying(length: int, rows: int, random: torch.Generator) -> Batch:
    """Letters among noise, then as many marks, at each of which the next letter is to be said."""
    ids = torch.full((rows, length + COPIED), NOISE)
    places = torch.rand(rows, length, generator=random).argsort(1)[:, :COPIED].sort(1).values
    letters = torch.randint(LETTERS, SYMBOLS, (rows, COPIED), generator=random)
    ids.scatter_(1, places, letters)
    ids[:, length:] = ASK
    return ids, _answers(ids, slice(length, None), letters)


def induction(length: int, rows: int, random: torch.Generator) -> Batch:
    """Letters, among them a mark once; it comes again at the end: what stood behind it?"""
    ids = torch.randint(LETTERS, SYMBOLS, (rows, length), generator=random)
    place, row = torch.randint(0, length - 3, (rows,), generator=random), torch.arange(rows)
    ids[row, place] = ids[row, -1] = MARK
    return ids, _answers(ids, slice(length - 1, None), ids[row, place + 1][:, None])


def recall(length: int, rows: int, random: torch.Generator) -> Batch:
    """Keys with a value each, then keys again, in any order: what was its value?"""
    pairs = min(KEYS, length // 4)
    keys = torch.rand(rows, KEYS, generator=random).argsort(1)[:, :pairs]
    values = torch.randint(KEYS, SYMBOLS, (rows, pairs), generator=random)
    which = torch.randint(pairs, (rows, pairs), generator=random)
    asked = torch.stack([keys.gather(1, which), values.gather(1, which)], -1).flatten(1)
    ids = torch.cat([torch.stack([keys, values], -1).flatten(1), asked], 1)
    return ids, _answers(ids, slice(2 * pairs, None, 2), values.gather(1, which))


def _answers(ids: Tensor, where: slice, said: Tensor) -> Tensor:
    found = torch.full_like(ids, -1)
    found[:, where] = said
    return found


TASKS: dict[str, Callable[[int, int, torch.Generator], Batch]] = {
    "selective copying": copying,
    "induction": induction,
    "associative recall": recall,
}
CHOICES = {"selective copying": SYMBOLS - LETTERS, "induction": SYMBOLS - LETTERS, "associative recall": SYMBOLS - KEYS}


@torch.no_grad()
def said(network: Tiny, held: Batch) -> str:
    """The first held-out row, its answers and the network's."""
    ids, answers = held[0][:1], held[1][0]
    asked = answers >= 0
    told = network(ids)[0].argmax(-1)[asked]
    row, right, answer = (" ".join(NAMES[i] for i in part.tolist()) for part in (ids[0], answers[asked], told))
    return f"Read: {row}. Right: {right}. It says: {answer}."
