"""Options of the energy-based runs."""

from __future__ import annotations

from typing import ClassVar, Literal

from genai_demo.core import changes as on_the_way
from genai_demo.core.changes import MOST_STEPS, Changing
from genai_demo.core.options import Options, option
from genai_demo.data.others import Others
from genai_demo.data.points import PointSet

Method = Literal["contrastive divergence", "energy matching"]


class Settings(Changing):
    """What can be changed while it trains."""

    EXAMPLE: ClassVar[str] = "400: learning_rate=0.001; 600: noise=0"

    learning_rate: float = option(3e-3, "How far each training step goes", at_least=1e-6, at_most=10)
    step: float = option(
        1e-3, "How far a chain walks downhill in a step of its own", at_least=1e-5, at_most=0.5, more=True
    )
    noise: float = option(
        1, "Noise in a chain's step: 1 is what the energy asks for, 0 switches it off", at_least=0, at_most=3
    )
    every: int = on_the_way.every(40)


class TrainedOptions(Settings):
    """A training, to be looked at."""

    SETTINGS: ClassVar[type[Changing]] = Settings

    method: Method = option("contrastive divergence", "What the energy is trained with")
    data: PointSet = option("moons", "Which points it learns; drawn takes those you draw")
    points: str = option("", "Your own points, as the pad writes them", longest=2100)
    steps: int = option(800, "The last training step", at_least=1, at_most=MOST_STEPS)
    walk: int = option(10, "Steps that a chain walks for each training step", at_least=1, at_most=100, more=True)
    jumps: bool = option(
        True,
        "Chains may also jump far, as often as the energies allow; without, hollows come out unequally deep",
        more=True,
    )
    warm: int = option(
        200,
        "Energy matching only: first training steps, in which no chain is walked",
        at_least=0,
        at_most=MOST_STEPS,
        more=True,
    )
    width: int = option(64, "Units in each hidden layer", at_least=4, at_most=128, more=True)
    batch_size: int = option(128, "Points, and chains, in a training step", at_least=8, at_most=512, more=True)
    changes: str = on_the_way.changes("400: learning_rate=0.001")


class PointsOptions(TrainedOptions):
    beside: bool = on_the_way.beside()
    samples: int = option(400, "How many of the chains are shown and measured", at_least=10, at_most=1000, more=True)


class ChainSettings(Changing):
    """What can be changed while the chains walk."""

    EXAMPLE: ClassVar[str] = "200: noise=0; 400: noise=1, temperature=2"

    step: float = option(1e-3, "How far a chain walks downhill in a step", at_least=1e-5, at_most=1)
    noise: float = option(
        1, "Noise in a step: 1 is what the temperature asks for, 0 switches it off", at_least=0, at_most=3
    )
    temperature: float = option(
        1, "Chains come to exp(-E / temperature): hot ones cross hills, cold ones stay low", at_least=0, at_most=20
    )
    every: int = option(
        10, "Steps from one frame to the next; 1 is slow motion", at_least=1, at_most=200, unit="steps", more=True
    )


class ChainsOptions(ChainSettings):
    SETTINGS: ClassVar[type[Changing]] = ChainSettings

    start: Literal["noise", "one point", "data"] = option("noise", "Where the chains begin")
    data: PointSet = option("moons", "Which points the energy has learnt; drawn takes those you draw")
    points: str = option("", "Your own points, as the pad writes them", longest=2100)
    method: Method = option("contrastive divergence", "What the energy is trained with", more=True)
    train_steps: int = option(800, "Training steps of the energy", at_least=1, at_most=MOST_STEPS, more=True)
    learning_rate: float = option(3e-3, "How far each training step goes", at_least=1e-6, at_most=10, more=True)
    steps: int = option(600, "The last step of the chains", at_least=1, at_most=MOST_STEPS)
    changes: str = on_the_way.changes("200: noise=0; 400: noise=1")
    beside: bool = option(False, "Also show the chains without the last change, from that change on", more=True)
    chains: int = option(200, "How many chains walk", at_least=10, at_most=1000, more=True)

    def trained(self) -> TrainedOptions:
        """The training whose energy they walk on."""
        given = {name: getattr(self, name) for name in ("data", "points", "method", "learning_rate")}
        return TrainedOptions.parse({**given, "steps": self.train_steps})


PICTURE = 6000  # characters of a picture in base64
BETA = 0.05  # of the modern network: a dot product of two pictures is up to 784


