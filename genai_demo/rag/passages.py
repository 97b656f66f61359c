"""What the runs look in, and what they find: libraries, a question's other wordings, the passages that are sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from genai_demo.core.caches import Cache, PerOwner
from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.language.engines import Engine
from genai_demo.language.options import Sampling
from genai_demo.rag import MINILM, own_documents
from genai_demo.rag.bm25 import words
from genai_demo.rag.chunks import sentences
from genai_demo.rag.embed import Embedder
from genai_demo.rag.library import Built, Cutting, Entry, Library, building, built_in, of_document
from genai_demo.rag.options import SearchOptions
from genai_demo.rag.retrieve import Search, StageResult

WORDINGS, WORDING = 3, 300  # other wordings of a question at most, and characters of each
WORDS = 0.25  # how much shared words count beside the cosine when a question is compared with a sentence
LOWER = 0.08  # by which the sentences of each further passage count less
ALL = "*"  # in the place of the names of articles: all of them
MINE_BYTES = 16_000_000  # of the libraries of a visitor's documents that are kept; the newest is, whatever its size
IMAGINED = 64  # tokens of an imagined answer
SEVERAL = "Rewrite the question of the user in three other ways, one in a line. Do not answer it."
IMAGINE = "Write two sentences of an encyclopedia that answer the question of the user."

Span = tuple[int, int]
_mine = PerOwner[tuple[str, ...], Library](  # by hashes of the documents, of each visitor
    lambda: Cache("visitors' libraries", MINE_BYTES, lambda library: library.bytes, alone=True)
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A passage as it goes to the model. number: from 1, as it is cited; chunk: the id of its best.

    spans: offsets of its sentences into the text of its document, in order; texts: those sentences; pages: that
    of each, () where the document has none. kept_back: sentences of its best chunk that are not sent, with their
    offsets; unsent: how many of the whole passage are not.
    """

    number: int
    passage: int
    chunk: int
    document: str
    title: str
    spans: tuple[Span, ...]
    texts: tuple[str, ...]
    pages: tuple[int, ...] = ()
    kept_back: tuple[tuple[Span, str], ...] = ()
    unsent: int = 0

    @property
    def text(self) -> str:
        return " ".join(self.texts)

    def cited(self, span: Span | None = None) -> str:
        """How it is named, with the pages on which it, or one of its sentences, stands."""
        pages = [page for page, one in zip(self.pages, self.spans) if span in (None, one)]
        where = f", page {pages[0]}" if pages else ""
        if pages and pages[-1] > pages[0]:
            where = f", pages {pages[0]} to {pages[-1]}"
        return f"[{self.number}] {self.title}{where}"


def embedder() -> Embedder:
    """MiniLM, in memory."""
    model: Embedder = load(MINILM)
    return model


def reading(hashes: Sequence[str], model: Embedder) -> Iterator[Built]:
    """The library of some documents of the current visitor, built; vectors are kept beside them for the next time.

    Raises DemoError where there is no current visitor, or a document is not among the visitor's.
    """
    mine, cutting = own_documents.here(), Cutting()
    entries = [of_document(mine.find(key)) for key in hashes]
    name = {
        one.name: f"{model.identity} {cutting.how} {cutting.size} {cutting.overlap} {one.passage}" for one in entries
    }
    kept = {key: rows for key in hashes if (rows := mine.attached(key, name[key])) is not None}
    for built in building(entries, model, cutting, kept):
        if built.library is not None:
            for key in hashes:
                if key not in kept:
                    mine.attach(key, name[key], built.library.vectors[built.library.chunks_of([key])])
            _mine.of(mine).put(tuple(hashes), built.library)
        yield built


def forget(mine: own_documents.OwnDocuments) -> None:
    """Drop what is remembered of a visitor's documents; for when one was deleted."""
    _mine.of(mine).clear()


def library_of(options: SearchOptions, model: Embedder) -> Library:
    """The library that is asked: the articles; or the visitor's documents; or both, where articles are named besides.

    In the last case the articles' chunks come first, under the numbers they always have. Raises DemoError.
    """
    hashes = options.sha256s()
    if not hashes:
        return built_in(model)
    own = _own(hashes, model)
    if not options.names():
        return own
    articles = built_in(model)
    vectors = np.concatenate([articles.vectors, own.vectors])
    return Library([*articles.entries, *own.entries], [*articles.chunks, *own.chunks], vectors, model)


def _own(hashes: tuple[str, ...], model: Embedder) -> Library:
    mine = own_documents.here()
    for key in hashes:
        mine.find(key)  # it may have been deleted or have expired since
    known = _mine.of(mine).get(hashes)
    if known is not None and known.embedder is model:
        return known
    *_, last = reading(hashes, model)
    assert last.library is not None
    return last.library


def search_of(options: SearchOptions, k: int | None = None, without: Iterable[int] = ()) -> Search:
    """The options as retrieve() takes them; `without`: further chunks that are knocked out."""
    hashes = options.sha256s()
    out = tuple(dict.fromkeys([*options.knocked_out(), *without]))
    names = (*options.names(), *hashes) if options.names() and ALL not in options.names() else ()
    return Search(
        k or options.k,
        names,
        out,
        words=options.words,
        least=options.least,
        spared=bool(hashes),
        balance=options.balance,
        late=options.late,
    )


