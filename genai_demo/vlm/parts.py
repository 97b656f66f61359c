"""Run vlm/parts: the projector as it was trained, shuffled, new, left out or replaced by noise; a grey picture; and
cross-attention in the place of a projector. Each answers your question, and questions about held-out scenes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.core.device import generator, seeded
from genai_demo.core.frames import Tok, curve, matrix, number, pictures, prose, ranked
from genai_demo.core.load import load
from genai_demo.data.world_questions import ASKERS
from genai_demo.vlm import FUSION, LLAVA, measuring
from genai_demo.vlm.answering import answer, ending, log_chances
from genai_demo.vlm.looking import GREY, SIDE, large, notice, pixels_of, question
from genai_demo.vlm.model import Seer
from genai_demo.vlm.network import Projector, crossings
from genai_demo.vlm.options import PartsOptions


@dataclass(frozen=True, slots=True, eq=False)
class PartsStep:
    """One way more. right (ways so far, kinds): % of held-out questions; chance: of the answer as trained."""

    index: int
    total: int
    ways: tuple[str, ...]
    kinds: tuple[str, ...]
    notice: str | None = prose("note")
    seen: np.ndarray = pictures("the picture, as it is seen")
    answers: tuple[Tok, ...] = ranked("what each way answers", unit="chance", long=True)
    right: np.ndarray = matrix("held-out questions answered", rows="ways", columns="kinds", unit="%", cells=True)
    said: str = prose("what was changed")
    way: str = number("the projector")
    chance: float = number("chance of the answer as trained")
    mean: float = curve("right answers, mean of the kinds", unit="%", digits=0)


@dataclass(frozen=True, slots=True)
class Way:
    """name; said: what was changed; make: the model that way; blank: it is shown a grey picture."""

    name: str
    said: str
    make: Callable[[Seer, int], Seer]
    blank: bool = False


class Changed(nn.Module):
    """A projector, and what is done to the patches that it gives."""

    def __init__(self, projector: nn.Module, change: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.inner, self.change = projector, change

    def forward(self, features: Tensor) -> Tensor:
        """features (b, n, FEATURES) -> (b, n, width)."""
        return self.change(features, self.inner(features))


def parts(options: PartsOptions, *, seed: int) -> Iterator[PartsStep]:
    """A frame a way. What chance decides, and the held-out scenes, follow the seed."""
    seer, fused = load(LLAVA), load(FUSION)
    pixels = pixels_of(options.picture)
    said, rounds = notice(seer, pixels) or None, measuring.questions(options.scenes, seed=20_000 + seed)
    asked = question(seer, options.question)
    rows: list[Tok] = []
    table: list[list[float]] = []
    given: list[int] = []
    kinds = tuple(ASKERS)
    for index, way in enumerate(WAYS):
        one = way.make(fused if way.name == FUSED else seer, seed)
        prompt = question(one, options.question) if one.fused else asked
        seen = np.full((1, SIDE, SIDE, 3), GREY, np.uint8) if way.blank else pixels[None]
        with torch.inference_mode():
            patches = one.patches(seen)
        found = answer(one, patches, prompt)
        given = given or ending(one, found)
        rows.append(Tok(f"{way.name}: {found.text}", found.chance))
        shares = measuring.by_kind(one, rounds, "blank" if way.blank else "picture")
        table.append([100 * shares.get(kind, 0.0) for kind in kinds])
        yield PartsStep(
            index,
            len(WAYS),
            tuple(each.name for each in WAYS[: index + 1]),
            kinds,
            said,
            large(seen[0])[None],
            tuple(rows),
            np.array(table),
            _gates(one, way.said),
            way.name,
            math.exp(float(log_chances(one, patches, prompt, given).sum())),
            100 * shares["all"],
        )


def _with(seer: Seer, projector: nn.Module) -> Seer:
    """The same model, sharing all else, behind another projector."""
    made = Seer.__new__(Seer)
    nn.Module.__init__(made)
    made.tower, made.language = seer.tower, seer.language
    made.projector = projector  # type: ignore[assignment]
    return made.eval()


def _shuffled(seer: Seer, seed: int) -> Seer:
    def change(_: Tensor, patches: Tensor) -> Tensor:
        order = torch.randperm(patches.shape[1], generator=generator(seed))
        found: Tensor = patches[:, order.to(patches.device)]
        return found

    return _with(seer, Changed(seer.projector, change))


def _noise(seer: Seer, seed: int) -> Seer:
    def change(_: Tensor, patches: Tensor) -> Tensor:
        drawn = torch.randn(patches.shape, generator=generator(seed)).to(patches)
        found: Tensor = patches.mean((0, 1)) + patches.std((0, 1)) * drawn
        return found

    return _with(seer, Changed(seer.projector, change))


def _left_out(seer: Seer, seed: int) -> Seer:
    def change(features: Tensor, patches: Tensor) -> Tensor:
        bare = F.pad(features, (0, max(0, patches.shape[-1] - features.shape[-1])))[..., : patches.shape[-1]]
        found: Tensor = bare * patches.norm(dim=-1, keepdim=True) / bare.norm(dim=-1, keepdim=True).clamp(min=1e-6)
        return found

    return _with(seer, Changed(seer.projector, change))


def _new(seer: Seer, seed: int) -> Seer:
    with seeded(seed):
        fresh = Projector().to(next(seer.projector.parameters()))
    return _with(seer, fresh.requires_grad_(False))


def _as_it_is(seer: Seer, seed: int) -> Seer:
    return seer


def _gates(seer: Seer, said: str) -> str:
    """The sentence, with how far the gates stand open where there are any."""
    open_ = [abs(gate) for one in crossings(seer.language.network) for gate in one.gates.tanh().tolist()]
    return f"{said} Its gates stand open by {sum(open_) / len(open_):.2f} on average." if open_ else said


FUSED = "cross-attention"
WAYS = (
    Way("as trained", "Projector and decoder as they were trained.", _as_it_is),
    Way("grey picture", "The same model, shown nothing: the control of every answer.", _as_it_is, blank=True),
    Way("shuffled", "The patches in another order. Each says its own place, so that little may be lost.", _shuffled),
    Way("noise", "Random numbers in place of the patches, with their mean and spread.", _noise),
    Way("new", "A projector with the random weights that training began with.", _new),
    Way(
        "left out",
        "What the tower says, as much of it as fits, in the place of vectors that the decoder reads.",
        _left_out,
    ),
    Way(FUSED, "Another model: no patch stands among its words; a frozen decoder looks at them.", _as_it_is),
)
