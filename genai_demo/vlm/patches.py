"""Run vlm/patches: the nearest word of each patch, as the projector gives it and after each layer of the decoder.

The logit lens (nostalgebraist 2020) on a picture's tokens, as in Neo et al. 2024, "Towards Interpreting Visual
Information Processing in Vision-Language Models". h (64, width): the patches after a layer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import Tok, curve, number, pictures, prose, ranked
from genai_demo.data.world import Scene
from genai_demo.text_to_image.detector import CELLS
from genai_demo.vlm import words
from genai_demo.vlm.looking import Looked, look
from genai_demo.vlm.maps import worded
from genai_demo.vlm.model import Seer
from genai_demo.vlm.network import LAYERS
from genai_demo.vlm.options import PatchesOptions


@dataclass(frozen=True, slots=True, eq=False)
class PatchesStep:
    """What the patches are nearest to after one layer; the first frame is the projector's. named: of the things."""

    index: int
    total: int
    notice: str | None = prose("note")
    words: np.ndarray = pictures("the nearest word of each patch")
    most: tuple[Tok, ...] = ranked("how many patches are nearest to it", unit="patches")
    said: str = prose("what is shown")
    layer: str = number("after")
    nearness: float = number("the nearest word, mean", unit="cosine; behind a layer: chance")
    named: float | None = curve("things whose kind or colour is the word of their patch", unit="%", digits=0)


@torch.inference_mode()
def patches(seer: Seer, options: PatchesOptions, *, seed: int) -> Iterator[PatchesStep]:
    """A frame for the projector, then one for each layer. Nothing is random."""
    looked = look(seer, options.picture)
    found = [by_cosine(seer, looked.patches[0])]
    if not seer.fused:  # else no patch passes through the decoder
        found += [by_lens(seer, h) for h in through(seer, looked)]
    for index, (ids, near) in enumerate(found):
        said = [plain(seer, i) for i in ids.tolist()]
        count = Counter(said).most_common(options.listed)
        yield PatchesStep(
            index,
            len(found),
            looked.notice or None,
            worded(looked.pixels, said)[None],
            tuple(Tok(word, times / count[0][1], value=times) for word, times in count),
            _said(index, count[0][0], count[0][1], seer.fused),
            f"layer {index} of {LAYERS}" if index else "the projector",
            float(near.mean()),
            named(looked.scene, said),
        )


def through(seer: Seer, looked: Looked) -> list[Tensor]:
    """The patches after each layer (64, width) of the decoder, which sees nothing but them."""
    ids = torch.tensor([[words.numbers()[words.PICTURE]] * looked.patches.shape[1]], device=seer.device)
    out = seer.sight(looked.patches)(ids, output_hidden_states=True, use_cache=False)
    return [h[0] for h in out.hidden_states[1:]]


def by_cosine(seer: Seer, h: Tensor) -> tuple[Tensor, Tensor]:
    """(nearest tokens (64,), their cosines) by the vectors that the decoder has for words."""
    table = seer.language.network.get_input_embeddings().weight
    cosines = torch.nn.functional.normalize(h.float(), dim=-1) @ torch.nn.functional.normalize(table.float(), dim=-1).T
    return _best(cosines)


def by_lens(seer: Seer, h: Tensor) -> tuple[Tensor, Tensor]:
    """(likeliest tokens (64,), their chances), as if the layer were the last."""
    network = seer.language.network
    return _best(network.lm_head(network.model.norm(h)).float().softmax(-1))


def _best(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Of words alone: signs and control tokens are no words."""
    first = words.number_of(words.vocabulary()[0])
    near, ids = scores[:, first:].max(-1)
    return ids + first, near


def plain(seer: Seer, number: int) -> str:
    """A token as a word."""
    return seer.language.piece(number).decode(errors="replace").strip()


def named(scene: Scene | None, said: Sequence[str]) -> float | None:
    """% of the things whose own patch is nearest to their kind or colour; None where it is not known what is there."""
    if scene is None or not scene.things:
        return None
    right = [said[cell(thing.x, thing.y)] in (thing.kind, thing.colour) for thing in scene.things]
    return 100 * sum(right) / len(right)


def cell(x: float, y: float) -> int:
    """The patch in which a place lies."""
    row, column = (min(CELLS - 1, int(CELLS * value)) for value in (y, x))
    return CELLS * row + column


def _said(index: int, word: str, times: int, fused: bool) -> str:
    begins = (
        f"After layer {index}, read as if it were the last, "
        if index
        else "As the projector gives them, by the angle to the vectors of words, "
    )
    ends = " Here no patch ever stands among words: nothing made it like one." if fused else ""
    return f"{begins}{times} of 64 patches are nearest to “{word}”; a dot stands for “background”.{ends}"
