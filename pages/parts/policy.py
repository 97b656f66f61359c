"""What a browser may do on the pages: run our scripts, and talk to nobody but this server (docs/decisions/0078).

A script that stands in a page itself runs only if its text is one that the server wrote: the header names the hashes.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re

from pages.parts import scripts

SCRIPT = re.compile(rb"<script(?P<head>[^>]*)>(?P<text>.*?)</script>", re.S | re.I)
OTHERS = {  # for every answer
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
PARTS = (
    "default-src 'self'",
    "script-src 'self' 'unsafe-eval'{hashes}",  # Gradio makes functions of what components carry
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
)


def policy(page: bytes = b"") -> str:
    """The Content-Security-Policy of a page of the program's own, or of what is no page."""
    allowed = dict.fromkeys([*hashes(page), *_head()]) if page else {}
    return "; ".join(PARTS).replace("{hashes}", "".join(f" 'sha256-{one}'" for one in allowed))


def hashes(page: bytes) -> list[str]:
    """SHA-256, in base64, of each script whose text stands in the page."""
    texts = [found["text"] for found in SCRIPT.finditer(page) if b"src=" not in found["head"] and found["text"].strip()]
    return [base64.b64encode(hashlib.sha256(text).digest()).decode() for text in texts]


@functools.cache
def _head() -> list[str]:
    """Those of what Gradio puts into a page's head once the page is there."""
    return hashes(scripts.head().encode())


def is_own(path: str) -> bool:
    """Whether a page at that path is the program's own: under Gradio's addresses lie files of visitors too."""
    return "/gradio_api/" not in path
