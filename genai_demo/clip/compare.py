"""Pictures against texts: cosines, what a softmax makes of them, the loss of the pairs.

Radford et al. 2021, figure 3. u (n, d), v (m, d): unit vectors of pictures and texts; t: temperature.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from genai_demo.clip import features
from genai_demo.clip.model import Clip
from genai_demo.clip.options import TEXTS, SimilarityOptions
from genai_demo.clip.pictures import Picture, lines, read, sheet
from genai_demo.core.errors import DemoError, shown
from genai_demo.core.frames import carried, curve, matrix, number, pictures, prose

PLAIN = 30  # letters without blanks: so few, if plain, have a token for each at the worst, and fit
SHOWN: dict[str, Any] = {"cells": True, "icons": "pictures"}
Pairing = tuple[float | None, float | None, float | None, float | None]


@dataclass(frozen=True, slots=True, eq=False)
class SimilarityStep:
    """One temperature. cosines, by_picture, by_text: (n, m); drawn (n, s, s, 3). The losses are in nats."""

    index: int
    total: int
    names: tuple[str, ...]
    texts: tuple[str, ...]
    cosines: np.ndarray = matrix("cosines", rows="names", columns="texts", signed=True, **SHOWN)
    by_picture: np.ndarray = matrix(
        "softmax by rows: which text for this picture", rows="names", columns="texts", **SHOWN
    )
    by_text: np.ndarray = matrix(
        "softmax by columns: which picture for this text", rows="names", columns="texts", **SHOWN
    )
    said: str = prose("what is shown")
    drawn: np.ndarray = pictures("pictures")
    temperature: float = number("temperature", digits=4)
    loss: float | None = curve("loss", unit="nats", against="temperature")
    loss_by_picture: float | None = curve("loss by rows", unit="nats", chart="loss", against="temperature")
    loss_by_text: float | None = curve("loss by columns", unit="nats", chart="loss", against="temperature")
    right_text: float | None = number("pictures whose own text is the nearest", unit="%", digits=0)
    right_picture: float | None = number("texts whose own picture is the nearest", unit="%", digits=0)
    diagonal: float | None = number("mean cosine of a pair")
    others: float | None = number("mean cosine of all others")
    learnt: float = carried()


def softmax(x: np.ndarray, axis: int) -> np.ndarray:
    """exp(x) over its sum along an axis."""
    e = np.exp(x - x.max(axis, keepdims=True))
    return np.asarray(e / e.sum(axis, keepdims=True))


def losses(cosines: np.ndarray, temperature: float) -> tuple[float, float]:
    """Cross-entropy, nats, of finding the own text and the own picture; cosines (n, n), pairs on the diagonal."""
    x = cosines.astype(np.float64) / temperature

    def one(axis: int) -> float:
        top = x.max(axis)
        return float(np.mean(top + np.log(np.exp(x - x.max(axis, keepdims=True)).sum(axis)) - x.diagonal()))

    return one(1), one(0)


def templated(template: str, texts: Sequence[str]) -> list[str]:
    """Each text in the place of {}. Raises DemoError where the template has no such place."""
    if "{}" not in template:
        raise DemoError(f"the template is {shown(template)}; write {{}} where the text goes, as in a picture of a {{}}")
    return [template.replace("{}", text) for text in texts]


def fall(temperature: float, steps: int) -> list[float]:
    """From 1 to `temperature`, each the same share of the one before; only the last where steps is 1."""
    return [float(t) for t in np.geomspace(1, temperature, steps)] if steps > 1 else [temperature]


def similarity(model: Clip, options: SimilarityOptions, *, seed: int) -> Iterator[SimilarityStep]:
    """Every picture against every text, at temperatures from 1 to the chosen one. Nothing is random."""
    found = read(options.pictures, features.side(model))
    texts = lines(options.texts, "text", TEXTS) if options.texts.strip() else captions(found)
    written = templated(options.template, texts)
    cosines = features.see(model, found) @ features.read(model, written).T
    names, drawn, paired = tuple(p.name for p in found), sheet(found), len(found) == len(texts)
    pairs: Pairing = pairing(cosines) if paired else (None, None, None, None)
    said = words(model, written, len(found))
    for i, t in enumerate(fall(options.temperature or model.temperature, options.steps)):
        by_rows, by_columns = losses(cosines, t) if paired else (None, None)
        loss = None if by_rows is None or by_columns is None else (by_rows + by_columns) / 2
        yield SimilarityStep(
            i,
            options.steps,
            names,
            tuple(texts),
            cosines,
            softmax(cosines / t, 1),
            softmax(cosines / t, 0),
            said,
            drawn,
            t,
            loss,
            by_rows,
            by_columns,
            *pairs,
            model.temperature,
        )


def captions(found: Sequence[Picture]) -> list[str]:
    """The pictures' own texts. Raises DemoError where one has none."""
    if missing := next((p.name for p in found if not p.about or p.key.startswith("mine:")), None):
        raise DemoError(f"there is no text and {missing} has no caption; write 1 to {TEXTS} texts, one a line")
    return [picture.about for picture in found]


def pairing(cosines: np.ndarray) -> Pairing:
    """Share of own texts and own pictures that are the nearest, in %; mean cosine of pairs and of all others."""
    n = len(cosines)
    own, off = cosines.diagonal(), cosines[~np.eye(n, dtype=bool)]
    nearest = [100 * float((own >= cosines.max(axis)).mean()) for axis in (1, 0)]
    return nearest[0], nearest[1], float(own.mean()), float(off.mean()) if n > 1 else None


def words(model: Clip, texts: Sequence[str], count: int) -> str:
    """What is compared, and what of the texts the model can't read."""
    pictures = f"{count} picture{'s' * (count != 1)}"
    said = f"{pictures} and {len(texts)} text{'s' * (len(texts) != 1)}, every one with every one."
    if len(texts) == count:
        said += " The diagonal holds the pairs; a loss of ln n is that of guessing."
    else:
        said += " They are no pairs, for the numbers differ: no loss."
    return " ".join([said, *unread(model, texts)])


def unread(model: Clip, texts: Sequence[str]) -> list[str]:
    """A sentence on texts that are longer than the model reads, and one on those with signs it does not know."""
    if all(text.isascii() and len(text) - text.count(" ") <= PLAIN for text in texts):
        return []
    tokens = model.tokens(tuple(texts)).numpy()
    full = int((tokens[:, -1] != 0).sum())
    said = [f"{full} of the texts fill all {tokens.shape[1]} places for tokens; what is behind them is not read."] * (
        full > 0
    )
    vocabulary = getattr(model.tokenizer, "vocabulary", ())
    unknown = int((tokens == vocabulary.index("[UNK]")).any(1).sum()) if "[UNK]" in vocabulary else 0
    if unknown:
        said.append(f"{unknown} of the texts have words or signs the model has no token for.")
    return said
