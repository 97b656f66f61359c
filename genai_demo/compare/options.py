"""Options of the runs that compare."""

from __future__ import annotations

from typing import Literal

from genai_demo.core.options import Options, option
from genai_demo.data.points import PointSet

Bet = Literal["nobody", "vae", "gan", "diffusion", "flow", "ebm"]


class RaceOptions(Options):
    data: PointSet = option("moons", "Which points they all learn; drawn takes those you draw")
    points: str = option("", "Your own points, as the pad writes them", longest=2100)
    budget: float = option(
        2, "How long each may train, on one core of the machine that the table of costs is of", at_least=0.5, at_most=8
    )
    bet: Bet = option("nobody", "Who will be nearest to the data?")
    samples: int = option(400, "How many points each makes", at_least=10, at_most=1000, more=True)
    moments: int = option(16, "How often all are looked at", at_least=2, at_most=40, more=True)


class WordsOptions(Options):
    text: str = option("This package contains the documentation", "A sentence that all of them get", longest=400)
    pieces: int = option(12, "How far those go on that do", unit="pieces", at_least=1, at_most=40)


class ClothesOptions(Options):
    samples: int = option(10, "How many pictures each draws", at_least=1, at_most=40)
