"""A conversation as a visitor writes it, read from text. Imports no model library.

message: {"role": "system" | "user" | "assistant", "content": text}; turn: a message as (role, text), the system's not
among them; context: tokens of prompt and answer together at most.
"""

from __future__ import annotations

import json

from genai_demo.core.errors import DemoError, shown

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
