"""Beam search: several beginnings at once, the best kept at each step (Lowerre 1976; Sutskever et al. 2014).

A beginning's weight is its log-probability. A finished one's score is that over its length to the power of the length
penalty (Wu et al. 2016). Rules and results are those of Transformers' `generate`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Stage, Tok, carried, curve, number, prose, ranked, stages
from genai_demo.core.frames_text import TokKind
from genai_demo.seq2seq.decode import Decoding, guessed, unlike
from genai_demo.seq2seq.model import Translator
from genai_demo.seq2seq.options import BeamOptions

COLUMNS = 6  # steps of the tree that are drawn
PENALTIES = (0.0, 0.5, 1.0, 1.5, 2.0)  # that the finished ones are ranked by at the end


@dataclass(frozen=True, slots=True)
class Node:
    """path: its pieces; weight: log-probability; kind: "picked" where kept, "best" if ended, else "off"."""

    path: tuple[int, ...]
    weight: float
    kind: TokKind = "picked"

    def score(self, penalty: float) -> float:
        """What a finished one is ranked by."""
        return self.weight / math.pow(len(self.path), penalty)


@dataclass(frozen=True, slots=True, eq=False)
class BeamStep:
    """One step. candidates: whole beginnings, kept ones marked, pruned ones struck out.

    ended: log-probability and pieces of each in `finished`, so that a page can rank them by another penalty.
    """

    index: int
    total: int
    said: str = prose("what happens")
    tree: tuple[Stage, ...] = stages(
        "the last steps of the tree", unit="probability so far", pick="go on from", tree=True
    )
    candidates: tuple[Tok, ...] = ranked("candidates of this step", unit="log-probability", pick=True, long=True)
    finished: tuple[Tok, ...] = ranked("finished", unit="score", long=True)
    penalties: tuple[Stage, ...] = stages("ranked by other length penalties", unit="score", pick=False)
    best: float = curve("best beginning", unit="nats", digits=2)
    pruned: int = number("pruned in this step", digits=0)
    ended: tuple[tuple[float, int], ...] = carried()


def search(
    model: Translator, ids: Sequence[int], options: BeamOptions, begin: Sequence[int] = ()
) -> Iterator[tuple[list[Node], list[Node]]]:
    """The candidates of each step, and the best of those that have ended so far, both best first.

    It is done when no beam can beat the finished ones.
    """
    decoding = Decoding(model, ids)
    finished: list[Node] = []
    chances, _ = decoding.after(begin)
    weight = float(sum(one[piece] for one, piece in zip(chances, begin)))
    running, now = [Node(tuple(begin), weight)], chances[-1][None]
    limit = min(model.longest - 1, len(begin) + options.most)
    while True:
        level = _judged(_candidates(running, now, options.beams), options.beams, limit, model.end)
        new = [node for node in level if node.kind == "best"]
        finished = sorted([*finished, *new], key=lambda n: -n.score(options.length_penalty))[: options.beams]
        yield level, finished
        rows = {node.path: row for row, node in enumerate(running)}
        running = [node for node in level if node.kind == "picked"]
        if not running or _hopeless(finished, running[0], options):
            return
        decoding.keep([rows[node.path[:-1]] for node in running])
        now, _ = decoding.step([node.path[-1] for node in running])


def _judged(level: Sequence[Node], beams: int, limit: int, end: int) -> list[Node]:
    """The candidates with their kind: the best `beams` that go on, and those that have ended among the best `beams`."""
    found: list[Node] = []
    for place, node in enumerate(level):
        kind: TokKind = "off"
        if node.path[-1] == end or len(node.path) == limit:
            kind = "best" if place < beams else "off"
        elif sum(one.kind == "picked" for one in found) < beams:
            kind = "picked"
        found.append(Node(node.path, node.weight, kind))
    return found


def _candidates(running: Sequence[Node], chances: torch.Tensor, beams: int) -> list[Node]:
    """The best 2 * beams of all beginnings with one more piece, by log-probabilities (rows, v)."""
    weights = torch.tensor([node.weight for node in running], device=chances.device)
    flat = (chances + weights[:, None]).flatten()
    values, places = flat.topk(min(2 * beams, int(flat.isfinite().sum())))
    v = chances.shape[1]
    return [
        Node((*running[place // v].path, place % v), value)
        for place, value in zip(places.tolist(), values.tolist(), strict=True)
    ]


def _hopeless(finished: Sequence[Node], best: Node, options: BeamOptions) -> bool:
    """Whether as many have finished as there are beams, and the best beginning, ended now, would beat none of them."""
    full = len(finished) == options.beams
    return full and best.score(options.length_penalty) <= finished[-1].score(options.length_penalty)


@torch.inference_mode()
def beam(model: Translator, options: BeamOptions, *, seed: int) -> Iterator[BeamStep]:
    """A frame a step. Nothing is random."""
    ids = model.encode(options.task, options.text)
    begin = model.written(options.begin)[:-1] if options.begin.strip() else []
    if len(begin) > model.longest // 2:
        raise DemoError(f"begin makes {len(begin)} pieces; the limit is {model.longest // 2}, shorten it")
    made = list(search(model, ids, options, begin))
    levels, odd = [level for level, _ in made], unlike(model, options.text, ids)
    free = list(search(model, ids, options))[-1][1][0] if begin else None
    for i, (level, finished) in enumerate(made):
        last = i + 1 == len(made)
        yield BeamStep(
            i,
            len(made),
            odd
            or (last and free and beside(model, finished[0], free, options.length_penalty))
            or said(model, level, finished, last),
            _tree(model, levels[: i + 1]),
            _rows(model, level, [node.weight for node in level]),
            _scored(model, finished, options.length_penalty),
            tuple(
                Stage(f"penalty {penalty:g}", "", _scored(model, finished, penalty)) for penalty in PENALTIES if last
            ),
            level[0].weight,
            sum(node.kind == "off" for node in level),
            tuple((node.weight, len(node.path)) for node in finished),
        )


def _rows(model: Translator, nodes: Sequence[Node], values: Sequence[float]) -> tuple[Tok, ...]:
    """Beginnings as bars: the best is full, the others by how much less likely they are than it."""
    best = max(values, default=0.0)
    return tuple(
        Tok(model.text(node.path) or model.name(node.path[-1]), math.exp(value - best), node.kind, value=value)
        for node, value in zip(nodes, values, strict=True)
    )


def _scored(model: Translator, finished: Sequence[Node], penalty: float) -> tuple[Tok, ...]:
    """The finished ones by that length penalty, best first. Nothing is computed anew."""
    order = sorted(finished, key=lambda node: -node.score(penalty))
    plain = [Node(node.path, node.weight, "") for node in order]
    return _rows(model, plain, [node.score(penalty) for node in order])


def _tree(model: Translator, levels: Sequence[Sequence[Node]]) -> tuple[Stage, ...]:
    """The last steps; each candidate's last piece, and which row of the step before it comes from."""
    first = max(0, len(levels) - COLUMNS)
    return tuple(_column(model, k, levels[k], levels[k - 1] if k > first else ()) for k in range(first, len(levels)))


