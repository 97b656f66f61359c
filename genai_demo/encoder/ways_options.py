"""Options of the run encoder/ways."""

from __future__ import annotations

from typing import Literal

from genai_demo.core.options import Options, option


class WaysOptions(Options):
    text: str = option("", "Your own text to learn from; empty for the articles of this app", longest=20_000, more=True)
    steps: int = option(400, "Training steps", unit="steps", at_least=1, at_most=2000)
    place: int = option(24, "The character of the line whose loss is taken apart", at_least=2, at_most=48)
    hidden: float = option(0.15, "Share of the characters that the masked one must guess", at_least=0.02, at_most=0.9)
    hole: int = option(12, "Characters missing in what the encoder-decoder reads", at_least=1, at_most=24)
    learning_rate: float = option(3e-3, "How far a step goes", at_least=1e-5, at_most=10)
    temperature: float = option(
        0.5, "How much chance has a say in what they write", at_least=0.05, at_most=2, more=True
    )
    every: int = option(10, "Steps from one frame to the next", unit="steps", at_least=1, at_most=200, more=True)
    layers: int = option(2, "Layers of each stack", at_least=1, at_most=4, more=True)
    width: Literal[32, 64, 128] = option(64, "Numbers that stand for a character", more=True)
    batch_size: int = option(16, "Stretches of text in a step", at_least=1, at_most=64, more=True)
