"""The selective state space of Mamba-2 (Dao & Gu 2024), written to be read, three ways that give the same numbers.

For each head h a state of p x n numbers is kept. A token shrinks it and adds to it, and reads it:

    state <- exp(dt * a) * state + dt * x b^T        y = state c + skip * x

x (b, l, h, p): what comes in; dt (b, l, h) > 0: how long a token lasts; a (h,) < 0: how fast a head forgets; into,
out_of (b, l, n): b and c above, the same for all heads; skip (h,). All y are (b, l, h, p), float32.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

CHUNK = 32  # longer ones lose digits: the sums of logs grow


def recurrent(x: Tensor, dt: Tensor, a: Tensor, into: Tensor, out_of: Tensor, skip: Tensor) -> Tensor:
    """Token by token, as one generates: the memory is the state, however long the text is."""
    steps = states(x, dt, a, into)
    return torch.stack([torch.einsum("bhpn,bn->bhp", now, out_of[:, i]) for i, now in enumerate(steps)], 1) + (
        skip[:, None] * x
    )


def states(x: Tensor, dt: Tensor, a: Tensor, into: Tensor) -> Iterator[Tensor]:
    """The state (b, h, p, n) behind each token."""
    now = x.new_zeros(x.shape[0], x.shape[2], x.shape[3], into.shape[-1])
    for i in range(x.shape[1]):
        kept = torch.exp(dt[:, i] * a)[..., None, None]
        now = kept * now + torch.einsum("bhp,bn->bhpn", dt[:, i, :, None] * x[:, i], into[:, i])
        yield now


def hidden_attention(dt: Tensor, a: Tensor, into: Tensor, out_of: Tensor) -> Tensor:
    """How much of each earlier token is in what a later one reads, (b, h, l, l): y = it @ x, but for the skip.

    Its logs of decays are summed before they are raised, so that nothing overflows.
    """
    decay = torch.exp(segments((dt * a).transpose(1, 2)))  # (b, h, l, l), 0 above the diagonal
    return torch.einsum("bln,bsn->bls", out_of, into)[:, None] * decay * dt.transpose(1, 2)[:, :, None]


def segments(logs: Tensor) -> Tensor:
    """logs (..., l) -> (..., l, l): the sum of those after place s up to place t, at [t, s]; -inf where s > t."""
    total = logs.cumsum(-1)
    length = logs.shape[-1]
    ahead = torch.ones(length, length, dtype=torch.bool, device=logs.device).triu(1)
    return (total[..., :, None] - total[..., None, :]).masked_fill(ahead, -torch.inf)


def parallel(x: Tensor, dt: Tensor, a: Tensor, into: Tensor, out_of: Tensor, skip: Tensor) -> Tensor:
    """All tokens at once, in chunks: within one as attention, and a state is handed from each to the next."""
    length = x.shape[1]
    now = x.new_zeros(x.shape[0], x.shape[2], x.shape[3], into.shape[-1])
    found = []
    for start in range(0, length, CHUNK):
        part = slice(start, start + CHUNK)
        logs = (dt[:, part] * a).transpose(1, 2).cumsum(-1)  # (b, h, l): what is left of the old state
        weighed = dt[:, part, :, None] * x[:, part]
        inside = torch.einsum(
            "bhls,bshp->blhp", hidden_attention(dt[:, part], a, into[:, part], out_of[:, part]), x[:, part]
        )
        before = torch.einsum("bhl,bln,bhpn->blhp", logs.exp(), out_of[:, part], now)
        found.append(inside + before)
        left = torch.exp(logs[..., -1:] - logs)  # of each token's share at the chunk's end
        now = logs[..., -1].exp()[..., None, None] * now + torch.einsum(
            "bhl,blhp,bln->bhpn", left, weighed, into[:, part]
        )
    return torch.cat(found, 1) + skip[:, None] * x
