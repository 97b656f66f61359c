"""Options of the runs on faces. A face is found again by its seed: the first has the recipe's, the next one more."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import model_validator

from genai_demo.core.options import Options, option
from genai_demo.core.recipe import MAX_SEED

LAYERS = 23  # of MobileStyleGAN, each with a style of its own
Size = Literal[256, 512, 1024]


def _truncation() -> Any:
    return option(
        0.7, "How far from the mean face: 0 is the mean, 1 as learnt; more is stranger", at_least=0, at_most=1.2
    )


def _size(pixels: int) -> Any:
    return option(pixels, "Side of the picture that is shown; it is computed at 1024", unit="px", more=True)


class FacesOptions(Options):
    count: int = option(4, "How many faces, of this seed and the next ones", at_least=1, at_most=6)
    truncation: float = _truncation()
    sweep: int = option(
        1, "Steps from the mean face to the chosen truncation; 1 shows that alone", at_least=1, at_most=9
    )
    size: Size = _size(512)


class MixOptions(Options):
    other_seed: int = option(
        7, "Seed of face B, whose style is mixed in; A has the seed below", at_least=0, at_most=MAX_SEED
    )
    first: int = option(1, "First layer that takes its style from B", at_least=1, at_most=LAYERS)
    last: int = option(LAYERS, "Last layer that takes its style from B", at_least=1, at_most=LAYERS)
    by: Literal["size", "layer"] = option(
        "size", "What is taken over from frame to frame: all layers of one size, or one layer"
    )
    truncation: float = _truncation()
    size: Size = _size(512)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            raise ValueError(
                f"first is {self.first} and last is {self.last}; choose a first that is not above the last"
            )
        return self


class WalkOptions(Options):
    stops: int = option(4, "How many faces the walk passes, of this seed and the next ones", at_least=2, at_most=8)
    frames: int = option(48, "Pictures on the whole way", at_least=2, at_most=240)
    space: Literal["w", "z"] = option("w", "Straight lines between styles (W), or arcs between the Gaussian codes (Z)")
    loop: bool = option(True, "Whether it ends where it began")
    truncation: float = _truncation()
    size: Size = _size(256)
