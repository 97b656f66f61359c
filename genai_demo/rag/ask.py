"""Run rag/ask: a question looked up in a library, stage by stage, and answered from what was found."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np

from genai_demo.core.frames import Paced, Stage, Tok, carried, listing, number, plane, prose, stages, tokens
from genai_demo.language.engines import Engine, engine_of
from genai_demo.language.fitting import limit_of
from genai_demo.language.shown import taken
from genai_demo.rag import passages, support
from genai_demo.rag.answer import NOTHING, Answer, Best, Looked, disagreement, lit, obeyed, orders_in, sources
from genai_demo.rag.options import AskOptions
from genai_demo.rag.prompt import Posed, messages
from genai_demo.rag.retrieve import checked

MAP, REACH = "map of the library", 0.6  # and how far it goes on both axes
DIRECTIONS = ("first principal direction", "second principal direction")
CHECKED = (
    "A sentence counts as supported where its words and its vector (MiniLM) are near one sentence that was sent and "
    "its numbers stand there; neither sees whether the claim is true."
)


@dataclass(frozen=True, slots=True, eq=False)
class AskStep(Paced):
    """A stage that is done, or a token of the answer. What does not change is None, and stays as it was drawn.

    chunks (n, 2) all chunks on the map, once; picked (k, 2) the best chunks of the passages that are sent; asked (v, 2)
    the question and its wordings. said: the characters a token completes; spans: what supports which part of the
    answer, in characters of the answer ("claim") and of the document ("span"). best_at: where the best span stands;
    passages, out: which chunks the passages of the ranks are made of, and what was knocked out, for who wants to leave
    one out or put it back.
    """

    bunched: ClassVar[bool] = True
    index: int
    total: int
    rewriting: str | None = prose("looked up as", keeps=True)
    ranks: tuple[Stage, ...] | None = stages("ranks, stage by stage", pick="leave out", keeps=True)
    best: str | None = prose("best span: the answer as it stands in the library", keeps=True)
    answer: tuple[Tok, ...] = tokens("the model's answer, by token", grows=True)
    notice: str | None = prose("note", keeps=True)
    sources: tuple[Tok, ...] | None = tokens(
        "sources; struck through: not sent", unit="support", shade="share", keeps=True
    )
    chunks: np.ndarray | None = plane(MAP, "real", limit=REACH, called="chunks", axes=DIRECTIONS)
    picked: np.ndarray | None = plane(MAP, "generated", limit=REACH, called="sent")
    asked: np.ndarray | None = plane(MAP, "other", limit=REACH, called="question")
    prompt: str | None = listing("the prompt as it is sent", language="text", keeps=True)
    stage: str = number("stage")
    rewrite_ms: float | None = number("rewriting", unit="ms", digits=1, measured=True)
    bm25_ms: float | None = number("BM25", unit="ms", digits=1, measured=True)
    dense_ms: float | None = number("dense", unit="ms", digits=1, measured=True)
    hybrid_ms: float | None = number("hybrid", unit="ms", digits=1, measured=True)
    reranked_ms: float | None = number("reranked", unit="ms", digits=1, measured=True)
    wait_ms: float | None = number("first token after", unit="ms", digits=0, measured=True)
    nearest: float | None = number("nearest cosine")
    prompt_tokens: int | None = number("prompt", digits=5)
    room: int | None = number("of at most", unit="tokens", digits=5)
    sent: int | None = number("sentences sent", digits=4)
    unsent: int | None = number("left out of these passages", unit="sentences", digits=4)
    supported: float | None = number("sentences that are supported", unit="%", digits=0)
    said: str = carried(grows=True)
    spans: tuple[dict[str, Any], ...] | None = carried()
    best_at: Mapping[str, Any] | None = carried()
    passages: Mapping[str, Sequence[int]] | None = carried()
    out: Sequence[Mapping[str, Any]] | None = carried()


class Board:
    """Makes the frames: what is a number or a place on the map stays until it changes, the rest is shown once."""

    kept = ("chunks", "notice", "rewriting", "ranks", "best", "sources", "prompt", "best_at", "passages", "out")

    def __init__(self, steps: int) -> None:
        self.now: dict[str, Any] = {field.name: None for field in fields(AskStep)} | {"index": -1, "total": steps}

    def frame(self, stage: str, **what: Any) -> AskStep:
        """The next frame."""
        index = what.pop("index", self.now["index"] + 1)
        self.now |= dict.fromkeys(self.kept) | {"answer": (), "said": "", "spans": None}
        self.now |= {"index": index, "stage": stage, **what}
        return AskStep(**self.now)


def ask(model: Any, options: AskOptions, *, seed: int) -> Iterator[AskStep]:
    """A frame for each stage as it is done, one for each token of the answer, one for the check of it.

    With nothing relevant in the library it says so and ends. Raises DemoError for a question, a list or a document that
    can't be used.
    """
    engine = engine_of(model)
    question = checked(options.question)
    steps = limit_of(engine, options.max_new_tokens) + 2  # the prompt and the check
    if not options.grounded:
        board = Board(steps)
        said = messages(question, ())
        yield from _answered(engine, board, Answer(engine, Posed(engine.ask(said), said, ()), options, seed), None)
        return
    library = passages.library_of(options, passages.embedder())
    looked = Looked(library, question, options)
    rewritten = options.rewrite != "as asked"
    board = Board(rewritten + looked.last + steps)
    if rewritten:
        yield _rewritten(engine, board, looked, seed)
    yield from _looked_up(board, looked)
    if len(looked.found().chunks):
        posed = looked.posed(engine)
        yield from _answered(engine, board, Answer(engine, posed, options, seed), looked)


def _rewritten(engine: Engine, board: Board, looked: Looked, seed: int) -> AskStep:
    """The question in the model's own words, where that is asked for."""
    begun = time.perf_counter()
    looked.variants = passages.variants(engine, looked.question, looked.options.rewrite, seed)
    spent = 1000 * (time.perf_counter() - begun)
    text = "\n".join([looked.question, *looked.variants])
    notice = None if looked.variants else "The model wrote nothing that could be looked up; the question is used alone."
    return board.frame("rewriting", rewriting=text, rewrite_ms=spent, notice=notice)


