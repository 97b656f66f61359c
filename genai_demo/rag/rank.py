"""Putting rankings together: reciprocal rank fusion, late interaction, maximal marginal relevance.

ranking: ids, best first. Fusion: Cormack et al. 2009; late interaction: Khattab & Zaharia 2020 (ColBERT's MaxSim);
diversity: Carbonell & Goldstein 1998.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RANK_CONSTANT = 10  # of fusion: how far down a ranking still counts; how it was chosen: README.md


def fused(
    rankings: Sequence[np.ndarray], weights: Sequence[float], constant: float = RANK_CONSTANT
) -> tuple[np.ndarray, np.ndarray]:
    """Reciprocal rank fusion: each ranking gives weight / (constant + rank) to what is in it, rank counting from 1.

    -> (ids, best first, and their sums); of equals the smaller id comes first.
    """
    every = np.concatenate([np.zeros(0, np.int64), *rankings])
    given = np.concatenate(
        [
            np.zeros(0),
            *(
                weight / (constant + np.arange(1, len(ranking) + 1))
                for ranking, weight in zip(rankings, weights, strict=True)
            ),
        ]
    )
    ids, place = np.unique(every, return_inverse=True)
    sums = np.bincount(place, given, len(ids))
    order = np.argsort(-sums, kind="stable")
    return ids[order], sums[order].astype(np.float32)


def max_sim(question: np.ndarray, text: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Late interaction: for each token of the question the cosine of its nearest token in the text; their mean.

    question (q, d), text (t, d): unit rows. weights (q,): how much a token counts, all alike where None.
    """
    if not len(question) or not len(text):
        return 0.0
    return float(np.average((question @ text.T).max(axis=1), weights=weights))


def diverse(vectors: np.ndarray, scores: np.ndarray, k: int, balance: float) -> np.ndarray:
    """Maximal marginal relevance: places of k rows, each chosen for its score and against those chosen before.

    vectors (n, d): unit rows; scores (n,): relevance, brought to 0 ... 1 here; balance: 1 looks at relevance alone,
    0 at being different alone.
    """
    span = float(np.ptp(scores)) if len(scores) else 0.0
    relevance = (scores - scores.min()) / span if span else np.ones(len(scores))
    near = np.zeros(len(vectors))  # cosine with the nearest one chosen
    left = np.ones(len(vectors), bool)
    chosen: list[int] = []
    for _ in range(min(k, len(vectors))):
        value = np.where(left, balance * relevance - (1 - balance) * near, -np.inf)
        best = int(value.argmax())
        chosen.append(best)
        left[best] = False
        near = np.maximum(near, vectors @ vectors[best])
    return np.array(chosen, np.int64)


def firsts(items: np.ndarray) -> np.ndarray:
    """Places at which a value stands for the first time, in order: the best chunk of each passage, say."""
    _, places = np.unique(items, return_index=True)
    return np.sort(places)
