"""What visitors bring, kept on the disk for a while and for that visitor only.

    pictures = Store("folders", "your pictures", Place, visitors=300)
    mine = pictures.open(secret)              # a new secret where that one is unknown: nobody chooses one
    mine.write("name.json", lambda file: file.write(content))

secret: 256 bits that the visitor's page holds; it stands in no link and no recipe. The disk is the truth, below
home()/<store>/<sha256 of the secret>, so that another process or the next start finds the same. No path is made of text
that a visitor sent: secrets are hashed, and the names of files are made by the program. Whoever reads and writes what
belongs together holds `mine.lock`; one visitor's place is one object as long as anybody holds it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import tempfile
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from genai_demo.core.errors import DemoError
from genai_demo.core.home import home

TIME_TO_LIVE = 2 * 60 * 60  # seconds since the last use
SWEEP = 60  # seconds between two looks for what has expired; there is no thread for it, opening a place does it
VISITORS, DISK = 500, 2_000_000_000  # places of a store and their bytes; past either the least recently used goes
HELD = 32  # places that stay in memory though nobody holds them

_USED = "used"  # a file of this name bears the time of the last use
_NEW, _GONE = ".new-", "gone-"  # how the names begin of a file that is being written, of a folder that is being deleted


def digest(text: str) -> str:
    """SHA-256 of a text as 64 hexadecimal digits: what a name that a visitor sent becomes before it names a file."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Place:
    """What one visitor has in one store. Thread-safe; who does several things that belong together holds `lock`."""

    def __init__(self, folder: Path, secret: str, what: str) -> None:
        self.folder, self.secret, self.what = folder, secret, what
        self.lock = threading.RLock()

    def names(self, pattern: str) -> list[str]:
        """Names of the files that are here, by a pattern of our own, the oldest first; none where all has expired."""
        with self.lock:
            if expired(self.folder):
                self.delete()
            return [path.name for path in self._files(pattern)]

    def read(self, name: str) -> bytes | None:
        """The content of a file, which counts as use; None where it is not there (any more)."""
        with self.lock:
            if expired(self.folder):
                self.delete()
            try:
                content = (self.folder / name).read_bytes()
            except OSError:
                return None
            self.touch()
            return content

    def write(self, name: str, fill: Callable[[BinaryIO], object]) -> None:
        """A file, whole or not at all; fill(file) writes it. Raises DemoError where the disk refuses."""
        temporary = None
        with self.lock:
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self.touch()
                handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=_NEW)
                with os.fdopen(handle, "wb") as file:
                    fill(file)
                os.replace(temporary, self.folder / name)
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise DemoError(
                    f"{self.what} could not be kept ({reason}); try again, or tell who runs this"
                ) from error
            finally:
                if temporary:
                    with contextlib.suppress(OSError):  # not there any more if all went well
                        os.unlink(temporary)

    def remove(self, pattern: str) -> None:
        """Delete the files of that pattern; nothing happens where there are none."""
        with self.lock:
            for path in self._files(pattern):
                path.unlink(missing_ok=True)

    def size(self, pattern: str = "*", but: str = "") -> int:
        """Bytes of the files of that pattern, the one called `but` left out."""
        return size_of(self.folder, pattern, but)

    def until(self) -> float | None:
        """When it is forgotten if nobody uses it before, in seconds since 1970; None where there is nothing."""
        used = used_at(self.folder)
        return None if used is None else used + TIME_TO_LIVE

    def touch(self) -> None:
        """Used now: the time to live begins anew."""
        with contextlib.suppress(OSError):
            (self.folder / _USED).touch(mode=0o600)

    def delete(self) -> None:
        """Forget everything. The folder is taken away at once, so that nobody finds half of it."""
        with self.lock:
            removed(self.folder)

    def _files(self, pattern: str) -> Iterator[Path]:
        """Files of that pattern, the oldest first, without the store's own."""
        found = [path for path in self.folder.glob(pattern) if path.name != _USED and not path.name.startswith(_NEW)]
        yield from sorted(found, key=lambda path: used_at(path) or 0.0)


