"""The page of energy-based models: energies of points and pictures, Hopfield networks, Boltzmann machines."""

from __future__ import annotations

from functools import partial
from typing import Any

from genai_demo.core.changes import branch, go_on
from genai_demo.core.run import find_run
from genai_demo.ebm.options import ChainsOptions, PointsOptions
from pages.parts.bench import Bench, bench_id, later
from pages.parts.lead import Try
from pages.parts.pads.drawn import drawn_points
from pages.parts.pads.pads import PicturePad
from pages.parts.page import build_page
from pages.parts.rewind import Again, Rewind
from pages.parts.surface.surface import Surface
from pages.parts.timeline import Entry

LABELS = {
    "method": "Trained by",
    "data": "Points",
    "steps": "Training steps",
    "learning_rate": "Learning rate",
    "step": "Step of a chain",
    "noise": "Noise",
    "every": "Steps a frame",
    "walk": "Chain steps each",
    "jumps": "Chains may jump",
    "warm": "Steps without chains",
    "width": "Units",
    "batch_size": "Batch",
    "changes": "Changes on the way",
    "beside": "Side by side",
    "samples": "Chains shown",
    "temperature": "Temperature",
    "start": "Chains begin at",
    "chains": "Chains",
    "train_steps": "Training steps",
    "stored": "Stored",
    "corruption": "Spoilt by",
    "strength": "How much",
    "beta": "Beta",
    "updates": "Updates",
    "patterns": "What is stored",
    "frames": "Frames",
    "k": "Gibbs steps each",
    "hidden": "Hidden units",
    "others": "Others",
    "temperatures": "Steps of the estimate",
    "runs": "Chains of the estimate",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "method": [("Contrastive divergence", "contrastive divergence"), ("Energy matching", "energy matching")],
    "patterns": [("Pictures", "pictures"), ("Random pixels", "random")],
    "corruption": [("Covering it", "covered"), ("Noise", "noise")],
}
TIMELINE = (
    Entry("Hopfield network", 1982, "ebm/hopfield", "Memories are hollows in a landscape"),
    Entry("Boltzmann machine", 1985, "", "Units that turn by chance"),
    Entry("Harmonium", 1986, "ebm/rbm", "Two layers, none within: the RBM"),
    Entry("Contrastive divergence", 2002, "ebm/partition", "Chains begin at the data", "method=cd"),
    Entry("Belief networks", 2006, "ebm/stack", "Machines on machines"),
    Entry("Persistent chains", 2008, "ebm/drift", "Chains that go on"),
    Entry("Langevin for energies", 2019, "ebm/chains", "Networks as landscapes, a buffer of chains"),
    Entry("Modern Hopfield", 2020, "ebm/capacity", "Recall is attention"),
    Entry("Energy matching", 2025, "ebm/pictures", "Downhill is a straight way from noise to data"),
)
LOOK = (
    "A network gives every place of the plane a height. Training lowers it under the data and lifts it under the "
    "chains, which roll downhill and jitter; when the chains stand where the data is, nothing moves any more."
)
TRIES = (
    Try(
        "What is the noise for?",
        "run=ebm/chains&data=ring&noise=0",
        "Chains go downhill, and nothing shakes them. Where do they stop? Then give them noise 1.",
        "At the bottom of the nearest hollow: many stand on one spot, and many hollows hold no data, for no chain of "
        "the training came there to lift them. R-hat grows and grows, since no chain visits what another one knows. "
        "With noise 1 they spread, and little by little leave the wrong hollows.",
    ),
    Try(
        "Can a chain get from one heap to the next?",
        "run=ebm/chains&data=ring&start=one point&steps=600&changes=200: temperature=8; 400: temperature=1",
        "All chains begin on one heap of the ring. From step 200 on it is hot, from 400 on cool again.",
        "At temperature 1 all stay there, and R-hat is near 1, for it can't see what no chain knows. When it is hot "
        "they cross the hills; cool again they settle, on all eight, and some in hollows where no data lies.",
    ),
    Try(
        "What does the alarm do?",
        "run=ebm/points&steps=400&changes=200: learning_rate=0.5",
        "Well until step 200, where the learning rate becomes 0.5.",
        "Within a few steps chains and data are worlds apart. The alarm names the step and the film ends at the last "
        "good checkpoint: lower the rate, press Branch here.",
    ),
    Try(
        "How many pictures can a network remember?",
        "run=ebm/capacity",
        "The classic Hopfield network and the modern one. Then store random pixels in place of pictures.",
        "The classic one only a few: it mixes pictures that are alike, and pictures of clothes are. Of random pixels "
        "it holds many more. The modern one gives all of them back.",
    ),
    Try(
        "When does a modern network stop remembering?",
        "run=ebm/hopfield&beta=0.003&stored=20",
        "Beta is small here. Look at the attention on what is stored, and at what comes back.",
        "When no stored picture stands out: attention is shared among many, and their mean comes back.",
    ),
    Try(
        "What does CD not see?",
        "run=ebm/drift",
        "CD only ever looks a step away from the data. Let both walk on: whose free energy falls below that of the "
        "data?",
        "That of the CD chains, on the way: that machine likes something else better than real pictures, and has never "
        "looked there. The chains of persistent CD stay above, or close by.",
    ),
    Try(
        "Can half a boot be completed?",
        "run=ebm/complete",
        "The left half is held. Each chain draws the right one from what the machine knows.",
        "Yes, in several ways: the chains give different answers, and their mean says where they agree.",
    ),
    Try(
        "Are letters stranger than clothes, to an energy of clothes?",
        "run=ebm/pictures&others=letters",
        "Compare the heights of both, then the slopes.",
        "Not by height: almost every letter lies lower than clothes, for dark, plain pictures lie low. The slope tells "
        "them apart: where data lies the landscape is flatter.",
    ),
    Try(
        "Where do chains go when they have come to the data?",
        "run=ebm/pictures&steps=100",
        "They may walk longer than they have to. Do they stay?",
        "They go on: clothes where the way downhill ends, soon after black and white. This energy learnt the way from "
        "noise to data and nothing of what lies behind it; lifting what chains find there is the second part of "
        "energy matching, which it did not get.",
    ),
    Try(
        "Can one trust an estimate of Z?",
        "run=ebm/partition&temperatures=3",
        "Three steps from independent pixels to the machine, beside the exact sum. Then take a hundred.",
        "Not with three: as the machine learns, the estimate strays from the exact sum, mostly below it, and there the "
        "likelihood it reports is too good. With a hundred it is far closer.",
    ),
)
BAR = Rewind(
    PointsOptions,
    {
        "on": Again("Go on", go_on),
        "one": Again("One step", partial(go_on, steps=1)),
        "branch": Again("Branch here", branch, settings=True),
    },
    beside=partial(
        Surface, bench_id("ebm/points"), lane="the energy, and downhill", points="the chains, and the density"
    ),
)
CHAINS = Rewind(
    ChainsOptions,
    {"on": Again("Walk on", go_on), "branch": Again("Branch here", branch, settings=True)},
    beside=partial(Surface, bench_id("ebm/chains"), lane="chains on the energy", points="chains on the energy"),
)


