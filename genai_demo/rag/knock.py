"""Run rag/knock: the same question twice, with all passages and without some, or without any.

What an answer owes to a passage is seen by taking the passage away: others move up, the answer changes or does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import zip_longest
from typing import Any, ClassVar

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Paced, Stage, Tok, carried, number, prose, stages, tokens
from genai_demo.language.engines import Engine, engine_of
from genai_demo.language.fitting import limit_of
from genai_demo.language.shown import taken
from genai_demo.rag import passages, support
from genai_demo.rag.answer import NOTHING, Answer, Looked, disagreement, orders_in, sources
from genai_demo.rag.options import KnockOptions
from genai_demo.rag.prompt import Posed, messages
from genai_demo.rag.retrieve import checked


@dataclass(frozen=True, slots=True, eq=False)
class KnockStep(Paced):
    """A token of each answer. What does not change is None, and stays as it was drawn.

    said, other_said: the characters that this frame's tokens complete.
    """

    bunched: ClassVar[bool] = True
    index: int
    total: int
    notice: str | None = prose("note", keeps=True)
    ranks: tuple[Stage, ...] | None = stages("the last ranking, before and after", pick="knock out", keeps=True)
    best: str | None = prose("best span of all", keeps=True)
    other_best: str | None = prose("best span of what is left", keeps=True)
    answer: tuple[Tok, ...] = tokens("with all passages", grows=True)
    other: tuple[Tok, ...] = tokens("with some knocked out", grows=True)
    sources: tuple[Tok, ...] | None = tokens("all sources", unit="support", shade="share", keeps=True)
    other_sources: tuple[Tok, ...] | None = tokens(
        "what is left, and what moved up", unit="support", shade="share", keeps=True
    )
    supported: float | None = number("supported, with all", unit="%", digits=0)
    other_supported: float | None = number("supported, without", unit="%", digits=0)
    prompt_tokens: int | None = number("prompt with all", unit="tokens", digits=5)
    other_prompt_tokens: int | None = number("prompt without", unit="tokens", digits=5)
    said: str = carried(grows=True)
    other_said: str = carried(grows=True)


def knock(model: Any, options: KnockOptions, *, seed: int) -> Iterator[KnockStep]:
    """A frame for what is looked up, one for each pair of tokens, one for the check. Raises DemoError as `ask` does."""
    engine = engine_of(model)
    question, ranks = checked(options.question), options.ranks()
    looked = _looked(engine, options, question, (), seed)
    if not len(looked.found().chunks):
        text = f"{NOTHING} The nearest chunk has the cosine {looked.nearest():.2f}."
        yield _frame(index=0, total=1, notice=text, ranks=_columns(looked, None, set()))
        return
    gone = {p for i, p in enumerate(looked.found().passages.tolist(), 1) if i in ranks}
    if not gone and not options.bare:
        raise DemoError(
            f"out is {options.out}; only {len(looked.found().chunks)} passages are sent, choose among these"
        )
    rest = None
    if not options.bare:
        chunks = [c for p in gone for c in range(looked.library.passages[p].first, looked.library.passages[p].last + 1)]
        rest = _looked(engine, options, question, tuple(chunks), seed)
    one, other = (Answer(engine, _posed(engine, question, side), options, seed) for side in (looked, rest))
    total = limit_of(engine, options.max_new_tokens) + 2
    yield _frame(
        index=0,
        total=total,
        notice=_words(looked, rest, gone),
        ranks=_columns(looked, rest, gone),
        best=looked.best(one.posed.sources),
        sources=sources(one.posed.sources, (), looked.nearest_span(one.posed.sources)),
        other_best=_best(rest, other),
        other_sources=_sources(other, ()),
        prompt_tokens=one.posed.prompt.tokens,
        other_prompt_tokens=other.posed.prompt.tokens,
    )
    last = 0
    for last, (a, b) in enumerate(zip_longest(one.pieces(), other.pieces()), 1):
        yield _frame(
            index=last,
            total=total,
            answer=(taken(a),) if a else (),
            other=(taken(b),) if b else (),
            said=a.text if a else "",
            other_said=b.text if b else "",
            prompt_tokens=one.posed.prompt.tokens,
            other_prompt_tokens=other.posed.prompt.tokens,
        )
    yield _checked(looked, one, other, last + 1)


def _checked(looked: Looked, one: Answer, other: Answer, index: int) -> KnockStep:
    """Both answers against what was sent; that of the bare model against what the other one got."""
    embedder = looked.library.embedder
    mine = support.claims(embedder, one.text, one.posed.sources)
    theirs = support.claims(embedder, other.text, other.posed.sources or one.posed.sources)
    part, rest = support.share(mine), support.share(theirs)
    return _frame(
        index=index,
        total=index + 1,
        notice=_endings(looked, one, other),
        sources=sources(one.posed.sources, mine, looked.nearest_span(one.posed.sources)),
        other_sources=_sources(other, theirs),
        supported=None if part is None else 100 * part,
        other_supported=None if rest is None else 100 * rest,
        prompt_tokens=one.posed.prompt.tokens,
        other_prompt_tokens=other.posed.prompt.tokens,
    )


def _endings(looked: Looked, one: Answer, other: Answer) -> str | None:
    """What is to be said of the passages, and why the answers ended, where the model did not end them."""
    sent = one.posed.sources
    parts = [disagreement(looked.question, one, looked.nearest_span(sent)), orders_in(sent)]
    for side, text in (("With all", one.remark()), ("The other", other.remark())):
        parts += [f"{side}: {text}"] if text else []
    return " ".join(part for part in parts if part) or None


def _looked(engine: Engine, options: KnockOptions, question: str, without: tuple[int, ...], seed: int) -> Looked:
    """The question looked up to the end."""
    looked = Looked(passages.library_of(options, passages.embedder()), question, options, without)
    looked.variants = passages.variants(engine, question, options.rewrite, seed)
    for _ in looked.stages():
        pass
    return looked


def _posed(engine: Engine, question: str, looked: Looked | None) -> Posed:
    if looked is not None and len(looked.found().chunks):
        return looked.posed(engine)
    said = messages(question, ())
    return Posed(engine.ask(said), said, ())


def _best(rest: Looked | None, other: Answer) -> str:
    return (rest.best(other.posed.sources) if rest else None) or "There is none: no passage is sent."


def _sources(other: Answer, claims: tuple[support.Claim, ...]) -> tuple[Tok, ...]:
    return sources(other.posed.sources, claims) or (Tok("no passage is sent", kind="off"),)


def _columns(looked: Looked, rest: Looked | None, gone: set[int]) -> tuple[Stage, ...]:
    """The last ranking before, what goes struck through, and after, what moved up into the prompt marked."""
    before = looked.found().passages.tolist()
    rows = looked.ranking(looked.results[-1], sorted(gone), "off")
    columns = [Stage("with all", f"the first {len(before)} are sent", rows)]
    if rest is not None:
        fresh = [p for p in rest.found().passages.tolist() if p not in before]
        columns.append(
            Stage(
                "without",
                f"the first {len(rest.found().chunks)} are sent; marked: moved up",
                rest.ranking(rest.results[-1], fresh),
            )
        )
    return tuple(columns)


def _words(looked: Looked, rest: Looked | None, gone: set[int]) -> str:
    if rest is None:
        return "Left: the passages go with the question. Right: the bare model, which gets the question alone."
    library = looked.library
    title = {p: library.entry(library.passages[p].document).title for p in range(len(library.passages))}
    before, after = looked.found().passages.tolist(), rest.found().passages.tolist()
    fresh = [title[p] for p in after if p not in before]
    moved = f"moved up: {', '.join(fresh)}" if fresh else "nothing moved up"
    left = "" if after else " Nothing near enough is left, so the second answer is that of the bare model."
    return f"Knocked out: {', '.join(title[p] for p in sorted(gone))}; {moved}.{left}"


def _frame(**what: Any) -> KnockStep:
    blank: dict[str, Any] = {field.name: None for field in fields(KnockStep)}
    return KnockStep(**{**blank, "answer": (), "other": (), "said": "", "other_said": "", **what})
