"""What travels: pages, configuration, scripts and looks compressed once and remembered; what has a hash is kept.

Gradio compresses its files anew for each request, its pages not at all, and says of neither that it may be kept.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import threading

import brotli
from cachetools import LRUCache
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.parts import joined, policy
from pages.parts.scripts import KEPT

HASHED = re.compile(r"/assets/[^?]*[-.][A-Za-z0-9_-]{8}\.(?:js|css|woff2?|svg|png|wasm)$")
TEXTS = ("text/html", "text/css", "text/javascript", "application/javascript", "application/json", "text/plain")
LEAST = 400  # bytes that are worth it
QUALITY = {"br": 10, "gzip": 9}  # of brotli's eleven: the tenth takes five times as long for a twentieth less,
LARGE, BRISK = 400_000, 9  # which for more bytes than these would be felt by the first visitor
REMEMBERED = 32_000_000  # bytes, compressed; all pages with all that they fetch are some three million

_made: LRUCache[tuple[bytes, str], bytes] = LRUCache(REMEMBERED, getsizeof=len)
_lock = threading.Lock()


class Kept:
    """ASGI middleware: files with a hash in their name may be kept for good, and texts are compressed once."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As the app, with a header more and fewer bytes. A part of a file is sent as it is."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] != "GET" or "range" in Headers(scope=scope):
            await self.app(scope, receive, guarded(send))
            return
        answer = Answer(scope, guarded(send))
        await self.app(scope, receive, answer.send)


def guarded(send: Send) -> Send:
    """The same way out, on which every answer says what a browser may do with it (policy.py)."""

    async def out(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Content-Security-Policy", policy.policy())
            for name, value in policy.OTHERS.items():
                headers.setdefault(name, value)
        await send(message)

    return out


class Answer:
    """One answer on its way: held until it is whole if it is a text that is worth it, else passed on."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._pass = send
        self._kept = bool(HASHED.search(scope["path"]))
        self._own = policy.is_own(scope["path"])
        self._encoding = encoding(Headers(scope=scope).get("accept-encoding", ""))
        self._start: Message | None = None
        self._body: list[bytes] = []

    async def send(self, message: Message) -> None:
        """In the place of ASGI's send."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if self._kept and message["status"] == 200:
                headers.update(KEPT)
            if message["status"] == 200 and _is_text(headers):
                self._start = message
            else:
                await self._pass(message)
        elif self._start is None:
            await self._pass(message)
        else:
            self._body.append(message.get("body", b""))
            if not message.get("more_body"):
                await self._whole(MutableHeaders(scope=self._start))

    async def _whole(self, headers: MutableHeaders) -> None:
        body = b"".join(self._body)
        if headers["content-type"].startswith("text/html"):
            body = joined.linked(body)
            if self._own:
                headers["Content-Security-Policy"] = policy.policy(body)
        headers.add_vary_header("Accept-Encoding")
        if self._encoding and len(body) >= LEAST:
            body = await run_in_threadpool(compressed, body, self._encoding)
            headers["Content-Encoding"] = self._encoding
        headers["Content-Length"] = str(len(body))
        assert self._start is not None
        await self._pass(self._start)
        await self._pass({"type": "http.response.body", "body": body})


def _is_text(headers: Headers) -> bool:
    """Whether it is a text for everybody, not compressed yet."""
    plain = headers.get("content-type", "").partition(";")[0] in TEXTS
    return plain and "content-encoding" not in headers and "no-store" not in headers.get("cache-control", "")


def encoding(accepted: str) -> str:
    """The best that a browser takes, by its Accept-Encoding: "br", "gzip", or "" for none."""
    names = [one.partition(";")[0].strip() for one in accepted.split(",") if not re.search(r";\s*q=0(\.0*)?$", one)]
    return next((name for name in QUALITY if name in names), "")


def compressed(body: bytes, name: str) -> bytes:
    """The same bytes in that encoding, remembered."""
    key = hashlib.sha256(body).digest(), name
    with _lock:
        found = _made.get(key)
    if found is None:
        level = QUALITY[name] if len(body) <= LARGE else BRISK
        found = brotli.compress(body, quality=level) if name == "br" else gzip.compress(body, level, mtime=0)
        with _lock:
            _made[key] = found
    return bytes(found)