def _column(model: Translator, k: int, level: Sequence[Node], before: Sequence[Node]) -> Stage:
    """A step of the tree; a candidate's note is the whole beginning."""
    best = level[0].weight
    rows = {node.path: row for row, node in enumerate(before)}
    kept, ended, pruned = (sum(node.kind == kind for node in level) for kind in ("picked", "best", "off"))
    return Stage(
        f"step {k + 1}",
        f"{kept} kept, {pruned} pruned" + (f", {ended} ended" if ended else ""),
        tuple(
            Tok(
                model.name(node.path[-1]),
                math.exp(node.weight - best),
                node.kind,
                node.path[-1],
                model.text(node.path),
                node.weight,
                parent=rows.get(node.path[:-1]),
            )
            for node in level
        ),
    )


def beside(model: Translator, found: Node, free: Node, penalty: float) -> str:
    """What became of the given beginning, beside what the search finds without it."""
    a, b = found.score(penalty), free.score(penalty)
    one, two = (f"{score:.3g}".replace("-", "\u2212") for score in (a, b))
    if found.path == free.path:
        return f"It comes to the same text that the search finds without a beginning, with {two}."
    end = "that is better: the beam was too narrow" if a > b else "what was pruned was no loss"
    return f"From here the best comes to {one}. Without a beginning “{model.text(free.path)}” has {two}: {end}."


def said(model: Translator, level: Sequence[Node], finished: Sequence[Node], last: bool) -> str:
    """What a frame shows."""
    if any(node.path[-1] != model.end for node in finished):
        return "So many pieces were allowed: what had not ended was cut off there. More has the limit."
    if last:
        doubt = guessed(model, -finished[0].weight / len(finished[0].path))
        return (
            doubt
            or "Done: no beginning that is left can beat the finished ones. Below they are ranked by other penalties."
        )
    ended = sum(node.kind == "best" for node in level)
    if ended:
        return f"{ended} of the candidates {'has' if ended == 1 else 'have'} ended, and wait with a score."
    return "Each kept beginning is tried with every piece; the likeliest are kept, the rest is struck out."
