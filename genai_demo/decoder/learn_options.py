"""Options of the run decoder/learn."""

from __future__ import annotations

from typing import Literal

from genai_demo.core.options import Options, option


class LearnOptions(Options):
    text: str = option("", "Your own text to learn from; empty for the articles of this app", longest=20_000, more=True)
    prompt: str = option("The ", "What it goes on from", longest=60)
    steps: int = option(500, "Training steps", unit="steps", at_least=1, at_most=3000)
    every: int = option(20, "Steps from one frame to the next", unit="steps", at_least=1, at_most=200, more=True)
    learning_rate: float = option(5e-3, "How far a step goes", at_least=1e-5, at_most=10)
    temperature: float = option(0.7, "How much chance has a say in what it writes", at_least=0.05, at_most=2)
    layers: int = option(2, "Layers of the network", at_least=1, at_most=4)
    width: Literal[32, 64, 128] = option(64, "Numbers that stand for a character", more=True)
    context: int = option(48, "Characters it looks back", at_least=1, at_most=128)
    batch_size: int = option(16, "Stretches of text in a step", at_least=1, at_most=64, more=True)
