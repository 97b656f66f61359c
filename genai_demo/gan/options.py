"""Options of the GAN runs on pictures. Pictures travel as text: base64 PNG, or "sample:N", 0 to 99."""

from __future__ import annotations

from typing import Literal

from genai_demo.core.options import Options, option
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.gan.points_options import Objective

PICTURE = 6000  # characters of a picture in base64
BOOT = (
    "iVBORw0KGgoAAAANSUhEUgAAABwAAAAcCAAAAABXZoBIAAAAeElEQVR42rWSSQ6AMAwD7aj///JwoEC6IQSipyy1HSuRfnluU64S"
    "poyfORFlQgYTzkp7xfF8PPQcGe9Yu2xIY91rNBl8x00vIz2MF0tBybUJq+UxW6slJHpC2DWYOOeooMAdobMVWpibm8k3tQfUMe1s"
    "0tmzvxz1BlIWLwqi2iRfAAAAAElFTkSuQmCC"
)  # the lines found in test picture 99
Class = Literal["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"]
assert Class.__args__ == CLASSES  # type: ignore[attr-defined]


class SampleOptions(Options):
    label: Literal["each class", Class] = option("each class", "What to draw")
    samples: int = option(20, "How many pictures", at_least=1, at_most=60)
    truncation: float = option(
        2.0, "Latent numbers further from 0 than this are drawn anew; the film goes up to it", at_least=0.1, at_most=4
    )
    steps: int = option(
        16, "Frames from hardly any variety to the chosen truncation", at_least=1, at_most=60, more=True
    )


class WalkOptions(Options):
    start_label: Class = option("ankle boot", "Class at the start")
    end_label: Class = option("ankle boot", "Class at the end; where it differs, the class itself is mixed on the way")
    other_seed: int = option(1, "The source of chance for the other end", at_least=0, at_most=2**31 - 1)
    walks: int = option(8, "How many walks, side by side", at_least=1, at_most=24)
    steps: int = option(41, "Pictures along each walk", at_least=2, at_most=120)
    path: Literal["spherical", "straight"] = option(
        "spherical", "Along the shell in which a Gaussian's mass lies, or straight through its thin middle", more=True
    )


class ArithmeticOptions(Options):
    first: Class = option("pullover", "The class to take from")
    second: Class = option("t-shirt", "The class to take away")
    third: Class = option("dress", "The class to add the difference to")
    samples: int = option(8, "How many latents to do it with", at_least=1, at_most=16)
    most: float = option(1.0, "How often the difference is added in the last frame", at_least=0, at_most=2)
    steps: int = option(21, "Frames from nothing added to all of it", at_least=2, at_most=60, more=True)


class OpinionOptions(Options):
    picture: str = option(
        "sample:93", "The picture to judge: drawn, uploaded or sample:0 to sample:99", longest=PICTURE
    )
    label: Class = option("ankle boot", "As what it is to be judged: D is told the class, it does not find it")
    steps: int = option(
        20, "Steps in which the picture is moved the way D asks for; 0 judges it only", at_least=0, at_most=100
    )
    rate: float = option(
        0.5,
        "Size of such a step: the largest change of a pixel",
        at_least=0.05,
        at_most=3,
        unit="tens of the 255 grey levels",
        more=True,
    )


class CheckpointOptions(Options):
    label: Literal["each class", Class] = option("each class", "What to draw")
    samples: int = option(20, "How many fixed latents to follow through the training", at_least=1, at_most=60)
    steps: int = option(60, "Frames, closer together at the beginning", at_least=2, at_most=72, more=True)


class TrainOptions(Options):
    data: Literal["shapes", "fashion-mnist"] = option(
        "shapes", "What it learns: drawings made on the spot, or Fashion-MNIST where this machine has it"
    )
    objective: Objective = option("non-saturating", "What generator and discriminator minimise")
    steps: int = option(900, "Training steps", at_least=10, at_most=3000)
    width: int = option(8, "Channels at full size; four times as many at 7x7", at_least=4, at_most=24)
    lr_g: float = option(2e-3, "Learning rate of the generator", at_least=1e-5, at_most=0.05)
    lr_d: float = option(1e-3, "Learning rate of the discriminator", at_least=1e-5, at_most=0.05)
    d_steps: int = option(1, "Steps of the discriminator to each of the generator", at_least=1, at_most=5, more=True)
    batch_size: int = option(32, "Pictures in a step", at_least=8, at_most=128, more=True)
    penalty: float = option(10.0, "WGAN-GP only: weight of the gradient penalty", at_least=0, at_most=100, more=True)
    clip: float = option(0.05, "Wasserstein only: largest weight of the critic", at_least=0.001, at_most=1, more=True)
    norm: Literal["batch", "layer", "spectral", "none"] = option(
        "batch",
        "Normalisation in the discriminator; the penalty of WGAN-GP forbids batch and takes layer instead",
        more=True,
    )


class EdgesOptions(Options):
    picture: str = option(BOOT, "Your lines, white on black; with nothing drawn, those of a boot", longest=PICTURE)
    lines: Literal["as drawn", "found"] = option(
        "as drawn", "Whether the picture already is lines, or lines are to be found in it first"
    )
    samples: int = option(
        6, "How many garments for the same lines; dropout makes the difference", at_least=1, at_most=18
    )
    steps: int = option(14, "Frames in which the lines come in, from the top", at_least=1, at_most=28, more=True)


class CycleOptions(Options):
    way: Literal["sneaker to boot", "boot to sneaker"] = option("sneaker to boot", "Which generator comes first")
    picture: str = option("", "A picture of your own; with none, test pictures", longest=PICTURE)
    samples: int = option(8, "How many test pictures", at_least=1, at_most=10)
    cycles: int = option(4, "How often there and back", at_least=1, at_most=20)


class GrowOptions(Options):
    samples: int = option(16, "How many fixed latents to follow", at_least=1, at_most=36)
