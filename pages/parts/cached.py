"""What never changes under its name is kept by the browser: Gradio's files carry a hash, and say nothing of keeping."""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.parts.scripts import KEPT

HASHED = re.compile(r"/assets/[^?]*[-.][A-Za-z0-9_-]{8}\.(?:js|css|woff2?|svg|png|wasm)$")


class Kept:
    """ASGI middleware: files with a hash in their name may be kept for good."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As the app, with a header more."""
        if scope["type"] != "http" or not HASHED.search(scope["path"]):
            await self.app(scope, receive, send)
            return

        async def kept(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                MutableHeaders(scope=message).update(KEPT)
            await send(message)

        await self.app(scope, receive, kept)
