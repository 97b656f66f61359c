"""A visitor's file as text: PDF, DOCX, Markdown, HTML, plain text.

What a file is, is judged by its content, never by its name. The reading happens in another process (extract.py) with
limits on time and memory, at most READERS at once. text: cleaned; every offset is one of its characters.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import IO, Any, Literal, cast

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.home import ASSETS
from genai_demo.core.limits import UPLOAD_MB
from genai_demo.inputs.documents.cleaned import LIMITS, Limits

Kind = Literal["pdf", "docx", "markdown", "html", "text"]

EVERY = 0.1  # seconds between two yields of reading()
READERS = 2  # files read at once in the whole app
NAME = 80  # characters of a name that are kept
# The reading process imports what reads files and nothing else.
BOOT = """
import sys
sys.path.insert(0, sys.argv[1])
from genai_demo.inputs.documents import extract
extract.start()
"""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read.

    pages: offset at which each page of a PDF begins, else empty; headings: (offset, title); sha256: of the file's
    bytes, lower-case hex; remarks: sentences for the visitor, as of a page that could not be read.
    """

    name: str
    kind: Kind
    text: str
    pages: tuple[int, ...]
    headings: tuple[tuple[int, str], ...]
    sha256: str
    remarks: tuple[str, ...] = ()

    @property
    def characters(self) -> int:
        """Length of the text in characters."""
        return len(self.text)

    def page_at(self, offset: int) -> int | None:
        """Number, from 1, of the page on which an offset stands; None where there are no pages."""
        return sum(start <= offset for start in self.pages) or None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the reading is: `done` of `total` pages, paragraphs or characters; total 0: not known."""

    stage: Literal["waiting", "opening", "reading", "cleaning"]
    done: int
    total: int
    seconds: float


def read(data: bytes | str | os.PathLike[str], name: str | None = None, limits: Limits = LIMITS) -> Document:
    """The document in a file (its path or its bytes). Raises DemoError, one sentence, for what can't be read."""
    for found in reading(data, name, limits):
        if isinstance(found, Document):
            return found
    raise AssertionError("reading ends with a document or an error")


def reading(
    data: bytes | str | os.PathLike[str], name: str | None = None, limits: Limits = LIMITS
) -> Iterator[Progress | Document]:
    """Progress about every 100 ms, at last the document; closing the iterator stops the reading. Raises DemoError."""
    called = safe_name(name if name is not None else "document" if isinstance(data, bytes) else os.fspath(data))
    began = time.monotonic()
    with _opened(data, called, limits) as source:
        worker = None
        while worker is None:
            worker = _Worker.started(source, called, limits)
            if worker is None:
                if time.monotonic() - began > limits.seconds:
                    raise DemoError(
                        f"{called} waited {limits.seconds} s for {READERS} other files; try again in a minute"
                    )
                yield Progress("waiting", 0, 0, time.monotonic() - began)
    last: dict[str, Any] = {"stage": "opening", "done": 0, "total": 0}
    try:
        while "found" not in last:
            yield Progress(last["stage"], last["done"], last["total"], time.monotonic() - began)
            last = worker.next(last)
    finally:
        worker.stop()
    yield _document(called, last["found"])


def _document(name: str, found: dict[str, Any]) -> Document:
    kind, remarks = cast(Kind, found["kind"]), list(found["remarks"])
    endings = {"pdf": "PDF", "docx": "Word file", "html": "page of HTML", "markdown": "Markdown", "text": "plain text"}
    meant = {".pdf": "pdf", ".docx": "docx", ".html": "html", ".htm": "html"}.get(
        os.path.splitext(name)[1].lower(), kind
    )
    if meant != kind:
        remarks.insert(0, f"{name} is no {endings[meant]} but {endings[kind]}, and was read as that")
    headings = tuple((int(at), str(title)) for at, title in found["headings"])
    return Document(name, kind, found["text"], tuple(found["pages"]), headings, found["sha256"], tuple(remarks))


@contextlib.contextmanager
def _opened(data: bytes | str | os.PathLike[str], name: str, limits: Limits) -> Iterator[IO[bytes]]:
    """The file, open for the other process; a size over the limit is refused before a byte is read."""
    if isinstance(data, bytes):
        sized(len(data), name, limits)
        with tempfile.TemporaryFile() as copy:
            copy.write(data)
            copy.seek(0)
            yield copy
        return
    try:
        about = os.stat(data)
        if not stat.S_ISREG(about.st_mode):
            raise DemoError(f"{name} is a folder or a device; choose a file")
        sized(about.st_size, name, limits)
        file = open(data, "rb")  # noqa: SIM115 (closed below; the errors of the caller are not those of opening)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        reason = getattr(error, "strerror", None) or shown(str(error))
        raise DemoError(f"{name} can't be opened ({reason}); add it again") from error
    with file:
        yield file


