"""Options of the runs on hybrids."""

from __future__ import annotations

from typing import Literal

from genai_demo.core.options import Options, option
from genai_demo.hybrids import grid


class DecideOptions(Options):
    ask: float = option(8.0, "The return that is asked for", at_least=-10, at_most=40)
    start: int = option(0, "Which of the free cells it starts from", at_least=0, at_most=len(grid.FREE) - 1)
    temperature: float = option(
        0.5, "How much chance there is in its steps; 0: always the likeliest", at_least=0, at_most=3
    )


class ReturnsOptions(Options):
    lowest: int = option(-4, "The smallest return that is asked for", at_least=-20, at_most=0)
    highest: int = option(20, "The largest one", at_least=2, at_most=40)
    temperature: float = option(
        0.5, "How much chance there is in their steps; 0: always the likeliest", at_least=0, at_most=3
    )


class WeighOptions(Options):
    picture: str = option("sample:73", "The picture: sample:0 to sample:99, or a PNG in base64", longest=8000)


class SidesOptions(Options):
    picture: str = option("sample:73", "The picture: sample:0 to sample:99, or a PNG in base64", longest=8000)
    steps: int = option(100, "How many steps the GAN's code is searched for", at_least=5, at_most=500)


class LearnOptions(Options):
    weight: float = option(0.5, "The adversarial weight of the VAE-GAN", at_least=0, at_most=1)
    steps: int = option(300, "How many steps of training", at_least=10, at_most=2000)
    learning_rate: float = option(0.001, "How far a step goes", at_least=0.00001, at_most=1, more=True)


class OrderOptions(Options):
    text: str = option(
        "She sat down at the piano and played a song for her mother.",
        "A sentence; words of it are hidden and have to be put back",
        longest=600,
    )
    first: int = option(5, "The first word that is hidden, counted from 1", at_least=2, at_most=60)
    hidden: int = option(3, "How many words are hidden", at_least=1, at_most=8)
    sentences: int = option(16, "Sentences of the library that are tried after yours", at_least=0, at_most=100)


class BorrowedOptions(Options):
    hybrid: Literal[
        "all of them",
        "Decision Transformer",
        "VAE-GAN",
        "MusicVAE",
        "Latent diffusion",
        "Masked diffusion",
        "State space + attention",
    ] = option("all of them", "Which hybrid is counted")
