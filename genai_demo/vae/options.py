"""Options of the VAE runs. Pictures travel as text: base64 PNG, or "sample:N" for one of the 100 test pictures."""

from __future__ import annotations

from typing import Literal

from genai_demo.core.options import Options, option
from genai_demo.data.points import PointSet

PICTURE = 6000  # characters of a picture in base64
Corruption = Literal["noise", "covered", "turned", "negative", "stripes"]


class EncodeOptions(Options):
    picture: str = option(
        "sample:27", "The picture to encode: drawn, uploaded or sample:0 to sample:99", longest=PICTURE
    )
    samples: int = option(12, "How many latent points to draw from the picture's Gaussian", at_least=1, at_most=64)


class DecodeOptions(Options):
    x: float = option(0.0, "Position along the first axis of the plane", at_least=-8, at_most=8, unit="std. dev.")
    y: float = option(0.0, "Position along the second axis of the plane", at_least=-8, at_most=8, unit="std. dev.")
    first: int = option(
        0, "Latent dimension on the first axis; 0 picks the most used one", at_least=0, at_most=16, more=True
    )
    second: int = option(
        0, "Latent dimension on the second axis; 0 picks the second most used one", at_least=0, at_most=16, more=True
    )


class ManifoldOptions(Options):
    size: int = option(15, "Pictures along each side of the grid", at_least=2, at_most=24)
    extent: float = option(2.5, "How far from the centre the grid reaches", at_least=0.1, at_most=8, unit="std. dev.")
    first: int = option(0, "Latent dimension across; 0 picks the most used one", at_least=0, at_most=16, more=True)
    second: int = option(
        0, "Latent dimension upwards; 0 picks the second most used one", at_least=0, at_most=16, more=True
    )


class InterpolateOptions(Options):
    start: str = option("sample:93", "The first picture: drawn, uploaded or sample:0 to sample:99", longest=PICTURE)
    end: str = option("sample:15", "The last picture: drawn, uploaded or sample:0 to sample:99", longest=PICTURE)
    steps: int = option(33, "How many pictures along each path", at_least=2, at_most=120)
    neighbours: int = option(
        8, "Through the data: how many nearest codes each code is linked to", at_least=2, at_most=40
    )


class SampleOptions(Options):
    count: int = option(24, "How many pictures to draw", at_least=1, at_most=64)
    temperature: float = option(1.0, "Spread of the draws: 1 is the prior itself, 0 its centre", at_least=0, at_most=3)
    steps: int = option(13, "Frames from temperature 0 to the chosen one", at_least=1, at_most=60, more=True)


class CompareOptions(Options):
    picture: str = option(
        "sample:84", "The picture all variants get: drawn, uploaded or sample:0 to sample:99", longest=PICTURE
    )
    corruption: Corruption = option("noise", "What is done to the picture, more strongly from frame to frame")
    strength: float = option(0.6, "How strong the corruption is in the last frame", at_least=0, at_most=1)
    latent: Literal[2, 16] = option(16, "Size of the latent of all variants")
    steps: int = option(13, "Frames from the clean picture to the chosen strength", at_least=2, at_most=60, more=True)


class DimensionsOptions(Options):
    picture: str = option(
        "sample:27", "The picture whose code is varied: drawn, uploaded or sample:0 to sample:99", longest=PICTURE
    )
    extent: float = option(
        3.0, "How far each dimension is moved from the centre", at_least=0.1, at_most=8, unit="std. dev."
    )
    across: int = option(11, "Pictures along each dimension", at_least=3, at_most=25)


class CheckpointOptions(Options):
    size: int = option(9, "Pictures along each side of the grid of decodings", at_least=2, at_most=16)
    extent: float = option(2.5, "How far from the centre the grid reaches", at_least=0.1, at_most=8, unit="std. dev.")


class TrainOptions(Options):
    data: Literal["shapes", "fashion-mnist"] = option(
        "shapes", "What it learns: drawings made on the spot, or Fashion-MNIST where this machine has it"
    )
    kind: Literal["vae", "dae", "ae"] = option("vae", "Variational, denoising or plain")
    latent: int = option(2, "Numbers in the latent code", at_least=1, at_most=16)
    beta: float = option(1.0, "Weight of the KL term (variational only)", at_least=0, at_most=50)
    steps: int = option(450, "Training steps", at_least=20, at_most=3000)
    learning_rate: float = option(3e-3, "Size of a step of Adam", at_least=1e-5, at_most=0.02, more=True)
    batch_size: int = option(64, "Pictures in a step", at_least=8, at_most=128, more=True)
    noise: float = option(0.4, "Noise added to the input (denoising only)", at_least=0, at_most=1, more=True)


class PointsOptions(Options):
    data: PointSet = option("moons", "Which points it learns; drawn takes those you draw")
    points: str = option("", "Your own points, as the pad writes them", longest=2100)
    train_steps: int = option(1500, "Training steps of the small network", at_least=50, at_most=4000)
    beta: float = option(1.0, "Weight of the KL term; 0 leaves the codes to themselves", at_least=0, at_most=50)
    latent: int = option(2, "Numbers in the latent code", at_least=1, at_most=8)
    noise: float = option(
        0.07,
        "Standard deviation of the decoder's Gaussian; its first value where it is learnt",
        at_least=0.01,
        at_most=0.5,
    )
    learn_noise: bool = option(False, "Let the decoder learn its standard deviation too", more=True)
    draw: Literal["mean", "with noise"] = option(
        "mean", "What is drawn of a sample: the decoder's mean, or a draw from its Gaussian", more=True
    )
    samples: int = option(400, "How many points to make", at_least=10, at_most=1000, more=True)
    learning_rate: float = option(
        0.01, "Size of a step of Adam, at its largest", at_least=1e-5, at_most=0.02, more=True
    )
    width: int = option(96, "Units in each hidden layer", at_least=8, at_most=256, more=True)
