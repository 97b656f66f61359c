"""Options of the diffusion runs. Pictures and masks travel as text: base64 PNG, or "sample:N" (0 to 99)."""

from __future__ import annotations

from typing import Literal

from genai_demo.core.options import Options, option
from genai_demo.data.points import PointSet

PICTURE = 6000  # characters of a picture in base64
SAMPLE = "The picture: drawn, uploaded or sample:0 to sample:99"

Label = Literal[
    "each class",
    "any",
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
]
SamplerName = Literal["ddim", "ddpm", "euler", "heun", "dpm"]
Schedule = Literal["cosine", "linear", "scaled_linear", "sigmoid"]
Spacing = Literal[
    "trailing", "leading", "linspace", "karras", "diffusers trailing", "diffusers leading", "diffusers linspace"
]
SCHEDULE_HELP = "How fast a picture turns into noise; the network is told the noise itself, so it can follow any"
SPACING_HELP = (
    "Which of the 1,000 noise levels are visited; a clean one ends each. trailing, leading and linspace are rounded "
    "here and leave out the noisiest of cosine, as karras does; diffusers' own times are those with its name"
)


class SamplingOptions(Options):
    """What all runs on pictures share."""

    label: Label = option("each class", "What the pictures show; any leaves it open")
    samples: int = option(8, "How many pictures to make", at_least=1, at_most=25)
    steps: int = option(20, "Denoising steps from noise to picture", at_least=1, at_most=1000)
    sampler: SamplerName = option("ddim", "Which update rule turns the network's guess into a step")
    guidance_scale: float = option(
        2.0, "How strongly to follow the class; 1 asks once, 0 ignores it", at_least=0, at_most=20
    )
    schedule: Schedule = option("cosine", SCHEDULE_HELP, more=True)
    spacing: Spacing = option("trailing", SPACING_HELP, more=True)
    clip: bool = option(True, "Keep every guess of the clean picture within black and white", more=True)


class DenoiseOptions(SamplingOptions):
    eta: float = option(
        0.0,
        "DDIM only: share of noise drawn afresh in each step; 1 is as random as DDPM",
        at_least=0,
        at_most=1,
        more=True,
    )
    planes: bool = option(False, "Also show the guess with the class, the one without, and their difference", more=True)


class ForkOptions(SamplingOptions):
    label: Label = option("t-shirt", "What branch A shows; any leaves it open")
    samples: int = option(4, "How many pictures a branch", at_least=1, at_most=12)
    fork: int = option(6, "After how many steps branch B leaves; 0 to all of them", at_least=0, at_most=1000)
    other_label: Label = option("dress", "What branch B shows from there on")
    other_guidance: float = option(2.0, "How strongly branch B follows its class", at_least=0, at_most=20)
    other_seed: int = option(
        0,
        "Seed of the noise that branch B draws anew at the fork; 0 keeps the noise it has",
        at_least=0,
        at_most=2**31 - 1,
    )


class CompareOptions(SamplingOptions):
    samples: int = option(6, "How many pictures a side", at_least=1, at_most=12)
    steps: int = option(10, "Steps of sampler A", at_least=1, at_most=1000)
    other: SamplerName = option("dpm", "Sampler B, which starts from the same noise")
    other_steps: int = option(10, "Steps of sampler B", at_least=1, at_most=1000)


class ErrorOptions(Options):
    label: Label = option("each class", "What the pictures show; any leaves it open")
    samples: int = option(4, "Over how many pictures the error is taken", at_least=1, at_most=8)
    most: Literal[4, 16, 32, 64, 128] = option(64, "Largest number of evaluations a picture", unit="evaluations")
    reference: int = option(
        100, "Steps of the fine run with Heun that counts as exact", at_least=20, at_most=300, more=True
    )
    guidance_scale: float = option(2.0, "How strongly to follow the class", at_least=0, at_most=20)
    schedule: Schedule = option("cosine", SCHEDULE_HELP)
    spacing: Spacing = option("karras", SPACING_HELP, more=True)
    clip: bool = option(False, "Keep every guess of the clean picture within black and white", more=True)


class ForwardOptions(Options):
    picture: str = option("sample:93", SAMPLE, longest=PICTURE)
    schedule: Schedule = option("cosine", SCHEDULE_HELP)
    steps: int = option(50, "Noise levels shown, from clean to noise", at_least=2, at_most=100)
    way: Literal["at once", "step by step"] = option(
        "at once", "Jump to each level with one and the same noise, or add fresh noise to the level before"
    )
    label: Label = option("any", "What the network is told the picture shows", more=True)


class RestoreOptions(Options):
    """What inpainting, super-resolution and repair share."""

    picture: str = option("sample:93", SAMPLE, longest=PICTURE)
    label: Label = option("any", "What the picture shows, if you want to say it")
    samples: int = option(6, "How many answers to draw", at_least=1, at_most=16)
    steps: int = option(50, "Denoising steps", at_least=1, at_most=1000)
    guidance_scale: float = option(2.0, "How strongly to follow the class", at_least=0, at_most=20, more=True)
    schedule: Schedule = option("cosine", SCHEDULE_HELP, more=True)


class InpaintOptions(RestoreOptions):
    mask: str = option("", "A 28x28 picture, white where to paint anew; empty takes the right half", longest=PICTURE)
    resample: int = option(
        2, "How often each step is repeated so that both parts agree; 1 only replaces", at_least=1, at_most=10
    )


class SuperresOptions(RestoreOptions):
    size: Literal[4, 7, 14] = option(7, "Side of the small picture that is given", unit="pixels")


class RepairOptions(RestoreOptions):
    picture: str = option("sample:93", SAMPLE, longest=PICTURE)
    noise: float = option(
        1.0,
        "Noise on the given picture, where black to white is 2; more leaves more to invent",
        at_least=0.05,
        at_most=20,
    )
    sampler: SamplerName = option("ddpm", "Which update rule removes it")


class PointsOptions(Options):
    data: PointSet = option("moons", "Which points it learns; drawn takes those you draw")
    points: str = option("", "Your own points, as the pad writes them", longest=2100)
    train_steps: int = option(1500, "Training steps of the small network", at_least=50, at_most=4000)
    sampler: Literal["ddim", "ddpm", "euler", "heun", "dpm", "langevin"] = option(
        "ddim", "Which rule moves the points; langevin follows the score alone"
    )
    steps: int = option(40, "Steps from noise to points (noise levels, for langevin)", at_least=1, at_most=500)
    samples: int = option(400, "How many points to make", at_least=10, at_most=1000, more=True)
    schedule: Schedule = option(
        "cosine", "How the noise falls on the way; langevin has its own, a geometric series", more=True
    )
    learning_rate: float = option(
        8e-3, "Size of a step of Adam, at its largest", at_least=1e-5, at_most=0.02, more=True
    )
    width: int = option(128, "Units in each hidden layer", at_least=8, at_most=256, more=True)
    inner: int = option(20, "Langevin only: steps at each noise level", at_least=1, at_most=50, more=True)
