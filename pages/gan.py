"""The GAN page: the family's timeline, a bench for each, then how it works."""

from __future__ import annotations

from functools import partial
from typing import Any

from genai_demo.core.changes import branch
from genai_demo.core.spec import find_spec
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.gan.options import BOOT, TrainOptions
from genai_demo.gan.points_options import PRESETS, PointsOptions
from genai_demo.gan.rewind import go_on, one_step
from pages.parts.bench import Bench, Panel, later
from pages.parts.lead import Try
from pages.parts.pads.drawn import drawn_points
from pages.parts.pads.pads import PicturePad
from pages.parts.page import build_page
from pages.parts.rewind import Again, Rewind
from pages.parts.timeline import Entry

KEEPS_UP = 0.003, 3  # rate and steps of a critic under the penalty; with fewer the pictures stay stripes
FACES = "gan/mobile-stylegan"
NAMES = [(name.capitalize(), name) for name in CLASSES]
OBJECTIVES = [
    ("Non-saturating", "non-saturating"),
    ("Original (minimax)", "original"),
    ("Least squares", "least squares"),
    ("Hinge", "hinge"),
    ("Wasserstein, clipped", "wasserstein"),
    ("WGAN-GP", "wgan-gp"),
]
LABELS = {
    "label": "Class",
    "samples": "Pictures",
    "lr_d": "Rate of D",
    "lr_g": "Rate of G",
    "d_steps": "D steps per G step",
    "data": "Data",
    "steps": "Steps",
    "every": "Steps a frame",
    "changes": "Changes on the way",
    "beside": "Side by side",
    "only": "Who trains",
    "prior": "Latent distribution",
    "latent": "Latent numbers",
    "depth": "Layers",
    "start_label": "From",
    "end_label": "To",
    "other_seed": "Other seed",
    "first": "A",
    "second": "B",
    "third": "C",
    "most": "Amount",
    "walks": "Walks",
    "width": "Channels",
    "lines": "What is given",
    "way": "Way",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "label": [("Each class", "each class"), *NAMES],
    "start_label": NAMES,
    "end_label": NAMES,
    "first": NAMES,
    "second": NAMES,
    "third": NAMES,
    "objective": OBJECTIVES,
    "lines": [("Lines", "as drawn"), ("A picture: find its lines", "found")],
    "way": [("Sneaker to boot", "sneaker to boot"), ("Boot to sneaker", "boot to sneaker")],
}
FACE_LABELS = {
    "count": "Faces",
    "sweep": "Frames from the mean",
    "other_seed": "Seed of B",
    "first": "First layer of B",
    "last": "Last layer of B",
    "by": "Frame by frame",
    "stops": "Faces passed",
    "space": "Through",
    "loop": "Loop",
}
POINT_LABELS = {**LABELS, "samples": "Points", "width": "Units"}
CLIPPED = "objective=wasserstein&d_steps=5&clip=0.2&optimiser=rmsprop&momentum=0"  # as in the paper, but for the size
TIMELINE = (
    Entry("GAN", 2014, "gan/points", "Two networks, one game"),
    Entry("DCGAN", 2015, "gan/train", "Convolutions"),
    Entry("pix2pix", 2016, "gan/edges", "Lines to pictures"),
    Entry("WGAN", 2017, "gan/points", "A distance, not a verdict", CLIPPED),
    Entry("WGAN-GP", 2017, "gan/points", "A slope of 1 by a penalty", "objective=wgan-gp"),
    Entry("CycleGAN", 2017, "gan/cycle", "No pairs needed"),
    Entry("ProGAN", 2017, "gan/grow", "Small pictures first"),
    Entry("BigGAN", 2018, "gan/sample", "Classes and truncation"),
    Entry("StyleGAN", 2018, "gan/faces", "A style for each layer"),
)
LOOK = (
    "Coloured points are forged, grey ones real. How many of the eight heaps are reached? "
    "No loss goes to 0: it only says how one does against the other."
)
TRIES = (
    Try(
        "How many of 25 heaps does it reach?",
        "run=gan/points&data=grid",
        "Count the Gaussians reached while it trains, and look between them.",
        "Few at first, then one after another; many samples lie between the heaps, since the generator can't tear the "
        "plane apart. With the preset of mode collapse it stays with few.",
    ),
    Try(
        "Does it help a critic to take more steps?",
        "run=gan/train&objective=wgan-gp&d_steps=3&lr_d=0.003&steps=600",
        "Three steps of the critic to each of the generator. Then give it a single one.",
        "A little: with three the spots get corners and arms, with a single one they are round smears. Neither draws "
        "clothes in so few steps; the critic's slope is all that the generator learns from.",
    ),
    Try(
        "Pullover - t-shirt + dress: what comes out?",
        "run=gan/arithmetic",
        "Sleeves are what a pullover has and a t-shirt has not. Scrub from nothing added to all of it.",
        "The dresses get long sleeves, and some of them turn into pullovers: the direction holds more than sleeves.",
    ),
    Try(
        "A boot turns into a bag: is there a sudden change?",
        "run=gan/walk&start_label=ankle boot&end_label=bag",
        "The class is mixed too. Read the curves: change from frame to frame, and where D likes it least.",
        "Not in the pictures: they change about as much from each frame to the next. D likes the second half of the "
        "way least; its opinion falls at once half-way, where it is told another class.",
    ),
    Try(
        "Does D prefer dresses that are all alike?",
        "run=gan/sample&label=dress&truncation=0.3",
        "Truncation takes away variety. Scrub, and read D's opinion.",
        "No. It learnt on the full variety, and likes them the better the more of it there is.",
    ),
    Try(
        "What does D want of a boot to be a sandal?",
        "run=gan/opinion&picture=sample:93&label=sandal&steps=40",
        "The picture is changed step by step so that D's logit rises. Do you see a sandal?",
        "The logit rises with every step, and you see a boot with specks and stripes: what moves D is not what a "
        "sandal is for you.",
    ),
    Try(
        "There and back ten times: what is left?",
        "run=gan/cycle&cycles=10",
        "Sneaker to boot and back is one cycle. Watch what is lost since the start.",
        "Each cycle loses a little more, and what is lost doesn't come back: the shape stays, shades and fine lines "
        "go.",
    ),
)


