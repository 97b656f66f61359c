"""Words of a text that the glossary explains become links to it; resting on one shows its definition.

Those of `explained` carry it; for the texts of lessons and questions the browser finds them (parts/terms/terms.js).
"""

from __future__ import annotations

import functools
import hashlib
import json
import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from genai_demo.data.knowledge import articles
from pages.parts.scripts import KEPT as FOREVER

KEPT = re.compile(  # what no word is taken from: formulas, code, links, bold, headings, comments
    r"(\$\$.*?\$\$|\$[^$\n]+\$|`[^`]*`|\[[^\]]*\]\([^)]*\)|\*\*[^*]+\*\*|^#.*?$)", re.DOTALL | re.MULTILINE
)
SIGNS = re.compile(r"[*_`$]")


def plain(text: str) -> str:
    """A sentence without the signs of Markdown."""
    return SIGNS.sub("", text)


def explained(text: str) -> str:
    """The Markdown, with the first place of each word of the glossary as a link that has its definition as title."""
    done: set[str] = set()

    def link(match: re.Match[str]) -> str:
        stem, definition = names()[_key(match[0])]
        if stem in done:
            return match[0]
        done.add(stem)
        return f'[{match[0]}](./glossary#{stem} "{definition}")'

    parts = KEPT.split(text)
    parts[::2] = [_any_name().sub(link, part) for part in parts[::2]]
    return "".join(parts)


@functools.cache
def names() -> dict[str, tuple[str, str]]:
    """What a word of the glossary or another name of it is found by -> the article's stem, its definition."""
    found: dict[str, tuple[str, str]] = {}
    for article in articles():
        definition = plain(article.definition).replace('"', "'")
        for name in (article.title, *article.also):
            found.setdefault(_key(name), (article.stem, definition))
    return found


def _key(name: str) -> str:
    """Small letters and no plural, but for what is written in capitals, which is no other word in small letters."""
    small = name if _capitals(name) else name.lower()
    return small.removesuffix("s")


def _capitals(name: str) -> bool:
    return any(letter.isupper() for letter in name[1:])


@functools.cache
def _any_name() -> re.Pattern[str]:
    """Any of the names as whole words, the longest first."""
    every = {name for a in articles() for name in (a.title, *a.also)}
    known = sorted(every, key=lambda name: (-len(name), name))
    each = [(re.escape if _capitals(name) else _either_case)(name.removesuffix("s")) + "s?" for name in known]
    return re.compile(rf"(?<![\w-])(?:{'|'.join(each)})(?![\w-])")


def _either_case(name: str) -> str:
    """A pattern for a name whose first letter may be large, as at the start of a sentence."""
    first, rest = re.escape(name[0]), re.escape(name[1:])
    return f"(?i:{first}){rest}"


@functools.cache
def told() -> bytes:
    """For the browser, as JSON: a pattern that finds all words; for each article its definition and names."""
    every = {name for a in articles() for name in (a.title, *a.also)}
    known = sorted(every, key=lambda name: (-len(name), name))
    pattern = rf"(?<![\w-])(?:{'|'.join(map(_for_browser, known))})(?![\w-])"
    words: dict[str, list[str]] = {}  # stem -> definition, names
    for name, (stem, definition) in names().items():
        words.setdefault(stem, [definition]).append(name)
    return json.dumps({"pattern": pattern, "words": words}, separators=(",", ":"), ensure_ascii=False).encode()


def _for_browser(name: str) -> str:
    """As `_any_name` has it, in the signs of JavaScript."""
    bare = name.removesuffix("s")
    safe = re.sub(r"[.*+?^${}()|\[\]\\/]", lambda sign: "\\" + sign[0], bare)
    if not _capitals(name):
        safe = f"[{bare[0].upper()}{bare[0].lower()}]{safe[1:]}"
    return safe + "s?"


def meta() -> str:
    """The line of a page's head that says where the words lie; the address changes with them."""
    return f'<meta name="atlas-terms" content="./terms.json?{hashlib.sha256(told()).hexdigest()[:12]}">'


async def _serve(request: Request) -> Response:
    return Response(told(), media_type="application/json", headers=FOREVER)


ROUTE = Route("/terms.json", _serve)
