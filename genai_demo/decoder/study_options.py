"""Options of the runs that look inside a decoder. Layers and heads are counted from 1, as the pages show them."""

from __future__ import annotations

import re
from typing import Any

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.options import Options, option
from genai_demo.language.asked import Off

TEXT = 2000  # characters of a text
SWITCHES = 200  # characters of a list of heads or layers
MOST_NEW, MOST_OFF_NEW = 64, 40  # tokens that are written
PART = re.compile(r"([0-9]{1,4}|\*)\.([0-9]{1,4}|\*)")
SPAN = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?")


def text_option(default: str) -> Any:
    return option(default, "The text that is read", longest=TEXT)


def chat_option() -> Any:
    return option(False, "Read the text as a message in a chat, in place of a text to go on with")


class InsideOptions(Options):
    text: str = text_option("When Mary and John went to the store, John gave a drink to")
    chat: bool = chat_option()
    page: int = option(0, "Which stretch of 48 tokens is drawn; 0 is the first", at_least=0, at_most=20)
    top: int = option(8, "How many guesses of each layer are listed", at_least=1, at_most=20, more=True)


class AblateOptions(Options):
    text: str = text_option("When Mary and John went to the store, John gave a drink to")
    chat: bool = chat_option()
    heads: str = option(
        "2.*", "Heads to switch off, as layer.head: 3.2, 17.* (all of a layer), *.1 (one of each)", longest=SWITCHES
    )
    layers: str = option("", "Layers to switch off, as 5, 12-14", longest=SWITCHES)
    use_cache: bool = option(True, "Keep keys and values of the tokens before; without them all is computed again")
    max_new_tokens: int = option(16, "How many tokens are written at most", at_least=1, at_most=MOST_OFF_NEW)

    def off(self, layers: int, heads: int) -> Off:
        """What is off in a network of that many layers and heads a layer. Raises DemoError."""
        return Off(read_heads(self.heads, layers, heads), read_layers(self.layers, layers))


class CacheOptions(Options):
    text: str = text_option("Once upon a time, in a village at the edge of a deep forest, there lived a clockmaker who")
    chat: bool = chat_option()
    max_new_tokens: int = option(32, "How many tokens are written at most", at_least=1, at_most=MOST_NEW)


class RotaryOptions(Options):
    text: str = text_option("The cat sat on the mat because it")
    layer: int = option(1, "Which layer's query and key", at_least=1, at_most=200)
    head: int = option(1, "Which head of the layer", at_least=1, at_most=200)
    distance: int = option(32, "How many tokens apart the two are taken at most", at_least=8, at_most=64)


class StepsOptions(Options):
    text: str = text_option("The cat sat on the mat because it was")
    layer: int = option(1, "The layer that is shown step by step", at_least=1, at_most=200)
    head: int = option(1, "The head of it whose numbers are shown", at_least=1, at_most=200)


def read_heads(text: str, layers: int, heads: int) -> dict[int, tuple[int, ...]]:
    """ "3.2, 17.*" -> {layer: heads}, counted from 0. Raises DemoError where a part is none or not there."""
    found: dict[int, set[int]] = {}
    for part in _parts(text):
        match = PART.fullmatch(part)
        where, which = (_these(match[1], layers), _these(match[2], heads)) if match else (range(0), range(0))
        if not where or not which:
            raise DemoError(
                f"heads has {shown(part)}; write layer.head, layers from 1 to {layers} and heads from 1 to {heads}, "
                "as in 3.2 or 2.*"
            )
        for layer in where:
            found.setdefault(layer, set()).update(which)
    return {layer: tuple(sorted(found[layer])) for layer in sorted(found)}


def read_layers(text: str, layers: int) -> frozenset[int]:
    """ "5, 12-14" -> layers counted from 0. Raises DemoError where a part is none or not there."""
    found: set[int] = set()
    for part in _parts(text):
        match = SPAN.fullmatch(part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last <= layers:
            raise DemoError(f"layers has {shown(part)}; write numbers from 1 to {layers}, as in 2 or 1-{layers}")
        found.update(range(first - 1, last))
    return frozenset(found)


def _parts(text: str) -> list[str]:
    """The parts of a list, which commas, semicolons or blanks keep apart; blanks around - and . do not count."""
    tight = re.sub(r"\s*([-.])\s*", r"\1", text)
    return [part for part in re.split(r"[,;\s]+", tight) if part]


def _these(group: str, count: int) -> range:
    """The places, from 0, of a number from 1 or of *; empty where there is no such place."""
    if group == "*":
        return range(count)
    return range(int(group) - 1, int(group)) if 1 <= int(group) <= count else range(0)


def place(name: str, value: int, count: int) -> int:
    """A layer or a head counted from 1 -> from 0. Raises DemoError where the network has no such."""
    if not 1 <= value <= count:
        raise DemoError(f"{name} is {value}; the model has {count}, choose from 1 to {count}")
    return value - 1