def sized(size: int, name: str, limits: Limits = LIMITS) -> None:
    """Raises DemoError for a file of so many bytes if that is too many."""
    allowed = most_bytes(limits)
    if size > allowed:
        most = f"{allowed / 1e6:,.0f} MB"
        raise DemoError(f"{name} is {size / 1e6:,.1f} MB; the limit is {most}: split it or save it without pictures")


def most_bytes(limits: Limits = LIMITS) -> int:
    """Bytes of the largest file that is taken: what may be read, or less where less was set."""
    return min(limits.bytes, UPLOAD_MB.value * 1_000_000)


_slots = threading.BoundedSemaphore(READERS)


class _Worker:
    """The process that reads one file, and a thread that collects what it says.

    The slot is given back when the process ends, and a timer ends it: an iterator that nobody closes holds nothing.
    """

    @classmethod
    def started(cls, source: IO[bytes], name: str, limits: Limits) -> _Worker | None:
        """A worker on the open file, or None if no slot became free within EVERY seconds."""
        if not _slots.acquire(timeout=EVERY):
            return None
        try:
            return cls(source, name, limits)
        except OSError as error:
            _slots.release()
            raise DemoError(f"{name} can't be read now ({error.strerror}); try again in a minute") from error

    def __init__(self, source: IO[bytes], name: str, limits: Limits) -> None:
        order = json.dumps({"name": name, "limits": asdict(limits)})
        self.name, self.limits, self.late = name, limits, False
        self.lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", BOOT, str(ASSETS.parent), order],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.timer = threading.Timer(limits.seconds, self._expire)
        self.timer.daemon = True
        self.timer.start()
        threading.Thread(target=self._collect, daemon=True).start()

    def _expire(self) -> None:
        self.late = True
        self.process.kill()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        try:
            for line in self.process.stdout:
                self.lines.put(line)
            self.process.stdout.close()
            self.process.wait()
        finally:
            self.timer.cancel()
            _slots.release()
            self.lines.put(None)

    def next(self, last: dict[str, Any]) -> dict[str, Any]:
        """The newest thing said within EVERY seconds, or `last` again. Raises DemoError for a refusal or an end."""
        try:
            line = self.lines.get(timeout=EVERY)
        except queue.Empty:
            return last
        if line is None:
            raise DemoError(f"{self.name} {self._ended()}")
        said = cast(dict[str, Any], json.loads(line))
        if "refused" in said:
            raise DemoError(f"{self.name} {said['refused']}")
        return said

    def _ended(self) -> str:
        if self.late or self.process.returncode == -24:  # SIGXCPU: its own limit on processor time
            return f"takes more than {self.limits.seconds} s to read, which is the limit; split it"
        return f"is damaged or needs more than {self.limits.memory // 2**20:,} MB to be read; save it again or split it"

    def stop(self) -> None:
        """End the process if it still runs; the thread then clears up."""
        if self.process.poll() is None:
            self.process.kill()


_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def safe_name(name: str) -> str:
    """The base name of whatever a visitor's browser sent, to be shown and to name a file in an export.

    One line of at most NAME characters and 200 bytes; no path, control, direction or format character; the ending is
    kept; "document" if nothing is left. Done twice it changes nothing.
    """
    name = unicodedata.normalize("NFC", name[-4_000:])
    name = re.split(r"[/\\]", re.sub(r"^[A-Za-z]:", "", name))[-1]
    letters = (" " if letter in '<>:"|?*' or letter.isspace() else letter for letter in name)
    name = "".join(letter for letter in letters if letter == " " or unicodedata.category(letter)[0] not in "CZ")
    name = _trimmed(name)
    stem, dot, ending = name.rpartition(".")
    if not dot or not 1 <= len(ending) <= 10 or " " in ending:
        stem, dot, ending = name, "", ""
    stem = stem[: NAME - len(dot + ending)]
    stem = stem.encode()[: 200 - len((dot + ending).encode())].decode("utf-8", "ignore")
    name = _trimmed(f"{_trimmed(stem)}{dot}{ending}")
    return f"_{name}"[:NAME] if _RESERVED.match(name) else name or "document"


def _trimmed(name: str) -> str:
    return " ".join(name.split()).strip(". ")
