"""Options of the runs on melodies. A melody is a text in ABC, see genai_demo.inputs.abc."""

from __future__ import annotations

from typing import Literal

from genai_demo.core.options import Options, option
from genai_demo.hybrids.music.melody import LONGEST

FIRST = "G2BG dGBG | A2cA eAcA"
SECOND = "e4 d2c2 | B2A2 G4"
BEGUN = "D2 | G2BG dGBG | A2cA eAcA"
HELP = "in ABC: letters are notes, c is an octave above C, numbers are lengths; up to 8 bars of 4/4"
Form = Literal["AAAA", "AABA", "ABAB", "ABAC", "ABCD"]


class InterpolateOptions(Options):
    first: str = option(FIRST, f"The melody to begin with, {HELP}", longest=LONGEST)
    second: str = option(SECOND, f"The melody to end with, {HELP}", longest=LONGEST)
    between: int = option(7, "How many melodies lie between the two", at_least=1, at_most=30)
    temperature: float = option(
        0.0, "How much chance there is in the notes of those between; 0: always the likeliest", at_least=0, at_most=2
    )
    search: int = option(
        40,
        "How many steps a code is searched for that returns the given melody, beginning where the encoder puts it",
        at_least=0,
        at_most=300,
        more=True,
    )


class ComposeOptions(Options):
    form: Form = option("ABAC", "Which of the four pairs of bars are the same")
    temperature: float = option(
        0.6, "How much chance there is in each note; 0: always the likeliest", at_least=0, at_most=2
    )
    busier: float = option(
        0.0, "More notes, or fewer: steps along a direction of the latent space", at_least=-3, at_most=3
    )
    higher: float = option(0.0, "Higher, or lower: steps along another direction", at_least=-3, at_most=3)
    kinship: float = option(
        0.6, "How much different pairs of bars have in common in the latent space", at_least=0, at_most=1, more=True
    )


class ContinueOptions(Options):
    melody: str = option(FIRST, f"The melody that is gone on with, {HELP}", longest=LONGEST)
    bars: int = option(6, "How many bars are added; with those given 8 at most", at_least=1, at_most=7, unit="bars")
    temperature: float = option(
        0.8, "How much chance there is in each note; 0: always the likeliest", at_least=0, at_most=2
    )
    top_p: float = option(
        0.95, "Only the likeliest tokens that together have this probability", at_least=0.05, at_most=1, more=True
    )
