"""Options of the run gan/points, those first that a visitor may change on the way (core/changes.py)."""

from __future__ import annotations

from typing import ClassVar, Literal

from genai_demo.core import changes as on_the_way
from genai_demo.core.changes import MOST_STEPS, Changing, Preset
from genai_demo.core.options import option
from genai_demo.data.points import PointSet

# Written out, since a page reads the options without PyTorch; a test holds them equal to OBJECTIVES.
Objective = Literal["original", "non-saturating", "least squares", "hinge", "wasserstein", "wgan-gp"]


class Settings(Changing):
    """What can be changed while it trains. wgan-gp alone uses penalty, wasserstein alone clip."""

    EXAMPLE: ClassVar[str] = "400: lr_d=0.01, objective=hinge; 600: only=d"

    objective: Objective = option("non-saturating", "What discriminator and generator each minimise")
    only: Literal["both", "d", "g"] = option(
        "both", "Who trains: both, the discriminator (d) or the generator (g)", more=True
    )
    lr_d: float = option(2e-3, "Learning rate of the discriminator", at_least=1e-6, at_most=10)
    lr_g: float = option(1e-3, "Learning rate of the generator", at_least=1e-6, at_most=10)
    d_steps: int = option(1, "Steps of the discriminator before each step of the generator", at_least=0, at_most=10)
    clip: float = option(
        0.1, "Wasserstein only: largest size of a weight of the critic", at_least=1e-3, at_most=1, more=True
    )
    penalty: float = option(
        0.1, "WGAN-GP only: weight of the penalty on the critic's slope", at_least=0, at_most=100, more=True
    )
    every: int = on_the_way.every(40)


class PointsOptions(Settings):
    SETTINGS: ClassVar[type[Changing]] = Settings
    data: PointSet = option("ring", "Which points it learns; drawn takes those you draw")
    points: str = option("", "Your own points, as the pad writes them", longest=2100)
    steps: int = option(1600, "The last training step", at_least=1, at_most=MOST_STEPS)
    changes: str = on_the_way.changes("400: lr_d=0.01; 600: only=d")
    beside: bool = on_the_way.beside()
    optimiser: Literal["adam", "rmsprop", "sgd"] = option("adam", "How both follow their gradients", more=True)
    momentum: float = option(
        0.5, "Share of the last direction that is kept (for adam: beta 1)", at_least=0, at_most=0.99, more=True
    )
    latent: int = option(2, "How many random numbers the generator is given for a point", at_least=1, at_most=16)
    prior: Literal["normal", "uniform"] = option(
        "normal", "Where they come from: N(0, 1), or evenly from -1 to 1", more=True
    )
    width: int = option(64, "Units in each hidden layer", at_least=4, at_most=128, more=True)
    depth: int = option(2, "Hidden layers of either network", at_least=1, at_most=4, unit="layers", more=True)
    batch_size: int = option(256, "Points in a training step", at_least=8, at_most=512, more=True)
    samples: int = option(400, "How many points to make for a frame", at_least=10, at_most=1000, more=True)


PRESETS: dict[str, Preset] = {
    "mode collapse": Preset(
        {"lr_d": 2e-4, "lr_g": 5e-3, "steps": 800},
        "All points gather on one or two Gaussians, and the whole heap jumps on when the discriminator finds it.",
        {"lr_d": 0.01},
        "A discriminator that keeps up marks the heap as fake at once, so that only spreading out pays.",
    ),
    "oscillation": Preset(
        {"lr_d": 2e-3, "lr_g": 2e-3, "momentum": 0.9, "steps": 800},
        "The points swing across the data and back; losses and coverage rise and fall without settling.",
        {"momentum": 0.0},
        "Momentum carries each player on after the other has already answered (Gidel et al. 2019).",
    ),
    "vanishing gradient": Preset(
        {
            "objective": "original",
            "optimiser": "sgd",
            "lr_d": 0.3,
            "lr_g": 3e-3,
            "steps": 800,
            "changes": "0: only=d; 400: only=both",
        },
        "For 400 steps the discriminator trains alone: the pull on a fake falls to about a hundredth and the arrows "
        "are gone, so the generator hardly moves when its turn comes.",
        {"objective": "non-saturating"},
        "-log s(fake) has its largest slope where log(1 - s(fake)) has none (Goodfellow et al. 2014, section 3).",
    ),
}