P = TypeVar("P", bound=Place)


class Store(Generic[P]):
    """The places of all visitors of one kind of thing.

    name: of the folder in the cache; what: how an error calls it, as in "your document"; make: the class of a place.
    """

    def __init__(
        self, name: str, what: str, make: Callable[[Path, str, str], P], *, visitors: int = VISITORS, disk: int = DISK
    ) -> None:
        self.name, self.what, self.visitors, self.disk = name, what, visitors, disk
        self._make = make
        self._lock = threading.Lock()
        self._alive: weakref.WeakValueDictionary[str, P] = weakref.WeakValueDictionary()
        self._held: deque[P] = deque(maxlen=HELD)
        self._swept = 0.0

    @property
    def root(self) -> Path:
        """The folder of all places."""
        folder = home() / self.name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def open(self, secret: str | None) -> P:
        """The place of a secret; for None, and for one unknown or expired, a new place with a secret made here."""
        with self._lock:
            self._sweep()
            root = self.root
            if not isinstance(secret, str) or len(secret) > 200 or not self._known(root / digest(secret)):
                secret = secrets.token_urlsafe(32)
            key = digest(secret)
            place = self._alive.get(f"{root}/{key}") or self._make(root / key, secret, self.what)
            self._alive[f"{root}/{key}"] = place
            self._held.append(place)
            return place

    def find(self, secret: str) -> P | None:
        """The place of a secret that is known; None where it is not."""
        found = self.open(secret) if secret else None
        return found if found is not None and found.secret == secret else None

    def forget_memory(self) -> None:
        """Nothing is held in memory any more, as after a restart."""
        with self._lock:
            self._held.clear()
            self._alive.clear()

    def _known(self, folder: Path) -> bool:
        """Whether there is such a place; one that has expired is deleted."""
        if expired(folder):
            removed(folder)
            return False
        return folder.is_dir() or str(folder) in self._alive

    def _sweep(self) -> None:
        """Delete what has expired, and the least recently used past the limits; once in SWEEP seconds."""
        if self._swept and time.monotonic() - self._swept < SWEEP:
            return
        self._swept = time.monotonic()
        kept: list[tuple[float, int, Path]] = []
        for folder in self.root.iterdir():
            used = used_at(folder)
            if folder.name.startswith(_GONE) or expired(folder):
                removed(folder)
            elif used is not None:
                kept.append((used, size_of(folder), folder))
        kept.sort(key=lambda entry: entry[0])
        total = sum(size for _, size, _ in kept)
        while kept and (len(kept) > self.visitors or total > self.disk):
            _, size, folder = kept.pop(0)
            total -= size
            removed(folder)


def used_at(path: Path) -> float | None:
    """When a place (or a file) was last used, seconds since 1970; None if there is none."""
    for each in (path / _USED, path):
        with contextlib.suppress(OSError):
            return each.stat().st_mtime
    return None


def expired(folder: Path) -> bool:
    """Whether nobody used it for TIME_TO_LIVE."""
    used = used_at(folder)
    return used is not None and time.time() - used > TIME_TO_LIVE


def size_of(folder: Path, pattern: str = "*", but: str = "") -> int:
    """Bytes of the files in a folder, one left out; those that go away meanwhile count nothing."""
    total = 0
    for path in folder.glob(pattern):
        with contextlib.suppress(OSError):
            total += path.stat().st_size if path.name != but else 0
    return total


def removed(folder: Path) -> None:
    """Take a folder away at once, so that nobody finds half of it, then delete it."""
    gone = folder.with_name(f"{_GONE}{secrets.token_hex(8)}")
    try:
        folder.rename(gone)
    except OSError:  # not there, or in use on Windows
        gone = folder
    shutil.rmtree(gone, ignore_errors=True)
