"""Options of the runs: those that write (chat, tokens one by one, code), and those that look inside."""

from __future__ import annotations

from typing import Any, Literal

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.options import Options, option
from genai_demo.decoder.switched_off import Off, read_heads, read_layers
from genai_demo.language.conversation import TURNS, Message, read_turns
from genai_demo.language.options import SamplingOptions, rivals_option

SYSTEM, TEXT = 4000, 8000  # characters
READ = 2000  # characters of a text that is looked into
SWITCHES = 200  # characters of a list of heads or layers
MOST_NEW, MOST_OFF_NEW = 64, 40  # tokens that are written there
MOST_GIVEN = 256  # tokens of an answer that a branch begins with
HELLO = '[["user", "Give me three tips for a good talk."]]'
CODE = 'def is_prime(n):\n    """Return True if n is a prime number, else False."""'


class ChatOptions(SamplingOptions):
    turns: str = option(
        HELLO, 'The conversation as JSON, [["user", "..."], ["assistant", "..."], ...], or one message', longest=TURNS
    )
    system: str = option("", "What the model is told before all else; empty for its own", longest=SYSTEM)
    max_new_tokens: int = option(256, "How long an answer may get", unit="tokens", at_least=1, at_most=1024)
    top: int = rivals_option()

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
    top: int = rivals_option()

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
    top: int = rivals_option()
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


# Runs that look inside. Layers and heads are counted from 1, as the pages show them.


def text_option(default: str) -> Any:
    return option(default, "The text that is read", longest=READ)


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
