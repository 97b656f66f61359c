"""Builds the app, one route per page in the order of pages.PAGES; `python app.py` serves it (PORT, HOST)."""
# ruff: noqa: E402  some things come before the imports

from __future__ import annotations

import gc
import os

gc.disable()  # what is imported and built in this file stays; looking for garbage in it takes half a second

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
if os.environ.get("SPACES_ZERO_GPU"):
    import spaces  # noqa: F401  before anything that could import torch

from pages.parts import stubs

stubs.unwritten()  # before Gradio is imported

from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from gradio.route_utils import FnIndexInferError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from genai_demo.core import limits
from genai_demo.core.backend import backend
from genai_demo.core.errors import DemoError, shown
from genai_demo.core.registry import packages
from pages import PAGES, words
from pages.parts import asked, health, joined, quick, scripts, sessions
from pages.parts.asked import Asked
from pages.parts.cached import Kept
from pages.parts.film import recorded
from pages.parts.language import language
from pages.parts.opening import opening
from pages.parts.scene import scene
from pages.parts.surface import surface
from pages.parts.theme import ROOT, header, looks

QUEUE_SIZE = 2000  # events that Gradio holds; runs wait in core/schedule.py, which refuses kindly long before
SESSIONS = 2000  # visits whose changed components are remembered; an older one goes on from the page as it was built
THREADS = 400  # events at once in the whole app, most of them runs that wait; Gradio's 40 would hold up every button


def build() -> gr.Blocks:
    """The app with all its pages; imports no model library.

    One context for all pages, and the queue before it: Gradio makes the whole app anew on leaving a context and for
    a queue.
    """
    quick.remember()
    demo = Asked(title="GenAI Atlas", fill_width=True, analytics_enabled=False)
    demo.queue(max_size=QUEUE_SIZE)
    for page in PAGES:
        if page.path:
            demo.route(page.title, page.path, show_in_navbar=False)
    with demo:
        for page in PAGES:
            if not page.path:
                continue  # the front page is no page of Gradio's
            demo.current_page = page.path
            gr.components.Navbar(visible=False)
            header(page)
            with gr.Column(elem_classes=["page", f"page-{page.path}"]), opening(demo):
                page.module.build()
    return demo


def launch_options() -> dict[str, Any]:
    """What launch() is given besides an address: the look, limits, and what is served beside the pages."""
    images = Mount("/images", StaticFiles(directory=ROOT / "assets" / "images"))
    sheets = Route("/sheets/{name}.png", _sheet)
    sessions.install()
    quick.install()
    asked.install()
    return {
        **looks(),
        "ssr_mode": False,
        "max_threads": THREADS,
        "quiet": True,
        "run_history": False,  # on a machine that a class shares, one would read the other's runs
        "state_session_capacity": SESSIONS,
        "max_file_size": f"{limits.UPLOAD_MB.value}mb",
        "app_kwargs": {
            "routes": [
                images,
                sheets,
                *scripts.ROUTES,
                joined.ROUTE,
                health.ROUTE,
                recorded.ROUTE,
                surface.ROUTE,
                language.ROUTE,
                words.ROUTE,
                scene.ROUTE,
                *(route for page in PAGES for route in page.routes),
            ],
            "exception_handlers": {404: _not_found, FnIndexInferError: _no_event, RequestValidationError: _unread},
            "middleware": [Middleware(Kept, pages=frozenset(f"/{page.path}" for page in PAGES if page.path))],
        },
    }


async def _sheet(request: Request) -> Response:
    """The samples of an architecture that has a page, as its README shows them."""
    package = packages().get(request.path_params["name"])
    path = Path(str(package.__file__)).with_name("samples.png") if package else None
    if path is None or request.path_params["name"] not in {page.architecture for page in PAGES} or not path.exists():
        raise HTTPException(404)
    return FileResponse(path)


async def _not_found(request: Request, error: Exception) -> Response:
    """One sentence for a person, JSON for a program."""
    if "text/html" not in request.headers.get("accept", ""):
        detail = error.detail if isinstance(error, HTTPException) else "Not Found"
        return JSONResponse({"detail": detail}, status_code=404)
    base = request.scope.get("root_path", "") or ""
    return HTMLResponse(NOT_FOUND.replace("BASE", base), status_code=404)


async def _no_event(request: Request, error: Exception) -> Response:
    """A call that names no event of the app's is the caller's mistake, not a fault."""
    said = "the call names no event that is here; see /gradio_api/info for those there are"
    return JSONResponse({"detail": said}, status_code=422)


async def _unread(request: Request, error: Exception) -> Response:
    """A call out of shape: where, in a sentence. What was sent is not repeated: it may be no text that can be sent."""
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    where = shown(".".join(map(str, faults[0]["loc"]))) if faults else "the body"
    return JSONResponse({"detail": f"{where} can't be read; send what /gradio_api/info asks for"}, status_code=422)


NOT_FOUND = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Not here - GenAI Atlas</title>
<meta name="viewport" content="width=device-width"><style>:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 36em; margin: 20vh auto 0; padding: 0 24px }</style>
<h1>There is no such page</h1><p>The address names a page that GenAI Atlas does not have; the
<a href="BASE/">overview</a> lists those it has.</p></html>"""

try:
    limits.check()
    backend()
except DemoError as error:
    raise SystemExit(str(error)) from None

demo = build()
gc.freeze()
gc.enable()


def serve() -> None:
    """Serves until interrupted, on HOST and PORT."""
    host, port = os.environ.get("HOST", "0.0.0.0"), os.environ.get("PORT", "7860")
    if not (port.isdigit() and 0 < int(port) < 65536):
        raise SystemExit(f"PORT is {port}; choose a whole number from 1 to 65535")
    demo.launch(server_name=host, server_port=int(port), prevent_thread_lock=True, **launch_options())
    shown = "localhost" if host in ("0.0.0.0", "::") else host
    print(f"GenAI Atlas is at http://{shown}:{port}", flush=True)
    demo.block_thread()


if __name__ == "__main__":
    serve()
