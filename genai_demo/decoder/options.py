"""Options of the runs that write: chat, tokens one by one, code."""

from __future__ import annotations

import json
from typing import Any, Literal

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.options import Options, option
from genai_demo.language.asked import Message, Sampling

TURNS, MOST_TURNS = 60_000, 200  # characters of a conversation, and messages
SYSTEM, TEXT = 4000, 8000  # characters
MOST_GIVEN = 256  # tokens of an answer that a branch begins with
ROLES = ("user", "assistant")
HELLO = '[["user", "Give me three tips for a good talk."]]'
CODE = 'def is_prime(n):\n    """Return True if n is a prime number, else False."""'


class SamplingOptions(Options):
    temperature: float = option(
        0.2, "How much chance has a say; 0 always takes the likeliest token", at_least=0, at_most=2
    )
    top_k: int = option(
        40, "How many of the likeliest tokens may be taken; 0 for all", at_least=0, at_most=500, more=True
    )
    top_p: float = option(
        0.9, "The likeliest tokens that together reach this probability may be taken; 1 for all", at_least=0, at_most=1
    )
    min_p: float = option(
        0.0,
        "Tokens at least this many times as likely as the likeliest may be taken; 0 for all",
        at_least=0,
        at_most=1,
        more=True,
    )
    repetition_penalty: float = option(
        1.1,
        "How much less likely a token gets by having been there; 1 for not at all",
        at_least=0.5,
        at_most=2,
        more=True,
    )

    @property
    def sampling(self) -> Sampling:
        return Sampling(self.temperature, self.top_k, self.top_p, self.min_p, self.repetition_penalty)


def _top() -> Any:
    return option(8, "How many of the likeliest tokens are listed for each place", at_least=1, at_most=20, more=True)


class ChatOptions(SamplingOptions):
    turns: str = option(
        HELLO, 'The conversation as JSON, [["user", "..."], ["assistant", "..."], ...], or one message', longest=TURNS
    )
    system: str = option("", "What the model is told before all else; empty for its own", longest=SYSTEM)
    max_new_tokens: int = option(256, "How long an answer may get", unit="tokens", at_least=1, at_most=1024)
    top: int = _top()

    def messages(self) -> list[Message]:
        """The conversation, the system prompt first where there is one. Raises DemoError."""
        system = [{"role": "system", "content": self.system.strip()}] if self.system.strip() else []
        return system + [{"role": role, "content": text} for role, text in read_turns(self.turns)]


class TokensOptions(SamplingOptions):
    text: str = option("The best thing about the sea is", "The text that is continued", longest=TEXT)
    chat: bool = option(False, "Take the text as a message to be answered, in place of a text to go on with")
    given: str = option(
        "", "Numbers of the tokens that the answer begins with, as 504, 2520", longest=8 * MOST_GIVEN, more=True
    )
    max_new_tokens: int = option(24, "How many tokens are written", unit="tokens", at_least=1, at_most=MOST_GIVEN)
    top: int = _top()

    def answer_begins(self, vocabulary: int) -> list[int]:
        """The tokens in `given`. Raises DemoError where one is no token of this vocabulary."""
        parts = [part.strip() for part in self.given.split(",") if part.strip()]
        for part in parts:
            if not (part.isascii() and part.isdigit() and len(part) < 10 and int(part) < vocabulary):
                raise DemoError(
                    f"given has {shown(part)}; write token numbers from 0 to {vocabulary - 1}, as in 504, 2520"
                )
        if len(parts) > MOST_GIVEN:
            raise DemoError(f"given has {len(parts)} tokens; the limit is {MOST_GIVEN}")
        return [int(part) for part in parts]


class CompleteOptions(SamplingOptions):
    text: str = option(CODE, "The code that is continued", longest=TEXT)
    until: Literal["function", "line", "length"] = option(
        "function", "Where to stop: at the end of the function, of the line, or at the length below"
    )
    max_new_tokens: int = option(96, "How long it may get", unit="tokens", at_least=1, at_most=512)
    top: int = _top()
    temperature: float = option(
        0.0, "How much chance has a say; 0 always takes the likeliest token", at_least=0, at_most=2
    )
    repetition_penalty: float = option(
        1.0,
        "How much less likely a token gets by having been there; 1 for not at all",
        at_least=0.5,
        at_most=2,
        more=True,
    )


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
