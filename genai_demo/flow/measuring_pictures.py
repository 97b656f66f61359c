"""Measures Glow and TarFlow on Fashion-MNIST: likelihoods, classes, samples, other pictures, and the VAE's bound."""

from __future__ import annotations

import functools
from typing import Any, get_args

import numpy as np
import torch

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import versions
from genai_demo.core.spec import find_spec, resolve
from genai_demo.data import fashion_mnist, others
from genai_demo.flow import TITLES, bounds
from genai_demo.flow.grey import LEVELS, dequantised
from genai_demo.flow.likelihood import costs
from genai_demo.flow.pictures import PictureFlow, all_classes, bits, log_prob, pixels
from genai_demo.flow.tarflow import SIDE
from genai_demo.quality import kept, measures, sheets
from genai_demo.quality.cards import Watch, card, weights, write

TEMPERATURES = (1.0, 0.7)  # what was learnt, and what the page shows
AGAIN, ROUNDED = 100, 0.02  # test pictures whose cost is taken again, and by how much it may differ: half precision
SORTED = 1000  # test pictures that are sorted into classes
BESIDE = 100  # pictures of each kind that are told apart by their likelihood
BOUNDED = 1000  # test pictures whose VAE's bound is taken, and what the flow knows of the same ones
DRAWS = (1, 64)  # codes of that bound
BATCH = 100


