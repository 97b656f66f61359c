"""Would the encoder's head for best spans answer better than the sentence nearest to the question? Measured, not used.

Both are given the same passages. A question counts as found where what is shown lies in, or over, a stretch of text
that answers it; F1 compares its words with the answer's, as SQuAD does (Rajpurkar et al. 2016).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import mean
from typing import Any, NamedTuple

import torch

from genai_demo.core.load import load
from genai_demo.encoder import span
from genai_demo.encoder.model import Encoder
from genai_demo.quality.cards import Watch
from genai_demo.rag.library import Library
from genai_demo.rag.options import AskOptions
from genai_demo.rag.passages import passage_spans, rows_of, search_of
from genai_demo.rag.questions import Question
from genai_demo.rag.retrieve import retrieve

LONGEST = 500  # tokens of a passage that the head reads
ASKED = ("direct", "paraphrase")  # kinds that one sentence answers


class Place(NamedTuple):
    """A stretch of a document, in characters."""

    document: str
    start: int
    end: int


class Reader:
    """The encoder and its head; what was read once is kept."""

    def __init__(self) -> None:
        self.model: Encoder = load("encoder/minilm")
        self.head = span.trained(self.model)
        self._read: dict[str, tuple[span.Read, list[tuple[int, int]]]] = {}

    @torch.inference_mode()
    def best(self, question: str, text: str) -> tuple[float, int, int] | None:
        """How much likelier than "nothing" the best span is, and its first and end character."""
        found = self._of(text)
        if found is None:
            return None
        begin, end = span.chances(self.head, span.read(self.model, self.model.encode(question)), found[0])
        best = span.spans(begin, end, 1)
        if not best:
            return None
        first, last, chance = best[0]
        return chance - float(begin[0] + end[0]), found[1][first][0], found[1][last - 1][1]

    def _of(self, text: str) -> tuple[span.Read, list[tuple[int, int]]] | None:
        if text not in self._read:
            pieces = self.model.pieces.encode(text, add_special_tokens=False)
            if not pieces.ids:
                return None
            ids = [self.model.start, *pieces.ids[:LONGEST], self.model.end]
            self._read[text] = (span.read(self.model, ids), pieces.offsets[:LONGEST])
        return self._read[text]


def compared(library: Library, every: Sequence[Question], watch: Watch) -> dict[str, Any]:
    """sentence, span, inside (the best span of that sentence alone): share found, and mean F1."""
    asked = [one for one in every if one.kind in ASKED]
    reader = Reader()
    rows = [row for one in watch(asked, "ask for best spans") for row in _one(library, one, reader)]
    return {
        "questions": len(rows),
        **{
            name: {
                "found": round(mean(row[name][0] for row in rows), 4),
                "f1": round(mean(row[name][1] for row in rows), 4),
            }
            for name in ("sentence", "span", "inside")
        },
    }


def _one(library: Library, question: Question, reader: Reader) -> Iterator[dict[str, tuple[float, float]]]:
    """What each way shows of a question, judged; nothing where no passage is found."""
    options = AskOptions(question=question.question)
    *_, result = retrieve(library, question.question, search_of(options, options.k, ()))
    rows = rows_of(library, result.first(options.k), question.question, ())
    if not rows:
        return
    places = result.first(options.k).passages.tolist()
    sentence = Place(library.passages[places[rows[0][1]]].document, *rows[0][2])
    spans = [found for number in places if (found := _span(library, number, question.question, reader))]
    inside = reader.best(question.question, _text(library, sentence))
    shown = {
        "sentence": sentence,
        "span": max(spans)[1] if spans else sentence,
        "inside": sentence._replace(start=sentence.start + inside[1], end=sentence.start + inside[2])
        if inside
        else sentence,
    }
    yield {name: _judged(library, question, place) for name, place in shown.items()}


def _span(library: Library, number: int, question: str, reader: Reader) -> tuple[float, Place] | None:
    """The best span of a passage, without its headings."""
    document = library.passages[number].document
    sentences = passage_spans(library, number)
    text = " ".join(_text(library, Place(document, *one)) for one in sentences)
    if (found := reader.best(question, text)) is None:
        return None
    more, first, end = found
    return more, Place(document, _back(sentences, first), _back(sentences, end - 1) + 1)


def _back(sentences: Sequence[tuple[int, int]], at: int) -> int:
    """A character of the sentences put together -> its place in the document."""
    for start, end in sentences:
        if at <= end - start:
            return start + at
        at -= end - start + 1
    raise AssertionError


def _text(library: Library, place: Place) -> str:
    return library.entry(place.document).text[place.start : place.end]


def _judged(library: Library, question: Question, place: Place) -> tuple[float, float]:
    """Whether it lies in or over what answers, and F1 with the answer, or with what answers word for word."""
    right = 0.0
    for passage in question.passages:
        at = library.entry(passage.article).text.find(passage.span)
        if passage.article == place.document and at < place.end and place.start < at + len(passage.span):
            right = 1.0
    said = span.plain(_text(library, place))
    answers = [question.answer, *(passage.span for passage in question.passages)]
    return right, max(span.f1(said, span.plain(answer)) for answer in answers)
