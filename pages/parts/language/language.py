"""Other languages than English: a file each in assets/languages, which the browser fetches for who has chosen it.

    {"name": "Deutsch", "interface": {"Settings": "Einstellungen"}, "sentences": {"delta is {}": "delta ist {}"}}

The page travels in English; language.js exchanges its texts as they appear. What a file lacks stays English. A lesson's
translation lies under the same name in docs/lessons/<code>.
"""

from __future__ import annotations

import functools
import hashlib
import json
from html import escape
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from pages.parts import scripts

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "languages"


@functools.cache
def languages() -> dict[str, str]:
    """Code -> what the language calls itself, without English."""
    return {path.stem: json.loads(path.read_text())["name"] for path in sorted(FOLDER.glob("*.json"))}


@functools.cache
def address(code: str) -> str:
    """Where its texts lie; it changes with the content."""
    return f"./languages/{code}.json?{hashlib.sha256((FOLDER / f'{code}.json').read_bytes()).hexdigest()[:12]}"


def meta() -> str:
    """The line of a page's head that says which there are, and where the script lies that puts them in."""
    known = json.dumps({code: address(code) for code in languages()})
    script = scripts.address("language.js")
    return f'<meta name="atlas-languages" content="{escape(known)}" data-script="{script}">'


def menu() -> str:
    """The choice of a language for the header; nothing where there is only one."""
    if not languages():
        return ""
    options = "".join(
        f'<option value="{code}" lang="{code}" title="{escape(name)}">{code.upper()}</option>'
        for code, name in {"en": "English", **languages()}.items()
    )
    return f'<select class="atlas-language" aria-label="Language" translate="no">{options}</select>'


async def _serve(request: Request) -> Response:
    code = request.path_params["code"]
    if code not in languages():
        raise HTTPException(404)
    return FileResponse(FOLDER / f"{code}.json", media_type="application/json", headers=scripts.KEPT)


ROUTE = Route("/languages/{code}.json", _serve)
