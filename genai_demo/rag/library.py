"""A library: documents, their chunks, the chunks' vectors and word index, in memory; what is asked is asked of one.

Small to big: chunks are compared with a question, passages are what a reader or a model gets. A passage is a run of
neighbouring chunks of a document, at most PASSAGE characters: an article of the built-in library is one. A library
never changes; `without` makes another. The built-in one comes with its vectors, or is built once and kept in the cache
folder under a hash of articles, cutting and embedder.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from genai_demo.core.caches import Cache, weigh
from genai_demo.core.errors import DemoError, shown
from genai_demo.core.home import home, whole
from genai_demo.data.knowledge import KNOWLEDGE, Article, articles
from genai_demo.rag.bm25 import BM25, words
from genai_demo.rag.chunks import Chunk, How, Mark, cut
from genai_demo.rag.embed import Embedder
from genai_demo.rag.store import FlatStore, Store, filled

if TYPE_CHECKING:
    from genai_demo.inputs.documents.document import Document

PASSAGE = 2000  # characters, about 450 tokens
SEVERAL, SHORT = (
    12,
    160,
)  # passages that a visitor's document has at least, unless they were shorter than so many letters
SHORT_CHUNK, LETTERS = 16, 5  # tokens of a chunk that is never cut smaller, letters of a token
SHIPPED = KNOWLEDGE / "index.safetensors"
TOKEN_BYTES = 20_000_000  # of the token vectors that a library remembers, some 200 chunks'
BUILT_BYTES = 64_000_000  # of the libraries of articles that are kept
FORMAT = 1  # of a kept index; raised when what is embedded of a chunk changes


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as a library holds it.

    name: by which it is cited, one of its kind in the library; also: other names of its subject; marks: as `cut`;
    pages: offset at which each page begins, where it has pages; passage: characters of a passage of it at most.
    """

    name: str
    title: str
    text: str
    also: tuple[str, ...] = ()
    marks: tuple[Mark, ...] | None = None
    pages: tuple[int, ...] = ()
    passage: int = PASSAGE

    @property
    def about(self) -> str:
        """What each of its chunks is told apart by when it is compared with a question."""
        return f"{self.title} ({', '.join(self.also)})" if self.also else self.title


@dataclass(frozen=True, slots=True)
class Cutting:
    """How documents are cut; see chunks.cut. Those of short passages are cut into smaller chunks."""

    how: How = "headings"
    size: int = 256
    overlap: int = 0


@dataclass(frozen=True, slots=True)
class Passage:
    """text[start:end] of its document, made of chunks first ... last of the library (both included)."""

    document: str
    start: int
    end: int
    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class Built:
    """How far building is; `library` comes with the last one."""

    done: int
    total: int
    library: Library | None = None


