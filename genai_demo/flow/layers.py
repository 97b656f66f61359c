"""Through a trained flow layer by layer: points and the grid as they move, and the ledger of one probed point."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.changes import segments
from genai_demo.core.device import generator
from genai_demo.core.frames import Tok, curve, number, plane, ranked
from genai_demo.core.rewound import KEPT_EVERY
from genai_demo.flow import learning
from genai_demo.flow.couplings import Flow, normal
from genai_demo.flow.drawing import density, held, lattice, ledger
from genai_demo.flow.options import LayersOptions, TrainedOptions
from genai_demo.flow.points import APART
from genai_demo.quality.laboratory import AXES, LIMIT, SHOWN

MOVING = 3.2  # limit of the lane in which points and grid move
TRAINING = 12  # frames of the training, at most
WAY, PLACE = "layer by layer", "density"
REACH = 1.5  # of the grid in the data's plane


@dataclass(frozen=True, slots=True, eq=False)
class LayerStep:
    """A moment on the way through the flow. Points (n, 2), grid (lines, t, 2), probe (1, 2), all on their way.

    While it trains, the way is whole: data as noise, or noise as data. factor: by how much the layer that is at work
    stretches the plane at the probe; least, most: the smallest and largest such factor of it at any moving point.
    rows: the log-determinants of the layers that are done, log |dz/dx| at the probe, whichever the way.
    """

    index: int
    total: int
    grid: np.ndarray = plane(WAY, "paths", limit=MOVING)
    moving: np.ndarray = plane(WAY, "generated", limit=MOVING, called="moving points", axes=AXES)
    probe: np.ndarray = plane(WAY, "other", limit=MOVING, called="the probed point")
    density: np.ndarray | None = plane(PLACE, "heat", limit=LIMIT)
    real: np.ndarray | None = plane(PLACE, "real", limit=LIMIT)
    at: np.ndarray = plane(PLACE, "other", limit=LIMIT, called="the probed point", axes=AXES)
    rows: tuple[Tok, ...] = ranked("the ledger of the probed point", unit="nats")
    phase: str = number("phase", phase=True)
    trained: int = number("training step", digits=0)
    layer: str = number("layer")
    factor: float | None = number("stretches the plane at the probe", unit="times")
    least: float | None = number("smallest factor of the layer")
    most: float | None = number("largest factor of the layer")
    log_p: float = curve("log p of the probe, so far", unit="nats")


def moments(steps: int) -> list[int]:
    """Training steps that are shown, TRAINING at most and the last: those whose states are kept, for a quick return."""
    every = KEPT_EVERY * -(-steps // (KEPT_EVERY * TRAINING))
    return [*range(every, steps, every), steps]


def trained(options: TrainedOptions, seed: int) -> Iterator[tuple[int, Flow]]:
    """(training step, the flow after it) for each of `moments`.

    Raises DemoError where the drawn points are none, or where the training runs away.
    """
    learnt, _, _ = learning.task(options, SHOWN, seed)
    line = learning.line(options, seed, learnt, segments(options), None, None)
    for step in moments(options.steps):
        learner = line.reach(step)
        if step == options.steps:
            line.keep(learner)
        yield step, learner.flow


def layers(options: LayersOptions, *, seed: int) -> Iterator[LayerStep]:
    """Train (or take what is known of that training), then go through the layers, `smooth` frames each."""
    _, kept, _ = learning.task(options, SHOWN, seed)
    backwards = options.way == "noise to data"
    at = torch.tensor([[options.x, options.y]])
    random = torch.randn(options.samples, 2, generator=generator(seed + APART))
    start = options.temperature * random if backwards else kept[: options.samples]
    fixed: dict[str, Any] = {"real": kept[:SHOWN].numpy(), "at": at.numpy()}
    whole = len(moments(options.steps))
    total = whole + (options.layers + 1) * options.smooth + 1
    for index, (step, flow) in enumerate(trained(options, seed)):
        yield _whole(flow, start, at, backwards, {**fixed, "index": index, "total": total, "trained": step})
    for moment, fields in enumerate(_through(flow, start, at, backwards, options.smooth)):
        place = {"index": whole + moment, "total": total, "trained": step, "phase": "layer by layer"}
        yield LayerStep(**{**fixed, "real": None, "density": None} | fields | place)


@torch.no_grad()
def _whole(flow: Flow, start: Tensor, at: Tensor, backwards: bool, fixed: dict[str, Any]) -> LayerStep:
    """All layers at once, as they are while it trains."""
    z, dets = flow.encode(at)
    grid = _grid(backwards)
    send = flow.decode if backwards else lambda x: flow.encode(x)[0]
    sent = send(torch.cat([start, grid.reshape(-1, 2)]))
    rows = ledger(dict(enumerate(dets[:, 0].tolist())), float(normal(z)))
    return LayerStep(
        grid=held(sent[len(start) :].reshape(grid.shape)),
        moving=held(sent[: len(start)]),
        probe=held(at if backwards else z),
        density=density(flow),
        rows=rows,
        phase="training",
        layer="all",
        factor=None,
        least=None,
        most=None,
        log_p=float(rows[-1].value or 0),
        **fixed,
    )


@torch.no_grad()
def _through(flow: Flow, start: Tensor, at: Tensor, backwards: bool, smooth: int) -> Iterator[dict[str, Any]]:
    """The fields of a frame for each part of the way, from where the points stand to where they end."""
    z, dets = flow.encode(at)
    noise = float(normal(z))
    grid = _grid(backwards)
    x = torch.cat([z if backwards else at, start, grid.reshape(-1, 2)])
    done: list[int] = []
    yield _moment(x, grid, "none yet", _rows(dets, done, noise, backwards), {})
    for k in reversed(range(flow.depth)) if backwards else range(flow.depth):
        after, log_det = flow.layer(k, x, inverse=backwards)
        done.append(k)
        factors = log_det[: 1 + len(start)].exp()
        said = {"factor": float(factors[0]), "least": float(factors.min()), "most": float(factors.max())}
        rows = _rows(dets, done, noise, backwards)
        name = f"{k} of {flow.depth - 1}" if k else "move and scale"
        for part in range(1, smooth + 1):
            yield _moment(torch.lerp(x, after, part / smooth), grid, name, rows, said)
        x = after


def _moment(x: Tensor, grid: Tensor, name: str, rows: tuple[Tok, ...], said: dict[str, Any]) -> dict[str, Any]:
    lines = grid.shape[0] * grid.shape[1]
    numbers = {"factor": None, "least": None, "most": None} | said
    return {
        "probe": held(x[:1]),
        "moving": held(x[1:-lines]),
        "grid": held(x[-lines:].reshape(grid.shape)),
        "layer": name,
        "rows": rows,
        "log_p": float(rows[-1].value or 0),
        **numbers,
    }


def _rows(dets: Tensor, done: list[int], noise: float, backwards: bool) -> tuple[Tok, ...]:
    """The ledger of the layers that are done; log N(z) is known from the start on the way back, else at the end."""
    known = noise if backwards or len(done) == len(dets) else None
    return ledger({k: float(dets[k, 0]) for k in sorted(done)}, known)


def _grid(backwards: bool) -> Tensor:
    """Straight lines where the way begins: an even lattice of noise, or a grid in the data's plane."""
    if backwards:
        return lattice()
    reach = lattice().abs().max()
    grid: Tensor = lattice() * (REACH / reach)
    return grid
