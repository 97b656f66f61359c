"""The state of a Mamba-2 while it reads, token by token: one head of one layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, bars, curve, matrix, number, prose, tokens
from genai_demo.language.text import visible
from genai_demo.ssm import scan
from genai_demo.ssm.network import StateModel, foreign, mixers, read
from genai_demo.ssm.options import WINDOW, StateOptions
from genai_demo.ssm.reading import Selected, through


@dataclass(frozen=True, slots=True, eq=False)
class StateStep:
    """One token. held: each token so far by what is left of what it wrote; state (p, n), a row a channel of the head.

    delta, kept: of this head, kept in %; deltas (h,): of all heads of the layer; into, out_of (n,): B and C.
    apart: largest difference between the layer's output token by token and all at once.
    """

    index: int
    total: int
    said: str = prose("what happens")
    held: tuple[Tok, ...] = tokens("what is left in the state of each token", unit="of the most", shade="share")
    state: np.ndarray = matrix("the state", rows="", columns="", signed=True)
    delta: float = curve("delta")
    kept: float = curve("of the old state is kept", unit="%", digits=1)
    into: np.ndarray = bars("B, where it writes")
    out_of: np.ndarray = bars("C, where it reads")
    deltas: np.ndarray = bars("delta of each head")
    token: str = number("token")
    apart: float = number("token by token and all at once differ by")


@torch.inference_mode()
def state(model: StateModel, options: StateOptions, *, seed: int) -> Iterator[StateStep]:
    """A frame a token of the stretch that is drawn. Nothing is random.

    Raises DemoError where the text is empty or too long, or the model has no such layer or head.
    """
    check(model, options)
    ids = read(model, options.text)
    selected = next(one for layer, one in enumerate(through(model, ids), 1) if layer == options.layer)
    head = selected.head(options.head - 1)
    apart = float((scan.recurrent(*head.given) - head.y).abs().max())
    left = written(head)
    names = [visible(model.piece(number)) for number in ids[0].tolist()]
    page = min(options.page, (len(names) - 1) // WINDOW) * WINDOW
    shown = range(page, min(page + WINDOW, len(names)))
    for t, now in enumerate(scan.states(*head.given[:4])):
        if t not in shown:
            continue
        kept = 100 * float(torch.exp(head.dt[0, t, 0] * head.a[0]))
        yield StateStep(
            t - page,
            len(shown),
            _said(options.text, names, left[t], kept, t),
            tuple(_tok(names[s], float(left[t, s]), s, t) for s in shown),
            now[0, 0].cpu().numpy().copy(),
            float(head.dt[0, t, 0]),
            kept,
            selected.into[0, t].cpu().numpy().copy(),
            selected.out_of[0, t].cpu().numpy().copy(),
            selected.dt[0, t].cpu().numpy().copy(),
            names[t],
            apart,
        )


def check(model: StateModel, options: StateOptions) -> None:
    """Raises DemoError where there is no such layer or head."""
    blocks = mixers(model)
    for name, value, most in (("layer", options.layer, len(blocks)), ("head", options.head, blocks[0].mixer.num_heads)):
        if value > most:
            raise DemoError(f"{name} is {value}; this model has {most}, choose 1 to {most}")


def written(head: Selected) -> Tensor:
    """(l, l): what is left at t of what s wrote, by its length; each row over its largest."""
    first = (head.dt[0, :, 0] * head.x[0, :, 0].norm(dim=-1) * head.into[0].norm(dim=-1))[None]
    left = torch.exp(scan.segments((head.dt[0, :, 0] * head.a[0])[None])[0]) * first
    found: Tensor = (left / left.amax(-1, keepdim=True).clamp_min(1e-12)).cpu()
    return found


def _tok(name: str, share: float, place: int, now: int) -> Tok:
    if place > now:
        return Tok(name, kind="prompt", note="not read yet")
    return Tok(name, share, "best" if place == now else "")


def _said(text: str, names: list[str], left: Tensor, kept: float, now: int) -> str:
    """What this token does to the state."""
    most = names[int(left.argmax())].strip() or "a space"
    return (
        f"{foreign(text)}“{names[now].strip()}” leaves {kept:.0f} % of the old state. What weighs most in this "
        f"head now was written by “{most}”."
    )
