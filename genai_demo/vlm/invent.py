"""Run vlm/invent: it is asked for what is not there. How often does it see it nevertheless?

Rohrbach et al. 2018, "Object Hallucination in Image Captioning"; Li et al. 2023 ("POPE"): ask for things that are not
there, in ways more and less tempting, and for those that are, or one that always says no would be the best.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from genai_demo.core.frames import Tok, curve, matrix, number, pictures, prose, ranked
from genai_demo.data.world import Scene, draw, with_article
from genai_demo.data.world_kinds import KINDS
from genai_demo.data.world_questions import scene_to_ask
from genai_demo.vlm.answering import Answer, answers
from genai_demo.vlm.looking import grey, large
from genai_demo.vlm.model import Seer
from genai_demo.vlm.options import InventOptions

WAYS = ("is there a …?", "is there a red …?", "which colour is the …?", "is there what is there?")
NO = "there is no"
ANSWER = 8  # tokens: enough to see whether it says that it is not there
SEEING = ("with the picture", "with a grey one")


@dataclass(frozen=True, slots=True, eq=False)
class InventStep:
    """One scene. rates (2, WAYS): % of wrong answers so far, with the picture and with a grey one."""

    index: int
    total: int
    seeing: tuple[str, ...]
    ways: tuple[str, ...]
    seen: np.ndarray = pictures("the scene")
    answers: tuple[Tok, ...] = ranked("what it was asked, and answers; marked: wrong", unit="chance", long=True)
    rates: np.ndarray = matrix("wrong so far", rows="seeing", columns="ways", unit="%", cells=True)
    said: str = prose("what is shown")
    invented: float = curve("seen though it is not there, so far", unit="%", digits=1)
    missed: float = curve("not seen though it is there, so far", unit="%", digits=1)
    blind: float = number("seen in a grey picture", unit="%", digits=1)
    asked: int = number("questions", digits=0)


@dataclass(frozen=True, slots=True)
class Trap:
    """way: which of WAYS; wrong(answer): whether it is."""

    way: int
    text: str

    def wrong(self, found: Answer) -> bool:
        if self.way == 2:
            return not found.text.startswith(NO)
        return found.text != ("yes" if self.way == 3 else "no")


def invent(seer: Seer, options: InventOptions, *, seed: int) -> Iterator[InventStep]:
    """A frame a scene. Scenes and what is asked for follow the seed; no training saw them."""
    rng = np.random.default_rng((30_000, seed))
    with torch.inference_mode():
        nothing = grey(seer)
    counts = np.zeros((2, 2, len(WAYS)))  # (with the picture, without; wrong, asked; way)
    for index in range(options.scenes):
        scene = scene_to_ask(rng)
        traps = set_for(scene, rng, options.asked)
        prompts = [seer.prompt((), trap.text) for trap in traps]
        with torch.inference_mode():
            patches = seer.patches(draw(scene)[None])
        found = answers(seer, patches, prompts, ANSWER)
        for which, said in enumerate((found, answers(seer, nothing, prompts, ANSWER))):
            for trap, one in zip(traps, said, strict=True):
                counts[which, :, trap.way] += trap.wrong(one), 1
        yield _frame(index, options.scenes, scene, traps, found, counts)


def set_for(scene: Scene, rng: np.random.Generator, count: int) -> list[Trap]:
    """Questions about `count` kinds that are not there, in three ways, and about all that is there."""
    here = {thing.kind for thing in scene.things}
    missing = [str(kind) for kind in rng.permutation([kind for kind in KINDS if kind not in here])[:count]]
    colours = [thing.colour for thing in scene.things]
    traps = [Trap(0, f"Is there {with_article(kind)}?") for kind in missing]
    traps += [
        Trap(1, f"Is there {with_article(f'{colours[int(rng.integers(len(colours)))]} {kind}')}?") for kind in missing
    ]
    traps += [Trap(2, f"Which colour is the {kind}?") for kind in missing]
    return traps + [Trap(3, f"Is there {with_article(kind)}?") for kind in sorted(here)]


def _frame(
    index: int, total: int, scene: Scene, traps: Sequence[Trap], found: Sequence[Answer], counts: np.ndarray
) -> InventStep:
    wrong, asked = counts[:, 0], counts[:, 1]
    rates = 100 * wrong / np.maximum(asked, 1)
    invented, blind = (100 * float(one[:3].sum() / two[:3].sum()) for one, two in zip(wrong, asked, strict=True))
    here = [(trap, one) for trap, one in zip(traps, found, strict=True) if trap.wrong(one)]
    return InventStep(
        index,
        total,
        SEEING,
        WAYS,
        large(draw(scene))[None],
        _rows(traps, found),
        rates,
        _said(here, len(traps)),
        invented,
        float(rates[0, 3]),
        blind,
        int(asked[0].sum()),
    )


def _rows(traps: Sequence[Trap], found: Sequence[Answer]) -> tuple[Tok, ...]:
    rows = [
        Tok(f"{trap.text} {one.text}", one.chance, "picked" if trap.wrong(one) else "")
        for trap, one in zip(traps, found, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: row.kind == ""))


def _said(wrong: Sequence[tuple[Trap, Answer]], asked: int) -> str:
    if not wrong:
        return f"All {asked} questions about this scene are answered as it is."
    return f"{len(wrong)} of {asked} answers about this scene are wrong: “{wrong[0][0].text} {wrong[0][1].text}”."
