"""A conversation fitted into the context of the model that is to answer it."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from genai_demo.core.errors import DemoError
from genai_demo.language.conversation import Message
from genai_demo.language.engines import Engine, Prompt


def limit_of(engine: Engine, max_new_tokens: int) -> int:
    """Tokens an answer may have: what was asked for, and at most half of the context."""
    return min(max_new_tokens, engine.context // 2)


def fitted(engine: Engine, messages: Sequence[Message], limit: int) -> tuple[Prompt, int]:
    """(the prompt with room for `limit` more tokens, how many of the oldest messages were left out).

    Raises DemoError where the last message alone does not fit.
    """
    head = [m for m in messages[:1] if m["role"] == "system"]
    turns, room = messages[len(head) :], engine.context - limit

    def ask(pairs: int) -> Prompt:
        return engine.ask([*head, *turns[2 * pairs :]])

    if (prompt := ask(0)).tokens <= room:
        return prompt, 0
    most = len(turns) // 2
    if (prompt := ask(most)).tokens > room:
        what = "your message and the system prompt make" if head else "your message makes"
        raise DemoError(f"{what} {prompt.tokens} tokens; the limit beside an answer of {limit} is {room}, shorten it")
    least = bisect.bisect_left(range(most), True, key=lambda pairs: ask(pairs).tokens <= room)
    return ask(least), 2 * least
