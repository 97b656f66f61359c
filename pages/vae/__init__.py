"""The VAE page: ten runs on one bench, then how it works."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from genai_demo.core.run import find_run
from pages.parts.bench import Bench, later
from pages.parts.lead import Try
from pages.parts.pads.drawn import drawn_points
from pages.parts.pads.pads import PicturePad
from pages.parts.page import build_page
from pages.parts.timeline import Entry
from pages.vae import plane

LABELS = {
    "samples": "Draws",
    "count": "Pictures",
    "temperature": "Temperature",
    "size": "Grid side",
    "extent": "Reach",
    "first": "Across",
    "second": "Upwards",
    "neighbours": "Neighbours",
    "latent": "Latent numbers",
    "across": "Pictures a row",
    "kind": "Kind",
    "learning_rate": "Learning rate",
    "batch_size": "Batch",
    "x": "x",
    "y": "y",
}
POINTS = {
    **LABELS,
    "data": "Points",
    "train_steps": "Training steps",
    "noise": "Decoder's noise",
    "samples": "Samples",
    "learn_noise": "Learn the noise",
    "draw": "Samples are drawn",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "kind": [("VAE", "vae"), ("Denoising", "dae"), ("Plain", "ae")],
    "data": [("Drawn shapes", "shapes"), ("Fashion-MNIST", "fashion-mnist")],
}
OPENING = {
    ("encode", "picture"): "sample:27",
    ("walk", "start"): "sample:93",
    ("walk", "end"): "sample:15",
    ("dimensions", "picture"): "sample:27",
    ("compare", "picture"): "sample:84",
}
TIMELINE = (
    Entry("Autoencoder", 1986, "vae/train", "Through a bottleneck and back", "kind=ae"),
    Entry("Denoising", 2008, "vae/compare", "Spoilt in, clean out"),
    Entry("VAE", 2013, "vae/encode", "A cloud in place of a point"),
    Entry("Annealed KL", 2015, "vae/checkpoints", "The KL comes in slowly"),
    Entry("Active units", 2015, "vae/dimensions", "Which numbers are used"),
    Entry("Spherical walks", 2016, "vae/interpolate", "Not through the middle"),
    Entry("beta-VAE", 2017, "vae/dimensions", "The KL weighs more", "model=vae/beta4-16"),
    Entry("VQ-VAE", 2017, "", "Codes from a codebook"),
    Entry("Latent diffusion", 2021, "", "A VAE under Stable Diffusion"),
)
LOOK = (
    "Move over the plane: two numbers are the whole picture, and a small step changes it only a little. Where "
    "does a boot become a sneaker?"
)
TRIES = (
    Try(
        "Which way from a shirt to a boot passes through pictures?",
        "run=vae/interpolate&start=sample:60&end=sample:93",
        "Three ways. Look at the middle of each, and at the distance to the nearest code of a real picture.",
        "The way through the data: it stays near codes of real pictures. Straight and spherical cut through places "
        "where no picture lives, and what is decoded there is a mixture.",
    ),
    Try(
        "What does a plain autoencoder draw?",
        "run=vae/sample&model=vae/ae-16",
        "Sixteen numbers and no KL term. How many of the draws would you call a garment?",
        "Few: nothing has asked its codes to lie close together, so most draws fall into the holes between them.",
    ),
    Try(
        "And a VAE of the same size?",
        "run=vae/sample&model=vae/vae-16",
        "The same draws, the same sixteen numbers: count again.",
        "Most of them. The KL term has drawn the codes together to where the draws come from; what it costs is "
        "sharpness.",
    ),
    Try(
        "What does beta 12 throw away?",
        "run=vae/dimensions&model=vae/beta12-16",
        "Sixteen numbers: how many of them carry any KL?",
        "Most carry none at all: the decoder has stopped listening to them. Those that are left say the rough shape.",
    ),
    Try(
        "Five models, one noisy bag: whose error grows last?",
        "run=vae/compare&picture=sample:84&corruption=noise&strength=0.8",
        "The error counts against the clean bag. Scrub from no noise to much.",
        "That of the denoising one, the only one trained for this. Beta 12 comes next: it draws nearly the same plain "
        "bag whatever it is shown.",
    ),
    Try(
        "What does a VAE learn first?",
        "run=vae/train&steps=300",
        "Two curves: the error of the reconstruction, and the KL.",
        "To draw the average garment: the error falls at once and the code is hardly used. The KL rises as the code is "
        "put to use, and the pictures begin to differ.",
    ),
    Try(
        "Eight islands, one sheet of rubber: what lies between them?",
        "run=vae/points&data=ring",
        "The decoder is continuous. Look for samples where no data lies.",
        "Bridges: the sheet has to cross the gaps, and some samples land there.",
    ),
)


def _pads(name: str, *options: str) -> dict[str, Callable[[], PicturePad]]:
    """A pad for each option that is a picture, showing the option's default."""
    return {
        option: later(PicturePad, OPENING[name, option], label=option.capitalize(), elem_id=f"{name}-{option}")
        for option in options
    }


