"""Options of the flows' runs."""

from __future__ import annotations

from typing import ClassVar, Literal

from genai_demo.core import changes as on_the_way
from genai_demo.core.changes import MOST_STEPS, Changing, Preset
from genai_demo.core.options import Options, option
from genai_demo.data.points import PointSet

REACH = 1.8  # of the plane that is shown


class Settings(Changing):
    """What can be changed while it trains."""

    EXAMPLE: ClassVar[str] = "400: learning_rate=0.001; 600: every=5"

    learning_rate: float = option(4e-3, "How far each step goes", at_least=1e-6, at_most=10)
    clip: float = option(
        5,
        "The longest gradient that is followed; a longer one is made as short",
        at_least=0.01,
        at_most=1000,
        more=True,
    )
    every: int = on_the_way.every(20)


class TrainedOptions(Settings):
    """A training, to be looked at."""

    SETTINGS: ClassVar[type[Changing]] = Settings

    kind: Literal["affine", "spline"] = option(
        "spline", "How a layer moves a coordinate: stretched and shifted (RealNVP), or along a spline"
    )
    data: PointSet = option("moons", "Which points it learns; drawn takes those you draw")
    points: str = option("", "Your own points, as the pad writes them", longest=2100)
    layers: int = option(4, "Coupling layers, which move the two coordinates in turn", at_least=1, at_most=24)
    steps: int = option(600, "The last training step", at_least=1, at_most=MOST_STEPS)
    bound: float = option(
        2,
        "Affine only: the largest log-scale of a layer; 0 sets no limit, and the way back may explode",
        at_least=0,
        at_most=10,
        more=True,
    )
    bins: int = option(10, "Spline only: pieces of a spline", at_least=2, at_most=32, more=True)
    width: int = option(32, "Units in each hidden layer of a coupling's network", at_least=4, at_most=128, more=True)
    batch_size: int = option(256, "Points in a training step", at_least=8, at_most=512, more=True)
    changes: str = on_the_way.changes("400: learning_rate=0.001")


class PointsOptions(TrainedOptions):
    beside: bool = on_the_way.beside()
    temperature: float = option(
        1, "Spread of the noise that samples start from; colder ones are more typical", at_least=0, at_most=3
    )
    samples: int = option(400, "How many points to make for a frame", at_least=10, at_most=1000, more=True)


class LayersOptions(TrainedOptions):
    way: Literal["data to noise", "noise to data"] = option("data to noise", "Which way to go through the layers")
    x: float = option(-0.35, "The probed point, first coordinate", at_least=-REACH, at_most=REACH)
    y: float = option(0.5, "The probed point, second coordinate", at_least=-REACH, at_most=REACH)
    temperature: float = option(
        1, "Noise to data only: spread of the noise that samples start from", at_least=0, at_most=3, more=True
    )
    smooth: int = option(4, "Frames for each layer", at_least=1, at_most=12, more=True)
    samples: int = option(400, "Points that move", at_least=10, at_most=1000, more=True)


class InverseOptions(TrainedOptions):
    temperature: float = option(1, "Spread of the noise that samples start from", at_least=0, at_most=3)
    samples: int = option(400, "How many points to make", at_least=10, at_most=1000, more=True)


class MatchingOptions(Options):
    data: PointSet = option("moons", "Which points it learns; drawn takes those you draw")
    points: str = option("", "Your own points, as the pad writes them", longest=2100)
    train_steps: int = option(2000, "Training steps", at_least=1, at_most=MOST_STEPS)
    solver: Literal["euler", "midpoint"] = option("midpoint", "How a step follows the velocity")
    steps: int = option(20, "Steps from noise to data", at_least=1, at_most=100)
    learning_rate: float = option(3e-3, "How far each training step goes", at_least=1e-6, at_most=10)
    width: int = option(96, "Units in each hidden layer", at_least=4, at_most=128, more=True)
    samples: int = option(400, "How many points to make", at_least=10, at_most=1000, more=True)


PRESETS: dict[str, Preset] = {
    "the inverse explodes": Preset(
        {"kind": "affine", "bound": 0, "layers": 8, "learning_rate": 0.006, "steps": 400},
        "On the data the round trip is exact. Beside it some layer shrinks the plane to nothing, since no data says "
        "otherwise: what it shrinks can't be undone, not in double precision either.",
        {"bound": 2},
        "The log-scale of each layer is held within 2, so that no layer shrinks the plane more than exp(2) times.",
    )
}