def _suit_the_objective(panel: Panel) -> None:
    """Choosing the penalty sets a rate and rounds with which its critic keeps up; another objective, the usual ones."""
    objective, rate, rounds = (panel.controls[name] for name in ("objective", "lr_d", "d_steps"))
    usual = TrainOptions()
    objective.select(
        None,
        objective,
        [rate, rounds],
        js=f"name => name === 'wgan-gp' ? {[*KEEPS_UP]} : {[usual.lr_d, usual.d_steps]}",
    )


BAR = Rewind(
    PointsOptions,
    {
        "on": Again("Go on", go_on),
        "both": Again("One step", partial(one_step, who="both")),
        "d": Again("D only", partial(one_step, who="d")),
        "g": Again("G only", partial(one_step, who="g")),
        "branch": Again("Branch here", branch, settings=True),
    },
    PRESETS,
)


BENCHES = (
    Bench(
        "Points",
        "gan/points",
        "Two networks learn points before your eyes. Stop, go back on a curve, change something, branch.",
        ("objective", "data", "lr_d", "lr_g", "d_steps", "steps"),
        labels=POINT_LABELS,
        primary="Train",
        opening={"every": 8},  # more frames than the default has: it plays more smoothly
        stage=BAR.toolbar,
        **drawn_points(BAR.wire, named="Data"),
    ),
    Bench(
        "Train live",
        "gan/train",
        "A small one learns pictures in front of you: the same latents, drawn again and again.",
        ("data", "objective", "steps", "lr_d", "lr_g", "d_steps"),
        primary="Train",
        wire=_suit_the_objective,
        group="Train",
    ),
    Bench(
        "Recorded training",
        "gan/checkpoints",
        "The whole recorded training of the model on this page. Click a curve to go to that moment.",
        ("label", "samples"),
        primary="Show the training",
        group="Train",
    ),
    Bench(
        "Sample",
        "gan/sample",
        "The same latents, let further and further from the centre: more variety, less that is typical.",
        ("label", "samples", "truncation"),
        group="Sample",
    ),
    Bench(
        "Walk",
        "gan/walk",
        "From one latent to another. Choose two classes and the class is mixed on the way.",
        ("start_label", "end_label", "other_seed", "walks", "steps"),
        primary="Walk",
        opening={"end_label": "bag"},
        group="Sample",
    ),
    Bench(
        "Arithmetic",
        "gan/arithmetic",
        "C + (A - B): what A has and B has not, given to C.",
        ("first", "second", "third", "most", "samples"),
        primary="Add",
        group="Sample",
    ),
    Bench(
        "Discriminator",
        "gan/opinion",
        "The discriminator judges a picture of yours, then changes it to its own liking.",
        ("label", "steps"),
        primary="Judge",
        choices={"label": NAMES},
        own={"picture": later(PicturePad, "sample:93", label="Picture", elem_id="opinion-picture")},
        group="Train",
    ),
    Bench(
        "Edges",
        "gan/edges",
        "Draw the outline of a garment; a pix2pix model makes the garment.",
        ("lines", "samples"),
        primary="Make the garment",
        opening={"samples": 1},
        own={"picture": later(PicturePad, BOOT, label="Your lines", elem_id="edges-picture")},
        group="Translate",
    ),
    Bench(
        "Cycle",
        "gan/cycle",
        "Sneakers become boots and sneakers again. No pair of them was ever shown to it.",
        ("way", "samples", "cycles"),
        primary="Translate",
        own={
            "picture": later(PicturePad, "", label="Your picture", info="Empty: test pictures", elem_id="cycle-picture")
        },
        group="Translate",
    ),
    Bench(
        "Grow",
        "gan/grow",
        "It learns 7x7 pixels first; finer layers are faded in, twice.",
        ("samples",),
        primary="Show the growth",
    ),
    Bench(
        "Faces",
        "gan/faces",
        f"Faces of people who do not exist, 1024 pixels. Weights: {find_spec(FACES).licence}.",
        ("count", "truncation", "sweep"),
        primary="Draw faces",
        opening={"sweep": 3},
        seed=4,
        labels=FACE_LABELS,
        group="Faces",
    ),
    Bench(
        "Mix faces",
        "gan/mix",
        "Coarse layers carry pose and shape, fine ones colour. Give some of them the style of another face.",
        ("other_seed", "first", "last", "by", "truncation"),
        primary="Mix",
        opening={"other_seed": 1},
        seed=3,
        labels=FACE_LABELS,
        choices={"by": [("Sizes", "size"), ("Single layers", "layer")]},
        group="Faces",
    ),
    Bench(
        "Face walk",
        "gan/walk-faces",
        "From face to face through the space of styles; export it as a film.",
        ("stops", "frames", "space", "loop", "truncation"),
        primary="Walk",
        labels=FACE_LABELS,
        choices={"space": [("Styles (W)", "w"), ("Codes (Z)", "z")]},
        opening={"frames": 40, "truncation": 0.8},
        group="Faces",
    ),
)


def build() -> None:
    """The page."""
    models = ("gan/fashion", "gan/pix2pix", "gan/cyclegan", "gan/grown", FACES)
    build_page("gan", BENCHES, labels=LABELS, choices=CHOICES, timeline=TIMELINE, models=models, tries=TRIES, look=LOOK)
