"""What a run begins with: the picture as the tower sees it, the question as tokens, and what can't be asked.

A picture is 64 x 64 x 3 uint8; patches (1, n, width); a question is text, checked before anything is computed.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from genai_demo.clip import pictures as given
from genai_demo.core.errors import DemoError, shown
from genai_demo.data.scenes import Question
from genai_demo.data.world import Scene, draw
from genai_demo.data.world_kinds import KINDS
from genai_demo.text_to_image.autoencoder import as_input
from genai_demo.text_to_image.detector import CELLS
from genai_demo.text_to_image.detector import look as see
from genai_demo.vlm import words
from genai_demo.vlm.model import Seer

SIDE, GREY = 64, 165  # pixels of a side; the picture of the control
OFF = 20.0  # levels: of 1,000 scenes all but one differed by less than 16, noise, blurs and garments by more than 33
ASIDE = 0.01  # of the side: so far from the edge the tower is sure by 0.97 and more
LARGE = 256  # pixels of what is drawn of it
STRANGE = (
    f"This picture is unlike any that the model was shown: it knows drawn scenes of {len(KINDS)} kinds of things and "
    "sees nothing else. Take its answer for a guess."
)
Turns = Sequence[Question]


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """pixels (64, 64, 3) uint8; patches (1, n, width); text: what names it; notice: "" or why not to believe an
    answer."""

    pixels: np.ndarray
    patches: Tensor
    text: str
    notice: str

    @property
    def scene(self) -> Scene | None:
        """What is there, where that is known."""
        return scene_of(self.text)


@torch.inference_mode()
def look(seer: Seer, text: str, *, warned: bool = True) -> Looked:
    """The picture that an option names. Raises DemoError where it is none.

    warned: whether it is seen to that the picture is a scene, which takes as long as looking at it.
    """
    pixels = pixels_of(text)
    return Looked(pixels, seer.patches(pixels[None]), text, notice(seer, pixels) if warned else "")


def pixels_of(text: str) -> np.ndarray:
    """(64, 64, 3) uint8, of a scene read-only. Raises DemoError."""
    kind, _, _ = text.strip().partition(":")
    return _scene(text) if kind in ("world", "built") else given.square(given.one(text, SIDE).pixels, SIDE)


@functools.lru_cache(256)
def _scene(text: str) -> np.ndarray:
    """Scenes are asked about again and again, and each is drawn once."""
    built = text.strip().startswith("built:")
    found = drawn(given.scene_of(text)) if built else given.square(given.one(text, SIDE).pixels, SIDE)
    found.flags.writeable = False
    return found


def scene_of(text: str) -> Scene | None:
    """What is there, of a scene; None of a picture of another kind."""
    kind, _, _ = text.strip().partition(":")
    return given.scene_of(text) if kind in ("world", "built") else None


def notice(seer: Seer, pixels: np.ndarray) -> str:
    """What is to be said of a picture of another world; "" of a scene."""
    return STRANGE if closed(seer) and off(seer, pixels) > OFF else ""


def off(seer: Seer, pixels: np.ndarray) -> float:
    """What the tower sees, drawn again: by how many levels of 255 the picture differs, on average."""
    (seen,) = see(seer.tower.detector, as_input([pixels]))
    return float(np.abs(draw(seen, SIDE).astype(np.float64) - pixels).mean())


def closed(seer: Seer) -> bool:
    """Whether it knows the picture world only."""
    return getattr(seer, "closed", True)


def grey(seer: Seer) -> Tensor:
    """The patches of a grey picture (1, n, width): what an answer is worth that was given without seeing anything."""
    return seer.patches(np.full((1, SIDE, SIDE, 3), GREY, np.uint8))


def question(seer: Seer, text: str, turns: Turns = ()) -> list[int]:
    """Tokens of a conversation up to where the answer begins. Raises DemoError where it can't be asked."""
    check(seer, text)
    ids = seer.prompt(turns, text.strip())
    if len(ids) > seer.language.context // 2:
        raise DemoError(
            f"the question makes {len(ids)} tokens with the picture; the limit is {seer.language.context // 2}, "
            "shorten it"
        )
    return ids


def check(seer: Seer, text: str) -> None:
    """Raises DemoError where there is no question, or it has a word that the model was never taught."""
    if not any(one.isalnum() for one in text):
        raise DemoError("there is no question; ask something about the picture, such as: Where is the house?")
    if closed(seer) and (unknown := words.unknown(text)):
        raise DemoError(f"{shown(unknown[0])} is a word that the model was never taught; {near(unknown[0])}")


def near(word: str) -> str:
    """The remedy: words that it knows."""
    found = difflib.get_close_matches(word[:40], words.vocabulary(), 3, cutoff=0)
    return f"use words that it knows, such as {', '.join(found)}"


def large(pixels: np.ndarray, side: int = LARGE) -> np.ndarray:
    """(s, s, 3) -> (side, side, 3), each pixel as a square of its own."""
    side_of, times = len(pixels), side // len(pixels)
    wide = np.broadcast_to(pixels[:, None, :, None], (side_of, times, side_of, times, 3))
    return wide.reshape(side_of * times, side_of * times, 3)


def drawn(scene: Scene) -> np.ndarray:
    """(64, 64, 3) uint8. What is built lies on whole percents, and so, often, with its centre just where patches meet:
    then none of them is sure that it is there. It is drawn up to two thirds of a pixel aside."""
    things = (replace(thing, x=beside_edges(thing.x), y=beside_edges(thing.y)) for thing in scene.things)
    return draw(Scene(tuple(things), scene.background), SIDE)


def beside_edges(value: float) -> float:
    """A place that is ASIDE from the nearest edge of a patch, or further."""
    edge = round(value * CELLS) / CELLS
    return value if abs(value - edge) >= ASIDE or not 0 < edge < 1 else edge + (ASIDE if value >= edge else -ASIDE)
