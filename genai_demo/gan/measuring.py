"""Measures the shipped GANs: pictures from nothing, and pictures made of pictures, against real ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from genai_demo.core.device import generator
from genai_demo.core.spec import find_spec, resolve
from genai_demo.data import fashion_mnist
from genai_demo.gan.drawing import draw, labels_of, to_pictures, truncated
from genai_demo.gan.edges import edges
from genai_demo.gan.grow import LATENT
from genai_demo.gan.train_fashion import scaled
from genai_demo.gan.train_translate import BOOT, SNEAKER
from genai_demo.quality import measures, sheets
from genai_demo.quality.cards import Watch, weights, write

TRUNCATIONS = (2.0, 4.0)  # the default, and hardly any
BATCH = 250


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Write the cards and the sheet. -> what was found."""
    found: dict[str, Any] = {}
    rows: list[np.ndarray] = []
    parts = {"fashion": _fashion, "grown": _grown, "pix2pix": _pix2pix, "cyclegan": _cyclegan}
    for name, part in watch(parts.items(), "measure"):
        values, pictures = part(samples // 10 * 10)
        write(f"gan/{name}", values)
        found |= {f"{name} {title}": value for title, value in values.items()}
        rows += pictures
    sheets.write("gan", rows)
    return found


def _float32(key: str) -> Any:
    """A bundled model of its own in float32, whatever precision the pages run in."""
    return resolve(find_spec(key).build)(weights(key)).eval().requires_grad_(False)


def _fashion(samples: int) -> tuple[dict[str, Any], list[np.ndarray]]:
    """As many pictures of each class, at both truncations; accuracy, Frechet distance, coverage, memorisation."""
    model, real = _float32("gan/fashion"), measures.reference(samples)
    uniform = torch.rand(samples, model.config.latent, generator=generator(0), dtype=torch.float64)
    labels = labels_of("each class", samples)
    found: dict[str, Any] = {"samples": samples, "seed": 0}
    for limit in TRUNCATIONS:
        z = truncated(uniform, limit)
        pictures = np.concatenate(
            [draw(model.generator, a, y) for a, y in zip(z.split(BATCH), labels.split(BATCH), strict=True)]
        )
        part = {
            "accuracy": round(measures.accuracy(pictures, labels.numpy()), 4),
            **measures.distances(real, measures.features(pictures)),
        }
        found |= {f"{name}_at_{limit:g}": value for name, value in part.items()}
        if limit == TRUNCATIONS[0]:
            found |= measures.memorised(real, pictures)
            rows = [pictures[labels.numpy() == label][: sheets.SHOWN] for label in range(len(fashion_mnist.CLASSES))]
    found["accuracy_test"] = round(measures.accuracy(*fashion_mnist.load("test")), 4)
    return found | {f"{name}_train": value for name, value in real.floor.items()}, rows


def _grown(samples: int) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Pictures without a class; modes: how many classes the judge sees in at least one of a hundred of them."""
    model, real = _float32("gan/grown"), measures.reference(samples)
    z = torch.randn(samples, LATENT, generator=generator(0))
    with torch.inference_mode():
        pictures = np.concatenate([to_pictures(model(part)) for part in z.split(BATCH)])
    seen = np.bincount(measures.classes(pictures), minlength=len(fashion_mnist.CLASSES))
    found = {
        "samples": samples,
        "seed": 0,
        "modes": int((seen >= samples / 100).sum()),
        **measures.distances(real, measures.features(pictures)),
        **{f"{name}_train": value for name, value in real.floor.items()},
    }
    return found, [pictures[: sheets.SHOWN]]


def _pix2pix(samples: int) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Test pictures from the lines found in them: mean absolute error, and whether the class can still be seen."""
    model = _float32("gan/pix2pix")
    pictures, labels = (part[:samples] for part in fashion_mnist.load("test"))
    lines = edges(torch.from_numpy(pictures.copy()))
    made = np.concatenate(list(_each(lambda x: model(x, generator(0)), lines.numpy())))
    found = {
        "split": f"test, {samples} pictures",
        "error": _error(made, pictures),
        "accuracy": round(measures.accuracy(made, labels), 4),
        "accuracy_test": round(measures.accuracy(pictures, labels), 4),
    }
    return found, [lines[: sheets.SHOWN].numpy(), made[: sheets.SHOWN]]


def _cyclegan(samples: int) -> tuple[dict[str, Any], list[np.ndarray]]:
    """All test pictures of both classes: share that the judge sees as the other class, and the cycle's error."""
    model = _float32("gan/cyclegan")
    pictures, labels = fashion_mnist.load("test")
    found: dict[str, Any] = {"split": "test, 1000 pictures of either class"}
    rows = []
    ways = {
        "sneaker_to_boot": (SNEAKER, BOOT, model.ab, model.ba),
        "boot_to_sneaker": (BOOT, SNEAKER, model.ba, model.ab),
    }
    for way, (source, target, there_by, back_by) in ways.items():
        given, wanted = pictures[labels == source], pictures[labels == target]
        there = np.concatenate(list(_each(there_by, given)))
        back = np.concatenate(list(_each(back_by, there)))
        found |= {
            way: round(float((measures.classes(there) == target).mean()), 4),
            f"{way}_cycle_error": _error(back, given),
            f"{way}_frechet": round(measures.frechet(measures.features(wanted), measures.features(there)), 2),
            f"{way}_frechet_before": round(measures.frechet(measures.features(wanted), measures.features(given)), 2),
        }
        rows += [given[: sheets.SHOWN], there[: sheets.SHOWN], back[: sheets.SHOWN]]
    return found, rows


@torch.inference_mode()
def _each(model: Any, pictures: np.ndarray) -> Iterator[np.ndarray]:
    for part in np.array_split(pictures, max(1, len(pictures) // BATCH)):
        yield to_pictures(model(scaled(torch.from_numpy(part.copy()))))


def _error(made: np.ndarray, pictures: np.ndarray) -> float:
    """Mean absolute difference, grey levels of 255."""
    return round(float(np.abs(made.astype(float) - pictures).mean()), 2)