class HopfieldOptions(Options):
    picture: str = option(
        "sample:93", "The picture to recall: drawn, uploaded or sample:0 to sample:99", longest=PICTURE
    )
    stored: int = option(10, "How many pictures are stored, this one among them", at_least=1, at_most=100)
    corruption: Literal["noise", "covered"] = option("covered", "How the picture is spoilt before it is recalled")
    strength: float = option(0.5, "Share of the pixels that are turned over, or covered", at_least=0, at_most=1)
    beta: float = option(
        BETA,
        "Modern network: how much the likest picture outweighs the others; small ones give the mean of many",
        at_least=0.001,
        at_most=1,
    )
    updates: int = option(4, "Modern network: how often it is updated", at_least=1, at_most=10, more=True)


class CapacityOptions(Options):
    patterns: Literal["pictures", "random"] = option(
        "pictures", "What is stored: pictures, which are much alike, or pixels on and off by chance, which are not"
    )
    stored: int = option(100, "The most that is stored; there are 100 pictures", at_least=2, at_most=200)
    strength: float = option(
        0.1, "Share of the pixels that are turned over before each is recalled", at_least=0, at_most=0.5
    )
    beta: float = option(
        BETA, "Modern network: how much the likest picture outweighs the others", at_least=0.001, at_most=1
    )
    frames: int = option(24, "How many amounts are tried", at_least=2, at_most=60, more=True)


class RbmOptions(Options):
    start: Literal["noise", "test pictures"] = option("noise", "Where the chains begin")
    steps: int = option(1000, "Steps of Gibbs: hidden units drawn, then visible ones", at_least=1, at_most=5000)
    chains: int = option(24, "How many chains", at_least=1, at_most=64)
    frames: int = option(24, "How many moments are shown, closer together at first", at_least=2, at_most=120, more=True)


class CompleteOptions(Options):
    picture: str = option(
        "sample:93", "The picture to complete: drawn, uploaded or sample:0 to sample:99", longest=PICTURE
    )
    mask: str = option("", "A 28x28 picture, white where to complete; empty takes the right half", longest=PICTURE)
    steps: int = option(300, "Steps of Gibbs", at_least=1, at_most=5000)
    chains: int = option(12, "How many completions", at_least=1, at_most=64)
    frames: int = option(24, "How many moments are shown, closer together at first", at_least=2, at_most=120, more=True)


class DriftOptions(Options):
    steps: int = option(2000, "Steps of Gibbs", at_least=1, at_most=5000)
    chains: int = option(20, "How many chains of each machine", at_least=1, at_most=64)
    frames: int = option(24, "How many moments are shown, closer together at first", at_least=2, at_most=120, more=True)


class StackOptions(Options):
    start: Literal["noise", "test pictures"] = option("noise", "Where the chains in the upper machine begin")
    steps: int = option(1000, "Steps of Gibbs in the upper machine", at_least=1, at_most=5000)
    chains: int = option(24, "How many chains", at_least=1, at_most=64)
    frames: int = option(24, "How many moments are shown, closer together at first", at_least=2, at_most=120, more=True)


class PicturesOptions(Options):
    start: Literal["noise", "picture"] = option("noise", "Where the chains begin: noise, or your picture")
    picture: str = option(
        "sample:93", "The picture whose energy is told: drawn, uploaded or sample:0 to sample:99", longest=PICTURE
    )
    others: Others = option("letters", "Pictures of another kind; does the energy tell them apart?")
    steps: int = option(24, "Steps of the chains", at_least=1, at_most=500)
    step: float = option(0.05, "How far a chain goes downhill in a step", at_least=0.001, at_most=0.5, more=True)
    noise: float = option(
        1, "Noise once the way is gone: 1 is what the energy asks for, 0 switches it off", at_least=0, at_most=5
    )
    chains: int = option(24, "How many chains", at_least=1, at_most=64, more=True)


class PartitionOptions(Options):
    method: Literal["cd", "pcd"] = option("cd", "Chains begin at the data each time, or go on")
    k: int = option(1, "Steps of Gibbs for each training step", at_least=1, at_most=50)
    hidden: int = option(8, "Hidden units, over which Z is summed", at_least=1, at_most=12)
    steps: int = option(2000, "Training steps", at_least=1, at_most=6000)
    learning_rate: float = option(0.02, "How far each training step goes", at_least=1e-6, at_most=1)
    temperatures: int = option(
        100, "Annealed importance sampling: steps from independent pixels to the machine", at_least=1, at_most=1000
    )
    runs: int = option(64, "Annealed importance sampling: chains", at_least=2, at_most=500, more=True)