BENCHES = (
    Bench(
        "Points",
        "ebm/points",
        "A landscape sinks where the data lies. Stop, go back on a curve, change something, branch.",
        ("method", "data", "learning_rate", "noise", "steps"),
        primary="Train",
        opening={"every": 2},  # more frames than the default has: it plays more smoothly
        stage=BAR.toolbar,
        **drawn_points(BAR.wire),
    ),
    Bench(
        "Chains",
        "ebm/chains",
        "Chains roll downhill and jitter. Go back to a step, change noise or temperature, branch.",
        ("step", "noise", "temperature", "start", "data", "steps"),
        labels={**LABELS, "steps": "Steps"},
        choices={"start": [("Noise", "noise"), ("One point", "one point"), ("Data", "data")]},
        primary="Walk",
        opening={"data": "ring"},
        stage=CHAINS.toolbar,
        **drawn_points(CHAINS.wire),
    ),
    Bench(
        "Hopfield",
        "ebm/hopfield",
        "Two networks remember the same pictures. Spoil one of them and see what each gives back.",
        ("stored", "corruption", "strength", "beta"),
        primary="Recall",
        own={"picture": later(PicturePad, "sample:93", label="Picture", elem_id="recall-picture")},
        group="Hopfield",
    ),
    Bench(
        "Capacity",
        "ebm/capacity",
        "More and more is stored; each picture is spoilt and recalled, and those that come back are counted.",
        ("patterns", "stored", "strength", "beta"),
        primary="Count",
        group="Hopfield",
    ),
    Bench(
        "RBM",
        "ebm/rbm",
        "Two layers of units draw each other in turn: a chain of pictures, and what its hidden units look for.",
        ("start", "steps", "chains"),
        labels={**LABELS, "steps": "Gibbs steps"},
        opening={"chains": 12},
        primary="Run the chains",
        model_in_sight=True,
        group="RBM",
    ),
    Bench(
        "Complete",
        "ebm/complete",
        "Paint over part of a picture. The rest is held, and each chain completes it in its own way.",
        ("steps", "chains"),
        labels={**LABELS, "steps": "Gibbs steps", "chains": "Completions"},
        primary="Complete",
        own={
            "picture": later(PicturePad, "sample:93", label="Picture", elem_id="complete-picture"),
            "mask": later(PicturePad, "", label="Paint over", mask=True, backdrop_from="complete-picture"),
        },
        group="RBM",
    ),
    Bench(
        "CD or PCD",
        "ebm/drift",
        "Two machines, one trained by CD and one with chains that went on, walk away from the same test pictures.",
        ("steps", "chains"),
        labels={**LABELS, "steps": "Gibbs steps"},
        opening={"chains": 12},
        primary="Let them walk",
        group="RBM",
    ),
    Bench(
        "Stack",
        "ebm/stack",
        "A machine on a machine: a deep belief network. The upper one dreams, one pass down makes pictures of it.",
        ("start", "steps", "chains"),
        labels={**LABELS, "steps": "Gibbs steps"},
        opening={"chains": 12},
        primary="Dream",
    ),
    Bench(
        "Pictures",
        "ebm/pictures",
        "Chains run down an energy of pictures, from noise to clothes. How strange is another picture to it?",
        ("steps", "noise", "start", "others"),
        labels={**LABELS, "steps": "Steps", "noise": "Noise at the end"},
        choices={"start": [("Noise", "noise"), ("Your picture", "picture")]},
        primary="Walk",
        own={"picture": later(PicturePad, "sample:93", label="Picture", elem_id="energy-picture")},
    ),
    Bench(
        "Exact Z",
        "ebm/partition",
        "A machine so small that every state can be summed: is the estimate of its sum right?",
        ("method", "k", "hidden", "temperatures", "learning_rate", "steps"),
        choices={"method": [("CD", "cd"), ("Persistent CD", "pcd")]},
        primary="Train",
        group="RBM",
    ),
)


def build() -> None:
    """The page."""
    models = find_run("ebm/rbm").models
    build_page("ebm", BENCHES, labels=LABELS, choices=CHOICES, timeline=TIMELINE, models=models, tries=TRIES, look=LOOK)
