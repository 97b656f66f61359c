"""What a chat needs of a model, whichever runs it: Transformers here, llama.cpp here, or a server elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from genai_demo.language.conversation import Message
from genai_demo.language.decode import Step, decode
from genai_demo.language.model import LanguageModel
from genai_demo.language.options import Sampling
from genai_demo.language.text import Pieces, visible


@dataclass(frozen=True, slots=True)
class Choice:
    """A token that could come next. id None: the server does not say; probability before any sampler changed it."""

    id: int | None
    shown: str
    probability: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A token of the answer. text: the whole characters it completes; top: the likeliest in its place.

    count: how many tokens it stands for; llama.cpp passes on those of one character together, as the last of them.

    held: tokens in the key-value cache; cache_bytes: its size, None where the server does not say; reused: tokens of
    the prompt that an earlier turn had computed; last: it is the token that ends an answer.
    """

    taken: Choice
    text: str
    top: tuple[Choice, ...] = ()
    held: int = 0
    cache_bytes: int | None = None
    reused: int = 0
    last: bool = False
    count: int = 1


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation or a text, as an engine takes it. tokens: how many it has.

    anew: it is read whole, so that what was read before changes no digit of the answer.
    """

    tokens: int
    ids: tuple[int, ...] = ()
    messages: tuple[Message, ...] = field(default=())
    text: str = ""
    anew: bool = False


class Engine(Protocol):
    """context: tokens of prompt and answer together at most."""

    context: int

    def ask(self, messages: Sequence[Message]) -> Prompt:
        """A conversation that ends where the answer is to begin."""

    def begin(self, text: str) -> Prompt:
        """A plain text that is to be continued."""

    def stream(self, prompt: Prompt, sampling: Sampling, *, seed: int, limit: int, top: int) -> Iterator[Piece]:
        """The answer, at most `limit` tokens, each with its `top` likeliest. Closing it stops the computation."""


def engine_of(model: Any) -> Engine:
    """The engine of what load() returned."""
    engine: Engine = Local(model) if isinstance(model, LanguageModel) else model
    return engine


class Local:
    """A LanguageModel decoded by this program's own loop."""

    def __init__(self, model: LanguageModel) -> None:
        self.model, self.context = model, model.context

    def ask(self, messages: Sequence[Message]) -> Prompt:
        ids = tuple(self.model.chat(messages))
        return Prompt(len(ids), ids)

    def begin(self, text: str) -> Prompt:
        ids = tuple(self.model.encode(text))
        return Prompt(len(ids), ids)

    def stream(self, prompt: Prompt, sampling: Sampling, *, seed: int, limit: int, top: int) -> Iterator[Piece]:
        pieces = Pieces()
        for step in decode(self.model, prompt.ids, sampling, seed=seed, limit=limit):
            last = step.id in self.model.stops
            text = "" if step.id in self.model.control else pieces.add(self.model.piece(step.id))
            yield Piece(*self._chances(step, text, top), step.cached, step.cache_bytes, step.reused, last)

    def _chances(self, step: Step, text: str, top: int) -> tuple[Choice, str, tuple[Choice, ...]]:
        chances = step.logits.softmax(0)
        best = chances.topk(top)
        named = [self._choice(*pair) for pair in zip(best.indices.tolist(), best.values.tolist())]
        mine = next((one for one in named if one.id == step.id), None)
        return mine or self._choice(step.id, float(chances[step.id])), text, tuple(named)

    def _choice(self, number: int, probability: float) -> Choice:
        return Choice(number, visible(self.model.piece(number)), round(probability, 5))
