"""Positions in a decoder: queries and keys are turned by their place, so that scores depend on the distance alone.

Su et al. 2021, "RoFormer", section 3.2. q, k: a query and a key (d,) before they are turned. Pair i, the numbers i
and i + d/2, is turned by place * frequency[i] radians: the first pair is the fastest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import Tok, bars, curve, number, plane, prose, tokens
from genai_demo.decoder.attention import Parts, normed, parts, project, through
from genai_demo.decoder.options import RotaryOptions
from genai_demo.decoder.switched_off import place
from genai_demo.language.model import LanguageModel, ids_of
from genai_demo.language.shown import WINDOW, toks

LONGEST = WINDOW  # tokens of a text
CLOCKS = 8  # pairs that are drawn
SHIFT = 100  # places by which both are moved to show that only their distance counts
GRID, RADIUS = 4, 0.3  # clocks in a row; of each, where the plane reaches from -1.5 to 1.5
DRAWN = "query turning, key at rest: from the fastest pair to the slowest"


@dataclass(frozen=True, slots=True, eq=False)
class RotaryStep:
    """The query at one more place. turned (c, 4): the hand of each clock; key (c, 2): the key's hand, its tip alone;
    rings (c, 49, 2). angles (c,): how far each pair has turned; adds (d/2,): what each pair adds to the score."""

    index: int
    total: int
    said: str = prose("what happens")
    given: tuple[Tok, ...] = tokens("the query's and the key's tokens")
    rings: np.ndarray = plane(DRAWN, "paths")
    turned: np.ndarray = plane(DRAWN, "vectors", axes=("first number of the pair", "second number"))
    key: np.ndarray = plane(DRAWN, "other")
    angles: np.ndarray = bars("angle of each of these pairs", unit="degrees", limit=360.0)
    adds: np.ndarray = bars("what each pair adds to the score")
    distance: int = number("distance", unit="tokens", digits=0)
    score: float = curve("key at 0", chart="score", against="distance")
    moved: float = curve(f"both {SHIFT} places on", chart="score", against="distance")


@torch.inference_mode()
def rotary(model: LanguageModel, options: RotaryOptions, *, seed: int) -> Iterator[RotaryStep]:
    """A query and a key of the text, the one moved away from the other place by place. Nothing is random."""
    net = parts(model.network)
    layer, head = place("layer", options.layer, len(net.layers)), place("head", options.head, net.h)
    ids = ids_of(model, options.text, chat=False, most=LONGEST)
    q, k = pair(net, ids, layer, head)
    speed = net.rotary.inv_freq.float().cpu()  # (d / 2,) radians a place
    some = torch.linspace(0, len(speed) - 1, min(CLOCKS, len(speed))).round().long()
    given, scale = marked(model, ids), net.rotary.attention_scaling**2 / math.sqrt(net.d)
    for p in range(options.distance + 1):
        a, b = turn(q, p * speed), turn(k, 0 * speed)
        adds = scale * (a * b).sum(1)  # (d / 2,)
        moved = scale * (turn(q, (p + SHIFT) * speed) * turn(k, SHIFT * speed)).sum()
        yield RotaryStep(
            p,
            options.distance + 1,
            words(p, float(speed[0]), float(speed[-1])),
            given,
            rings(len(some)),
            hands(a[some]),
            tips(b[some]),
            np.degrees((p * speed[some].double()).numpy()) % 360,
            adds.numpy(),
            p,
            float(adds.sum()),
            float(moved),
        )


def pair(net: Parts, ids: list[int], layer: int, head: int) -> tuple[Tensor, Tensor]:
    """The last token's query and the key of the one before it (the same where it is alone), not yet turned: (d,)."""
    stream = through(net, ids)
    x = next(x for i, (x, _) in enumerate(stream) if i == layer)
    q, k, _ = project(net.layers[layer], normed(net.layers[layer].input_layernorm, x), net.d)
    return q[head, -1].float().cpu(), k[head * net.g // net.h, max(0, len(ids) - 2)].float().cpu()


def turn(x: Tensor, angle: Tensor) -> Tensor:
    """x (d,), angle (d / 2,) -> (d / 2, 2): each pair (i, i + d/2), turned."""
    a, b = x.chunk(2)
    cos, sin = angle.cos(), angle.sin()
    return torch.stack([a * cos - b * sin, b * cos + a * sin], 1)


def marked(model: LanguageModel, ids: list[int]) -> tuple[Tok, ...]:
    """The text; the last token, whose query is taken, and the one before it, whose key is, are marked."""
    shown = toks(model, ids, "prompt")
    said = {len(ids) - 1: "its query", max(0, len(ids) - 2): "its key"} if len(ids) > 1 else {0: "its query and key"}
    return tuple(Tok(t.text, None, "picked", t.id, said[i]) if i in said else t for i, t in enumerate(shown))


def centres(count: int) -> np.ndarray:
    """(count, 2): the middles of the clocks, in rows of GRID from the top left."""
    row, column = np.divmod(np.arange(count), GRID)
    return np.stack([(column - (GRID - 1) / 2) * 0.72, 0.45 - 0.9 * row], 1)


def rings(count: int) -> np.ndarray:
    """(count, 49, 2): the clocks' faces."""
    angle = np.linspace(0, 2 * np.pi, 49)
    circle = RADIUS * np.stack([np.cos(angle), np.sin(angle)], 1)
    return centres(count)[:, None] + circle


def unit(pairs: Tensor) -> np.ndarray:
    """(c, 2) -> (c, 2), each of length RADIUS: the directions alone."""
    found: np.ndarray = torch.nn.functional.normalize(pairs, dim=1).mul(RADIUS).numpy()
    return found


def hands(pairs: Tensor) -> np.ndarray:
    """(c, 4): from the middle of each clock to where the pair points."""
    return np.concatenate([centres(len(pairs)), unit(pairs)], 1)


def tips(pairs: Tensor) -> np.ndarray:
    """(c, 2): where each pair points."""
    return np.asarray(centres(len(pairs)) + unit(pairs))


def words(p: int, fast: float, slow: float) -> str:
    """What a frame shows."""
    if p == 0:
        return "Query and key stand at the same place: no pair is turned."
    return (
        f"{p} places on, the fastest pair has turned by {math.degrees(p * fast):.0f} degrees and the slowest by "
        f"{math.degrees(p * slow):.2g}. The score is the same when both stand {SHIFT} places further on."
    )
