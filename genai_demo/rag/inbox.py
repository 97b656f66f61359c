"""A visitor's own library of documents, kept for a while and for that visitor only.

token: a secret of 256 bits that the visitor's page holds; it never stands in a link, which names a document by its hash
alone, and the hash is looked up in the visitor's own inbox. The disk is the truth, below home()/inboxes/<sha256 of the
token>, so that another process or the next start finds the same; memory only spares reading it. No path is built from
text that a visitor sent: names and tokens are hashed first, hashes are compared with what is there.
"""

from __future__ import annotations

import contextlib
import contextvars
import hashlib
import io
import json
import os
import secrets
import shutil
import tempfile
import threading
import time
import weakref
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.home import home
from genai_demo.core.run import visitor
from genai_demo.inputs.documents.document import Document, safe_name

TIME_TO_LIVE = 2 * 60 * 60  # seconds since the last use
DOCUMENTS = 20  # in one inbox
TEXT = 10_000_000  # bytes of text, as UTF-8, in one inbox
ATTACHED = 100_000_000  # bytes of arrays in one inbox
IN_MEMORY = 32  # inboxes; the least recently used is dropped from memory, not from the disk
ON_DISK = 500  # inboxes; past it, or past DISK bytes, the least recently used is deleted
DISK = 2_000_000_000
SWEEP = 60  # seconds between two looks for what has expired; there is no thread for it, opening an inbox does it

_USED = "used"  # a file of this name bears the time of the last use


class Inbox:
    """One visitor's documents. Thread-safe; what it returns stays valid when documents are removed meanwhile."""

    def __init__(self, token: str) -> None:
        self.token = token
        self._folder = _inboxes() / _hash(token)
        self._read: dict[str, tuple[int, Document]] = {}  # by hash: when it was added, the document
        self._lock = threading.RLock()

    def documents(self) -> tuple[Document, ...]:
        """All documents in the order in which they were added."""
        with self._lock:
            return tuple(document for _, document in sorted(self._all().values(), key=lambda pair: pair[0]))

    def find(self, sha256: str) -> Document:
        """The document of that hash. Raises DemoError if it is not in this inbox, whoever else may have it."""
        with self._lock:
            if found := self._all().get(sha256):
                return found[1]
        raise DemoError(
            f"document {shown(sha256)[:16]} is not among yours; add the file again, as files are kept "
            f"{TIME_TO_LIVE // 3600} hours and for you alone"
        )

    def add(self, document: Document) -> None:
        """Keep a document; one of the same hash is replaced. Raises DemoError when the inbox is full."""
        with self._lock:
            here = self._all()
            old = here.get(document.sha256)
            others = [kept for key, (_, kept) in here.items() if key != document.sha256]
            if len(others) >= DOCUMENTS:
                raise DemoError(f"{document.name} is one too many; the limit is {DOCUMENTS} documents: remove one")
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
            self._write(f"{_checked(document.sha256)}.json", lambda file: file.write(content))
            self._read[document.sha256] = (added, document)

    def remove(self, sha256: str) -> None:
        """Forget a document and what is attached to it; nothing happens if it is not here."""
        with self._lock:
            if sha256 in self._all():
                self._drop(sha256)

    def attach(self, sha256: str, name: str, array: NDArray[Any]) -> None:
        """Keep an array (the embeddings of its chunks) beside a document, under a name.

        Raises DemoError if the document is not here or the arrays together pass ATTACHED bytes.
        """
        with self._lock:
            self.find(sha256)
            file_name = _beside(sha256, name)
            size = array.nbytes + _size(self._folder, "*.npy", file_name)
            if size > ATTACHED:
                raise DemoError(
                    f"the index of your documents takes {size / 1e6:,.0f} MB; the limit is "
                    f"{ATTACHED / 1e6:,.0f} MB: remove a document or choose larger chunks"
                )
            self._write(file_name, lambda file: np.save(file, array, allow_pickle=False))

    def attached(self, sha256: str, name: str) -> NDArray[Any] | None:
        """The array kept under that name, or None. Raises DemoError if the document is not here."""
        with self._lock:
            self.find(sha256)
            try:
                found = np.load(self._folder / _beside(sha256, name), allow_pickle=False)
            except (OSError, ValueError, EOFError):  # not there or cut off: it is made again
                return None
            return found if isinstance(found, np.ndarray) else None

    def rows(self, sha256: str) -> int | None:
        """How many rows the arrays beside a document have (its chunks); None where there are none."""
        with self._lock:
            for path in self._folder.glob(f"{_checked(sha256)}.*.npy"):
                with contextlib.suppress(OSError, ValueError, EOFError):
                    return len(np.load(path, mmap_mode="r", allow_pickle=False))
        return None

    def until(self) -> float | None:
        """When it is forgotten if nobody uses it before, in seconds since 1970; None where there is nothing."""
        used = _used(self._folder)
        return None if used is None else used + TIME_TO_LIVE

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
        with self._lock:
            self._read.clear()
            _removed(self._folder)

    def _all(self) -> dict[str, tuple[int, Document]]:
        """What is on disk now, by hash; this counts as use."""
        if _expired(self._folder):
            self.delete()
        try:
            names = [path.stem for path in self._folder.glob("*.json")]
        except OSError:
            names = []
        if names:
            _touch(self._folder)
        fresh = ((name, self._read.get(name) or self._load(name)) for name in names)
        self._read = {name: pair for name, pair in fresh if pair}
        return self._read

    def _load(self, name: str) -> tuple[int, Document] | None:
        """A document from disk; None for a file that is damaged or went away meanwhile."""
        try:
            kept = json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))
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

    def _write(self, name: str, fill: Callable[[Any], Any]) -> None:
        """A file of the inbox, whole or not at all."""
        temporary = None
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _touch(self._folder)
            handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=".new-")
            with os.fdopen(handle, "wb") as file:
                fill(file)
            os.replace(temporary, self._folder / name)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise DemoError(f"your document could not be kept ({reason}); try again, or tell who runs this") from error
        finally:
            if temporary:
                with contextlib.suppress(OSError):  # not there any more if all went well
                    os.unlink(temporary)

    def _drop(self, sha256: str) -> None:
        self._read.pop(sha256, None)
        for path in [*self._folder.glob(f"{_checked(sha256)}.*")]:
            path.unlink(missing_ok=True)