def _looked_up(board: Board, looked: Looked) -> Iterator[AskStep]:
    """A frame a stage; the last one where nothing was found ends the run."""
    for result in looked.stages():
        what: dict[str, Any] = {f"{result.name}_ms": result.ms, "ranks": looked.columns(), "passages": looked.ranges()}
        if result.name == "bm25":
            what |= {"chunks": looked.library.placed(looked.library.vectors), "out": looked.left_out()}
        if result.name == "dense":
            what["nearest"] = looked.nearest()
        nothing = looked.refused or (result.name == "hybrid" and not len(result.chunks))
        if len(looked.results) == looked.last or nothing:
            what["picked"], what["asked"] = looked.places()
        if nothing:
            board.now["total"] = board.now["index"] + 2
            yield board.frame(result.name, notice=_nothing(looked), **what)
            return
        yield board.frame(result.name, **what)


def _nothing(looked: Looked) -> str:
    near = f"{NOTHING} The nearest chunk has the cosine {looked.nearest():.2f}; "
    if looked.refused:
        return near + "its words, its meaning and its best sentence together do not make an answer likely."
    return near + f"the least is {looked.options.least:g}."


def _answered(engine: Engine, board: Board, answer: Answer, looked: Looked | None) -> Iterator[AskStep]:
    """The prompt, the tokens, and what the check of them says."""
    posed = answer.posed
    library = looked.library if looked else None
    best = looked.nearest_span(posed.sources) if looked else None
    yield board.frame(
        "prompt",
        prompt=posed.listed,
        prompt_tokens=posed.prompt.tokens,
        room=engine.context,
        sent=sum(len(one.spans) for one in posed.sources) if looked else None,
        unsent=sum(one.unsent for one in posed.sources) if looked else None,
        best=best and best.said,
        best_at=best and best.told,
        notice=orders_in(posed.sources) or None,
        sources=sources(posed.sources, (), best),
    )
    start, before = board.now["index"], 0
    for piece in answer.pieces():
        before = answer.count
        yield board.frame(
            "answer", answer=(taken(piece),), said=piece.text, wait_ms=answer.wait_ms, index=start + before
        )
    board.now["total"] = start + before + 2
    found = support.claims(library.embedder, answer.text, posed.sources) if library else ()
    part = support.share(found)
    yield board.frame(
        "check",
        index=start + before + 1,
        wait_ms=answer.wait_ms,
        notice=_verdict(answer, looked, found, best),
        sources=sources(posed.sources, found, best),
        spans=lit(posed.sources, found),
        supported=None if part is None else 100 * part,
    )


def _verdict(answer: Answer, looked: Looked | None, found: Sequence[support.Claim], best: Best | None) -> str:
    """What is to be said beside a finished answer."""
    sent = answer.posed.sources
    said = "Nothing was looked up: this is what the bare model says." if looked is None else CHECKED
    apart = disagreement(looked.question, answer, best) if looked else ""
    return " ".join(part for part in (apart, orders_in(sent), obeyed(sent, found), answer.remark(), said) if part)
