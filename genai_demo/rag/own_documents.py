"""A visitor's own library of documents, kept for a while and for that visitor only (inputs/store.py).

A link names a document by its hash alone, and the hash is looked up in the visitor's own library.
"""

from __future__ import annotations

import contextlib
import contextvars
import io
import json
import time
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.limits import DOCUMENTS_EACH
from genai_demo.core.run import visitor
from genai_demo.inputs.documents.document import Document, safe_name
from genai_demo.inputs.store import TIME_TO_LIVE, Place, Store, digest

TEXT = 10_000_000  # bytes of text, as UTF-8, of one visitor
ATTACHED = 100_000_000  # bytes of arrays of one visitor


class OwnDocuments(Place):
    """One visitor's documents. Thread-safe; what it returns stays valid when documents are removed meanwhile."""

    def __init__(self, folder: Path, secret: str, what: str) -> None:
        super().__init__(folder, secret, what)
        self._read: dict[str, tuple[int, Document]] = {}  # by hash: when it was added, the document

    def documents(self) -> tuple[Document, ...]:
        """All documents in the order in which they were added."""
        with self.lock:
            return tuple(document for _, document in sorted(self._all().values(), key=lambda pair: pair[0]))

    def find(self, sha256: str) -> Document:
        """The document of that hash. Raises DemoError if it is not among this visitor's, whoever else may have it."""
        with self.lock:
            if found := self._all().get(sha256):
                return found[1]
        raise DemoError(
            f"document {shown(sha256)[:16]} is not among yours; add the file again, as files are kept "
            f"{TIME_TO_LIVE // 3600} hours and for you alone"
        )

    def add(self, document: Document) -> None:
        """Keep a document; one of the same hash is replaced. Raises DemoError when there are too many."""
        with self.lock:
            here = self._all()
            old = here.get(document.sha256)
            others = [kept for key, (_, kept) in here.items() if key != document.sha256]
            if len(others) >= (most := DOCUMENTS_EACH.value):
                raise DemoError(f"{document.name} is one too many; the limit is {most} documents: remove one")
            size = sum(_bytes(kept) for kept in (*others, document))
            if size > TEXT:
                raise DemoError(
                    f"with {document.name} there are {size / 1e6:,.1f} MB of text; the limit is "
                    f"{TEXT / 1e6:,.0f} MB: remove a document"
                )
            added = old[0] if old else time.time_ns()
            if old and old[1].text != document.text:
                self._drop(document.sha256)  # what was attached was made from the other text
            content = json.dumps({"added": added, **asdict(document)}, ensure_ascii=False).encode()
            self.write(f"{_checked(document.sha256)}.json", lambda file: file.write(content))
            self._read[document.sha256] = (added, document)

    def drop(self, sha256: str) -> None:
        """Forget a document and what is attached to it; nothing happens if it is not here."""
        with self.lock:
            if sha256 in self._all():
                self._drop(sha256)

    def attach(self, sha256: str, name: str, array: NDArray[Any]) -> None:
        """Keep an array (the embeddings of its chunks) beside a document, under a name.

        Raises DemoError if the document is not here or the arrays together pass ATTACHED bytes.
        """
        with self.lock:
            self.find(sha256)
            file_name = _beside(sha256, name)
            size = array.nbytes + self.size("*.npy", file_name)
            if size > ATTACHED:
                raise DemoError(
                    f"the index of your documents takes {size / 1e6:,.0f} MB; the limit is "
                    f"{ATTACHED / 1e6:,.0f} MB: remove a document or choose larger chunks"
                )
            self.write(file_name, lambda file: np.save(file, array, allow_pickle=False))

    def attached(self, sha256: str, name: str) -> NDArray[Any] | None:
        """The array kept under that name, or None. Raises DemoError if the document is not here."""
        with self.lock:
            self.find(sha256)
            try:
                found = np.load(self.folder / _beside(sha256, name), allow_pickle=False)
            except (OSError, ValueError, EOFError):  # not there or cut off: it is made again
                return None
            return found if isinstance(found, np.ndarray) else None

    def rows(self, sha256: str) -> int | None:
        """How many rows the arrays beside a document have (its chunks); None where there are none."""
        with self.lock:
            for path in self.folder.glob(f"{_checked(sha256)}.*.npy"):
                with contextlib.suppress(OSError, ValueError, EOFError):
                    return len(np.load(path, mmap_mode="r", allow_pickle=False))
        return None

    def export(self) -> bytes:
        """A ZIP file: texts/01 name.txt and so on, and manifest.json with what is known of each."""
        out = io.BytesIO()
        manifest = []
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, document in enumerate(self.documents(), 1):
                entry = f"texts/{number:02} {safe_name(document.name)}.txt"
                archive.writestr(zipfile.ZipInfo(entry), document.text, zipfile.ZIP_DEFLATED)
                about = {key: value for key, value in asdict(document).items() if key != "text"}
                manifest.append({"file": entry, "characters": document.characters, **about})
            text = json.dumps(manifest, ensure_ascii=False, indent=1)
            archive.writestr(zipfile.ZipInfo("manifest.json"), text, zipfile.ZIP_DEFLATED)
        return out.getvalue()

    def delete(self) -> None:
        """Forget everything, in memory and on disk."""
        with self.lock:
            self._read.clear()
            super().delete()

    def _all(self) -> dict[str, tuple[int, Document]]:
        """What is on disk now, by hash; this counts as use."""
        names = [name.removesuffix(".json") for name in self.names("*.json")]
        if names:
            self.touch()
        fresh = ((name, self._read.get(name) or self._load(name)) for name in names)
        self._read = {name: pair for name, pair in fresh if pair}
        return self._read

    def _load(self, name: str) -> tuple[int, Document] | None:
        """A document from disk; None for a file that is damaged or went away meanwhile."""
        try:
            kept = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
            kept |= {
                "pages": tuple(kept["pages"]),
                "headings": tuple((at, title) for at, title in kept["headings"]),
                "remarks": tuple(kept["remarks"]),
            }
            added = int(kept.pop("added"))
            document = Document(**kept)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return (added, document) if document.sha256 == name else None

    def _drop(self, sha256: str) -> None:
        self._read.pop(sha256, None)
        self.remove(f"{_checked(sha256)}.*")


STORE = Store("inboxes", "your document", OwnDocuments)
current: contextvars.ContextVar[OwnDocuments | None] = contextvars.ContextVar("own documents", default=None)


@contextlib.contextmanager
def visiting(secret: str | None) -> Iterator[OwnDocuments]:
    """Inside, the documents of that secret are those that runs of this context look in; they are as STORE.open gives
    them."""
    mine = STORE.open(secret)
    before = current.set(mine)
    try:
        yield mine
    finally:
        current.reset(before)


def here() -> OwnDocuments:
    """Those of the visitor for whom a run computes: the ones that are open here, else those of the secret which the
    run was told. Raises DemoError where there is neither."""
    mine = current.get() or (STORE.open(visitor.get()) if visitor.get() else None)
    if mine is None:
        raise DemoError("that document is not here; add the file on the page, as a link does not carry it")
    return mine


def _checked(sha256: str) -> str:
    """A document's hash, before it names a file; it was computed here, so another shape is our own mistake."""
    assert len(sha256) == 64
    assert set(sha256) <= set("0123456789abcdef")
    return sha256


def _beside(sha256: str, name: str) -> str:
    return f"{_checked(sha256)}.{digest(name)[:32]}.npy"


def _bytes(document: Document) -> int:
    return len(document.text.encode())
