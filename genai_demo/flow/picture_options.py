"""Options of the flows' runs on pictures. Pictures travel as text: base64 PNG, or "sample:N", 0 to 99."""

from __future__ import annotations

from typing import Literal

from genai_demo.core.options import Options, option
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.data.others import Others
from genai_demo.inputs.pictures import LONGEST_PICTURE

Class = Literal["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"]
assert Class.__args__ == CLASSES  # type: ignore[attr-defined]


class PicturesOptions(Options):
    label: Literal["each class", Class] = option("each class", "What to draw; only TarFlow is told")
    temperature: float = option(
        0.7, "Spread of the noise: 1 is what was learnt, colder is smoother", at_least=0, at_most=1.5
    )
    samples: int = option(20, "How many pictures", at_least=1, at_most=40)


class LikelihoodOptions(Options):
    picture: str = option(
        "sample:84", "A picture to be judged: drawn, uploaded or sample:0 to sample:99", longest=LONGEST_PICTURE
    )
    others: Others = option("drawn shapes", "Pictures of another kind; can the likelihood tell them apart?")
    count: int = option(100, "How many of the test pictures, and of the others", at_least=10, at_most=100, more=True)
    draws: int = option(64, "Codes drawn for the VAE's bound, at most", at_least=1, at_most=256, more=True)


class BetweenOptions(Options):
    start: str = option(
        "sample:93", "The first picture: drawn, uploaded or sample:0 to sample:99", longest=LONGEST_PICTURE
    )
    end: str = option(
        "sample:70", "The last picture: drawn, uploaded or sample:0 to sample:99", longest=LONGEST_PICTURE
    )
    steps: int = option(17, "How many pictures on each way", at_least=2, at_most=60)


class ClassifyOptions(Options):
    picture: str = option(
        "sample:60", "The picture to sort: drawn, uploaded or sample:0 to sample:99", longest=LONGEST_PICTURE
    )
    draws: int = option(8, "How often noise is added to its grey values anew", at_least=1, at_most=32)
