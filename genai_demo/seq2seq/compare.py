"""Greedy, beam search and chance side by side on one text: three ways to choose, one network (Holtzman et al. 2020)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from genai_demo.core.frames import Tok, curve, number, prose, tokens
from genai_demo.seq2seq.beam import search
from genai_demo.seq2seq.decode import unlike
from genai_demo.seq2seq.model import Translator
from genai_demo.seq2seq.options import BeamOptions, CompareOptions
from genai_demo.seq2seq.translate import picker
from genai_demo.seq2seq.write import Moment, likeliest, moments

CHART = "log-probability so far"
Path = tuple[tuple[int, float], ...]  # pieces and their log-probabilities


@dataclass(frozen=True, slots=True, eq=False)
class CompareStep:
    """One step of all three; what has ended stays. a, b, c: log-probability of what each has written."""

    index: int
    total: int
    said: str = prose("what happens")
    greedy: tuple[Tok, ...] = tokens("greedy: the likeliest piece at each step")
    beam: tuple[Tok, ...] = tokens("beam search: the best beginning at this step")
    chance: tuple[Tok, ...] = tokens("by chance: drawn by the probabilities")
    a: float = curve("greedy", unit="nats", chart=CHART, digits=2)
    b: float = curve("beam search", unit="nats", chart=CHART, digits=2)
    c: float = curve("by chance", unit="nats", chart=CHART, digits=2)
    beams: int = number("beams", digits=0)


@torch.inference_mode()
def compare(model: Translator, options: CompareOptions, *, seed: int) -> Iterator[CompareStep]:
    """A frame a step. Chance repeats with its seed."""
    ids = model.encode(options.task, options.text)
    odd = unlike(model, options.text, ids)
    greedy = written(moments(model, ids, options.most, likeliest))
    chance = written(moments(model, ids, options.most, picker(True, options.temperature, seed)))
    best = bests(model, ids, options)
    total = max(len(greedy), len(chance), len(best))
    for i in range(total):
        paths = (greedy[: i + 1], best[min(i, len(best) - 1)], chance[: i + 1])
        a, b, c = (sum(weight for _, weight in path) for path in paths)
        one, two, three = (_drawn(model, path) for path in paths)
        told = odd or said([[piece for piece, _ in path] for path in paths], b - a, i + 1 == total)
        yield CompareStep(i, total, told, one, two, three, a, b, c, options.beams)


def written(film: Iterator[Moment]) -> Path:
    """What was written, with the log-probability of each piece."""
    return tuple((moment.piece, moment.chance) for moment in film)


def bests(model: Translator, ids: Sequence[int], options: CompareOptions) -> list[Path]:
    """Of each step of the search the best that has ended, or the best beginning while none has."""
    asked = BeamOptions(beams=options.beams, length_penalty=options.length_penalty, most=options.most)
    weights: dict[tuple[int, ...], float] = {(): 0.0}
    found: list[tuple[int, ...]] = []
    for level, ended in search(model, ids, asked):
        weights |= {node.path: node.weight for node in level}
        found.append((ended or level)[0].path)
    return [tuple((path[k], weights[path[: k + 1]] - weights[path[:k]]) for k in range(len(path))) for path in found]


def _drawn(model: Translator, path: Path) -> tuple[Tok, ...]:
    return tuple(
        Tok(model.piece(piece), min(1.0, math.exp(weight)), id=piece) for piece, weight in path if piece != model.end
    )


def said(paths: Sequence[Sequence[int]], gain: float, last: bool) -> str:
    """What a frame shows."""
    greedy, beam, chance = paths
    if not last:
        if greedy == chance:
            return "The same so far: chance has drawn the likeliest pieces. The stronger a shade, the rarer the piece."
        return "Chance has gone its own way. Beam search may change its mind: what it shows is the best at this step."
    if greedy == beam:
        return "Greedy was as good as beam search here. Draw again: how far does chance stay from both?"
    if gain > 0:
        return f"Beam search found a text {math.exp(gain):.1f} times as likely as the greedy one."
    return (
        "By its score, beam search chose a text that is less likely than the greedy one; More has the length penalty."
    )
