"""Mamba's hidden attention beside a transformer's own, on the same text (Ali et al. 2024; Dao & Gu 2024).

What a later token reads of an earlier one, were the scan written as attention: c b exp(sum of dt a) dt, all pairs at
once, the decays summed as logs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import curve, matrix, number, prose
from genai_demo.core.load import load
from genai_demo.language.text import visible
from genai_demo.ssm import scan
from genai_demo.ssm.network import StateModel, foreign, mixers, read
from genai_demo.ssm.options import WINDOW, HiddenOptions
from genai_demo.ssm.reading import through

TWIN = "ssm/attention"
CHART = "how far back it looks, mean"


@dataclass(frozen=True, slots=True, eq=False)
class HiddenStep:
    """One layer of the state space, and of the decoder the one at the same depth. Maps (h, w, w).

    hidden: the head that reads most of what is drawn comes first; some read next to nothing.
    """

    index: int
    total: int
    labels: tuple[str, ...]
    others: tuple[str, ...]
    heads: tuple[str, ...]
    real_heads: tuple[str, ...]
    hidden: np.ndarray = matrix(
        "Mamba-2's hidden attention", rows="labels", columns="labels", names="heads", signed=True, triangle=True
    )
    real: np.ndarray = matrix(
        "the decoder's attention", rows="others", columns="others", names="real_heads", triangle=True
    )
    said: str = prose("what is shown")
    layer: str = number("Mamba-2's")
    real_layer: str = number("the decoder's")
    far: float = curve("Mamba-2", unit="tokens", chart=CHART, digits=1)
    real_far: float = curve("decoder", unit="tokens", chart=CHART, digits=1)
    below: float = number("of the hidden attention is negative", unit="%", digits=0)


@torch.inference_mode()
def hidden(model: StateModel, options: HiddenOptions, *, seed: int) -> Iterator[HiddenStep]:
    """A frame a layer. Nothing is random."""
    total = len(mixers(model))
    twin: StateModel = load(TWIN)
    ids, twins = read(model, options.text), read(twin, options.text)
    real = twin.network(twins, output_attentions=True, use_cache=False).attentions
    labels, others = (_labels(one, row, options.page) for one, row in ((model, ids), (twin, twins)))
    for layer, one in enumerate(through(model, ids)):
        maps = scan.hidden_attention(one.dt, one.a, one.into, one.out_of)[0]
        depth = layer * len(real) // total
        size, drawn = maps.abs().sum(), _cut(maps, options.page)
        order = np.argsort(-np.abs(drawn).mean((1, 2)), kind="stable")
        yield HiddenStep(
            layer,
            total,
            labels,
            others,
            tuple(f"head {k + 1}" for k in order),
            tuple(f"head {k + 1}" for k in range(real[depth].shape[1])),
            np.ascontiguousarray(drawn[order]),
            _cut(real[depth][0], options.page),
            _said(options.text),
            f"layer {layer + 1} of {total}",
            f"layer {depth + 1} of {len(real)}",
            reach(maps),
            reach(real[depth][0]),
            100 * float(maps.clamp_max(0).abs().sum() / size),
        )


def reach(maps: Tensor) -> float:
    """Mean distance, in tokens, of what is looked at, each row's weights by their size; maps (h, l, l)."""
    sizes = maps.float().abs()
    sizes = sizes / sizes.sum(-1, keepdim=True).clamp_min(1e-12)
    place = torch.arange(maps.shape[-1], device=maps.device)
    return float((sizes * (place[:, None] - place).clamp_min(0)).sum(-1).mean())


def _labels(model: StateModel, ids: Tensor, page: int) -> tuple[str, ...]:
    names = [visible(model.piece(number)) for number in ids[0].tolist()]
    return tuple(names[_part(len(names), page)])


def _part(count: int, page: int) -> slice:
    """The stretch that is drawn; of a page past the end the last one."""
    start = min(page, (count - 1) // WINDOW) * WINDOW
    return slice(start, start + WINDOW)


def _cut(maps: Tensor, page: int) -> np.ndarray:
    part = _part(maps.shape[-1], page)
    return np.ascontiguousarray(maps[:, part, part].float().cpu().numpy())


def _said(text: str) -> str:
    return (
        f"{foreign(text)}Each row is a token, and what it reads of those before it. Of the decoder a row sums to 1; of "
        "Mamba-2 it sums to anything, and may be negative; its heads stand in the order of how much they read here."
    )
