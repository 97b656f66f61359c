"""Measures what cards and pages say: answers right word for word, by kind of question, and with what control.

An answer counts where every token of it is the likeliest after those before: as if it were written greedily. One pass
over a row of questions (packing.py) asks them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from genai_demo.data.world import Scene, draw
from genai_demo.data.world_questions import ASKERS, Asked, asked, scene_to_ask
from genai_demo.data.world_splits import NewIn
from genai_demo.language.model import LanguageModel
from genai_demo.vlm import packing
from genai_demo.vlm.model import Seer, eye
from genai_demo.vlm.network import Projector

AT_ONCE = 16  # rows in a pass
ROOM = 360  # tokens of a row's questions: all of them fit
PER_SCENE = 14  # questions
SCENES = 200  # of the measure for the card
GREY = 165  # of a blank picture
Shown = Literal["picture", "blank", "told", "nothing"]  # what is before the questions; told: the scene in words


@dataclass(frozen=True, slots=True)
class Round:
    """A scene and what is asked of it."""

    scene: Scene
    asked: tuple[Asked, ...]


def questions(scenes: int, *, seed: int, new: NewIn = "nothing") -> list[Round]:
    """Scenes of another stream than any training's, and questions about each; new: what of them no training saw."""
    rng = np.random.default_rng((10_000 + seed, scenes))
    found = [scene_to_ask(rng, new) for _ in range(scenes)]
    return [Round(one, tuple(asked(one, rng, PER_SCENE, new=new != "nothing"))) for one in found]


def answers(seer: Seer, pack: packing.Pack, features: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """-> logits (m, vocabulary), tokens (m,) and weights (m,) of all places where an answer's token comes next.

    features (b, 64, FEATURES) or None: then the decoder sees nothing but the row.
    """
    network, device = seer.language.network, seer.device
    ids = pack.ids.to(device)
    at = pack.weights.to(device) > 0
    more: dict[str, Any] = {}
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
    first = torch.where((sums >= 0).any(2, keepdim=True), summed(table, sums), h[:, : sums.shape[1]])
    return torch.cat([first, h[:, sums.shape[1] :]], 1)


def summed(table: torch.nn.Module, sums: Tensor) -> Tensor:
    """Token numbers (b, n, m), -1 for none -> the sums of their vectors (b, n, width)."""
    found: Tensor = (table(sums.clamp(min=0)) * (sums >= 0)[..., None]).sum(2)
    return found


def right(seer: Seer, rounds: Sequence[Round], shown: Shown = "picture") -> list[tuple[Asked, bool]]:
    """Each question, and whether every word of its answer is right."""
    seer.eval()
    return [pair for start in range(0, len(rounds), AT_ONCE) for pair in _right(seer, rounds[start:][:AT_ONCE], shown)]


@torch.no_grad()
def _right(seer: Seer, rounds: Sequence[Round], shown: Shown) -> Iterator[tuple[Asked, bool]]:
    pack, features = _before(seer, rounds, shown)
    logits, wanted, _ = answers(seer, pack, features)
    rows, places = (pack.weights > 0).nonzero(as_tuple=True)
    number, same = pack.parts[rows, places], (logits.argmax(-1) == wanted).cpu()
    for row, one in enumerate(rounds):
        for which, question in enumerate(one.asked, 1):
            mine = same[(rows == row) & (number == which)]
            if len(mine):
                yield question, bool(mine.all())


def _before(seer: Seer, rounds: Sequence[Round], shown: Shown) -> tuple[packing.Pack, Tensor | None]:
    """The rows, and the features of the pictures."""
    texts, scenes = [one.asked for one in rounds], [one.scene for one in rounds]
    if shown == "told":
        return packing.told(scenes, texts, np.random.default_rng(0), ROOM), None
    if shown == "nothing":
        return packing.unseen(texts, ROOM), None
    pictures = [np.full((64, 64, 3), GREY, np.uint8) if shown == "blank" else draw(scene) for scene in scenes]
    return (packing.unseen if seer.fused else packing.pictured)(texts, ROOM), seer.features(pictures)


def by_kind(seer: Seer, rounds: Sequence[Round], shown: Shown = "picture") -> dict[str, float]:
    """Shares of right answers by kind, and `all`: the mean over kinds."""
    return shares(right(seer, rounds, shown))


def shares(answered: Sequence[tuple[Asked, bool]]) -> dict[str, float]:
    """By kind and over all kinds, as by_kind."""
    kinds = {kind: [ok for one, ok in answered if one.kind == kind] for kind in ASKERS}
    found = {kind: sum(oks) / len(oks) for kind, oks in kinds.items() if oks}
    return {**found, "all": sum(found.values()) / len(found)}


def invented(answered: Sequence[tuple[Asked, bool]]) -> dict[str, float]:
    """Hallucination: shares of "yes" to things that are not there, and of other answers than that a thing is not there.

    "Is there a cat?", and "Which colour is the cat?", of pictures without one (POPE, Li et al. 2023, asks the first).
    """
    yes = [not ok for one, ok in answered if one.kind == "whether" and one.answer == "no"]
    taken = [not ok for one, ok in answered if one.kind == "absent"]
    return {"yes to what is not there": sum(yes) / len(yes), "answers about it": sum(taken) / len(taken)}


def measured(seer: Seer, scenes: int = SCENES) -> dict[str, Any]:
    """What the card says of a model that sees: by kind, with a grey picture, and of what no training saw together."""
    rounds = questions(scenes, seed=2)
    answered = right(seer, rounds)
    found = {
        "scenes": scenes,
        "questions": len(answered),
        "picture": rounded(shares(answered)),
        "blank": rounded(by_kind(seer, rounds, "blank")),
        "invented": rounded(invented(answered)),
    }
    halves: dict[str, NewIn] = {"new_colour": "colour", "new_relation": "relation"}
    return found | {name: rounded(by_kind(seer, questions(scenes, seed=3, new=new))) for name, new in halves.items()}


def measured_language(seer: Seer, scenes: int = SCENES) -> dict[str, Any]:
    """Of the decoder alone: scenes told in words, and questions with nothing before them, the prior of the language."""
    rounds = questions(scenes, seed=2)
    return {
        "scenes": scenes,
        "questions": sum(len(one.asked) for one in rounds),
        "told": rounded(by_kind(seer, rounds, "told")),
        "nothing": rounded(by_kind(seer, rounds, "nothing")),
    }


def blind(language: LanguageModel) -> Seer:
    """The decoder alone as a model that could see, for what is asked without a picture."""
    return Seer(eye(), Projector(), language)


def rounded(found: dict[str, float]) -> dict[str, float]:
    """To four digits."""
    return {name: round(value, 4) for name, value in found.items()}
