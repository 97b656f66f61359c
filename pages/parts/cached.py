"""What travels: pages, configuration, scripts and looks compressed once and remembered; what has a hash is kept.

Gradio compresses its files anew for each request, its pages not at all, and says of neither that it may be kept. It
makes a page anew for each visit too, from copies of all that is on it: a seventh of a second in which Python does
nothing else. Where a class opens its first page at once, many ask for the same before the first of them has it: one
answer is made, and the others wait for it.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
import threading

import brotli
from cachetools import LRUCache
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.parts import joined, policy
from pages.parts.scripts import KEPT

HASHED = re.compile(r"/assets/[^?]*[-.][A-Za-z0-9_-]{8}\.(?:js|css|woff2?|svg|png|wasm)$")
NO_PAGE = re.compile(r"/assets/[^?/]*[-.][A-Za-z0-9_-]{8}\.(?:js|css|woff2?)")  # what of it no browser shows as one
TEXTS = ("text/html", "text/css", "text/javascript", "application/javascript", "application/json", "text/plain")
LEAST = 400  # bytes that are worth it
QUALITY = {"br": 10, "gzip": 9}  # of brotli's eleven: the tenth takes five times as long for a twentieth less,
LARGE, BRISK = 250_000, 9  # which for more bytes than these would be felt by the first visitor
PAGE = 7  # for a page, which differs by the server's name and is made by itself before: in a twentieth of the time
REMEMBERED = 32_000_000  # bytes, compressed; all pages with all that they fetch are some three million

Key = tuple[str, ...]
NAMED = ("host", "x-forwarded-host", "x-forwarded-proto", "x-gradio-server")  # what Gradio takes the server's name from
PARTLY = ("range", "if-none-match", "if-modified-since")  # what is asked for may not be the whole

_made: LRUCache[tuple[bytes, str], bytes] = LRUCache(REMEMBERED, getsizeof=len)
_lock = threading.Lock()


class Kept:
    """ASGI middleware: files with a hash in their name may be kept for good, and texts are compressed once."""

    def __init__(self, app: ASGIApp, pages: frozenset[str] = frozenset()) -> None:
        """pages: paths that give the same page to everybody who calls the server by the same name."""
        self.app, self._pages = app, pages
        self._answers: LRUCache[Key, list[Message]] = LRUCache(REMEMBERED, getsizeof=_size)
        self._begun: dict[Key, asyncio.Lock] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As the app, with a header more and fewer bytes. A part of a file is sent as it is."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["method"] != "GET" or any(name in Headers(scope=scope) for name in PARTLY):
            await self.app(scope, receive, guarded(send, scope["path"]))
        elif key := self._key(scope):
            await self._once(key, scope, receive, send)
        else:
            await self.app(scope, receive, Answer(scope, guarded(send, scope["path"])).send)

    def _key(self, scope: Scope) -> Key | None:
        """All that an answer depends on which is the same for all as long as the program runs; None for others."""
        path, headers = scope["path"], Headers(scope=scope)
        accepted = encoding(headers.get("accept-encoding", ""))
        if path.endswith((".js", ".css")) and policy.is_own(path):
            return path, accepted
        if path in self._pages and "deep_link" not in QueryParams(scope["query_string"]):
            place = str(scope.get("scheme")), str(scope.get("root_path")), str(scope.get("server"))
            return path, accepted, *place, *(f"{headers.getlist(name)}" for name in NAMED)
        return None

    async def _once(self, key: Key, scope: Scope, receive: Receive, send: Send) -> None:
        """Asked of the app once, whoever waits for it; what is not found is not remembered."""
        try:
            async with self._begun.setdefault(key, asyncio.Lock()):
                answer = self._answers.get(key) or await self._asked(scope, receive)
                if len(answer) == 2 and answer[0]["status"] == 200:
                    self._answers[key] = answer
        finally:
            self._begun.pop(key, None)
        for message in answer:  # what is outside this adds headers of its own
            await send({**message, "headers": [*message["headers"]]} if "headers" in message else message)

    async def _asked(self, scope: Scope, receive: Receive) -> list[Message]:
        """What the app answers, all of it."""
        answer: list[Message] = []

        async def noted(message: Message) -> None:
            answer.append(message)

        await self.app(scope, receive, Answer(scope, guarded(noted, scope["path"])).send)
        return answer


def guarded(send: Send, path: str) -> Send:
    """The same way out, on which every answer says what a browser may do with it (policy.py).

    What a page may do is said by the page: its scripts, sheets and fonts need not say it again.
    """

    async def out(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if not NO_PAGE.fullmatch(path):
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
        page = headers["content-type"].startswith("text/html")
        if page:
            body = joined.linked(body)
            if self._own:
                headers["Content-Security-Policy"] = policy.policy(body)
        headers.add_vary_header("Accept-Encoding")
        if self._encoding and len(body) >= LEAST:
            body = await run_in_threadpool(compressed, body, self._encoding, page)
            headers["Content-Encoding"] = self._encoding
        headers["Content-Length"] = str(len(body))
        assert self._start is not None
        await self._pass(self._start)
        await self._pass({"type": "http.response.body", "body": body})


def _size(answer: list[Message]) -> int:
    return len(answer[-1]["body"])


def _is_text(headers: Headers) -> bool:
    """Whether it is a text for everybody, not compressed yet."""
    plain = headers.get("content-type", "").partition(";")[0] in TEXTS
    return plain and "content-encoding" not in headers and "no-store" not in headers.get("cache-control", "")


def encoding(accepted: str) -> str:
    """The best that a browser takes, by its Accept-Encoding: "br", "gzip", or "" for none."""
    names = [one.partition(";")[0].strip() for one in accepted.split(",") if not re.search(r";\s*q=0(\.0*)?$", one)]
    return next((name for name in QUALITY if name in names), "")


def compressed(body: bytes, name: str, page: bool = False) -> bytes:
    """The same bytes in that encoding, remembered. page: it is a page, which is wanted sooner."""
    key = hashlib.sha256(body).digest(), name
    with _lock:
        found = _made.get(key)
    if found is None:
        level = QUALITY[name] if len(body) <= LARGE else BRISK
        level = PAGE if page else level
        found = brotli.compress(body, quality=level) if name == "br" else gzip.compress(body, level, mtime=0)
        with _lock:
            _made[key] = found
    return bytes(found)
