"""Many questions about one picture in one row: each sees the picture and itself, and counts its places from there.

A row: what is seen (64 places for patches, or a scene told in words, or nothing), then questions with their answers.
A scene is told with a place for each thing: all its words at once, their vectors added, as a patch has all in one.
ids, parts, places, weights (b, n). parts: 0 of what is seen, then the question's number, -1 of what fills up; places:
positions; weights: how much it counts to say the token that comes next; sums (b, s, SAID): tokens added up at the first
places, -1 for none; (b, 0, SAID) where nothing is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from genai_demo.data.world import Scene, Thing, relations
from genai_demo.data.world_questions import Asked
from genai_demo.text_to_image.detector import CELLS
from genai_demo.vlm import words
from genai_demo.vlm.tower import PATCHES

ROOM = 144  # tokens of questions and answers in a row
SAID = 5  # words of a thing: size, colour, kind, row, column


Note = tuple[list[int], list[bool]]  # tokens, and which of them are to be said
Items = Sequence[Asked | Note]


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """Rows of tokens."""

    ids: Tensor
    parts: Tensor
    places: Tensor
    weights: Tensor
    sums: Tensor

    def mask(self) -> Tensor:
        """(b, 1, n, n), True where a place may look: at what is seen and at its own question, never ahead."""
        q, k = self.parts[:, :, None], self.parts[:, None, :]
        allowed = ((q == k) | (k == 0)).tril()
        return allowed[:, None]

    def bias(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """(b, 1, n, n): 0 where a place may look, far below 0 elsewhere; a place of nothing sees all before it."""
        blind = (self.parts == -1)[:, None, :, None]
        return torch.zeros((), dtype=dtype).where(self.mask() | blind, torch.finfo(dtype).min / 2)


def item(asked: Asked) -> Note:
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


def notes(scene: Scene, rng: np.random.Generator, most: int = 6) -> list[Note]:
    """What is noted of a scene without being asked, as `item`: "house red small row2 column4" of what can be named by
    its kind alone, "house ball above" of two that clearly lie so. What comes next is told by the words before."""
    kinds = Counter(thing.kind for thing in scene.things)
    found = [(thing.kind, f"{thing.colour} {thing.size} {_cell(thing)}") for thing in scene.things]
    related = [f"{one.kind} {other.kind} {way.split()[0]}" for one, way, other in relations(scene)]
    found += [(text.rpartition(" ")[0], text.rpartition(" ")[2]) for text in related]
    found = [one for one in found if all(kinds[kind] == 1 for kind in one[0].split())]
    made = []
    for which in rng.permutation(len(found))[:most]:
        before, after = (list(words.ids_of(text)) for text in found[which])
        made.append(([*before, *after], [False] * len(before) + [True] * len(after)))
    return made


def _cell(thing: Thing) -> str:
    return f"row{int(thing.y * CELLS) + 1} column{int(thing.x * CELLS) + 1}"


def pack(seen: Sequence[Sequence[int]], asked: Sequence[Items], starts: Sequence[int], room: int) -> Pack:
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
            tokens, said = item(one) if isinstance(one, Asked) else one
            end = at + len(tokens)
            if end > shape[1]:
                continue
            ids[row, at:end], parts[row, at:end] = tokens, number
            places[row, at:end] = np.arange(start, start + len(tokens))
            weights[row, at : end - 1] = np.array(said[1:]) / sum(said) ** 0.5
            at = end
    used = int((parts >= 0).any(0).sum())
    whole = [torch.from_numpy(array[:, :used].copy()) for array in (ids, parts, places, weights)]
    return Pack(whole[0], whole[1], whole[2], whole[3], torch.zeros(len(seen), 0, SAID, dtype=torch.long))


def pictured(asked: Sequence[Items], room: int = ROOM) -> Pack:
    """Rows that begin with places for patches."""
    picture = [words.numbers()[words.PICTURE]] * PATCHES
    return pack([picture] * len(asked), asked, [PATCHES] * len(asked), room)


def unseen(asked: Sequence[Items], room: int = ROOM) -> Pack:
    """Rows of questions alone, as a decoder reads them that sees by cross-attention, or nothing."""
    return pack([[]] * len(asked), asked, [0] * len(asked), room)


def spoken(scene: Scene, rng: np.random.Generator) -> list[list[int]]:
    """Tokens of a scene told in words, a list for each thing and one for the background, in any order:

    [[small, red, house, row3, column5], [light, blue, background]].
    """
    said = [f"{scene.background} background"]
    said += [f"{thing.size} {thing.words} {_cell(thing)}" for thing in scene.things]
    return [list(words.ids_of(said[which])) for which in rng.permutation(len(said))]


def named(scene: Scene) -> Tensor:
    """(64, SAID): tokens of what lies at each patch, -1 for none: the thing whose centre it has, or the background."""
    found = torch.full((PATCHES, SAID), -1)
    ground = torch.tensor(words.ids_of(f"{scene.background} background"))
    found[:, : len(ground)] = ground
    for thing in scene.things:
        ids = words.ids_of(f"{thing.size} {thing.words} {_cell(thing)}")
        found[int(thing.y * CELLS) * CELLS + int(thing.x * CELLS)] = torch.tensor(ids)
    return found


def told(scenes: Sequence[Scene | None], asked: Sequence[Items], rng: np.random.Generator, room: int = ROOM) -> Pack:
    """Rows that begin with the scene in words, or with nothing; their questions begin anywhere up to where a picture
    would end."""
    said = [[[], *spoken(scene, rng)] if scene else [] for scene in scenes]
    known = words.numbers()[words.TOLD]
    starts = [int(rng.integers(len(one), PATCHES + 1)) for one in said]
    made = pack([[known] * len(one) for one in said], asked, starts, room)
    sums = torch.full((len(said), max(len(one) for one in said), SAID), -1)
    for row, one in enumerate(said):
        for place, tokens in enumerate(one):
            sums[row, place, : len(tokens)] = torch.tensor(tokens, dtype=torch.long)
    return replace(made, sums=sums)
