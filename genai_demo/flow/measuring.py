"""Log-likelihood of held-out points by each kind of flow, and by the distribution that they are drawn from."""

from __future__ import annotations

import json
import math
from statistics import mean
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.cards import machine
from genai_demo.core.recipe import Recipe, versions
from genai_demo.core.run import find_run, run
from genai_demo.data import points as sets
from genai_demo.flow.quality import RESULTS
from genai_demo.quality import kept, laboratory
from genai_demo.quality.cards import Watch

SEEDS = (0, 1)
AFFINE_LAYERS = 8
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "splines": ("flow/points", {"kind": "spline"}),
    "affine": ("flow/points", {"kind": "affine", "layers": AFFINE_LAYERS}),
    "flow matching": ("flow/matching", {}),
}


def measure(watch: Watch) -> dict[str, Any]:
    """Train each kind on each data set with each seed, write RESULTS -> the means."""
    jobs = [(data, kind, seed) for data in sets.NAMES for kind in KINDS for seed in SEEDS]
    facts = {
        "kinds": list(KINDS),
        "affine_layers": AFFINE_LAYERS,
        "held": laboratory.HELD,
        "seeds": SEEDS,
        "device": machine(),
        "versions": versions(),
    }
    asked = {**facts, "options": {name: find_run(name).options().model_dump() for name, _ in KINDS.values()}}
    numbers = kept.every("flow-points", asked, jobs, lambda job: measured(*job), watch, "train flows")
    every = dict(zip(jobs, numbers, strict=True))
    scores: dict[str, Any] = {}
    for data in sets.NAMES:
        scores[data] = {"best": best(data)}
        for kind in KINDS:
            ran = [every[data, kind, seed] for seed in SEEDS]
            scores[data][kind] = {name: round(mean(one[name] for one in ran), 9) for name in ran[0]}
    RESULTS.write_text(json.dumps({**facts, "scores": scores}, indent=1) + "\n")
    return {f"{data}, {kind}": scores[data][kind] for data in scores for kind in KINDS}


def measured(data: str, kind: str, seed: int) -> dict[str, float]:
    """log_p in nats; round_trip, the largest error, of flows with layers."""
    name, options = KINDS[kind]
    *_, last = run(Recipe(name, {**options, "data": data}, seed))
    frame: Any = last
    if name == "flow/matching":
        return {"log_p": frame.log_p}
    return {"log_p": frame.held_out, "round_trip": 10**frame.round_trip}


def best(data: str) -> float | None:
    """Mean log p of the held-out points under their own distribution, over SEEDS; None where it has no formula."""
    if data == "checkerboard":
        return -math.log(sets.SQUARES**2 / 2 * (2 * sets.BOARD / sets.SQUARES) ** 2)
    centres = sets.modes(data)
    if centres is None:
        return None
    spread = sets.RING_SPREAD if data == "ring" else sets.GRID_SPREAD
    held = [laboratory.task(data, "", 1, seed)[1] for seed in SEEDS]
    return mean(float(mixture(x, centres, spread).mean()) for x in held)


def mixture(x: Tensor, centres: np.ndarray, spread: float) -> Tensor:
    """log p of (n, 2) points under equal Gaussians with one spread, (n,)."""
    squared = torch.cdist(x, torch.from_numpy(centres)).square()
    each = -squared / (2 * spread**2) - math.log(2 * math.pi * spread**2 * len(centres))
    return each.logsumexp(1)