reference = functools.cache(measures.reference)  # several parts are measured against the same pictures
PARTS = ("likelihood", "other pictures", "beside a VAE", *TEMPERATURES)


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Write both cards and the sheet of samples. -> what was found. Ended on the way, it goes on where it was."""
    count = samples // 10 * 10
    asked = {"samples": count, "weights": {name: card(f"flow/{name}")["sha256"] for name in TITLES}}
    jobs = [(name, part) for name in TITLES for part in PARTS]
    numbers = kept.every(
        "flow-pictures", asked | {"versions": versions()}, jobs, lambda job: measured(*job, count), watch, "measure"
    )
    values: dict[str, dict[str, Any]] = {name: {} for name in TITLES}
    for (name, part), found in zip(jobs, numbers, strict=True):
        values[name] |= found["values"]
        if part == PARTS[2]:
            values[name] |= {"samples": count, "seed": 0}
    for name in TITLES:
        write(f"flow/{name}", values[name])
    sheets.write("flow", [np.array(found["row"], np.uint8) for found in numbers if "row" in found])
    return {f"{name} {title}": value for name in TITLES for title, value in values[name].items()}


def measured(name: str, part: str | float, count: int) -> dict[str, Any]:
    """One of PARTS of a flow: values of its card; of a temperature also `row`, the first pictures."""
    model = of_card(f"flow/{name}")
    if isinstance(part, float):
        return sampled(model, count, part)
    images, classes = fashion_mnist.load("test")
    if part == "likelihood":
        return {"values": likelihoods(model, images, classes)}
    if part == "other pictures":
        return {"values": told_apart(model, images[:BESIDE])}
    return {"values": beside_vae(model, images[:BOUNDED], classes[:BOUNDED])}


def sampled(model: PictureFlow, count: int, temperature: float) -> dict[str, Any]:
    """Distances of samples to real pictures and, where it is told the class, how often the judge sees that one."""
    drawn = draws(model, count, temperature)
    real = reference(count)
    found = measures.distances(real, measures.features(drawn))
    if model.classes:
        found["accuracy"] = round(measures.accuracy(drawn, np.arange(len(drawn)) % model.classes), 4)
    values = {f"{title}{at(temperature)}": value for title, value in found.items()}
    values |= {f"{title}_train": value for title, value in real.floor.items()}
    return {"values": values, "row": drawn[: sheets.SHOWN].tolist()}


def at(temperature: float) -> str:
    """What names on the card end in: nothing where samples have the spread that was learnt."""
    return "" if temperature == 1 else f"_at_{temperature:g}"


def of_card(key: str) -> PictureFlow:
    """A bundled flow of its own in float32."""
    model: PictureFlow = resolve(find_spec(key).build)(weights(key))
    return model.eval().requires_grad_(False)


@torch.inference_mode()
def likelihoods(model: PictureFlow, images: np.ndarray, classes: np.ndarray) -> dict[str, Any]:
    """Bits per dimension of all test pictures, told their class where the model knows classes, as they lie with the
    weights; those of the first AGAIN are computed again.

    round_trip: largest error of those, encoded and decoded, in greys, in single precision. Where the class can be told:
    of SORTED pictures, how often the likeliest class is right, and untold: how many more bits they cost untold.
    Raises DemoError where what lies with the weights is not what they give.
    """
    held = model.test.cost
    few, label = torch.from_numpy(images[:AGAIN].copy()), torch.from_numpy(classes[:AGAIN])
    x = dequantised(few, generator(0))
    apart = float((bits(log_prob(model, x, label)) - torch.from_numpy(held[:AGAIN])).abs().max())
    if len(held) != len(images) or apart > ROUNDED:
        raise DemoError(
            f"the costs with the weights differ by {apart:.3f} from what they give; train and ship them anew"
        )
    error = (model.decode(model.encode(x, label)[0], label) - x).abs().max() * LEVELS
    found = {
        "split": f"test, {len(held)} pictures",
        "bits_per_dimension": round(float(held.mean()), 4),
        "standard_error": round(float(held.std() / len(held) ** 0.5), 4),
        "round_trip": float(f"{float(error):.2g}"),
    }
    return found | (sorting(model, images[:SORTED], classes[:SORTED]) if model.classes else {})


def sorting(model: PictureFlow, images: np.ndarray, classes: np.ndarray) -> dict[str, Any]:
    """Accuracy of the likeliest class; bits per dimension that not being told the class costs."""
    random = generator(0)
    asked = [all_classes(model, dequantised(part, random)) for part in torch.from_numpy(images.copy()).split(BATCH)]
    every, label = torch.cat(asked), torch.from_numpy(classes)
    told, free = every.gather(1, label[:, None])[:, 0], every.logsumexp(1) - np.log(model.classes)
    return {
        "sorted": len(label),
        "sorting_accuracy": round(float((every.argmax(1) == label).float().mean()), 4),
        "untold": round(float((bits(free) - bits(told)).mean()), 5),
    }


@torch.inference_mode()
def told_apart(model: PictureFlow, known: np.ndarray) -> dict[str, Any]:
    """AUROC of each other kind of pictures by cost and by distance from the median; costs of flat pictures."""
    random = generator(1)
    usual = batched(model, known, random)
    middle = float(np.median(usual))
    found: dict[str, Any] = {"beside": len(known), "apart": {}}
    for kind in get_args(others.Others):
        strange = batched(model, others.load(kind, known, 0), random)
        found["apart"][kind] = {
            "bits": round(float(strange.mean()), 3),
            "by_cost": round(measures.auroc(usual, strange), 3),
            "by_distance": round(measures.auroc(np.abs(usual - middle), np.abs(strange - middle)), 3),
        }
    flat = batched(model, others.flats(), random)
    found["flat"] = {str(grey): round(float(cost), 3) for grey, cost in zip(others.FLATS, flat)}
    return found


def batched(model: PictureFlow, found: np.ndarray, random: torch.Generator) -> np.ndarray:
    """`costs` of many pictures."""
    return np.concatenate([costs(model, found[k : k + BATCH], random) for k in range(0, len(found), BATCH)])


@torch.inference_mode()
def beside_vae(model: PictureFlow, images: np.ndarray, classes: np.ndarray) -> dict[str, Any]:
    """Bits per dimension of the same dequantised pictures: the flow's, and at most by the VAE, its ELBO and with more
    codes."""
    vae, random = resolve(find_spec(bounds.VAE).build)(weights(bounds.VAE)), generator(2)
    known, found = [], []
    for part, label in zip(torch.from_numpy(images.copy()).split(BATCH), torch.from_numpy(classes).split(BATCH)):
        x = dequantised(part, random)
        known.append(bits(log_prob(model, x, label)))
        found.append(bounds.weights(vae, x, max(DRAWS), random))
    every = torch.cat(found)
    return {
        "bounded": len(images),
        "beside_vae": round(float(torch.cat(known).mean()), 4),
        "vae": {str(count): round(float(bits(bounds.bound(every[:, :count])).mean()), 4) for count in DRAWS},
    }


@torch.inference_mode()
def draws(model: PictureFlow, count: int, temperature: float) -> np.ndarray:
    """(count, 28, 28) uint8, the classes in turn where the model knows them."""
    z = temperature * torch.randn(count, 1, SIDE, SIDE, generator=generator(0))
    label = torch.arange(count) % max(1, model.classes)
    parts = zip(z.split(BATCH), label.split(BATCH))
    return np.concatenate([pixels(model.decode(a, y)) for a, y in parts])
