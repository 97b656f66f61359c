"""An engine that says what it was told to, a word at a time, and remembers what it was asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from genai_demo.language.conversation import Message
from genai_demo.language.engines import Choice, Piece, Prompt
from genai_demo.language.options import Sampling


class Says:
    """answer(messages) -> text."""

    def __init__(self, answer: Callable[[Sequence[Message]], str] | str, context: int = 2048) -> None:
        self.answer, self.context = answer, context
        self.asked: list[tuple[Message, ...]] = []
        self.streamed = 0

    def ask(self, messages: Sequence[Message]) -> Prompt:
        self.asked.append(tuple(messages))
        return Prompt(sum(len(m["content"].split()) for m in messages), messages=tuple(messages))

    def begin(self, text: str) -> Prompt:
        return Prompt(len(text.split()), text=text)

    def stream(self, prompt: Prompt, sampling: Sampling, *, seed: int, limit: int, top: int) -> Iterator[Piece]:
        self.streamed += 1
        text = self.answer if isinstance(self.answer, str) else self.answer(prompt.messages)
        words = re.findall(r"\s*\S+", text)
        for word in words[:limit]:
            yield Piece(Choice(1, word, 0.5), word)
        if len(words) < limit:
            yield Piece(Choice(2, "<end>", 0.9), "", last=True)
