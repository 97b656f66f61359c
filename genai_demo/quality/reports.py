"""`measure`, for each architecture: draw samples, measure them, write the card and a sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from genai_demo.core.cards import add_to_card
from genai_demo.core.errors import DemoError, shown
from genai_demo.core.frames import arrays, sheet
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.core.spec import Bundled, find_spec
from genai_demo.data import fashion_mnist
from genai_demo.inputs import pictures as inputs
from genai_demo.quality import measures, tables

if TYPE_CHECKING:
    from genai_demo.vae.model import Autoencoder

LEAST, MOST = 100, 20_000  # samples that may be asked for
PER_RECIPE = 25  # samples a recipe makes at most
STEPS = 50
SHOWN = 12  # pictures in a row of a sheet
SHOWN_VAES = ("vae-2", "vae-16", "beta4-16")
FOLDER = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What one recipe made: pictures (n, 28, 28) uint8, all asked to be of class `label`."""

    index: int
    total: int
    label: int
    pictures: np.ndarray


def weights(key: str) -> Path:
    """The bundled weights file of a model."""
    return next(source.path for source in find_spec(key).sources if isinstance(source, Bundled))


def recipes(samples: int, options: Mapping[str, Any]) -> Iterator[tuple[int, Recipe]]:
    """(class, recipe) for samples // 10 pictures of each class; every recipe has its own seed, 0, 1, 2 ..."""
    seed = 0
    for label, name in enumerate(fashion_mnist.CLASSES):
        for start in range(0, samples // 10, PER_RECIPE):
            count = min(PER_RECIPE, samples // 10 - start)
            yield label, Recipe("diffusion/denoise", {**options, "label": name, "samples": count}, seed)
            seed += 1


def draw(samples: int, options: Mapping[str, Any]) -> Iterator[Drawn]:
    """The finished pictures of every recipe."""
    every = list(recipes(samples, options))
    for index, (label, recipe) in enumerate(every):
        for frame in run(recipe):
            last = frame
        yield Drawn(index, len(every), label, arrays(last)["x"])


def _diffusion(samples: int, watch: measures.Watch) -> dict[str, Any]:
    from genai_demo.diffusion.options import DenoiseOptions

    real = measures.reference(samples // 10 * 10)
    drawn = list(watch(draw(samples, {"steps": STEPS}), "draw"))
    pictures = np.concatenate([part.pictures for part in drawn])
    labels = np.concatenate([np.full(len(part.pictures), part.label) for part in drawn])
    used = DenoiseOptions(steps=STEPS)
    found = {
        "samples": len(pictures),
        "run": "diffusion/denoise",
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
    add_to_card(weights("diffusion/fashion"), "quality", found)
    rows = [pictures[labels == label][:SHOWN] for label in range(10)]
    _write_sheet("diffusion", [_padded(row) for row in rows])
    return found


def _vae(samples: int, watch: measures.Watch) -> dict[str, Any]:
    from genai_demo.vae import SPECS, codes

    models = {spec.key.split("/")[1]: load(spec) for spec in SPECS}
    real = measures.reference(samples // 10 * 10)
    found: dict[str, Any] = {}
    for name, model in watch(models.items(), "measure"):
        if model.config.kind != "vae":
            continue
        drawn = codes.draw(model, codes.normal(0, samples // 10 * 10, model.config.latent))
        part = {
            "samples": len(drawn),
            "seed": 0,
            **measures.distances(real, measures.features(drawn)),
            **{f"{title}_train": value for title, value in real.floor.items()},
        }
        add_to_card(weights(f"vae/{name}"), "quality", part)
        found |= {f"{name} {title}": part[title] for title in ("frechet", "density", "coverage")}
    _write_sheet("vae", _vae_rows({name: models[name] for name in SHOWN_VAES}))
    return found


def _vae_rows(models: Mapping[str, Autoencoder]) -> list[np.ndarray]:
    """Test pictures, what each model makes of them, then two rows of prior samples of each."""
    from genai_demo.vae import codes

    every = range(0, inputs.SAMPLES, inputs.SAMPLES // SHOWN)
    pictures = np.stack([inputs.sample_picture(i) for i in every][:SHOWN])
    again = [codes.draw(model, codes.encode(model, pictures)[0]) for model in models.values()]
    fresh = [codes.draw(model, codes.normal(0, 2 * SHOWN, model.config.latent)) for model in models.values()]
    return [pictures, *again, *fresh]


def _gan(samples: int, watch: measures.Watch) -> dict[str, Any]:
    from genai_demo.gan.quality import measure

    found, rows = measure(samples, watch)
    _write_sheet("gan", rows)
    return found


def _classifier(samples: int, watch: measures.Watch) -> dict[str, Any]:
    pictures, labels = fashion_mnist.load("test")
    right = measures.classes(pictures) == labels
    each = {name: round(float(right[labels == i].mean()), 4) for i, name in enumerate(fashion_mnist.CLASSES)}
    found = {"split": f"test, {len(labels)} pictures", "accuracy": round(float(right.mean()), 4), "by_class": each}
    add_to_card(weights(measures.JUDGE), "quality", found)
    return found


def _clip(samples: int, watch: measures.Watch) -> dict[str, Any]:
    """CLIP, which has its own numbers of pictures and captions."""
    from genai_demo.clip.quality import measure

    found, rows = measure(watch)
    _write_sheet("clip", rows)
    return found


def _lab(samples: int, watch: measures.Watch) -> dict[str, Any]:
    """The 2-D laboratory, which has its own number of points (lab_quality.SAMPLES)."""
    from genai_demo.quality.laboratory_table import measure

    return measure(watch)


def _decoder(samples: int, watch: measures.Watch) -> dict[str, Any]:
    """The two forms of the chat model against each other, on its own questions."""
    from genai_demo.decoder.quality import measure

    return measure(watch)


def _rag(samples: int, watch: measures.Watch) -> dict[str, Any]:
    """Retrieval, which has its own set of questions."""
    from genai_demo.rag.quality import measure

    return measure(watch)


def _padded(row: np.ndarray) -> np.ndarray:
    """A row of a sheet, filled up with black."""
    return np.concatenate([row, np.zeros((SHOWN - len(row), *row.shape[1:]), np.uint8)])


def _write_sheet(name: str, rows: list[np.ndarray]) -> Path:
    """genai_demo/<name>/samples.png: SHOWN pictures a row, each pixel drawn 2x2."""
    path = FOLDER / name / "samples.png"
    small = sheet(np.concatenate(rows), SHOWN)
    Image.fromarray(small.repeat(2, 0).repeat(2, 1)).save(path, optimize=True)
    return path


MEASURES: dict[str, Callable[[int, measures.Watch], dict[str, Any]]] = {
    "diffusion": _diffusion,
    "vae": _vae,
    "gan": _gan,
    "classifier": _classifier,
    "lab": _lab,
    "clip": _clip,
    "decoder": _decoder,
    "rag": _rag,
}


def _unwatched(items: Iterable[Any], text: str) -> Iterator[Any]:
    return iter(items)


def measure(name: str, samples: int = 2000, watch: measures.Watch = _unwatched) -> dict[str, Any]:
    """Measure an architecture, write it on its cards, into its README and its samples.png. -> what was found.

    samples: pictures to draw, 100 to 20000; unused where there is nothing to draw, or a number of its own ("lab").
    watch(items, text) passes items on and may show how far it is.
    Raises DemoError where the architecture has no measure, the README no place for the table, or data is missing.
    """
    if name not in MEASURES:
        raise DemoError(f"architecture is {shown(name)}; choose one of {', '.join(MEASURES)}")
    if not LEAST <= samples <= MOST:
        raise DemoError(f"samples is {samples}; choose {LEAST} to {MOST}")
    tables.check(name)
    found = MEASURES[name](samples, watch)
    tables.fill(name)
    return found
