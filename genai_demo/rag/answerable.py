"""Whether the articles answer a question: words, meaning and the best sentence are weighed together.

Signs of a question, from what was found for it (`SIGNS`), go into a logistic regression (Cox 1958). Its weights are
fitted by `python -m genai_demo quality rag` on questions of three kinds: answered by an article, on the subject but
answered by none, off the subject. They hold for the articles and the embedder they were fitted with, and for nothing
else: a visitor's page is never judged by them.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from genai_demo.rag import passages
from genai_demo.rag.bm25 import words
from genai_demo.rag.library import Library
from genai_demo.rag.options import MEASURED
from genai_demo.rag.passages import Row
from genai_demo.rag.retrieve import Search, StageResult, retrieve

SIGNS = ("cosine", "margin", "words", "sentence", "unknown name")
SEEN, DEPTH = 3, 10  # passages whose words and sentences are looked at, and that are ranked
RIDGE = 1.0  # how much large weights cost in fitting
_ROUNDS = 50  # of Newton's method; it needs about ten


@dataclass(frozen=True)
class Decision:
    """What was fitted. embedder: its identity; weights: of SIGNS, in their order; chance: below it one refuses."""

    embedder: str
    weights: tuple[float, ...]
    bias: float
    chance: float

    def chances(self, signs: np.ndarray) -> np.ndarray:
        """How likely each question is answered: signs (n, len(SIGNS)) -> (n,), 0 to 1."""
        return np.asarray(1 / (1 + np.exp(-(signs @ np.array(self.weights) + self.bias))))

    def refuses(self, library: Library, signs: np.ndarray) -> bool:
        """Whether to refuse a question of these signs (len(SIGNS),); never with another embedder."""
        return library.embedder.identity == self.embedder and bool(self.chances(signs[None])[0] < self.chance)

    @property
    def told(self) -> dict[str, object]:
        """As it stands in the file of results."""
        return {
            "embedder": self.embedder,
            "weights": dict(zip(SIGNS, self.weights)),
            "bias": self.bias,
            "chance": self.chance,
        }


@functools.cache
def measured() -> Decision | None:
    """What `quality rag` fitted last; None where that is not there, and then nothing is refused by it."""
    try:
        found: Mapping[str, object] = json.loads(MEASURED.read_text())["nothing"]["decision"]
        weights: Mapping[str, float] = found["weights"]  # type: ignore[assignment]
        return Decision(
            str(found["embedder"]),
            tuple(float(weights[sign]) for sign in SIGNS),
            float(found["bias"]),  # type: ignore[arg-type]
            float(found["chance"]),  # type: ignore[arg-type]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def signs(library: Library, question: str, dense: StageResult, last: StageResult, rows: Sequence[Row]) -> np.ndarray:
    """(len(SIGNS),) of a question: dense, last: these rankings of it; rows: sentences of the first SEEN of the last.

    cosine: of the nearest passage; margin: by how much it lies above the last of the ranking; words: share of the
    question's words that stand in the first passages, rare ones counting more (by their idf); sentence: how near the
    best one is (`passages.nearness`); unknown name: 1 where the question names what no passage does.
    """
    wanted = list(dict.fromkeys(words(question)))
    holding = np.array([library.holding[word] for word in wanted])
    weight = np.log1p((len(library.passages) - holding + 0.5) / (holding + 0.5))
    near = frozenset[str]().union(*(library.worded[place] for place in last.passages[:SEEN].tolist()))
    there = np.array([word in near for word in wanted], bool)
    cosines = dense.scores[:DEPTH]
    return np.array(
        [
            cosines[0] if len(cosines) else 0,
            cosines[0] - cosines[-1] if len(cosines) else 0,
            weight[there].sum() / weight.sum() if len(wanted) else 0,
            rows[0][0] if rows else 0,
            any(not library.holding[word] for name in names(question) for word in words(name)),
        ],
        np.float64,
    )


def names(question: str) -> list[str]:
    """Words of a question that look like names: a capital after the first word, or inside one, or a digit."""
    found = re.findall(r"[^\s?,;:()]+", question)
    return [
        word.removesuffix("'s")
        for place, word in enumerate(found)
        if (place and word[0].isupper()) or re.search(r"[A-Z\d]", word[1:])
    ]


def signs_of(library: Library, question: str) -> np.ndarray:
    """As `signs`, of a question that is looked up as the runs do by themselves."""
    _, dense, *_, last = retrieve(library, question, Search(k=DEPTH))
    return signs(library, question, dense, last, sentences(library, question, last))


def sentences(library: Library, question: str, last: StageResult) -> list[Row]:
    """The sentences of the first SEEN passages of a ranking, the nearest to the question first."""
    return passages.rows_of(library, last.first(SEEN), question, ())


def fitted(embedder: str, found: np.ndarray, answered: np.ndarray, spared: float) -> Decision:
    """Logistic regression by Newton's method: signs (n, len(SIGNS)), answered (n,) bool.

    spared: share of the answered questions that the decision may refuse among those it is fitted on.
    """
    middle, spread = found.mean(0), found.std(0) + 1e-9
    rows = np.column_stack([(found - middle) / spread, np.ones(len(found))])
    cost = np.diag([RIDGE] * len(SIGNS) + [1e-3])
    beta = np.zeros(len(SIGNS) + 1)
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-rows @ beta))
        slope = rows.T @ (chance - answered) + cost @ beta
        bend = (rows * (chance * (1 - chance))[:, None]).T @ rows + cost
        beta -= np.linalg.solve(bend, slope)
    weights = beta[:-1] / spread
    decision = Decision(
        embedder, tuple(round(float(w), 4) for w in weights), round(float(beta[-1] - middle @ weights), 4), 0.0
    )
    least = float(np.quantile(decision.chances(found[answered]), spared))
    return Decision(decision.embedder, decision.weights, decision.bias, round(least, 4))
