"""The flow page: couplings and flow matching trained live on points; Glow and TarFlow on pictures."""

from __future__ import annotations

from functools import partial
from typing import Any

from genai_demo.core.changes import branch, go_on
from genai_demo.flow.options import PRESETS, InverseOptions, PointsOptions
from pages.parts.bench import Bench, bench_id, later
from pages.parts.lead import Try
from pages.parts.pads.drawn import drawn_points
from pages.parts.pads.pads import PicturePad
from pages.parts.page import build_page
from pages.parts.rewind import Again, Rewind
from pages.parts.timeline import Entry

LABELS = {
    "kind": "Layers are",
    "data": "Points",
    "layers": "Coupling layers",
    "steps": "Training steps",
    "learning_rate": "Learning rate",
    "every": "Steps a frame",
    "changes": "Changes on the way",
    "beside": "Side by side",
    "samples": "Samples",
    "bound": "Largest log-scale",
    "bins": "Pieces of a spline",
    "width": "Units",
    "batch_size": "Batch",
    "clip": "Longest gradient",
    "x": "Probe, x",
    "y": "Probe, y",
    "smooth": "Frames a layer",
    "train_steps": "Training steps",
    "label": "Class",
    "others": "Others",
    "count": "Pictures judged",
    "draws": "Draws",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "kind": [("Splines", "spline"), ("Affine (RealNVP)", "affine")],
    "solver": [("Midpoint", "midpoint"), ("Euler", "euler")],
}
EXPLODES = "&".join(f"{name}={value}" for name, value in PRESETS["the inverse explodes"].options.items())
TIMELINE = (
    Entry("NICE", 2014, "", "Layers that shift, and keep areas"),
    Entry("Normalizing flows", 2015, "", "A better posterior for the VAE"),
    Entry("RealNVP", 2016, "flow/points", "Layers that stretch and shift", "kind=affine&layers=8"),
    Entry("Glow", 2018, "flow/pictures", "Pictures, by invertible convolutions", "model=flow/glow"),
    Entry("Continuous flows", 2018, "flow/matching", "A velocity in place of layers"),
    Entry("Likelihood misleads", 2018, "flow/likelihood", "Strange pictures, ranked above ordinary ones"),
    Entry("Neural splines", 2019, "flow/layers", "Layers that bend along splines"),
    Entry("Exploding inverses", 2020, "flow/inverse", "What can't be undone with seven digits"),
    Entry("Flow matching", 2022, "flow/matching", "Learn straight ways, follow them"),
    Entry("TarFlow", 2024, "flow/pictures", "Transformers as layers"),
)
LOOK = (
    "Watch the grid: it is the plane of noise, seen as data. A flow may stretch and bend it as it likes, but never "
    "tears or folds it, so every point comes from exactly one point of noise and its likelihood is known exactly."
)
TRIES = (
    Try(
        "Can a flow tear the plane apart?",
        "run=flow/points&data=ring",
        "Eight separate heaps, one sheet of rubber. Look between the heaps.",
        "No: thin bridges of density stay between the heaps, and a few samples lie there. Layers that can be undone "
        "have to leave them.",
    ),
    Try(
        "Where does the likelihood of one point come from?",
        "run=flow/layers&x=-0.35&y=0.5",
        "Every layer adds a row to the ledger: how much it shrank or stretched the plane there. What is their sum?",
        "From both: how likely the noise is on which the point ends, and by how much each layer changed the plane on "
        "the way. The last row is exactly log p(x).",
    ),
    Try(
        "Does it fit better with splines?",
        "run=flow/points&kind=affine&layers=8&data=grid",
        "An affine layer can only stretch and shift along a line. Compare the log-likelihood of held-out points with "
        "that of the splines, on the same 25 heaps.",
        "Yes, and with fewer layers: a spline bends the line in many places, once for each row of heaps.",
    ),
    Try(
        "What happens to samples at half the temperature?",
        "run=flow/points&temperature=0.5",
        "Noise is drawn nearer to 0. Which part of the moons goes first?",
        "The tips. Noise near 0 is likely noise, but likely noise is not always likely data.",
    ),
    Try(
        "When can a flow not be undone?",
        f"run=flow/inverse&{EXPLODES}",
        "There and back again: look where points don't come back to where they were.",
        PRESETS["the inverse explodes"].look,
    ),
    Try(
        "Straight ways: why do the samples bend?",
        "run=flow/matching&steps=40",
        "Each training pair is joined by a straight line. Follow a sample: where does it turn?",
        "Where lines cross, the network learns their mean. Samples go straight at first and bend near the data; the "
        "length of the way says by how much.",
    ),
    Try(
        "Does the flow of better likelihood draw the better clothes?",
        "run=flow/pictures&model=flow/glow",
        "Glow costs fewer bits on test pictures (Data and quality) than TarFlow, the other model. Which of their "
        "pictures do you recognise?",
        "No. Glow draws tops and little else, each much like the next; at temperature 1, torn cloth. TarFlow is told a "
        "class, and its trousers, shoes and bags can be told apart. Most bits are texture, and say little of shapes.",
    ),
    Try(
        "Are clothes likelier than drawn shapes, to a flow of clothes?",
        "run=flow/likelihood&others=drawn shapes",
        "It has seen nothing but clothes. Read the ranking and the AUROC: below 0.5 the strange pictures count as the "
        "more likely ones.",
        "No: flat black is the likeliest of all, for every smooth pixel is cheap. The distance from what is usual "
        "tells them apart.",
    ),
    Try(
        "What does a flow sort by, that never learnt to sort?",
        "run=flow/classify&picture=sample:60",
        "Ten likelihoods of one picture, one for each class that it might be told. By how much does the best class "
        "win?",
        "By likelihood: the class under which the picture is likeliest. It wins by some nats of thousands, and yet it "
        "is mostly right.",
    ),
    Try(
        "What lies half-way between a boot and a sneaker?",
        "run=flow/interpolate&start=sample:93&end=sample:70",
        "Pixels mixed, or a way through the noise. Look at what each costs in the middle.",
        "Mixed pixels show both at once, and cost most: nothing like that was in the data. The ways through the noise "
        "cost less, and pass through pictures of one thing.",
    ),
)
UNSEEN = ("every", "changes")  # of no use where a training is only looked at; a link still brings them
BAR = Rewind(
    PointsOptions,
    {
        "on": Again("Go on", go_on),
        "one": Again("One step", partial(go_on, steps=1)),
        "branch": Again("Branch here", branch, settings=True),
    },
)