Live = partial(Bench, model_in_sight=True)

BENCHES = (
    Live(
        "Plane",
        "vae/decode",
        "Two numbers are the whole picture. Move over the plane and watch it change.",
        ("x", "y"),
        primary="Keep this picture",
        opening=plane.START,
        stage=plane.latent_plane,
        wire=plane.wire,
        group="Plane",
    ),
    Live(
        "Encode",
        "vae/encode",
        "A picture becomes a small cloud of codes, and each draw from it a picture.",
        ("samples",),
        primary="Encode",
        own=_pads("encode", "picture"),
        group="Encode",
    ),
    Live(
        "Interpolate",
        "vae/interpolate",
        "From one picture to another: straight, on a sphere, and through the data.",
        ("steps", "neighbours"),
        primary="Walk",
        own=_pads("walk", "start", "end"),
    ),
    Live(
        "Manifold",
        "vae/manifold",
        "The whole plane at once: every cell is the decoding of its own place.",
        ("size", "extent"),
        primary="Decode the grid",
        opening={"extent": plane.LIMIT, "size": plane.SIDE},
        group="Plane",
    ),
    Live(
        "Sample",
        "vae/sample",
        "Codes drawn at random. Cold draws stay near the average, warm ones get odd.",
        ("count", "temperature"),
    ),
    Live(
        "Dimensions",
        "vae/dimensions",
        "What each latent number does, what it costs, and which ones the decoder ignores.",
        ("extent", "across"),
        primary="Measure",
        own=_pads("dimensions", "picture"),
        group="Encode",
    ),
    Live(
        "Five models",
        "vae/compare",
        "Five variants get the same picture while it is spoilt more and more.",
        ("corruption", "strength", "latent"),
        primary="Compare",
        own=_pads("compare", "picture"),
    ),
    Live(
        "Recorded training",
        "vae/checkpoints",
        "The same model at several moments of its training. Scrub to go back in time.",
        ("size", "extent"),
        primary="Show the training",
        group="Train",
    ),
    Live(
        "Train live",
        "vae/train",
        "A small one learns in front of you. Both terms of the loss are drawn as they change.",
        ("data", "kind", "latent", "beta", "steps"),
        primary="Train",
        group="Train",
    ),
    Live(
        "Points",
        "vae/points",
        "A small VAE learns points of the plane before your eyes: its decoder bends a sheet onto them.",
        ("data", "beta", "latent", "noise", "train_steps"),
        primary="Train",
        labels=POINTS,
        choices={},
        **drawn_points(),
    ),
)


def build() -> None:
    """The page."""
    models = find_run(BENCHES[0].run).models
    build_page("vae", BENCHES, labels=LABELS, choices=CHOICES, timeline=TIMELINE, models=models, tries=TRIES, look=LOOK)
