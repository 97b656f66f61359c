"""A visitor's documents over HTTP, beside the pages: what the shelf of a bench asks for (shelf.js), or a program.

    GET    documents            the list
    POST   documents            the body is one file, X-Name its name, percent-encoded; lines of JSON say how far it is,
                                the last one has the list and the secret, or an error
    DELETE documents            all of them
    DELETE documents/SHA256     one
    GET    documents/export     a ZIP file

The secret stands in the header X-Visitor alone: in no address, and so in no log, no link, no history.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import os
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any
from urllib.parse import unquote

from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from genai_demo.core.errors import DemoError, sentence
from genai_demo.inputs.documents import document
from genai_demo.inputs.documents.document import Document, safe_name
from genai_demo.rag import own_documents
from pages.parts.stream import noted

AT_ONCE = 2  # documents that are embedded at the same time in the whole app
WAIT_S = 0.5  # between two lines while another document is embedded
_slots = threading.BoundedSemaphore(AT_ONCE)
Line = dict[str, Any]


def listed(mine: own_documents.OwnDocuments) -> Line:
    """What a visitor has: {"documents": [{name, sha256, kind, pages, characters, chunks, remarks}], "until"}.

    chunks: None where they were not counted; until: seconds since 1970, None where nothing is kept.
    """
    found = [
        {
            "name": one.name,
            "sha256": one.sha256,
            "kind": one.kind,
            "pages": len(one.pages),
            "characters": one.characters,
            "chunks": mine.rows(one.sha256),
            "remarks": list(one.remarks),
        }
        for one in mine.documents()
    ]
    return {"documents": found, "until": mine.until() if found else None}


def adding(path: str, name: str, secret: str) -> Generator[Line, None, None]:
    """Read a file, keep it, embed it: {"stage", "done", "total"} on the way, at last {"secret", "added", "documents"}.

    The file is deleted. A document whose embedding is broken off is not kept. Raises DemoError.
    """
    mine = own_documents.STORE.open(secret or None)
    try:
        added: Document | None = None
        for found in document.reading(path, name):
            if isinstance(found, Document):
                added = found
            else:
                yield {"stage": found.stage, "done": found.done, "total": found.total}
    finally:
        with contextlib.suppress(OSError):
            os.unlink(path)
    assert added is not None
    known = any(one.sha256 == added.sha256 for one in mine.documents())
    mine.add(added)
    try:
        yield from _embedding(mine, added.sha256)
    except BaseException:  # refused, or nobody waits for it any more
        if not known:
            mine.drop(added.sha256)
        raise
    yield {"secret": mine.secret, "added": added.sha256, **listed(mine)}


def _embedding(mine: own_documents.OwnDocuments, sha256: str) -> Iterator[Line]:
    from genai_demo.rag import passages

    while not _slots.acquire(timeout=WAIT_S):
        yield {"stage": "waiting", "done": 0, "total": 0}
    try:
        yield {"stage": "loading", "done": 0, "total": 0}
        with own_documents.visiting(mine.secret):
            for built in passages.reading([sha256], passages.embedder()):
                yield {"stage": "embedding", "done": built.done, "total": built.total}
    finally:
        _slots.release()


def _in_one_context(steps: Generator[Line, None, None]) -> Generator[str, None, None]:
    """Each step as a line of JSON, all computed in one context, whatever thread asks for them; errors as lines too."""
    context = contextvars.copy_context()
    try:
        while (step := context.run(next, steps, None)) is not None:
            yield json.dumps(step) + "\n"
    except DemoError as error:
        yield json.dumps({"error": sentence(str(error), capital=False)}) + "\n"
    except Exception as error:
        yield json.dumps({"error": noted(error)}) + "\n"
    finally:
        context.run(steps.close)


async def _add(request: Request) -> Response:
    name = safe_name(unquote(request.headers.get("x-name", ""))[:4000] or "document")
    path = await _received(request, name)
    steps = _in_one_context(adding(path, name, _secret(request)))

    async def lines() -> AsyncIterator[str]:
        try:
            async for line in iterate_in_threadpool(steps):
                yield line
        finally:  # the browser may have left
            with contextlib.suppress(ValueError):  # a step still runs; the rest is closed when it has ended
                steps.close()
            with contextlib.suppress(OSError):
                os.unlink(path)

    return StreamingResponse(lines(), media_type="application/x-ndjson", headers={"X-Accel-Buffering": "no"})


async def _received(request: Request, name: str) -> str:
    """The body in a temporary file; its path. Raises DemoError for one that is too large, before it is all here."""
    declared = request.headers.get("content-length", "")
    document.sized(int(declared) if declared.isdecimal() and len(declared) < 19 else 0, name)
    handle, path = tempfile.mkstemp(prefix="atlas-")
    size = 0
    try:
        with os.fdopen(handle, "wb") as file:
            async for block in request.stream():
                size += len(block)
                document.sized(size, name)
                file.write(block)
    except BaseException:
        os.unlink(path)
        raise
    return path


async def _list(request: Request) -> Response:
    return JSONResponse(await run_in_threadpool(lambda: listed(own_documents.STORE.open(_secret(request)))))


async def _remove(request: Request) -> Response:
    sha256 = request.path_params.get("sha256")

    def remove() -> Line:
        from genai_demo.rag import passages

        mine = own_documents.STORE.open(_secret(request))
        if sha256 is None:
            mine.delete()
        else:
            mine.drop(sha256)
        passages.forget(mine)
        return listed(mine)

    return JSONResponse(await run_in_threadpool(remove))


async def _export(request: Request) -> Response:
    content = await run_in_threadpool(lambda: own_documents.STORE.open(_secret(request)).export())
    head = {"Content-Disposition": 'attachment; filename="documents.zip"', "Cache-Control": "no-store"}
    return Response(content, media_type="application/zip", headers=head)


def _secret(request: Request) -> str:
    return request.headers.get("x-visitor", "")


def _kindly(handler: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """Errors as {"error": sentence}, with a status that says whose they are."""

    async def answered(request: Request) -> Response:
        try:
            response: Response = await handler(request)
        except DemoError as error:
            return JSONResponse({"error": sentence(str(error), capital=False)}, 400)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            return JSONResponse({"error": noted(error)}, 500)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return answered


ROUTES = [
    Route("/documents", _kindly(_list), methods=["GET"]),
    Route("/documents", _kindly(_add), methods=["POST"]),
    Route("/documents", _kindly(_remove), methods=["DELETE"]),
    Route("/documents/export", _kindly(_export), methods=["GET"]),
    Route("/documents/{sha256}", _kindly(_remove), methods=["DELETE"]),
]