def _pictures(run: str, **shown: str) -> dict[str, Any]:
    """A pad for each option that is a picture: its name -> what it shows at first."""
    return {
        option: later(PicturePad, value, label=option.capitalize(), elem_id=f"{bench_id(run)}-{option}")
        for option, value in shown.items()
    }


PRESET = Rewind(InverseOptions, {}, PRESETS)


BENCHES = (
    Bench(
        "Points",
        "flow/points",
        "Noise bends into points before your eyes. Stop, go back on a curve, change something, branch.",
        ("kind", "data", "layers", "learning_rate", "steps", "temperature"),
        primary="Train",
        opening={"every": 2},  # more frames than the default has: it plays more smoothly
        stage=BAR.toolbar,
        **drawn_points(BAR.wire),
    ),
    Bench(
        "Layers",
        "flow/layers",
        "Step through the layers: what each does to the plane, and what it adds to the likelihood of one point.",
        ("way", "x", "y", "data", "kind", "layers"),
        primary="Go through",
        hidden=UNSEEN,
        **drawn_points(),
        group="Layers",
    ),
    Bench(
        "Inverse",
        "flow/inverse",
        "Every layer is undone in turn. Where a layer shrinks the plane, rounding grows on the way back.",
        ("kind", "bound", "layers", "learning_rate", "data", "temperature"),
        primary="Undo the layers",
        hidden=UNSEEN,
        opening=PRESETS["the inverse explodes"].options,
        stage=PRESET.toolbar,
        **drawn_points(PRESET.wire),
        group="Layers",
    ),
    Bench(
        "Flow matching",
        "flow/matching",
        "No layers: a velocity is learnt from straight ways between noise and data, and then followed.",
        ("data", "train_steps", "solver", "steps", "learning_rate"),
        labels={**LABELS, "steps": "Steps to the data"},
        primary="Train and follow",
        **drawn_points(),
    ),
    Bench(
        "Pictures",
        "flow/pictures",
        "Noise becomes clothes: every layer of a flow on pictures, undone before your eyes.",
        ("label", "temperature", "samples"),
        model_in_sight=True,
        group="Pictures",
    ),
    Bench(
        "Likelihood",
        "flow/likelihood",
        "How likely is a picture, exactly? Clothes against other things, against nothing, and against a VAE's bound.",
        ("others",),
        primary="Judge",
        own=_pictures("flow/likelihood", picture="sample:84"),
        model_in_sight=True,
        group="Likelihood",
    ),
    Bench(
        "Interpolate",
        "flow/interpolate",
        "From one picture to another through their noise, beside mixed pixels.",
        ("steps",),
        primary="Walk",
        own=_pictures("flow/interpolate", start="sample:93", end="sample:70"),
        model_in_sight=True,
        group="Pictures",
    ),
    Bench(
        "Classify",
        "flow/classify",
        "A flow that was only taught to draw sorts a picture: which class makes it likeliest?",
        ("draws",),
        primary="Sort",
        own=_pictures("flow/classify", picture="sample:60"),
        group="Likelihood",
    ),
)
MODELS = ("flow/tarflow", "flow/glow")


def build() -> None:
    """The page; the networks on points are made while you watch, those on pictures can be looked into."""
    build_page(
        "flow", BENCHES, labels=LABELS, choices=CHOICES, timeline=TIMELINE, models=MODELS, tries=TRIES, look=LOOK
    )
