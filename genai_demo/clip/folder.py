"""A visitor's own pictures to search: up to MOST of them, small, kept for a while and for that visitor only.

secret: what the visitor's browser holds; it stands in no recipe and no link, which name a folder by its contents alone
and find it only with the secret. The disk is the truth, below home()/folders/<sha256 of the secret>.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from genai_demo.clip.pictures import Picture, own_picture
from genai_demo.core.errors import DemoError, shown
from genai_demo.core.home import home
from genai_demo.core.run import visitor

MOST = 1000  # pictures of a folder
KEPT = 3  # folders of a visitor, the newest
VISITORS = 300  # whose folders are on the disk; past it the least recently used go
TIME_TO_LIVE = 2 * 60 * 60  # seconds since the last use
NAME = 80  # characters of a picture's name
SECRET = re.compile(r"[\w-]{40,100}", re.ASCII)
Entry = tuple[str, str]  # a picture's name; "mine:" and its base64

_lock = threading.Lock()


def add(secret: str, pictures: Sequence[Entry], to: str = "") -> tuple[str, str, int]:
    """More pictures for the folder `to`, or for a new one: (the visitor's secret, its name now, pictures in it).

    A secret that is none is replaced by a new one. Raises DemoError where a picture is none, or one too many.
    """
    secret = secret if SECRET.fullmatch(secret) else secrets.token_urlsafe(32)
    for place, (_, text) in enumerate(pictures, 1):
        own_picture(text, place)  # raises where it is none
    entries = [(name[:NAME], text) for name, text in pictures]
    with _lock:
        _sweep()
        before = json.loads(_path(secret, to).read_text()) if to and _path(secret, to).exists() else []
        entries = [*map(tuple, before), *entries]
        if len(entries) > MOST:
            raise DemoError(f"there are {len(entries):,} pictures; the limit is {MOST:,}, leave some out")
        content = json.dumps(entries, ensure_ascii=False).encode()
        name = hashlib.sha256(content).hexdigest()
        _write(_path(secret, name), content)
        if to and to != name:
            _path(secret, to).unlink(missing_ok=True)
        for old in sorted(_place(secret).glob("*.json"), key=_used)[:-KEPT]:
            old.unlink(missing_ok=True)
    return secret, name, len(entries)


def read(name: str) -> list[Picture]:
    """The pictures of a folder of the visitor for whom a run computes. Raises DemoError where it is not there."""
    path = _path(visitor.get(), name) if visitor.get() and re.fullmatch("[0-9a-f]{64}", name) else None
    if path is None or not path.exists() or time.time() - _used(path) > TIME_TO_LIVE:
        what = f"the pictures {shown(name)[:16]} are" if name else "pictures of yours are"
        raise DemoError(
            f"{what} not here; choose the files again, as they are kept {TIME_TO_LIVE // 3600} hours and for you alone"
        )
    with contextlib.suppress(OSError):
        path.touch()
    found = []
    for place, (called, text) in enumerate(json.loads(path.read_text()), 1):
        picture = own_picture(text, place)
        found.append(Picture(f"yours {place}", picture.pixels, picture.key, called or f"picture {place}"))
    return found


def forget(secret: str) -> None:
    """Everything of that visitor's."""
    if SECRET.fullmatch(secret):
        shutil.rmtree(_place(secret), ignore_errors=True)


def _place(secret: str) -> Path:
    return home() / "folders" / hashlib.sha256(secret.encode()).hexdigest()


def _path(secret: str, name: str) -> Path:
    return _place(secret) / f"{hashlib.sha256(name.encode()).hexdigest()}.json"  # no path is built from what was sent


def _used(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DemoError(f"your pictures could not be kept ({reason}); try again, or tell who runs this") from error


def _sweep() -> None:
    """Delete what has expired, and the visitors used least recently past the limit."""
    root = home() / "folders"
    if not root.is_dir():
        return
    used = {place: max(map(_used, place.glob("*")), default=0.0) for place in root.iterdir()}
    for rank, place in enumerate(sorted(used, key=lambda one: -used[one])):
        if rank >= VISITORS or time.time() - used[place] > TIME_TO_LIVE:
            shutil.rmtree(place, ignore_errors=True)
