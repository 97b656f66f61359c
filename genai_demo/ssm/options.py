"""Options of the runs on state spaces."""

from __future__ import annotations

from typing import Any, Literal

from genai_demo.core.options import Options, option
from genai_demo.language.options import SamplingOptions

TEXT = 4000  # characters
WINDOW = 40  # tokens that are drawn at once
SENTENCE = (
    "This package contains the documentation of the library. The library is written in Python, and it reads files."
)


class SignalOptions(Options):
    signal: Literal["values in noise", "steps", "waves", "pulses"] = option("values in noise", "What comes in")
    delta: float = option(
        0.25,
        "How long a moment lasts for the state: long, and it follows; short, and it remembers",
        at_least=0.01,
        at_most=5,
    )
    a: float = option(1.0, "How fast the state fades in a unit of time", at_least=0.05, at_most=5)
    selection: bool = option(
        False, "The length is chosen by what comes: delta where a moment is marked, next to nothing elsewhere"
    )
    turn: float = option(
        0.0, "How fast the state turns in a unit of time; it is then a complex number", at_least=0, at_most=6, more=True
    )
    rule: Literal["zero-order hold", "bilinear", "Euler"] = option(
        "zero-order hold", "How moments are made out of continuous time", more=True
    )


class LengthOptions(Options):
    longest: Literal[512, 1024, 2048, 4096, 8192, 16384] = option(
        4096, "Up to how many tokens; the longest alone can take half of the time", unit="tokens"
    )


def _text(default: str = SENTENCE) -> Any:
    return option(default, "The text that is read", longest=TEXT)


def _page() -> Any:
    return option(0, f"Which stretch of {WINDOW} tokens is drawn; 0 is the first", at_least=0, at_most=20, more=True)


class StateOptions(Options):
    text: str = _text()
    layer: int = option(4, "Which layer, counted from 1", at_least=1, at_most=64)
    head: int = option(1, "Which of the layer's heads, counted from 1", at_least=1, at_most=128)
    page: int = _page()


class HiddenOptions(Options):
    text: str = _text()
    page: int = _page()


class TaskOptions(Options):
    task: Literal["selective copying", "induction", "associative recall"] = option("induction", "What is learnt")
    selection: bool = option(True, "Delta, B and C depend on what is read; without, they are the same for every token")
    convolution: bool = option(True, "Each token is mixed with the three before it, ahead of the state")
    beside: Literal["nothing", "selection switched", "convolution switched"] = option(
        "convolution switched", "A second network that learns from the same rows, one part of it the other way round"
    )
    steps: int = option(300, "How many steps of training", at_least=25, at_most=3000)
    length: int = option(16, "How much is to be read before the answer", at_least=8, at_most=64, unit="symbols")
    learning_rate: float = option(0.01, "How far a step goes", at_least=0.0001, at_most=0.1, more=True)
    layers: int = option(2, "How many layers", at_least=1, at_most=3, more=True)
    every: int = option(10, "Steps from one frame to the next", at_least=5, at_most=200, more=True)


class RecallOptions(Options):
    learnt: int = option(
        8, "Up to how many symbols lie between while they learn", at_least=0, at_most=64, unit="symbols"
    )
    longest: Literal[64, 128, 256, 512, 1024] = option(
        256, "Up to how many symbols lie between as they are measured", unit="symbols"
    )
    pairs: int = option(2, "How many keys with a value are to be remembered", at_least=1, at_most=6)
    steps: int = option(200, "How many steps of training", at_least=20, at_most=2000)
    learning_rate: float = option(0.01, "How far a step goes", at_least=0.0001, at_most=0.1, more=True)


class CompareOptions(SamplingOptions):
    text: str = option("This package contains", "How the text begins", longest=TEXT)
    temperature: float = option(
        0.7, "How much chance has a say; 0 always takes the likeliest token", at_least=0, at_most=2
    )
    max_new_tokens: int = option(40, "How many tokens each writes", at_least=1, at_most=200, unit="tokens")
