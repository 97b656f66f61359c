"""A conversation: read from text, and fitted into a model's context. Imports no model library.

message: {"role": "system" | "user" | "assistant", "content": text}; turn: a message as (role, text), the system's not
among them; context: tokens of prompt and answer together at most.
"""

from __future__ import annotations

import bisect
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from genai_demo.core.errors import DemoError, shown

if TYPE_CHECKING:
    from genai_demo.language.engines import Engine, Prompt

Message = dict[str, str]
CONTEXT = 2048  # tokens of a conversation at most, whatever the model could hold: memory is shared by all visitors
TURNS, MOST_TURNS = 60_000, 200  # characters of a conversation, and messages
ROLES = ("user", "assistant")


def read_turns(text: str) -> list[tuple[str, str]]:
    """[(role, text)], user and assistant in turn, the last of the user. Plain text is one message of the user.

    Raises DemoError where it is neither, or a message is empty.
    """
    try:
        found = json.loads(text) if text.lstrip().startswith("[[") else [["user", text]]
    except (ValueError, RecursionError):
        found = [["user", text]]
    if len(found) > MOST_TURNS:
        raise DemoError(f"turns has {len(found)} messages; the limit is {MOST_TURNS}, begin a new conversation")
    turns = [tuple(turn) for turn in found if isinstance(turn, list) and all(isinstance(part, str) for part in turn)]
    if len(turns) < len(found) or any(len(turn) != 2 or turn[0] not in ROLES for turn in turns):
        raise DemoError(f'turns is {shown(text)}; write [["user", "..."], ["assistant", "..."], ["user", "..."]]')
    turns = [(role, said.strip()) for role, said in turns]
    if not turns or [role for role, _ in turns] != [ROLES[i % 2] for i in range(len(turns))] or len(turns) % 2 == 0:
        raise DemoError("turns does not end with a message of yours; user and assistant take turns, the user begins")
    if not turns[-1][1]:
        raise DemoError("your message is empty; write a few words")
    return turns


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
