"""The prompt: instructions in the system message, passages quoted as material in the user's.

What a passage says is text to be read. If it contains instructions, they stand between quotation marks in the user's
message like the rest; control tokens in it are read as characters (language/text.py). A small model may obey them yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from genai_demo.core.errors import DemoError
from genai_demo.language.conversation import Message
from genai_demo.language.engines import Engine, Prompt
from genai_demo.rag.passages import Sent

BUDGET = 320  # tokens of all passages together; a small model loses itself in more
SYSTEM = "Answer the question in one short sentence, with facts from the quoted passages."
EXAMPLES = (  # of how to answer; with them a small model is briefer and keeps closer to the text
    (
        "Lighthouses: The Eddystone lighthouse stands off Plymouth. Smeaton built it in 1759 of granite blocks that "
        "lock into each other, so that waves could not move them.\nHarbours: A harbour shelters ships.",
        "Who built the Eddystone lighthouse, and when?",
        "Smeaton built the Eddystone lighthouse in 1759.",
    ),
    (
        "Bees: Honey bees dance to tell others where flowers are. The angle of the dance shows the direction, its "
        "length the distance.\nWasps: Wasps make paper.",
        "Why do bees dance?",
        "Bees dance to tell others where flowers are.",
    ),
)
BARE = "Answer the question in one short sentence."


@dataclass(frozen=True, slots=True)
class Posed:
    """A prompt, its messages, the passages in it."""

    prompt: Prompt
    messages: tuple[Message, ...]
    sources: tuple[Sent, ...]

    @property
    def listed(self) -> str:
        """The messages as text, as they are sent; the model's own template goes around them."""
        return "\n\n".join(f"{message['role']}:\n{message['content']}" for message in self.messages)


def messages(question: str, sources: Sequence[Sent], examples: bool = True) -> tuple[Message, ...]:
    """The conversation: instructions, EXAMPLES as turns before, the passages with the question.

    The best passage stands last, nearest to the question. Without passages it is the bare question.
    """
    if not sources:
        return {"role": "system", "content": BARE}, {"role": "user", "content": question}
    before: list[Message] = [{"role": "system", "content": SYSTEM}]
    for text, asked, answer in EXAMPLES if examples else ():
        before += [{"role": "user", "content": _user(text, asked)}, {"role": "assistant", "content": answer}]
    quoted = "\n".join(f"{one.title}: {_quotable(one.text)}" for one in reversed(sources))
    return *before, {"role": "user", "content": _user(quoted, question)}


def _user(text: str, question: str) -> str:
    return f'Text:\n"""\n{text}\n"""\n\nQuestion: {question}'


def pose(engine: Engine, question: str, choose: Callable[[int], tuple[Sent, ...]], limit: int) -> Posed:
    """The prompt with BUDGET tokens of the passages, or as many as fit beside an answer of `limit` tokens.

    choose(tokens) gives the passages shortened to that many. Raises DemoError where not even the best one fits.
    """
    room = engine.context - limit
    sources: tuple[Sent, ...] = ()
    for part in (1.0, 0.6, 0.3, 0.0):
        sources = choose(int(part * BUDGET))
        if (posed := _posed(engine, question, sources)).prompt.tokens <= room:
            return posed
    while sources:  # the examples go first, then the passages, the worst first
        if (posed := _posed(engine, question, sources, examples=False)).prompt.tokens <= room:
            return posed
        if len(sources) == 1:
            break
        sources = sources[:-1]
    what = "the question and its best passage make" if sources else "the question makes"
    raise DemoError(
        f"{what} {posed.prompt.tokens} tokens; the limit beside an answer of {limit} is {room}, ask for a "
        "shorter answer or shorten the question"
    )


def _posed(engine: Engine, question: str, sources: tuple[Sent, ...], examples: bool = True) -> Posed:
    said = messages(question, sources, examples)
    return Posed(engine.ask(said), said, sources)


def _quotable(text: str) -> str:
    """The passage without what would end its quotation."""
    return text.replace('"""', "'''")
