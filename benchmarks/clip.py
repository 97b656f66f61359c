"""CLIP through run(recipe), with its frames, against bare open_clip and FAISS on the same pictures and texts."""

from __future__ import annotations

import itertools
import time
from typing import Any

import faiss
import numpy as np
import torch
from PIL import Image

from benchmarks import Row, alternate, seconds
from genai_demo.clip import KEYS, features
from genai_demo.clip.library import library
from genai_demo.clip.model import Clip
from genai_demo.clip.pictures import Picture, scene, world_picture
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.core.spec import find_spec

SIDE = 32  # pictures and texts of the matrix
MANY = 10_000  # pictures of the library
ASKED, NEAREST = 20, 12
FIRST, TURNS = 10**9, 6
COUNT = itertools.count()


def rows() -> list[Row]:
    """Seconds, medians, taken in turn; every matrix and every question is a new one, so that nothing is remembered."""
    model: Clip = load(find_spec(KEYS[0]))
    torch.set_num_threads(1)  # as the run does for the small network
    for n in range(FIRST, FIRST + SIDE * 2 * (TURNS + 1)):
        world_picture(n, 64)  # drawn beforehand, for drawing is no part of what is compared
    return [
        seconds(
            f"clip: {SIDE} x {SIDE} matrix, open_clip bare (at most 1.1)",
            *alternate(lambda: matrix(next(COUNT)), lambda: bare_matrix(model, next(COUNT)), TURNS),
        ),
        again(),
        *searching(model),
    ]


def numbers(turn: int) -> list[int]:
    """Scenes no turn before had."""
    return [FIRST + SIDE * turn + i for i in range(SIDE)]


def recipe(turn: int, **options: Any) -> Recipe:
    found = numbers(turn)
    texts = "\n".join(scene(n)[1] for n in found)
    pictures = ",".join(world_picture(n, 64).name for n in found)
    return Recipe("clip/similarity", {"pictures": pictures, "texts": texts, "steps": 1, **options})


def matrix(turn: int) -> list[Any]:
    """The run with its one frame."""
    return list(run(recipe(turn)))


@torch.inference_mode()
def bare_matrix(model: Clip, turn: int) -> tuple[np.ndarray, np.ndarray]:
    """Both towers, cosines and both softmaxes, as open_clip's own example has them."""
    found = numbers(turn)
    drawn = [Image.fromarray(world_picture(n, 64).pixels) for n in found]
    batch = torch.stack([model.prepare(picture) for picture in drawn]).to(model._weight().dtype)
    seen = model.net.encode_image(batch, normalize=True)
    read = model.net.encode_text(model.tokenizer([scene(n)[1] for n in found]), normalize=True)
    logits = (model.net.logit_scale.exp() * seen @ read.T).float()
    return logits.softmax(1).numpy(), logits.softmax(0).numpy()


def again() -> Row:
    """The same matrix with another temperature against its first time."""
    turn = next(COUNT)
    spent = []
    for temperature in (0.05, 0.5):
        start = time.perf_counter()
        list(run(recipe(turn, temperature=temperature)))
        spent.append(time.perf_counter() - start)
    return seconds("clip: the same at another temperature, against its first time", spent[1], spent[0])


def searching(model: Clip) -> list[Row]:
    """ASKED questions in a library that is embedded, against one tower and FAISS by themselves."""
    shelf = library(model, "world", MANY, 0)
    shelf.grow(model, MANY)
    vectors = features.see(model, [world_picture(n, 64) for n in range(64)])  # the bare index holds as many of them
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.resize(vectors, (MANY, vectors.shape[1])))
    drawn = iter(
        [[world_picture(n, 64) for n in range(at, at + ASKED)] for at in range(10**8, 10**8 + 20 * ASKED, ASKED)]
    )
    rest = f"in {MANY:,} pictures, embedding and FAISS bare (at most 1.2)"
    words = alternate(lambda: ask(questions()), lambda: bare_ask(model, index, questions()), 5)
    pictures = alternate(lambda: ask_with(next(drawn)), lambda: bare_ask_with(model, index, next(drawn)), 7)
    return [seconds(f"clip: {ASKED} texts {rest}", *words), seconds(f"clip: {ASKED} pictures {rest}", *pictures)]


def questions() -> list[str]:
    """Captions nobody asked for before."""
    return [scene(2 * 10**9 + next(COUNT))[1] for _ in range(ASKED)]


def ask(texts: list[str]) -> list[Any]:
    """The whole run for each, its frame with the pictures found."""
    options = {"pictures": MANY, "k": NEAREST, "steps": 1}
    return [list(run(Recipe("clip/search", {"query": text, **options}))) for text in texts]


@torch.inference_mode()
def bare_ask(model: Clip, index: faiss.Index, texts: list[str]) -> list[np.ndarray]:
    found = []
    for text in texts:
        query = model.net.encode_text(model.tokenizer([text]), normalize=True).float().numpy()
        found.append(index.search(query, NEAREST)[1])
    return found


def ask_with(drawn: list[Picture]) -> list[Any]:
    """The whole run for each, asked with a picture nobody asked with before."""
    options = {"way": "picture to pictures", "pictures": MANY, "k": NEAREST, "steps": 1}
    return [list(run(Recipe("clip/search", {"picture": picture.name, **options}))) for picture in drawn]


@torch.inference_mode()
def bare_ask_with(model: Clip, index: faiss.Index, drawn: list[Picture]) -> list[np.ndarray]:
    found = []
    for picture in drawn:
        batch = model.prepare(Image.fromarray(picture.pixels))[None].to(model._weight().dtype)
        found.append(index.search(model.net.encode_image(batch, normalize=True).float().numpy(), NEAREST)[1])
    return found
