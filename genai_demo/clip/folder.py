"""A visitor's own pictures to search: up to MOST of them, small, kept for a while and for that visitor only.

A recipe and a link name a folder by its contents alone, and find it only with the visitor's secret (inputs/store.py).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence

from genai_demo.clip.pictures import Picture, own_picture
from genai_demo.core.errors import DemoError, shown
from genai_demo.core.run import visitor
from genai_demo.inputs.store import TIME_TO_LIVE as TIME_TO_LIVE
from genai_demo.inputs.store import Place, Store, digest

MOST = 1000  # pictures of a folder
KEPT = 3  # folders of a visitor, the newest
NAME = 80  # characters of a picture's name
Entry = tuple[str, str]  # a picture's name; "mine:" and its base64

STORE = Store("folders", "your pictures", Place, visitors=300)


def add(secret: str, pictures: Sequence[Entry], to: str = "") -> tuple[str, str, int]:
    """More pictures for the folder `to`, or for a new one: (the visitor's secret, its name now, pictures in it).

    A secret that is none is replaced by a new one. Raises DemoError where a picture is none, or one too many.
    """
    for place, (_, text) in enumerate(pictures, 1):
        own_picture(text, place)  # raises where it is none
    mine = STORE.open(secret or None)
    entries = [(name[:NAME], text) for name, text in pictures]
    with mine.lock:
        before = mine.read(_file(to)) if to else None
        entries = [*map(tuple, json.loads(before) if before else []), *entries]
        if len(entries) > MOST:
            raise DemoError(f"there are {len(entries):,} pictures; the limit is {MOST:,}, leave some out")
        content = json.dumps(entries, ensure_ascii=False).encode()
        name = hashlib.sha256(content).hexdigest()
        mine.write(_file(name), lambda file: file.write(content))
        if to and to != name:
            mine.remove(_file(to))
        for old in mine.names("*.json")[:-KEPT]:
            mine.remove(old)
    return mine.secret, name, len(entries)


def read(name: str) -> list[Picture]:
    """The pictures of a folder of the visitor for whom a run computes. Raises DemoError where it is not there."""
    mine = STORE.find(visitor.get()) if re.fullmatch("[0-9a-f]{64}", name) else None
    content = mine.read(_file(name)) if mine else None
    if content is None:
        what = f"the pictures {shown(name)[:16]} are" if name else "pictures of yours are"
        hours = TIME_TO_LIVE // 3600
        raise DemoError(f"{what} not here; choose the files again, as they are kept {hours} hours and for you alone")
    found = []
    for place, (called, text) in enumerate(json.loads(content), 1):
        picture = own_picture(text, place)
        found.append(Picture(f"yours {place}", picture.pixels, picture.key, called or f"picture {place}"))
    return found


def forget(secret: str) -> None:
    """Everything of that visitor's."""
    mine = STORE.find(secret)
    if mine:
        mine.delete()


def _file(name: str) -> str:
    return f"{digest(name)}.json"  # no path is made of what was sent
