"""Zero-shot classification: the classes are texts, made by templates; an ensemble is the mean of their vectors.

Radford et al. 2021, section 3.1.4. A class's vector: the mean of its templates' unit vectors, brought to length 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from genai_demo.clip import features
from genai_demo.clip.compare import softmax, templated, unread
from genai_demo.clip.model import Clip
from genai_demo.clip.options import CLASSES, TEMPLATES, ClassifyOptions
from genai_demo.clip.pictures import lines, one, sheet
from genai_demo.core.frames import Stage, Tok, curve, number, pictures, prose, ranked, stages

SHOWN = 10  # classes listed of each template


@dataclass(frozen=True, slots=True, eq=False)
class ClassifyStep:
    """The first index + 1 templates. drawn (1, s, s, 3); share: of the ensemble's softmax."""

    index: int
    total: int
    drawn: np.ndarray = pictures("the picture")
    ensemble: tuple[Tok, ...] = ranked("classes, by all templates so far", unit="probability")
    each: tuple[Stage, ...] = stages("by each template alone, and together", unit="probability", pick=False)
    said: str = prose("what is shown")
    best: str = number("best class")
    share: float = curve("probability of the best class", chart="probability")
    first: float = curve("probability of the first class", chart="probability")
    agree: float = number("templates with the same best class", unit="%", digits=0)
    temperature: float = number("temperature", digits=4)


def classify(model: Clip, options: ClassifyOptions, *, seed: int) -> Iterator[ClassifyStep]:
    """One picture among classes; a frame for each template that is added to the ensemble. Nothing is random."""
    picture = one(options.picture, features.side(model))
    classes = list(dict.fromkeys(lines(options.classes, "class", CLASSES)))
    templates = lines(options.templates, "template", TEMPLATES)
    written = [text for template in templates for text in templated(template, classes)]
    seen = features.see(model, [picture])[0]
    read = features.read(model, written).reshape(len(templates), len(classes), -1)
    t, drawn = options.temperature or model.temperature, sheet([picture])
    alone = [column(name, classes, read[i] @ seen, t) for i, name in enumerate(templates)]
    winners = (read @ seen).argmax(1)
    said = " ".join([f"{len(classes)} classes, each as {len(templates)} texts.", *unread(model, written)])
    for i in range(len(templates)):
        cosines = features.unit(read[: i + 1].mean(0)) @ seen
        shares = softmax(cosines / t, 0)
        together = column("together", classes, cosines, t)
        best = int(cosines.argmax())
        yield ClassifyStep(
            i,
            len(templates),
            drawn,
            toks(classes, cosines, t),
            (*alone[: i + 1], together),
            said,
            classes[best],
            float(shares[best]),
            float(shares[0]),
            100 * float((winners[: i + 1] == best).mean()),
            t,
        )


def toks(classes: Sequence[str], cosines: np.ndarray, temperature: float) -> tuple[Tok, ...]:
    """The classes by their share of the softmax, best first."""
    shares = softmax(cosines / temperature, 0)
    return tuple(
        Tok(classes[i], float(shares[i]), id=int(i), note=f"cosine {cosines[i]:.3f}")
        for i in np.argsort(-cosines, kind="stable")
    )


def column(name: str, classes: Sequence[str], cosines: np.ndarray, temperature: float) -> Stage:
    items = toks(classes, cosines, temperature)
    left = len(items) - SHOWN
    return Stage(name, f"and {left} more" if left > 0 else "", items[:SHOWN])
