"""Sentences as vectors: the mean of their tokens' vectors, layer by layer, and the cosine between each two.

Reimers & Gurevych 2019, "Sentence-BERT". The means of all sentences have much in common: it is taken away first
(Mu & Viswanath 2018, "All-but-the-top").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import PLANE_LIMIT, Tok, curve, matrix, number, plane, prose, ranked
from genai_demo.encoder.attention import through
from genai_demo.encoder.model import Encoder, unlike
from genai_demo.encoder.options import SimilarOptions

FEWEST, MOST = 2, 24  # sentences
LONG = 28  # letters of a sentence that stand beside the matrix
MAP = "map of the sentences"


@dataclass(frozen=True, slots=True, eq=False)
class SimilarStep:
    """One layer. cosines (n, n); places (n, 2): the two directions of most variance after the last layer."""

    index: int
    total: int
    labels: tuple[str, ...]
    cosines: np.ndarray = matrix(
        "cosine, the common part taken away", rows="labels", columns="labels", signed=True, cells=True
    )
    pairs: tuple[Tok, ...] = ranked("nearest pairs", unit="cosine", long=True)
    places: np.ndarray = plane(MAP, "generated", called="sentences", axes=("most variance", "most variance beside it"))
    said: str = prose("what is shown")
    layer: str = number("after")
    raw: float = curve("mean cosine of two sentences, nothing taken away")


@torch.inference_mode()
def similar(model: Encoder, options: SimilarOptions, *, seed: int) -> Iterator[SimilarStep]:
    """Each sentence once through the network, then a frame for each layer. Nothing is random."""
    sentences = lines(options.sentences)
    ids = [model.encode(one) for one in sentences]
    odd = unlike(model, options.sentences, [model.start, *(i for one in ids for i in one[1:-1]), model.end])
    each = [[x[1:-1].float().mean(0) for x, _ in through(model.network, one)] for one in ids]
    rows = [torch.stack([one[i] for one in each]).cpu().numpy() for i in range(len(each[0]))]
    directions = principal(unit(rows[-1] - rows[-1].mean(0)))
    for i, x in enumerate(rows):
        centred, plain = unit(x - x.mean(0)), unit(x)
        cosines = centred @ centred.T
        yield SimilarStep(
            i,
            len(rows),
            tuple(one if len(one) <= LONG else one[: LONG - 1] + "…" for one in sentences),
            cosines.astype(np.float32),
            nearest(cosines, sentences),
            (centred @ directions * PLANE_LIMIT * 0.9).astype(np.float32),
            odd or said(i, len(rows) - 1),
            "the embedding" if not i else f"layer {i} of {len(rows) - 1}",
            float((plain @ plain.T)[np.triu_indices(len(x), 1)].mean()),
        )


def lines(text: str) -> list[str]:
    """The sentences, one a line. Raises DemoError where they are too few or too many."""
    found = [line.strip() for line in text.splitlines() if line.strip()]
    if not FEWEST <= len(found) <= MOST:
        raise DemoError(f"sentences are {len(found)}; write {FEWEST} to {MOST}, one a line")
    return found


def unit(x: np.ndarray) -> np.ndarray:
    """Rows (n, width) of length 1; a row of nothing stays so."""
    return np.asarray(x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-6))


def principal(x: np.ndarray) -> np.ndarray:
    """The two directions of most variance of x (n, width), (width, 2); the largest number of each is positive."""
    _, _, found = np.linalg.svd(x.astype(np.float64), full_matrices=False)
    two = found[:2].T if len(found) > 1 else np.concatenate([found.T, np.zeros_like(found.T)], 1)
    return np.asarray(two * np.sign(two[np.abs(two).argmax(0), np.arange(2)]))


def nearest(cosines: np.ndarray, sentences: Sequence[str]) -> tuple[Tok, ...]:
    """The five nearest pairs, by cosines (n, n)."""
    a, b = np.triu_indices(len(cosines), 1)
    order = np.argsort(-cosines[a, b], kind="stable")[:5]
    return tuple(
        Tok(
            f"{sentences[a[k]]} ~ {sentences[b[k]]}",
            max(0.0, float(cosines[a[k], b[k]])),
            value=float(cosines[a[k], b[k]]),
        )
        for k in order
    )


def said(layer: int, last: int) -> str:
    """What a frame shows."""
    if not layer:
        return "The mean of rows of the table: sentences are alike here if they have words in common."
    end = " This is the mean that search compares." if layer == last else ""
    return f"The mean of the tokens' vectors after layer {layer}.{end}"
