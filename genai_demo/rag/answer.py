"""What asking and knocking out share: a question looked up, the prompt, the answer as it grows, and its check."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from genai_demo.core.frames import Stage, Tok
from genai_demo.core.frames_text import TokKind
from genai_demo.language.engines import Engine, Piece
from genai_demo.language.fitting import limit_of
from genai_demo.language.options import Sampling
from genai_demo.rag import answerable, orders, passages, support
from genai_demo.rag.chunks import sentences
from genai_demo.rag.library import Library
from genai_demo.rag.options import AskOptions
from genai_demo.rag.passages import Sent
from genai_demo.rag.prompt import BUDGET, Posed, pose
from genai_demo.rag.retrieve import STAGES, StageResult, retrieve

NAMES = {"bm25": "BM25", "dense": "dense", "hybrid": "hybrid", "reranked": "reranked"}
NOTES = {
    "bm25": "by words",
    "dense": "by meaning: cosine",
    "hybrid": "both rankings fused",
    "reranked": "the first ones again, token by token",
}
SHOWN = 8  # passages of a ranking that are drawn, or as many as are sent
DEPTH = 10  # passages that are ranked
KEPT_BACK = f"not sent: a prompt takes {BUDGET} tokens of passages, the sentences nearest to the question first"
_LOOP = re.compile(r"(.{6,80}?)\1\1$", re.DOTALL)  # the same words three times over
NOTHING = (
    "Nothing in the library is near enough to this question, so the model is not asked: it would make something up."
)


@dataclass(frozen=True, slots=True)
class Best:
    """The extractive answer: a sentence of a passage that is sent, its offsets in its document."""

    sent: Sent
    span: passages.Span
    text: str

    @property
    def said(self) -> str:
        return f"“{self.text}” {self.sent.cited(self.span)}"

    @property
    def told(self) -> dict[str, Any]:
        """As data, as `lit` gives the spans of claims."""
        return {
            "document": self.sent.document,
            "title": self.sent.title,
            "number": self.sent.number,
            "span": list(self.span),
        }


@dataclass
class Looked:
    """A question looked up in a library. results: the stages so far."""

    library: Library
    question: str
    options: AskOptions
    without: tuple[int, ...] = ()
    variants: tuple[str, ...] = ()
    results: list[StageResult] = field(default_factory=list)
    rows: list[passages.Row] | None = None
    refused: bool = False

    def stages(self) -> Iterator[StageResult]:
        """The stages, each as it is done."""
        search = passages.search_of(self.options, max(DEPTH, self.options.k), self.without)
        for result in retrieve(self.library, self.question, search, self.variants):
            self.results.append(result)
            if len(self.results) == self.last:
                self.refused = self._judged()
            yield result

    def _judged(self) -> bool:
        """Whether the question is refused though passages were found; see `answerable`.

        Only where all articles were asked and no other texts, and nothing was knocked out.
        """
        options, decision = self.options, answerable.measured()
        every = options.names() in ((), (passages.ALL,)) and not options.sha256s()
        whole = not (self.without or options.knocked_out())
        dense, end = self.results[1], self.results[-1]
        if decision is None or options.least <= -1 or not (every and whole and len(end.chunks)):
            return False
        if decision.embedder != self.library.embedder.identity:
            return False
        rows = answerable.sentences(self.library, self.question, end)
        if options.k == answerable.SEEN:
            self.rows = rows  # the same are sent
        return decision.refuses(self.library, answerable.signs(self.library, self.question, dense, end, rows))

    @property
    def last(self) -> int:
        """How many stages there are to be."""
        return len(STAGES) if self.options.late else len(STAGES) - 1

    def found(self) -> StageResult:
        """The first k of the last ranking; none where the question is refused."""
        return self.results[-1].first(0 if self.refused else self.options.k)

    def choose(self, engine: Engine, budget: int) -> tuple[Sent, ...]:
        """The passages that are sent, shortened to so many tokens together, as this engine counts them."""
        if self.rows is None:
            out = {*self.options.knocked_out(), *self.without}
            self.rows = passages.rows_of(self.library, self.found(), self.question, out)
        return passages.shortened(self.library, self.found(), self.rows, budget, lambda text: engine.begin(text).tokens)

    def nearest_span(self, sent: Sequence[Sent]) -> Best | None:
        """The sentence nearest to the question among those that are sent, orders to the model apart; None without."""
        of = {(one.passage, span): (one, one.texts[at]) for one in sent for at, span in enumerate(one.spans)}
        passages = self.found().passages.tolist()
        for _, place, span in self.rows or ():
            found = of.get((passages[place], span))
            if found and not orders.order(found[1]):
                return Best(found[0], span, found[1])
        return None

    def best(self, sent: Sequence[Sent]) -> str | None:
        """The extractive answer as it is said; None without passages."""
        found = self.nearest_span(sent)
        return found.said if found else None

    def ranges(self) -> dict[str, list[int]]:
        """Of the passages in the rankings so far: number -> [first, last] chunk, by which one is left out."""
        of = self.library.passages
        numbers = {number for one in self.results for number in one.passages.tolist()}
        return {str(number): [of[number].first, of[number].last] for number in sorted(numbers)}

    def left_out(self) -> list[dict[str, Any]]:
        """The chunks that are knocked out, by passage: {"title", "chunks"}."""
        found: dict[int, list[int]] = {}
        for chunk in self.options.knocked_out():
            found.setdefault(int(self.library.owner[chunk]), []).append(chunk)
        title = {number: self.library.entry(self.library.passages[number].document).title for number in found}
        return [{"title": title[number], "chunks": chunks} for number, chunks in found.items()]

    def posed(self, engine: Engine) -> Posed:
        """The prompt. Raises DemoError where it does not fit."""
        limit = limit_of(engine, self.options.max_new_tokens)
        return pose(engine, self.question, functools.partial(self.choose, engine), limit)

    def ranking(self, result: StageResult, sent: Sequence[int], kind: TokKind = "picked") -> tuple[Tok, ...]:
        """A ranking as rows; passages in `sent` are marked."""
        most = max(SHOWN, self.options.k)
        best = float(result.scores.max(initial=0)) or 1.0
        rows = []
        for chunk, passage, score in zip(
            result.chunks[:most].tolist(), result.passages.tolist(), result.scores.tolist()
        ):
            piece = self.library.chunks[chunk]
            entry = self.library.entry(piece.document)
            note = f"{score:.3g}; best chunk {chunk}: {passages.named(entry, piece.heading)}"
            rows.append(
                Tok(
                    entry.title, max(0.0, score / best), kind if passage in sent else "", passage, note, round(score, 4)
                )
            )
        return tuple(rows)

    def columns(self) -> tuple[Stage, ...]:
        """The stages so far; what is sent is marked once that is known."""
        sent = self.found().passages.tolist() if len(self.results) == self.last else []
        return tuple(Stage(NAMES[one.name], NOTES[one.name], self.ranking(one, sent)) for one in self.results)

    def nearest(self) -> float:
        """Cosine of the question with the chunk that dense retrieval found nearest; 0 where it found none."""
        return float(self.results[1].scores[0]) if len(self.results) > 1 and len(self.results[1].scores) else 0.0

    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """On the map: the best chunks of what is sent (k, 2), and the question with its other wordings (v, 2)."""
        asked = self.library.embedder.encode([self.question, *self.variants])
        return self.library.placed(self.library.vectors[self.found().chunks]), self.library.placed(asked)


@dataclass
class Answer:
    """An answer as it grows. count: tokens so far, the one that ended it not among them."""

    engine: Engine
    posed: Posed
    options: AskOptions
    seed: int
    text: str = ""
    count: int = 0
    wait_ms: float | None = None
    end: str = "length"

    def pieces(self) -> Iterator[Piece]:
        """The tokens that are to be seen: all but the one that ends the answer."""
        begun = time.perf_counter()
        limit = limit_of(self.engine, self.options.max_new_tokens)
        stream = self.engine.stream(
            replace(self.posed.prompt, anew=True),
            Sampling(self.options.temperature),
            seed=self.seed,
            limit=limit,
            top=1,
        )
        for piece in stream:
            if self.wait_ms is None:
                self.wait_ms = 1000 * (time.perf_counter() - begun)
            if piece.last:
                self.end = "model"
                return
            over = "\n\n" in piece.text and bool(self.text.strip())
            if self.options.brief and (over or self._sentences(piece.text) >= self.options.brief):
                self.end = "brief"
                return
            self.count += piece.count
            self.text += piece.text
            yield piece
            if _LOOP.search(self.text[-400:]):
                self.end = "loop"
                return

    def _sentences(self, more: str) -> int:
        """How many sentences are over before what comes next, which begins one; the last, unfinished one counts not."""
        if not more[:1].isspace() or self.text.rstrip()[-1:] not in (".", "!", "?"):
            return 0
        return len(sentences(self.text))

    def remark(self) -> str:
        """Why the answer ended, where it was not the model that ended it; "" where it was."""
        if not self.text.strip():
            return "The model ended its answer at once: it found nothing to say."
        if self.end == "length":
            return f"The answer was cut off after {self.count} tokens."
        if self.end == "loop":
            return "The answer was ended because it repeats itself."
        return (
            "" if self.end == "model" else f"The answer was ended after {self.options.brief} sentences or a paragraph."
        )


def sources(sent: Sequence[Sent], claims: Sequence[support.Claim], best: Best | None = None) -> tuple[Tok, ...]:
    """The passages that were sent, sentence by sentence, and what of their best chunks was not sent ("off").

    Marked: those that speak to the model ("order"), those that support a sentence of the answer ("picked"), and the
    best span ("best").
    """
    out = []
    for one in sent:
        out.append(Tok(f"{one.cited()}\n", kind="prompt"))
        every = sorted([*zip(one.spans, one.texts), *one.kept_back])
        for at, (span, text) in enumerate(every):
            gap = "\n\n" if at == len(every) - 1 else " "
            if span not in one.spans:
                out += [Tok(text, None, "off", None, KEPT_BACK), Tok(gap, kind="prompt")]
                continue
            mine = [(i, c) for i, c in enumerate(claims, 1) if c.sent == one.number and c.span == span]
            held = [(i, c) for i, c in mine if c.supported]
            ours = best is not None and (one.number, span) == (best.sent.number, best.span)
            notes = [orders.NOTE] * orders.order(text) + ["best span: nearest to the question"] * ours
            notes += [
                f"answer, sentence {i}: support {c.strength:.2f}, words {c.overlap:.2f}, cosine {c.cosine:.2f}"
                for i, c in mine
            ]
            kind: TokKind = "order" if orders.order(text) else "picked" if held else "best" if ours else ""
            strength = max((c.strength for _, c in mine), default=None)
            out.append(Tok(text, strength, kind, None, "; ".join(notes)))
            out.append(Tok(gap, kind="prompt"))
    return tuple(out)


def lit(sent: Sequence[Sent], claims: Sequence[support.Claim]) -> tuple[dict[str, Any], ...]:
    """As data: which span of which document supports which part of the answer, in characters."""
    of = {one.number: one for one in sent}
    return tuple(
        {
            "claim": [c.start, c.end],
            "document": of[c.sent].document,
            "title": of[c.sent].title,
            "number": c.sent,
            "span": list(c.span),
            "strength": c.strength,
            "supported": c.supported,
        }
        for c in claims
    )


def disagreement(question: str, answer: Answer, best: Best | None) -> str:
    """The warning where the model's answer says something else than the best span; "" where it does not."""
    if best is None or not support.differs(answer.text, best.text, f"{question} {best.sent.title}"):
        return ""
    return "The model's answer and the best span do not say the same: trust the text, not the model."


def orders_in(sent: Sequence[Sent]) -> str:
    """What is to be said of passages that speak to the model."""
    return orders.remark(one.number for one in sent if any(map(orders.order, one.texts)))


def obeyed(sent: Sequence[Sent], claims: Sequence[support.Claim]) -> str:
    """What is to be said where the answer repeats a sentence that speaks to the model; "" where it does not."""
    text = {(one.number, span): text for one in sent for span, text in zip(one.spans, one.texts)}
    if not any(c.supported and orders.order(text[c.sent, c.span]) for c in claims):
        return ""
    return "The answer follows it, and counts as supported, since that sentence too stands in a passage."
