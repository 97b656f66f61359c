"""Whether sources say what an answer says: measured, not understood.

A sentence of the answer is compared with each sentence of the passages that were sent, by the share of its words that
stand there and by the cosine of their vectors (MiniLM). Both see what a sentence is about better than what it claims:
"the FID is not 3.17" passes as well. What the model writes about its sources ("[2]") is never looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genai_demo.rag.bm25 import words
from genai_demo.rag.chunks import sentences
from genai_demo.rag.embed import Embedder
from genai_demo.rag.passages import Sent, Span

# Support from which a sentence counts as supported. Of the true answers to the articles' questions 71 in 100 reach it,
# of answers to other questions 2.
THRESHOLD = 0.55
SHARED = 0.5  # of an answer's own words that the best span holds where the two say the same
MOST = 12  # sentences of an answer that are looked at


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer and the sentence of a source that is nearest to it.

    start, end: offsets in the answer; sent: number of the passage; span: offsets in its document; strength: 0 to 1, the
    mean of overlap (share of the claim's words that stand there) and cosine; halved where a number stands there not.
    """

    text: str
    start: int
    end: int
    sent: int
    span: Span
    strength: float
    overlap: float
    cosine: float

    @property
    def supported(self) -> bool:
        return self.strength >= THRESHOLD


def claims(embedder: Embedder, answer: str, sources: Sequence[Sent]) -> tuple[Claim, ...]:
    """Each sentence of the answer that has words, with its nearest sentence of the sources; () without sources."""
    spans = [span for span in sentences(answer) if words(answer[slice(*span)])][:MOST]
    places = [(one, at) for one in sources for at in range(len(one.spans))]
    if not spans or not places:
        return ()
    said = [answer[slice(*span)] for span in spans]
    rows = embedder.encode([*said, *(one.texts[at] for one, at in places)])
    cosines = rows[: len(said)] @ rows[len(said) :].T
    found = []
    for text, span, near in zip(said, spans, cosines):
        overlaps = np.array([_overlap(text, f"{one.title} {one.texts[at]}") for one, at in places])
        sound = np.array([_numbers(text) <= _numbers(f"{one.title} {one.texts[at]}") for one, at in places])
        strength = np.clip((overlaps + near) / 2, 0, 1) * np.where(sound, 1, 0.5)
        best = int(strength.argmax())
        one, at = places[best]
        found.append(
            Claim(
                text,
                *span,
                one.number,
                one.spans[at],
                round(float(strength[best]), 4),
                round(float(overlaps[best]), 4),
                round(float(near[best]), 4),
            )
        )
    return tuple(found)


def differs(answer: str, span: str, known: str) -> bool:
    """Whether an answer says what a sentence of a source does not: a number, a quantity, or most of its words.

    known: the question and the title; repeating their words says nothing.
    """
    source = f"{span} {known}"
    if _numbers(answer) - _numbers(source) or _quantities(answer) - _quantities(source):
        return True
    fresh = set(words(answer)) - set(words(known))
    return len(fresh & set(words(span))) < SHARED * len(fresh)


def share(found: Sequence[Claim]) -> float | None:
    """The share of the claims that is supported; None where there are none."""
    return sum(claim.supported for claim in found) / len(found) if found else None


def _overlap(claim: str, source: str) -> float:
    wanted = set(words(claim))
    return len(wanted & set(words(source))) / max(1, len(wanted))


def _quantities(text: str) -> set[tuple[str, str]]:
    """Numbers with the word of what they count: "1902 days" is not said by "in 1902, for 500 days"."""
    found = re.findall(r"(\d[\d,.]*)\s+([^\W\d_]+)", text)
    return {(number, stem) for number, unit in found for stem in words(unit)}


def _numbers(text: str) -> set[str]:
    return {word for word in words(text) if any(letter.isdigit() for letter in word)}