class Library:
    """entries, chunks (in their order), passages; vectors (chunks, width) float32 of length 1; bm25; store.

    owner (chunks,): the passage of each chunk. It may be read by several threads at once.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        chunks: Sequence[Chunk],
        vectors: np.ndarray,
        embedder: Embedder,
        store: Store | None = None,
    ) -> None:
        self.entries, self.chunks, self.embedder = tuple(entries), tuple(chunks), embedder
        self.vectors = np.ascontiguousarray(vectors, np.float32)
        self.vectors.setflags(write=False)
        self._of = {entry.name: entry for entry in self.entries}
        self.bm25 = BM25([indexed(self._of[chunk.document], chunk) for chunk in self.chunks])
        self.store = filled(FlatStore(embedder.width), self.vectors) if store is None else store
        self.passages, self.owner = _passages(self._of, self.chunks)
        self._tokens = Cache[int, np.ndarray]("token vectors", TOKEN_BYTES, weigh)

    @property
    def bytes(self) -> int:
        """Bytes in memory, about: the vectors, again in the store, and the texts, again as chunks and words."""
        return 2 * self.vectors.nbytes + 3 * sum(weigh(entry.text) for entry in self.entries)

    def entry(self, name: str) -> Entry:
        """The document of that name. Raises DemoError where there is none."""
        if name not in self._of:
            raise DemoError(f"document is {shown(name)}, which is not in this library; choose one that it lists")
        return self._of[name]

    def chunks_of(self, names: Collection[str]) -> np.ndarray:
        """Ids of the chunks of these documents, for a filter. Raises DemoError where one is not here."""
        wanted = {self.entry(name).name for name in names}
        return np.array([i for i, chunk in enumerate(self.chunks) if chunk.document in wanted], np.int64)

    def without(self, names: Collection[str]) -> Library:
        """A library that lacks these documents; nothing is embedded again. Raises DemoError where one is not here."""
        gone = set(self.chunks_of(names).tolist())
        kept = [i for i in range(len(self.chunks)) if i not in gone]
        entries = [entry for entry in self.entries if entry.name not in names]
        return Library(entries, [self.chunks[i] for i in kept], self.vectors[kept], self.embedder)

    @functools.cached_property
    def worded(self) -> tuple[frozenset[str], ...]:
        """The words of each passage, as BM25 compares them, its document's title and other names among them."""
        found: list[set[str]] = [set() for _ in self.passages]
        for owner, chunk in zip(self.owner.tolist(), self.chunks):
            found[owner].update(words(indexed(self._of[chunk.document], chunk)))
        return tuple(map(frozenset, found))

    @functools.cached_property
    def holding(self) -> Counter[str]:
        """In how many passages a word stands."""
        return Counter(word for passage in self.worded for word in passage)

    @functools.cached_property
    def plane(self) -> tuple[np.ndarray, np.ndarray]:
        """(mean (width,), axes (2, width)): the two directions in which the chunks differ most, for a map (PCA)."""
        if len(self.vectors) < 2:
            return np.zeros(self.embedder.width, np.float32), np.eye(2, self.embedder.width, dtype=np.float32)
        mean = self.vectors.mean(0)
        _, axes = np.linalg.eigh(np.cov(self.vectors - mean, rowvar=False))
        axes = axes[:, :-3:-1].T
        largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
        return mean, (axes * np.sign(largest)).astype(np.float32)  # the sign is always the same

    def placed(self, vectors: np.ndarray) -> np.ndarray:
        """Places (n, 2) of vectors (n, width) on the map; always the same for the same library."""
        mean, axes = self.plane
        return np.asarray((vectors - mean) @ axes.T, np.float32)

    def token_vectors(self, ids: Sequence[int]) -> list[np.ndarray]:
        """Unit rows (t, width) of the tokens of each chunk, the same whatever was asked before; the last are kept."""
        return [self._rows(i) for i in ids]

    def _rows(self, chunk: int) -> np.ndarray:
        rows = self._tokens.get(chunk)
        if rows is None:
            one = self.chunks[chunk]
            rows = self.embedder.tokens_of(indexed(self._of[one.document], one))
            self._tokens.put(chunk, rows)
        return rows


def indexed(entry: Entry, chunk: Chunk) -> str:
    """What of a chunk is embedded and indexed: title, other names and, where its text lacks it, the heading before."""
    heading = chunk.heading if chunk.heading not in chunk.text and chunk.heading != entry.title else ""
    return ". ".join(part for part in (entry.about, heading, chunk.text) if part)


def cut_all(entries: Sequence[Entry], cutting: Cutting) -> list[Chunk]:
    """The chunks of all documents. Raises DemoError where two have one name."""
    for name, times in Counter(entry.name for entry in entries).items():
        if times > 1:
            raise DemoError(f"document {shown(name)} is there {times} times; give each a name of its own")
    return [
        chunk
        for entry in entries
        for chunk in cut(entry.text, cutting.how, _size(entry, cutting), cutting.overlap, entry.name, entry.marks)
    ]


