"""Text on its way to tokens and back: cleaned, guarded against control tokens, measured, and made visible.

control token: one that ends an answer or opens a turn, as <|im_end|>; a visitor can't write one.
"""

from __future__ import annotations

import codecs
import functools
import unicodedata
from collections.abc import Collection

from genai_demo.core.errors import DemoError

ENDS = ("<|endoftext|>", "<|im_end|>", "<|end|>", "<|eot_id|>", "<|end_of_text|>", "<end_of_turn>", "</s>")
"""Control tokens that end an answer, in whichever vocabulary has them; as llama.cpp takes them."""
FOREIGN = 0.3  # share of the letters: past it a text is said to be of another script
CUT = "\ue000"  # a private character; the text is cut here before it is tokenised


def clean(text: str) -> str:
    """The text as Unicode can write it: surrogate halves that stand alone become U+FFFD, CUT goes."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace(CUT, "").replace("\r\n", "\n")


def guarded(text: str, specials: Collection[str]) -> str:
    """`text` with a CUT inside each control token that a visitor wrote, so that it is read as plain characters."""
    for special in specials:
        if len(special) > 1:
            text = text.replace(special, special[:1] + CUT + special[1:])
    return text


def refuse_empty(text: str) -> None:
    """Raises DemoError where there is nothing to read."""
    if not clean(text).strip():
        raise DemoError("text is empty; write a few words")


def foreign(text: str) -> bool:
    """Whether many of its letters are of another script than Latin."""
    if text.isascii():
        return False
    letters = [sign for sign in text if sign.isalpha()]
    return sum(not unicodedata.name(sign, "").startswith("LATIN") for sign in letters) > FOREIGN * len(letters)


@functools.lru_cache(20_000)
def visible(piece: bytes) -> str:
    """A token as a person can see it: half characters as <F0>, control characters as their pictures; \\n stays."""
    try:
        text = piece.decode()
    except UnicodeDecodeError:
        return "".join(chr(b) if 32 <= b < 127 else f"<{b:02X}>" for b in piece)
    if text.isprintable():
        return text
    return "".join(
        chr(0x2400 + ord(c)) if ord(c) < 32 and c not in "\n\t" else "\u2421" if c == "\x7f" else c for c in text
    )


class Pieces:
    """Tokens in, whole characters out: a character that takes several tokens comes with the last of them."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def add(self, piece: bytes) -> str:
        return self._decoder.decode(piece)


@functools.cache
def byte_of() -> dict[str, int]:
    """The letter that stands for a byte in a byte-level vocabulary -> the byte (Radford et al. 2019)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in plain]
    return {chr(b): b for b in plain} | {chr(256 + i): b for i, b in enumerate(others)}
