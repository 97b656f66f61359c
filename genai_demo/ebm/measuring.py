"""Measures the energy-based models: points by likelihood, machines by annealing, the stack by its bound, pictures."""

from __future__ import annotations

import json
import math
from typing import Any, get_args

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.cards import machine as computer
from genai_demo.core.device import generator, threads
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe, versions
from genai_demo.core.run import find_run, run
from genai_demo.data import fashion_mnist, others
from genai_demo.data import points as sets
from genai_demo.ebm.bundle import Stack
from genai_demo.ebm.machine import Estimate, Machine, annealed, drawn
from genai_demo.ebm.options import PicturesOptions
from genai_demo.ebm.pictures import slopes, walked
from genai_demo.ebm.pictures_model import PicturesEnergy, energies
from genai_demo.ebm.quality import METHODS, RESULTS
from genai_demo.ebm.train import learnt
from genai_demo.quality import kept, laboratory, measures, sheets
from genai_demo.quality.cards import Watch, card, write

SEED = 0
TEMPERATURES, RUNS = 2000, 100  # of annealed importance sampling
MODELS = ("rbm-cd", "rbm-pcd", "dbn", "pictures")
TOLD = 1000  # pictures of each kind that are told apart


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Points with each method, each machine, the stack, the pictures -> what was found; cards and RESULTS.

    Ended on the way, it goes on where it was.
    """
    asked = {"samples": samples // 10 * 10, "versions": versions()}
    asked |= {"weights": {name: card(f"ebm/{name}")["sha256"] for name in MODELS}}
    asked |= {"options": find_run("ebm/points").options().model_dump()}
    points = [(data, method) for data in sets.NAMES for method in METHODS.values()]
    jobs = [*points, *((name, "") for name in MODELS)]
    numbers = kept.every("ebm", asked, jobs, lambda job: measured(*job, samples // 10 * 10), watch)
    found = of_points(dict(zip(points, numbers, strict=False)))
    for name, part in zip(MODELS, numbers[len(points) :], strict=True):
        rows = part.pop("rows", None)
        if rows:
            sheets.write("ebm", [np.array(row, np.uint8) for row in rows])
        write(f"ebm/{name}", part)
        found |= {f"{name} {title}": value for title, value in part.items()}
    return found


def measured(name: str, method: str, count: int) -> Any:
    """Log-likelihood of a data set learnt by a method, nats; or, where none is given, what is told of a model."""
    if method:
        *_, last = run(Recipe("ebm/points", {"data": name, "method": method}, SEED))
        return round(last.held_out, 3)  # type: ignore[attr-defined]
    images = {split: fashion_mnist.load(split)[0] for split in ("train", "test")}
    with threads(1):
        if name == "pictures":
            return of_pictures(load("ebm/pictures"), count, images["test"])
        return (of_stack if name == "dbn" else of_machine)(load(f"ebm/{name}"), images)


def of_points(numbers: dict[tuple[str, str], float]) -> dict[str, Any]:
    """Mean log p of held-out points, nats, of each data set and method, written into RESULTS."""
    scores = {data: {name: numbers[data, method] for name, method in METHODS.items()} for data in sets.NAMES}
    facts = {"held": laboratory.HELD, "seed": SEED, "device": computer(), "versions": versions()}
    RESULTS.write_text(json.dumps({**facts, "scores": scores}, indent=1) + "\n")
    return {f"points {data}, {name}": value for data, part in scores.items() for name, value in part.items()}


def log_sum(model: Machine, data: Tensor) -> Estimate:
    """log Z by annealing from independent units as often on as in data (n, visible)."""
    return annealed(model, data.float().mean(0), TEMPERATURES, RUNS, generator(0))


@torch.no_grad()
def of_machine(model: Machine, images: dict[str, np.ndarray]) -> dict[str, Any]:
    """Mean log-likelihood in nats of pictures that are on or off, by the estimate of log Z, and its standard error.

    independent_nats: of independent pixels; reconstruction: pixels that one pass up and down gets wrong, %.
    """
    data = {split: learnt("rbm", torch.from_numpy(found.copy()).flatten(1)) for split, found in images.items()}
    estimate = log_sum(model, data["train"])
    test = data["test"].float()
    rate = data["train"].float().mean(0).clamp(1e-4, 1 - 1e-4)
    independent = test @ rate.log() + (1 - test) @ (1 - rate).log()
    back = model.visible(model.hidden(test)) > 0.5
    return {
        "log_z": round(estimate.log_z, 2),
        "log_z_error": round(estimate.error, 2),
        "temperatures": TEMPERATURES,
        "runs": RUNS,
        "test_nats": round(-float(model.free_energy(test).mean()) - estimate.log_z, 2),
        "train_nats": round(-float(model.free_energy(data["train"][:10_000].float()).mean()) - estimate.log_z, 2),
        "independent_nats": round(float(independent.mean()), 2),
        "reconstruction": round(100 * float((back != (test > 0.5)).float().mean()), 2),
    }


@torch.no_grad()
def of_stack(model: Stack, images: dict[str, np.ndarray]) -> dict[str, Any]:
    """The variational bound on the test pictures' log-likelihood, nats (Salakhutdinov & Murray 2008, section 3).

    E_q[log p(v | h) + log p(h)] + H(q), q being the lower machine's p(h | v), one draw a picture.
    """
    random = generator(0)
    data = {split: learnt("rbm", torch.from_numpy(found.copy()).flatten(1)) for split, found in images.items()}
    test = data["test"].float()
    estimate = log_sum(model.top, model.up(data["train"][:10_000].float(), random))
    q = model.under.hidden(test)
    h = drawn(q, random)
    p = model.under.visible(h).clamp(1e-7, 1 - 1e-7)
    down = (test * p.log() + (1 - test) * (1 - p).log()).sum(1)
    sure = q.clamp(1e-7, 1 - 1e-7)
    entropy = -(sure * sure.log() + (1 - sure) * (1 - sure).log()).sum(1)
    bound = down - model.top.free_energy(h) - estimate.log_z + entropy
    return {
        "log_z_top": round(estimate.log_z, 2),
        "log_z_error": round(estimate.error, 2),
        "test_bound_nats": round(float(bound.mean()), 2),
    }


def of_pictures(model: PicturesEnergy, count: int, test: np.ndarray) -> dict[str, Any]:
    """Samples of the run's default options against real pictures; how well strange ones are told; `rows` of them."""
    options = PicturesOptions.parse({"chains": 50})
    made = np.concatenate([list(walked(model, options, seed=k))[-1].made for k in range(math.ceil(count / 50))])[:count]
    real, known = measures.reference(count), test[:TOLD]
    usual, flat = energies(model, known).numpy(), slopes(model, known)
    apart = {}
    for kind in get_args(others.Others):
        strange = others.load(kind, known, 0)
        apart[kind] = {
            "by_energy": round(measures.auroc(usual, energies(model, strange).numpy()), 3),
            "by_slope": round(measures.auroc(flat, slopes(model, strange)), 3),
        }
    return {
        "rows": [made[k : k + sheets.SHOWN].tolist() for k in range(0, 4 * sheets.SHOWN, sheets.SHOWN)],
        "samples": count,
        "seed": 0,
        "steps": options.steps,
        **measures.distances(real, measures.features(made)),
        **{f"{name}_train": value for name, value in real.floor.items()},
        "told": TOLD,
        "apart": apart,
    }
