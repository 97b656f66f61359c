"""Diffusion: learn to remove noise, then start from nothing but noise. Pictures of Fashion-MNIST, and 2-D points."""

from genai_demo.core.registry import Family, Laboratory
from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, Hub, ModelSpec
from genai_demo.diffusion import options

FAMILY = Family(
    "Diffusion",
    "Images",
    "Learn to remove noise, then start from nothing but noise.",
    starts=(
        ("Boots in six steps", "run=diffusion/denoise&label=ankle boot&steps=6&sampler=dpm"),
        ("One noise, two endings", "run=diffusion/fork&label=t-shirt&other_label=dress&fork=4"),
        ("Points that find two moons", "run=diffusion/points&data=moons"),
    ),
    laboratory=Laboratory(
        "diffusion/points", "genai_demo.diffusion.points:size", steps="train_steps", passes=lambda o: int(o.steps)
    ),
)

_EXAMPLE = "genai_demo.diffusion.model:example"
_HUB = "genai_demo.diffusion.hub:build"

SPECS = (
    ModelSpec(
        "diffusion/fashion",
        "Fashion denoiser",
        (Bundled("diffusion/fashion.safetensors"),),
        "genai_demo.diffusion.model:build",
        "Apache-2.0 (trained here on Fashion-MNIST, MIT)",
        _EXAMPLE,
    ),
    ModelSpec(
        "diffusion/cifar10",
        "DDPM CIFAR-10, 32x32 colour",
        (Hub("google/ddpm-cifar10-32"),),
        _HUB,
        "Apache-2.0",
        _EXAMPLE,
    ),
    ModelSpec(
        "diffusion/celebahq",
        "DDPM CelebA-HQ, 256x256 colour",
        (Hub("google/ddpm-celebahq-256"),),
        _HUB,
        "Apache-2.0",
        _EXAMPLE,
    ),
)

FASHION = ("diffusion/fashion",)
KEYS = tuple(spec.key for spec in SPECS)
WAY = 0.02  # seconds a step on a lent GPU, at most

RUNS = (
    Run(
        "diffusion/denoise",
        "From pure noise to pictures, step by step",
        options.DenoiseOptions,
        "genai_demo.diffusion.sample:denoise",
        KEYS,
        lambda o: 20 + int(4 * WAY * o.steps),
    ),
    Run(
        "diffusion/fork",
        "One run, two endings: change class, guidance or noise on the way",
        options.ForkOptions,
        "genai_demo.diffusion.sample:fork",
        KEYS,
        lambda o: 20 + int(8 * WAY * o.steps),
    ),
    Run(
        "diffusion/compare",
        "Two samplers side by side on the same noise",
        options.CompareOptions,
        "genai_demo.diffusion.sample:compare",
        KEYS,
        lambda o: 20 + int(4 * WAY * (o.steps + o.other_steps)),
    ),
    Run(
        "diffusion/error",
        "Error of each sampler against its number of evaluations",
        options.ErrorOptions,
        "genai_demo.diffusion.study:error",
        KEYS,
        lambda o: 20 + int(WAY * (10 * o.most + 4 * o.reference)),
    ),
    Run(
        "diffusion/forward",
        "Watch a picture of yours turn into noise",
        options.ForwardOptions,
        "genai_demo.diffusion.study:forward",
        FASHION,
        lambda o: 20,
    ),
    Run(
        "diffusion/inpaint",
        "Paint a masked part anew",
        options.InpaintOptions,
        "genai_demo.diffusion.restore:inpaint",
        FASHION,
        lambda o: 20 + int(2 * WAY * o.steps * o.resample),
    ),
    Run(
        "diffusion/superres",
        "Enlarge a small picture",
        options.SuperresOptions,
        "genai_demo.diffusion.restore:superres",
        FASHION,
        lambda o: 20 + int(2 * WAY * o.steps),
    ),
    Run(
        "diffusion/repair",
        "Take the noise off a picture, or turn a drawing into one",
        options.RepairOptions,
        "genai_demo.diffusion.restore:repair",
        FASHION,
        lambda o: 20 + int(4 * WAY * o.steps),
    ),
    Run(
        "diffusion/points",
        "Train a tiny denoiser on points, then watch it move noise onto them",
        options.PointsOptions,
        "genai_demo.diffusion.points:points",
        (),
        lambda o: 30 + o.train_steps // 100 + o.steps * o.inner // 50,
        threads=1,
    ),
)
