"""The recording that a bench opens on: the page names it, the browser fetches it once and keeps it.

Its address carries a hash of the file, so that it may be kept for good; by the bare address it has an ETag.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import logging
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from genai_demo.core.errors import DemoError
from genai_demo.core.link import to_query
from genai_demo.core.recipe import Recipe
from genai_demo.results import recording
from pages.parts.scripts import KEPT

log = logging.getLogger("genai_demo.pages")


def recorded(run: str) -> dict[str, Any] | None:
    """The film strip's value for a run's recording, without its frames; None where there is none.

    A damaged one is logged, and counts as none.
    """
    try:
        begins = recording.beginning(run)
        if begins is None:
            return None
        recipe, machine = begins
        link = to_query(Recipe(run, recipe.get("options", {}), recipe.get("seed", 0), recipe.get("model")))
    except DemoError as error:
        log.warning("the page opens without the recording of %s: %s", run, error)
        return None
    path = recording.recording_path(run)
    address = f"./recordings/{path.name.removesuffix('.gz')}?{_hash(path, path.stat().st_mtime_ns)}"
    made = f"Computed earlier by this code, on {recording.machine_text(machine) or 'a machine that it does not name'}"
    value = {"run": f"recorded-{run}", "badge": "recorded", "recipe": recipe, "link": link, "note": ""}
    return {**value, "made": f"{made}. Another processor may round its numbers otherwise", "from": address}


@functools.lru_cache(maxsize=256)
def _hash(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _serve(request: Request) -> Response:
    """The file as it lies there, compressed, to whoever takes that."""
    path = recording.RECORDINGS / f"{request.path_params['name']}.json.gz"
    if path.parent != recording.RECORDINGS or not path.is_file():
        raise HTTPException(404)
    name = _hash(path, path.stat().st_mtime_ns)
    headers = {**(KEPT if request.url.query == name else {"Cache-Control": "no-cache"}), "ETag": f'"{name}"'}
    headers["Vary"] = "Accept-Encoding"
    if name in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = path.read_bytes()
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    return Response(content, media_type="application/json", headers=headers)


ROUTE = Route("/recordings/{name}.json", _serve)
