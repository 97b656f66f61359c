"""Many questions about one picture in one row: each sees the picture and itself, and counts its places from there.

A row: what is seen (64 places for patches, or a scene told in words, or nothing), then questions with their answers.
ids, parts, places, weights (b, n). parts: 0 of what is seen, then the question's number, -1 of what fills up; places:
positions; weights: how much it counts to say the token that comes next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.data.world import Scene
from genai_demo.data.world_questions import Asked
from genai_demo.text_to_image.detector import CELLS
from genai_demo.vlm import words
from genai_demo.vlm.tower import PATCHES

ROOM = 160  # tokens of questions and answers in a row


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """Rows of tokens; `seen`: how many places of each are of what is seen, the most of them."""

    ids: Tensor
    parts: Tensor
    places: Tensor
    weights: Tensor

    def mask(self) -> Tensor:
        """(b, 1, n, n), True where a place may look: at what is seen and at its own question, never ahead."""
        q, k = self.parts[:, :, None], self.parts[:, None, :]
        allowed = ((q == k) | (k == 0)).tril()
        return allowed[:, None]

    def bias(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """(b, 1, n, n): 0 where a place may look, far below 0 elsewhere; a place of nothing sees all before it."""
        blind = (self.parts == -1)[:, None, :, None]
        return torch.zeros((), dtype=dtype).where(self.mask() | blind, torch.finfo(dtype).min / 2)


def item(asked: Asked) -> tuple[list[int], list[bool]]:
    """Tokens of a question and its answer, and which of them are to be said; of two turns, both answers."""
    known = words.numbers()
    ids: list[int] = []
    said: list[bool] = []
    for turn in asked.turns:
        question = [known[words.USER], *words.ids_of(turn.text), known[words.END], known[words.ASSISTANT]]
        answer = [*words.ids_of(turn.answer), known[words.END]]
        ids += question + answer
        said += [False] * len(question) + [True] * len(answer)
    return ids, said


def pack(seen: Sequence[Sequence[int]], asked: Sequence[Sequence[Asked]], starts: Sequence[int], room: int) -> Pack:
    """seen: tokens of what each row sees; starts: where the places of its questions begin; room: tokens of questions.

    Questions that do not fit are left out.
    """
    before = max(len(one) for one in seen)
    shape = len(seen), before + room
    ids, parts, places = np.zeros(shape, np.int64), np.full(shape, -1), np.zeros(shape, np.int64)
    weights = np.zeros(shape, np.float32)
    for row, (prefix, questions, start) in enumerate(zip(seen, asked, starts, strict=True)):
        at = len(prefix)
        ids[row, :at], parts[row, :at], places[row, :at] = prefix, 0, np.arange(at)
        for number, one in enumerate(questions, 1):
            tokens, said = item(one)
            end = at + len(tokens)
            if end > shape[1]:
                continue
            ids[row, at:end], parts[row, at:end] = tokens, number
            places[row, at:end] = np.arange(start, start + len(tokens))
            weights[row, at : end - 1] = np.array(said[1:]) / sum(said) ** 0.5
            at = end
    used = int((parts >= 0).any(0).sum())
    return Pack(*(torch.from_numpy(array[:, :used].copy()) for array in (ids, parts, places, weights)))


def pictured(asked: Sequence[Sequence[Asked]], room: int = ROOM) -> Pack:
    """Rows that begin with places for patches."""
    picture = [words.numbers()[words.PICTURE]] * PATCHES
    return pack([picture] * len(asked), asked, [PATCHES] * len(asked), room)


def unseen(asked: Sequence[Sequence[Asked]], room: int = ROOM) -> Pack:
    """Rows of questions alone, as a decoder reads them that sees by cross-attention, or nothing."""
    return pack([[]] * len(asked), asked, [0] * len(asked), room)


def spoken(scene: Scene, rng: np.random.Generator) -> list[int]:
    """Tokens of a scene told in words, in any order: "light blue background. small red house row3 column5.\""""
    said = [f"{scene.background} background."]
    said += [
        f"{thing.size} {thing.words} row{int(thing.y * CELLS) + 1} column{int(thing.x * CELLS) + 1}."
        for thing in scene.things
    ]
    order = rng.permutation(len(said))
    return [words.numbers()[words.TOLD], *(i for which in order for i in words.ids_of(said[which]))]


def told(
    scenes: Sequence[Scene | None], asked: Sequence[Sequence[Asked]], rng: np.random.Generator, room: int = ROOM
) -> Pack:
    """Rows that begin with the scene in words, or with nothing; their questions begin anywhere up to where a picture
    would end."""
    seen = [spoken(scene, rng) if scene else [] for scene in scenes]
    starts = [int(rng.integers(len(one), max(PATCHES, len(one)) + 1)) for one in seen]
    return pack(seen, asked, starts, room)