def _size(entry: Entry, cutting: Cutting) -> int:
    """Tokens of a chunk: a document whose passages are short has chunks that are no longer."""
    return min(cutting.size, max(SHORT_CHUNK, 2 * cutting.overlap, entry.passage // LETTERS))


def building(
    entries: Sequence[Entry],
    embedder: Embedder,
    cutting: Cutting = Cutting(),
    known: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> Iterator[Built]:
    """Cut and embed documents, telling after each batch how many chunks are done; the last one brings the library.

    known: by a document's name the vectors of its chunks, where they were kept; passed over if their number differs.
    Raises DemoError where two documents have one name or the cutting is out of range.
    """
    chunks = cut_all(entries, cutting)
    of = {entry.name: entry for entry in entries}
    vectors = np.zeros((len(chunks), embedder.width), np.float32)
    places = np.arange(len(chunks))
    names = np.array([chunk.document for chunk in chunks], object)
    for name, kept in known.items():
        here = np.flatnonzero(names == name)
        if kept.shape == (len(here), embedder.width):
            vectors[here] = kept
            places = np.setdiff1d(places, here)
    done = len(chunks) - len(places)
    for some, rows in embedder.batches([indexed(of[chunks[i].document], chunks[i]) for i in places]):
        vectors[places[some]] = rows
        done += len(some)
        if done < len(chunks):
            yield Built(done, len(chunks))
    yield Built(done, len(chunks), Library(entries, chunks, vectors, embedder))


def build(entries: Sequence[Entry], embedder: Embedder, cutting: Cutting = Cutting()) -> Library:
    """As building, to its end."""
    for step in building(entries, embedder, cutting):
        last = step
    assert last.library is not None
    return last.library


def of_document(document: Document) -> Entry:
    """A visitor's file: named by its hash, since two may have one name; its sections are those its reader found.

    A short one has short passages, so that there are some to choose from.
    """
    passage = min(PASSAGE, max(SHORT, len(document.text) // SEVERAL))
    return Entry(document.sha256, document.name, document.text, (), document.headings, document.pages, passage)


def of_article(article: Article) -> Entry:
    """An article without its references; offsets into it are offsets into the article."""
    return Entry(article.stem, article.title, article.body, article.also)


_built = Cache[str, Library]("libraries of articles", BUILT_BYTES, lambda library: library.bytes, alone=True)


def built_in(embedder: Embedder, cutting: Cutting = Cutting()) -> Library:
    """The library of articles: made once a process, from the vectors that are shipped or kept where they fit."""
    entries = [of_article(article) for article in articles()]
    key = fingerprint(entries, embedder, cutting)
    return _built.made(key, lambda: _restored_or_built(key, entries, embedder, cutting))


def _restored_or_built(key: str, entries: Sequence[Entry], embedder: Embedder, cutting: Cutting) -> Library:
    kept = next((found for path in (SHIPPED, _cached(key)) if (found := restored(path, key)) is not None), None)
    if kept is not None:
        return Library(entries, cut_all(entries, cutting), kept, embedder)
    built = build(entries, embedder, cutting)
    keep(built, key, _cached(key))
    return built


def fingerprint(entries: Sequence[Entry], embedder: Embedder, cutting: Cutting) -> str:
    """A hash of all that vectors of a library depend on."""
    plain = [
        {key: value for key, value in asdict(entry).items() if key not in ("pages", "passage")} for entry in entries
    ]
    said: list[Any] = [FORMAT, embedder.identity, embedder.width, asdict(cutting), plain]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode("utf-8", "backslashreplace")).hexdigest()


def keep(library: Library, key: str, path: Path) -> None:
    """Write the vectors, fp16, under a name of their key; whole or not at all. A full disk is passed over."""
    from safetensors.numpy import save_file

    with contextlib.suppress(OSError), whole(path) as partial:
        save_file({"vectors": library.vectors.astype(np.float16)}, partial, {"key": key})


def restored(path: Path, key: str) -> np.ndarray | None:
    """Vectors (chunks, width) float32 that were kept under this key; None where there are none."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as file:
            if (file.metadata() or {}).get("key") != key:
                return None
            vectors: np.ndarray = file.get_tensor("vectors").astype(np.float32)
    except (OSError, SafetensorError):
        return None
    unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def ship(embedder: Embedder) -> Path:
    """Build the built-in library anew and write the vectors that are shipped."""
    entries = [of_article(article) for article in articles()]
    keep(build(entries, embedder), fingerprint(entries, embedder, Cutting()), SHIPPED)
    return SHIPPED


def _cached(key: str) -> Path:
    return home() / "rag" / f"{key[:32]}.safetensors"


def _passages(of: dict[str, Entry], chunks: Sequence[Chunk]) -> tuple[tuple[Passage, ...], np.ndarray]:
    """Neighbouring chunks of a document put together, up to its `passage`; and the passage of each chunk."""
    runs: list[tuple[int, int]] = []
    for i, chunk in enumerate(chunks):
        first = runs[-1][0] if runs else 0
        most = of[chunk.document].passage
        if i and chunks[first].document == chunk.document and chunk.end - chunks[first].start <= most:
            runs[-1] = (first, i)
        else:
            runs.append((i, i))
    owner = np.repeat(np.arange(len(runs)), [last - first + 1 for first, last in runs])
    found = []
    for first, last in runs:
        name, start, end = chunks[first].document, chunks[first].start, chunks[last].end
        found.append(Passage(name, start, end, first, last, of[name].text[start:end]))
    return tuple(found), owner.astype(np.int64)
