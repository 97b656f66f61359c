"""Base64 as it comes out of links and forms."""

from __future__ import annotations

import base64
import binascii

from genai_demo.core.errors import DemoError


def from_base64(text: str, name: str) -> bytes:
    """Both alphabets, with or without a data URI's head or padding (links lose all of these now and then)."""
    text = text.partition(",")[2] if text.startswith("data:") else text
    text = text.strip().replace(" ", "+").translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise DemoError(f"{name} is no base64 text; draw it on the page, or leave it as it was copied") from None