def variants(engine: Engine, question: str, how: str, seed: int) -> tuple[str, ...]:
    """Other wordings of the question by the model, or an answer it imagines; none for "as asked"."""
    if how == "as asked":
        return ()
    several = how == "several wordings"
    asked = engine.ask(
        [{"role": "system", "content": SEVERAL if several else IMAGINE}, {"role": "user", "content": question}]
    )
    limit = min(IMAGINED, engine.context - asked.tokens)
    if limit < 1:
        raise DemoError(f"the question makes {asked.tokens} tokens; the limit is {engine.context - 1}, shorten it")
    pieces = engine.stream(asked, Sampling(repetition_penalty=1.1), seed=seed, limit=limit, top=1)
    said = "".join(piece.text for piece in pieces if not piece.last)
    lines = said.splitlines() if several else [" ".join(said.split())]
    found = (re.sub(r"^[\s\d.)*\-]+", "", line).strip()[: WORDING if several else 1000] for line in lines)
    return tuple(dict.fromkeys(line for line in found if re.search(r"\w", line)))[:WORDINGS]


Row = tuple[float, int, Span]  # how near a sentence is to the question, the place of its passage, its offsets


def rows_of(library: Library, result: StageResult, question: str, without: Iterable[int]) -> list[Row]:
    """The sentences of the ranked passages, the nearest to the question first; none of chunks that are knocked out."""
    out, found = set(without), list[Row]()
    for place, number in enumerate(result.passages.tolist()):
        spans = passage_spans(library, number, out)
        text = library.entry(library.passages[number].document).text
        near = nearness(
            library.embedder,
            question,
            [text[slice(*span)] for span in spans],
            [in_place(library, number, span) for span in spans],
        )
        found += [(value - LOWER * place, place, span) for value, span in zip(near.tolist(), spans)]
    return sorted(found, key=lambda row: -row[0])


def nearness(embedder: Embedder, question: str, texts: Sequence[str], placed: Sequence[str]) -> np.ndarray:
    """(n,) how near each sentence is to a question.

    The cosine of the sentence as `in_place` gives it, and WORDS of the share of the question's words in itself.
    """
    if not texts:
        return np.zeros(0, np.float32)
    rows = embedder.encode([question, *placed])
    wanted = set(words(question))
    shared = [len(wanted & set(words(text))) / max(1, len(wanted)) for text in texts]
    return np.asarray(rows[1:] @ rows[0] + WORDS * np.array(shared, np.float32), np.float32)


def in_place(library: Library, passage: int, span: Span) -> str:
    """A sentence with its document's title and its section's heading before it: alone it often lacks its subject."""
    found = library.passages[passage]
    entry = library.entry(found.document)
    inside = [library.chunks[i] for i in range(found.first, found.last + 1) if library.chunks[i].start <= span[0]]
    heading = inside[-1].heading if inside else ""
    return ". ".join(
        part for part in (entry.title, heading if heading != entry.title else "", entry.text[slice(*span)]) if part
    )


def shortened(
    library: Library, result: StageResult, rows: Sequence[Row], budget: int, size: Callable[[str], int]
) -> tuple[Sent, ...]:
    """The ranked passages, each with its best sentence, then the best of all up to `budget` tokens together.

    size: tokens of a text. Sentences keep the order of their document.
    """
    texts = [library.entry(library.passages[number].document).text for number in result.passages.tolist()]
    every: dict[int, list[Span]] = {}
    for _, place, span in rows:
        every.setdefault(place, []).append(span)
    chosen = {place: [spans[0]] for place, spans in every.items()}
    left = budget - sum(size(texts[place][slice(*spans[0])]) for place, spans in every.items())
    for _, place, span in rows:
        if left <= 0:
            break
        if span not in chosen[place] and (cost := size(texts[place][slice(*span)])) <= left:
            chosen[place].append(span)
            left -= cost
    return tuple(
        _sent(library, result, place, number, sorted(chosen[place]), sorted(set(every[place]) - {*chosen[place]}))
        for number, place in enumerate(sorted(chosen), 1)
    )


def _sent(
    library: Library, result: StageResult, place: int, number: int, spans: list[Span], unsent: list[Span]
) -> Sent:
    passage, chunk = library.passages[int(result.passages[place])], library.chunks[int(result.chunks[place])]
    entry = library.entry(passage.document)
    texts = tuple(_line(entry, span) for span in spans)
    pages = tuple(sum(start <= at for start in entry.pages) for at, _ in spans) if entry.pages else ()
    back = tuple((span, _line(entry, span)) for span in unsent if span[0] < chunk.end and chunk.start < span[1])
    return Sent(
        number,
        int(result.passages[place]),
        int(result.chunks[place]),
        entry.name,
        entry.title,
        tuple(spans),
        texts,
        pages,
        back,
        len(unsent),
    )


def _line(entry: Entry, span: Span) -> str:
    """A sentence on one line."""
    return " ".join(entry.text[slice(*span)].split())


def passage_spans(library: Library, passage: int, out: Iterable[int] = ()) -> list[Span]:
    """Offsets of a passage's sentences in its document; no headings, nothing of the chunks that are knocked out."""
    found = library.passages[passage]
    entry = library.entry(found.document)
    text, heads = entry.text, dict(entry.marks or ())
    gone = [library.chunks[i] for i in out if found.first <= i <= found.last]
    kept = [
        span
        for span in sentences(text, found.start, found.end)
        if not re.match(r"#{1,6}[ \t]|Also called:", text[span[0] : span[1]])
        and heads.get(span[0]) != " ".join(text[span[0] : span[1]].split())
        and not any(chunk.start < span[1] and span[0] < chunk.end for chunk in gone)
    ]
    return kept or ([] if gone else [(found.start, found.end)])


def named(entry: Entry, heading: str) -> str:
    """Title and section of a chunk."""
    return f"{entry.title}, {heading}" if heading and heading != entry.title else entry.title
