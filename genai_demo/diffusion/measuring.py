"""Measures the diffusion model: samples of every class, drawn by recipes that can be replayed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from genai_demo.core.frames import arrays
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.data import fashion_mnist
from genai_demo.diffusion.options import DenoiseOptions
from genai_demo.quality import measures, sheets
from genai_demo.quality.cards import Watch, write

RUN = "diffusion/denoise"
PER_RECIPE = 25  # samples a recipe makes at most
STEPS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What one recipe made: pictures (n, 28, 28) uint8, all asked to be of class `label`."""

    index: int
    total: int
    label: int
    pictures: np.ndarray


def recipes(samples: int, options: Mapping[str, Any]) -> Iterator[tuple[int, Recipe]]:
    """(class, recipe) for samples // 10 pictures of each class; every recipe has its own seed, 0, 1, 2 ..."""
    seed = 0
    for label, name in enumerate(fashion_mnist.CLASSES):
        for start in range(0, samples // 10, PER_RECIPE):
            count = min(PER_RECIPE, samples // 10 - start)
            yield label, Recipe(RUN, {**options, "label": name, "samples": count}, seed)
            seed += 1


def draw(samples: int, options: Mapping[str, Any]) -> Iterator[Drawn]:
    """The finished pictures of every recipe."""
    every = list(recipes(samples, options))
    for index, (label, recipe) in enumerate(every):
        for frame in run(recipe):
            last = frame
        yield Drawn(index, len(every), label, arrays(last)["x"])


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Write the card and the sheet, a class a row. -> what was found."""
    real = measures.reference(samples // 10 * 10)
    drawn = list(watch(draw(samples, {"steps": STEPS}), "draw"))
    pictures = np.concatenate([part.pictures for part in drawn])
    labels = np.concatenate([np.full(len(part.pictures), part.label) for part in drawn])
    used = DenoiseOptions(steps=STEPS)
    found = {
        "samples": len(pictures),
        "run": RUN,
        "sampler": used.sampler,
        "steps": used.steps,
        "guidance_scale": used.guidance_scale,
        "schedule": used.schedule,
        "spacing": used.spacing,
        "eta": used.eta,
        "seed": 0,
        "seeds": len(drawn),
        "accuracy": round(measures.accuracy(pictures, labels), 4),
        "accuracy_test": round(measures.accuracy(*fashion_mnist.load("test")), 4),
        **measures.distances(real, measures.features(pictures)),
        **{f"{name}_train": value for name, value in real.floor.items()},
        **measures.memorised(real, pictures),
    }
    write("diffusion/fashion", found)
    sheets.write("diffusion", [pictures[labels == label] for label in range(len(fashion_mnist.CLASSES))])
    return found
