"""Measures what cards and pages say: answers right word for word, by kind of question, and with what control.

An answer counts where every token of it is the likeliest after those before: as if it were written greedily. One pass
over a row of questions (packing.py) asks them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.data.world import Scene, draw
from genai_demo.data.world_questions import ASKERS, Asked, asked, scene_to_ask
from genai_demo.data.world_splits import NewIn
from genai_demo.vlm import packing
from genai_demo.vlm.model import Seer

AT_ONCE = 16  # rows in a pass


@dataclass(frozen=True, slots=True)
class Round:
    """A scene and what is asked of it."""

    scene: Scene
    asked: tuple[Asked, ...]


def questions(scenes: int, *, seed: int, new: NewIn = "nothing") -> list[Round]:
    """Scenes of another stream than any training's, each with up to two rounds of every kind of question."""
    rng = np.random.default_rng((10_000 + seed, scenes))
    found = [scene_to_ask(rng, new) for _ in range(scenes)]
    return [Round(one, tuple(asked(one, rng, 14, new=new != "nothing"))) for one in found]


def answers(seer: Seer, pack: packing.Pack, features: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """-> logits (m, vocabulary), tokens (m,) and weights (m,) of all places where an answer's token comes next.

    features (b, 64, FEATURES) or None: then the decoder sees nothing but the row.
    """
    network, device = seer.language.network, seer.device
    ids = pack.ids.to(device)
    at = pack.weights.to(device) > 0
    more = {}
    h = embedded(network.get_input_embeddings(), ids, pack.sums.to(device))
    if features is not None:
        patches = seer.projector(features).to(h.dtype)
        if seer.fused:
            more["patches"] = patches
        else:
            h = torch.cat([patches, h[:, patches.shape[1] :]], 1)
    out = network.model(
        inputs_embeds=h,
        attention_mask=pack.bias(h.dtype).to(device),
        position_ids=pack.places.to(device),
        use_cache=False,
        **more,
    ).last_hidden_state
    return network.lm_head(out[at]), ids.roll(-1, 1)[at], pack.weights.to(device)[at]


def embedded(table: torch.nn.Module, ids: Tensor, sums: Tensor) -> Tensor:
    """(b, n, width): the words' vectors; in the first places those of `sums` added, where there are any."""
    h: Tensor = table(ids)
    if not sums.shape[1]:
        return h
    there = (sums >= 0)[..., None]
    added = (table(sums.clamp(min=0)) * there).sum(2)
    first = torch.where(there.any(2), added, h[:, : sums.shape[1]])
    return torch.cat([first, h[:, sums.shape[1] :]], 1)


@torch.no_grad()
def right(seer: Seer, rounds: Sequence[Round], *, told: bool = False, blank: bool = False) -> list[tuple[str, bool]]:
    """(kind, whether every word of the answer is right) of each question.

    told: scenes in words in place of pictures; blank: a grey picture in place of the real one.
    """
    seer.eval()
    found: list[tuple[str, bool]] = []
    rng = np.random.default_rng(0)
    for start in range(0, len(rounds), AT_ONCE):
        part = rounds[start : start + AT_ONCE]
        texts = [one.asked for one in part]
        features = None
        if told:
            pack = packing.told([one.scene for one in part], texts, rng, room=ROOM)
        else:
            pictures = np.stack([np.full((64, 64, 3), 165, np.uint8) if blank else draw(one.scene) for one in part])
            features = seer.features(pictures)
            pack = (packing.unseen if seer.fused else packing.pictured)(texts, ROOM)
        logits, wanted, _ = answers(seer, pack, features)
        rows, places = (pack.weights > 0).nonzero(as_tuple=True)
        number = pack.parts[rows, places]
        same = (logits.argmax(-1) == wanted).cpu()
        for row, one in enumerate(part):
            for which, question in enumerate(one.asked, 1):
                mine = same[(rows == row) & (number == which)]
                if len(mine):
                    found.append((question.kind, bool(mine.all())))
    return found


ROOM = 360  # tokens of a row's questions: all of them fit


def by_kind(seer: Seer, rounds: Sequence[Round], *, told: bool = False, blank: bool = False) -> dict[str, float]:
    """Shares of right answers by kind, and `all`: the mean over kinds."""
    answered = right(seer, rounds, told=told, blank=blank)
    kinds = {kind: [ok for k, ok in answered if k == kind] for kind in ASKERS}
    found = {kind: sum(oks) / len(oks) for kind, oks in kinds.items() if oks}
    return {**found, "all": sum(found.values()) / len(found)}
