"""The diffusion page: nine runs on one bench, then how it works."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import gradio as gr

from genai_demo.data.fashion_mnist import CLASSES
from pages.parts.bench import Bench, Panel, later
from pages.parts.lead import Try
from pages.parts.pads.drawn import drawn_points
from pages.parts.pads.pads import PicturePad
from pages.parts.page import build_page
from pages.parts.timeline import Entry

NAMES = [(name.capitalize(), name) for name in CLASSES]
SAMPLERS = [("DDIM", "ddim"), ("DDPM", "ddpm"), ("Euler", "euler"), ("Heun", "heun"), ("DPM-Solver++", "dpm")]
LABELS = {
    "label": "Class",
    "samples": "Pictures",
    "guidance_scale": "Guidance",
    "eta": "Eta",
    "planes": "Show guidance",
    "clip": "Clip the guess",
    "other": "Sampler B",
    "other_steps": "Steps B",
    "fork": "Fork after step",
    "other_label": "Class of B",
    "other_guidance": "Guidance of B",
    "other_seed": "New noise for B",
    "way": "How",
    "most": "Up to",
    "reference": "Exact run, steps",
    "resample": "Repeats a step",
    "size": "Small side",
    "noise": "Noise added",
    "data": "Points",
    "train_steps": "Training steps",
    "inner": "Langevin steps",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "label": [("Each class", "each class"), ("Any", "any"), *NAMES],
    "other_label": [("Each class", "each class"), ("Any", "any"), *NAMES],
    "sampler": SAMPLERS,
    "other": SAMPLERS,
    "schedule": [
        ("Cosine", "cosine"),
        ("Linear", "linear"),
        ("Scaled linear", "scaled_linear"),
        ("Sigmoid", "sigmoid"),
    ],
}
FORK = {  # a denoising opened as two branches that part at the step on screen
    "run": "diffusion/fork",
    "without": ["eta", "planes"],
    "step": "fork",
    "defaults": {"label": "each class", "samples": 8},
    "most": {"samples": 12},
}
COMPARE = {**LABELS, "sampler": "Sampler A", "steps": "Steps A"}
POINTS = {"sampler": [*SAMPLERS, ("Langevin", "langevin")], "schedule": CHOICES["schedule"]}
TIMELINE = (
    Entry("Diffusion", 2015, "diffusion/points", "Noise that can be undone"),
    Entry("Score matching", 2019, "diffusion/points", "Follow the slope of the data", "sampler=langevin"),
    Entry("DDPM", 2020, "diffusion/denoise", "Pictures, with fresh noise", "sampler=ddpm&steps=100"),
    Entry("DDIM", 2020, "diffusion/denoise", "No fresh noise, fewer steps", "sampler=ddim&steps=10"),
    Entry("Probability-flow ODE", 2020, "diffusion/error", "One noise, one exact picture"),
    Entry("Cosine schedule", 2021, "diffusion/forward", "Noise more evenly"),
    Entry("SDEdit", 2021, "diffusion/repair", "Start half-way"),
    Entry(
        "Latent diffusion",
        2021,
        "text_to_image/generate",
        "In the codes of a VAE: Stable Diffusion",
        page="text-to-image",
    ),
    Entry("RePaint", 2022, "diffusion/inpaint", "Paint in a part"),
    Entry("Classifier-free guidance", 2022, "diffusion/denoise", "Follow the class", "guidance_scale=5"),
    Entry("DPM-Solver++", 2022, "diffusion/denoise", "Ten steps and fewer", "sampler=dpm&steps=6"),
    Entry("DDNM", 2022, "diffusion/superres", "Enlarge, and fit exactly"),
    Entry("DiT", 2022, "text_to_image/dit", "A transformer for the U-Net: Sora", page="text-to-image"),
)
LOOK = (
    "The guess in the middle: made from pure noise it is a blur, the average of all it could become. Each step rules "
    "something out, and it gets sharper."
)
TRIES = (
    Try(
        "Why not in one step?",
        "run=diffusion/denoise&label=ankle boot&steps=1&guidance_scale=1",
        "Eight seeds, one guess each from nothing but noise. How much do they differ?",
        "Hardly at all: one guess from pure noise is the average of all boots, nearly the same blur for each seed.",
    ),
    Try(
        "When is the outline settled?",
        "run=diffusion/denoise&label=ankle boot&samples=10&steps=6&sampler=dpm",
        "Ten boots in six steps. Scrub back: from which step on do you know each of them again?",
        "After the first two steps. The rest is edges and texture.",
    ),
    Try(
        "Are they boots without guidance?",
        "run=diffusion/denoise&label=ankle boot&samples=10&steps=6&sampler=dpm&guidance_scale=1",
        "Same noise, same sampler, and guidance 1, which is none. Compare with guidance 3.",
        "All ten: the network is told the class either way. Guidance makes them lighter and plainer, each more like "
        "the boot that one thinks of; without it there is more variety in shade and texture.",
    ),
    Try(
        "What does too much guidance do?",
        "run=diffusion/denoise&label=dress&guidance_scale=15&planes=true",
        "The last lane is what guidance adds. What becomes of folds and shades?",
        "They go: the pictures end in plain white and hard edges. What is added is out of all proportion to the "
        "picture.",
    ),
    Try(
        "From which step on is the class decided?",
        "run=diffusion/fork&label=t-shirt&other_label=dress&fork=4&steps=20",
        "One noise, two endings: from the fork on, B is told “dress”. Move the fork earlier and later.",
        "In the first few of twenty. Forked at 1 or 2 they become dresses, at 4 t-shirts that are somewhat longer, and "
        "later nothing but t-shirts.",
    ),
    Try(
        "Does a better formula always win?",
        "run=diffusion/error",
        "Heun is of second order, DDIM of first. From how many evaluations on does Heun win?",
        "With few, Heun is the worst of all; it needs dozens before it passes DDIM. Second order pays only once steps "
        "are small.",
    ),
    Try(
        "How do points find the moons that no step is aimed at?",
        "run=diffusion/points&data=moons&sampler=langevin",
        "Follow one point while it is sampled.",
        "They drift up the score, the slope of the data's density, and jitter at smaller and smaller noise: at first "
        "everywhere, at the end along the moons.",
    ),
)


def _fork_here(panel: Panel) -> None:
    """The button opens the run on the stage as two branches that part at the step on screen."""
    panel.beside.click(None, panel.strip, None, js=f"(value) => atlas.openAs('{panel.id}', value, {json.dumps(FORK)})")


def _picture(name: str) -> Callable[[], PicturePad]:
    return later(PicturePad, "sample:93", label="Picture", elem_id=f"{name}-picture")


BENCHES = (
    Bench(
        "Denoise",
        "diffusion/denoise",
        "Pure noise becomes pictures, one step at a time. Generate, then scrub.",
        ("label", "samples", "sampler", "steps", "guidance_scale"),
        beside=later(
            gr.Button, "Fork here", size="sm", elem_classes="quiet", elem_id="fork-here", min_width=0, scale=0
        ),
        wire=_fork_here,
        group="Denoise",
    ),
    Bench(
        "Points",
        "diffusion/points",
        "A small network learns points of the plane before your eyes, then moves noise onto them.",
        ("data", "sampler", "steps", "train_steps"),
        choices=POINTS,
        primary="Train and sample",
        **drawn_points(),
    ),
    Bench(
        "Forward",
        "diffusion/forward",
        "A picture of yours turns into noise. No network has a hand in it; it only guesses back.",
        ("schedule", "steps", "way"),
        primary="Add noise",
        own={"picture": _picture("forward")},
    ),
    Bench(
        "Fork",
        "diffusion/fork",
        "Two branches share their noise up to the fork. Change class, guidance or noise from there.",
        ("label", "other_label", "fork", "steps", "other_guidance", "other_seed"),
        group="Denoise",
    ),
    Bench(
        "Two samplers",
        "diffusion/compare",
        "Two samplers start from the same noise. Watch where they part.",
        ("label", "sampler", "steps", "other", "other_steps", "guidance_scale"),
        labels=COMPARE,
        group="Samplers",
    ),
    Bench(
        "Sampler error",
        "diffusion/error",
        "How far each sampler is from the exact answer, for the same number of network evaluations. DDPM draws fresh "
        "noise and so has no exact answer: its line does not fall.",
        ("label", "samples", "most", "guidance_scale", "schedule"),
        primary="Measure",
        group="Samplers",
    ),
    Bench(
        "Inpaint",
        "diffusion/inpaint",
        "Paint over a part; the model draws it anew so that it fits the rest.",
        ("label", "samples", "steps", "resample"),
        primary="Fill in",
        own={
            "picture": _picture("inpaint"),
            "mask": later(
                PicturePad, "", label="Paint anew", mask=True, backdrop_from="inpaint-picture", elem_id="inpaint-mask"
            ),
        },
        group="Edit a picture",
    ),
    Bench(
        "Enlarge",
        "diffusion/superres",
        "A picture of 4, 7 or 14 pixels a side is given. Each answer fits it exactly.",
        ("size", "label", "samples", "steps"),
        primary="Enlarge",
        own={"picture": _picture("superres")},
        group="Edit a picture",
    ),
    Bench(
        "Repair",
        "diffusion/repair",
        "Noise is put on a picture or a drawing, then taken off: a little repairs, a lot invents.",
        ("noise", "label", "sampler", "samples", "steps"),
        primary="Repair",
        own={"picture": _picture("repair")},
        group="Edit a picture",
    ),
)


def build() -> None:
    """The page."""
    models = ("diffusion/fashion",)
    build_page(
        "diffusion", BENCHES, labels=LABELS, choices=CHOICES, timeline=TIMELINE, models=models, tries=TRIES, look=LOOK
    )
