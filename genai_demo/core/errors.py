"""The one exception whose message reaches the visitor."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any

SHOWN = 60  # characters of a refused value that are repeated in the error
LISTED = 160  # characters of a list of choices; of a longer one only the nearest are named


class DemoError(Exception):
    """Something the visitor can act on.

    The message is one sentence that names the value, the limit and the remedy, as in
    ``steps is 9000; choose a whole number from 1 to 1000``. Pages show it as it stands.
    """


class Fault(Exception):
    """A mistake of ours, made on another machine: the log there has its traceback under `name`.

    kind: what was raised there, as in "ValueError".
    """

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(f"{kind} on a worker of the cluster, whose log has it as fault {name}")
        self.name, self.kind = name, kind


def sentence(message: str, *, capital: bool = True) -> str:
    """A message as a person reads it: with a capital, unless it may begin with the name of a file, and a full stop."""
    start = message[:1].upper() if capital else message[:1]
    return start + message[1:] + ("" if message.endswith((".", "?")) else ".")


def shown(value: Any) -> str:
    """A refused value as one short line for an error: no line breaks, at most SHOWN characters, always printable."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except (ValueError, RecursionError):  # an int of many thousand digits has no repr
        text = f"a very long {type(value).__name__}"
    text = " ".join(text[: 10 * SHOWN].split())
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return f"{text[:SHOWN]}..." if len(text) > SHOWN else text or "empty"


def among(wanted: str, names: Collection[str]) -> str:
    """ "choose one of a, b, c"; of many names the five nearest to the wanted one, and how to see all."""
    if len(", ".join(names)) <= LISTED:
        return f"choose one of {', '.join(names)}"
    near = difflib.get_close_matches(wanted[:SHOWN], names, 5, cutoff=0)
    return f"choose one of {', '.join(near)} ... (`python -m genai_demo list` shows all {len(names)})"
