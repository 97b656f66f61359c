"""Answers without a stream: many questions at once, greedily; and how likely a given answer is under many pictures.

patches (b or 1, n, width): a picture's, or several pictures', which take turns with the questions; prompt, answer:
token numbers. All of it in batches, so that an experiment costs little more than a question.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from genai_demo.vlm.model import Seer

LONGEST = 40  # tokens of an answer


@dataclass(frozen=True, slots=True)
class Answer:
    """ids: its tokens, without the one that ends it; chances: how likely each was; text: as one reads it."""

    ids: tuple[int, ...]
    chances: tuple[float, ...]
    text: str

    @property
    def chance(self) -> float:
        """Of the whole answer, word for word."""
        product = 1.0
        for chance in self.chances:
            product *= chance
        return product


@torch.inference_mode()
def answers(
    seer: Seer, patches: Tensor, prompts: Sequence[Sequence[int]], limit: int = LONGEST, gone: Collection[int] = ()
) -> list[Answer]:
    """The likeliest words, one after the other, of each prompt; its picture is patches[i], or the only one.

    gone: patches, counted from 0, that are not there for any of them.
    """
    from transformers import DynamicCache

    sight, cache = seer.sight(left(seer, patches, gone)), DynamicCache()
    long, device = max(map(len, prompts)), patches.device
    ids = torch.tensor([[0] * (long - len(one)) + list(one) for one in prompts], device=device)
    mask = torch.tensor([[0] * (long - len(one)) + [1] * len(one) for one in prompts], device=device)
    places = (mask.cumsum(1) - 1).clamp(min=0)
    mask = hidden(seer, ids, mask, gone)
    stops = torch.tensor(sorted(seer.language.stops), device=device)
    said, chances = [], []
    ended = torch.zeros(len(prompts), dtype=torch.bool, device=device)
    for _ in range(limit):
        more = {"attention_mask": mask, "position_ids": places, "cache": cache, "use_cache": True}
        chance, token = sight(ids, logits_to_keep=1, **more).logits[:, -1].float().softmax(-1).max(-1)
        said.append(token)
        chances.append(chance)
        ended |= torch.isin(token, stops)
        if bool(ended.all()):
            break
        ids, places = token[:, None], places[:, -1:] + 1
        mask = torch.cat([mask, torch.ones_like(ids)], 1)
    rows = torch.stack(said, 1).tolist()
    return [_answer(seer, row, likely) for row, likely in zip(rows, torch.stack(chances, 1).tolist(), strict=True)]


def left(seer: Seer, patches: Tensor, gone: Collection[int]) -> Tensor:
    """What cross-attention looks at where patches are gone; of what stands in the row nothing is taken here."""
    if not gone or not seer.fused:
        return patches
    return patches[:, [i for i in range(patches.shape[1]) if i not in gone]]


def hidden(seer: Seer, ids: Tensor, mask: Tensor, gone: Collection[int]) -> Tensor:
    """The mask (b, n) of a row, 0 where patches stand that are gone."""
    if not gone or seer.fused:
        return mask
    mask = mask.clone()
    for row, one in enumerate(ids):
        places = (one == seer.sight(torch.empty(0)).picture).nonzero()[:, 0]
        mask[row, places[sorted(gone)]] = 0
    return mask


def _answer(seer: Seer, row: list[int], chances: list[float]) -> Answer:
    end = next((i for i, token in enumerate(row) if token in seer.language.stops), len(row))
    return Answer(tuple(row[:end]), tuple(chances[: end + 1]), text_of(seer, row[:end]))


def text_of(seer: Seer, ids: Sequence[int]) -> str:
    """Tokens as one reads them."""
    return b"".join(seer.language.piece(number) for number in ids).decode(errors="replace").strip()


def answer(
    seer: Seer, patches: Tensor, prompt: Sequence[int], limit: int = LONGEST, gone: Collection[int] = ()
) -> Answer:
    """To one question about one picture."""
    return answers(seer, patches, [prompt], limit, gone)[0]


@torch.inference_mode()
def log_chances(
    seer: Seer, patches: Tensor, prompt: Sequence[int], given: Sequence[int], gone: Collection[int] = ()
) -> Tensor:
    """How likely the tokens `given` are after the prompt, each after those before it: (b, len(given)), in nats below 0.

    patches (b, n, width): b pictures, or one picture in b ways.
    """
    row = torch.tensor([*prompt, *given], device=patches.device)
    ids = row[None, :-1].expand(len(patches), -1)
    more = {}
    if gone and not seer.fused:
        places = torch.arange(ids.shape[1], device=ids.device)[None]
        more = {"attention_mask": hidden(seer, ids, torch.ones_like(ids), gone), "position_ids": places}
    sight = seer.sight(left(seer, patches, gone))
    return of_given(sight(ids, logits_to_keep=len(given), use_cache=False, **more).logits, given)


def of_given(logits: Tensor, given: Sequence[int]) -> Tensor:
    """logits (b, len(given), vocabulary) of the places where the tokens `given` come next -> their log-chances."""
    wanted = torch.tensor(given, device=logits.device).expand(len(logits), -1)
    found: Tensor = logits.float().log_softmax(-1).gather(-1, wanted[..., None])[..., 0]
    return found


def ending(seer: Seer, found: Answer) -> list[int]:
    """The tokens of an answer that are explained: its words, or that it ends at once where there are none."""
    return list(found.ids) or [min(seer.language.stops)]
