"""What an answer rests on, measured in three ways: patches hidden one at a time, covered in the picture, attended to.

Hidden: the decoder's words look at all patches but one; all of a picture's patches in one batch, whose picture is read
once. Covered: the patch has the picture's commonest colour, and the tower looks anew. Attention is what it is. Drops
are in nats: log-chance of the answer with the whole picture, less that without the patch.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.vlm.answering import left, log_chances, of_given
from genai_demo.vlm.model import Seer
from genai_demo.vlm.network import Crossing, crossings

STOCK = (
    "What do you see?",
    "How many things are there?",
    "Which colour is the background?",
    "Is there a mushroom?",
    "What is in the picture?",
)  # asked to find what is looked at whatever is asked
TIMES = 2.0  # an even share so many times over, in each of those, makes a sink


@torch.inference_mode()
def hidden_one_by_one(
    seer: Seer, patches: Tensor, prompt: Sequence[int], given: Sequence[int], gone: Collection[int] = ()
) -> Tensor:
    """Log-chances (n, len(given)) of the answer, each row without one more patch than `gone`."""
    count = patches.shape[1]
    if seer.fused:
        rows = [left(seer, patches, {*gone, i}) for i in range(count)]
        short = min(one.shape[1] for one in rows)
        filled = torch.cat([one if one.shape[1] == short else one[:, :-1] for one in rows])
        found = log_chances(seer, filled, prompt, given)
        found[sorted(gone)] = log_chances(seer, left(seer, patches, gone), prompt, given)
        return found
    return _batched(seer, patches, list(prompt), list(given), gone)


def _batched(seer: Seer, patches: Tensor, prompt: list[int], given: list[int], gone: Collection[int]) -> Tensor:
    """The picture is read once; then the question and the answer, as often as there are patches, each blind to one."""
    from transformers import DynamicCache

    sight, cache, device = seer.sight(patches), DynamicCache(), patches.device
    places = [i for i, token in enumerate(prompt) if token == sight.picture]
    end = places[-1] + 1
    rest = torch.tensor([*prompt[end:], *given][:-1], device=device)
    lost = torch.tensor([places[i] for i in sorted(gone)], dtype=torch.long, device=device)
    before = _causal(1, end, end, patches)
    blind = torch.finfo(patches.dtype).min / 2
    before[..., lost] = blind
    sight(torch.tensor([prompt[:end]], device=device), attention_mask=before, cache=cache, use_cache=True)
    count = len(places)
    cache.batch_repeat_interleave(count)
    mask = _causal(count, len(rest), end + len(rest), patches)
    mask[..., lost] = blind
    mask[torch.arange(count), :, :, torch.tensor(places)] = blind
    where = torch.arange(end, end + len(rest), device=device)[None]
    more = {"attention_mask": mask, "position_ids": where, "cache": cache, "use_cache": True}
    out = sight(rest.expand(count, -1), logits_to_keep=len(given), **more)
    return of_given(out.logits, given)


def _causal(batch: int, rows: int, columns: int, like: Tensor) -> Tensor:
    """(batch, 1, rows, columns): 0 where the last `rows` of `columns` places may look, far below 0 ahead of them."""
    ahead = torch.ones(rows, columns, dtype=torch.bool, device=like.device).triu(columns - rows + 1)
    return like.new_zeros(batch, 1, rows, columns).masked_fill(ahead, torch.finfo(like.dtype).min / 2)


def covered(pixels: np.ndarray, side: int) -> np.ndarray:
    """(side * side, h, w, 3): the picture, each time with one patch in its commonest colour."""
    found = np.repeat(pixels[None], side * side, 0)
    colours, counts = np.unique(pixels.reshape(-1, 3), axis=0, return_counts=True)
    step = len(pixels) // side
    for i, one in enumerate(found):
        y, x = (step * k for k in divmod(i, side))
        one[y : y + step, x : x + step] = colours[counts.argmax()]
    return found


@torch.inference_mode()
def attention(seer: Seer, patches: Tensor, prompt: Sequence[int], given: Sequence[int]) -> Tensor:
    """(len(given), n): how much the places before each token look at each patch: means that add up to 1."""
    ids = torch.tensor([[*prompt, *given][:-1]], device=patches.device)
    looks = (_across if seer.fused else _along)(seer, patches, ids)[-len(given) :]
    return looks / looks.sum(-1, keepdim=True).clamp(min=1e-9)


def _along(seer: Seer, patches: Tensor, ids: Tensor) -> Tensor:
    sight = seer.sight(patches)
    found = sight(ids, output_attentions=True, use_cache=False).attentions
    looks: Tensor = torch.stack([one[0].float().mean(0) for one in found]).mean(0)  # (places, places)
    return looks[:, ids[0] == sight.picture]


def _across(seer: Seer, patches: Tensor, ids: Tensor) -> Tensor:
    found: list[Tensor] = []

    def noted(layer: Crossing, given: Any, _: Any) -> None:
        found.append(layer.weights(*given)[0].mean(0))

    hooks = [layer.register_forward_hook(noted) for layer in crossings(seer.language.network)]
    try:
        seer.sight(patches)(ids, use_cache=False)
    finally:
        for hook in hooks:
            hook.remove()
    return torch.stack(found).mean(0)


def sinks(seer: Seer, patches: Tensor) -> Tensor:
    """(n,) True: patches that are looked at whatever is asked, more than TIMES an even share."""
    first = [min(seer.language.stops)]
    shares = torch.cat([attention(seer, patches, seer.prompt((), text), first) for text in STOCK])
    return shares.min(0).values > TIMES / shares.shape[1]


def agreement(one: Tensor, other: Tensor) -> float:
    """Spearman's rank correlation of two maps: 1 where they order the patches alike, 0 where at random."""
    ranks = torch.stack([_ranks(one), _ranks(other)])
    found = torch.corrcoef(ranks)[0, 1]
    return float(found) if bool(found.isfinite()) else 0.0


def _ranks(values: Tensor) -> Tensor:
    """Places in the order of size; equal values share the mean of theirs."""
    values = values.float().flatten()
    below = (values[:, None] > values[None]).sum(1)
    same = (values[:, None] == values[None]).sum(1)
    return below + (same - 1) / 2.0