_lock = threading.Lock()
_recent: OrderedDict[str, Inbox] = OrderedDict()  # by hash of the token
_alive: weakref.WeakValueDictionary[str, Inbox] = weakref.WeakValueDictionary()  # also those that somebody still holds
_swept = 0.0


def open_(token: str | None) -> Inbox:
    """The inbox of a token, or a new one for None and for a token that is unknown or expired.

    A new inbox always has a token made here: nobody can choose a token for somebody else. Its `token` is to be kept by
    the page.
    """
    with _lock:
        _sweep()
        key = _hash(token) if isinstance(token, str) and len(token) < 200 else ""
        inbox = _alive.get(key)
        known = inbox is not None or (key and (_inboxes() / key).is_dir())
        if known and _expired(_inboxes() / key):
            _removed(_inboxes() / key)
            _recent.pop(key, None)
            known = False
        if token is None or not known:
            token = secrets.token_urlsafe(32)
            key, inbox = _hash(token), None
        inbox = inbox or Inbox(token)
        _alive[key] = _recent[key] = inbox
        _recent.move_to_end(key)
        while len(_recent) > IN_MEMORY:
            _recent.popitem(last=False)
        return inbox


current: contextvars.ContextVar[Inbox | None] = contextvars.ContextVar("inbox", default=None)


@contextlib.contextmanager
def visiting(token: str | None) -> Iterator[Inbox]:
    """Inside, the inbox of that token is the one that runs of this context look in; it is as open_ gives it."""
    mine = open_(token)
    before = current.set(mine)
    try:
        yield mine
    finally:
        current.reset(before)


def here() -> Inbox:
    """The inbox of the visitor for whom a run computes: the one that is open here, else that of the secret which the
    run was told. Raises DemoError where there is neither."""
    mine = current.get() or (open_(visitor.get()) if visitor.get() else None)
    if mine is None:
        raise DemoError("that document is not here; add the file on the page, as a link does not carry it")
    return mine


def _sweep() -> None:
    """Delete what has expired, and the least recently used past the limits of the disk; once in SWEEP seconds."""
    global _swept
    if time.monotonic() - _swept < SWEEP and _swept:
        return
    _swept = time.monotonic()
    kept: list[tuple[float, int, Path]] = []
    for folder in _inboxes().iterdir():
        used = _used(folder)
        if folder.name.startswith("gone-") or _expired(folder):
            _removed(folder)
        elif used is not None:
            kept.append((used, _size(folder), folder))
    kept.sort(key=lambda entry: entry[0])
    total = sum(size for _, size, _ in kept)
    while kept and (len(kept) > ON_DISK or total > DISK):
        _, size, folder = kept.pop(0)
        total -= size
        _removed(folder)


def _size(folder: Path, pattern: str = "*", but: str = "") -> int:
    """Bytes of the files in a folder, one left out; those that go away meanwhile count nothing."""
    total = 0
    for path in folder.glob(pattern):
        with contextlib.suppress(OSError):
            total += path.stat().st_size if path.name != but else 0
    return total


def _inboxes() -> Path:
    folder = home() / "inboxes"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _used(folder: Path) -> float | None:
    """When the inbox in that folder was last used, seconds since 1970; None if there is none."""
    for path in (folder / _USED, folder):
        with contextlib.suppress(OSError):
            return path.stat().st_mtime
    return None


def _expired(folder: Path) -> bool:
    used = _used(folder)
    return used is not None and time.time() - used > TIME_TO_LIVE


def _touch(folder: Path) -> None:
    with contextlib.suppress(OSError):
        (folder / _USED).touch(mode=0o600)


def _removed(folder: Path) -> None:
    """Take a folder away at once, so that nobody finds half of it, then delete it."""
    gone = folder.with_name(f"gone-{secrets.token_hex(8)}")
    try:
        folder.rename(gone)
    except OSError:  # not there, or in use on Windows
        gone = folder
    shutil.rmtree(gone, ignore_errors=True)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _checked(sha256: str) -> str:
    """A document's hash, before it names a file; it was computed here, so another shape is our own mistake."""
    assert len(sha256) == 64
    assert set(sha256) <= set("0123456789abcdef")
    return sha256


def _beside(sha256: str, name: str) -> str:
    return f"{_checked(sha256)}.{_hash(name)[:32]}.npy"


def _bytes(document: Document) -> int:
    return len(document.text.encode())
