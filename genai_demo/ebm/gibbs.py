"""Gibbs chains of restricted Boltzmann machines on pictures: free, held in part, by two trainings, in a stack.

v: pictures (n, 784) of 0 and 1; what is drawn of them are the probabilities that they came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import bars, curve, number, pictures
from genai_demo.core.load import load
from genai_demo.ebm.bundle import PIXELS, SIDE, Stack
from genai_demo.ebm.machine import Machine, drawn
from genai_demo.ebm.options import CompleteOptions, DriftOptions, RbmOptions, StackOptions
from genai_demo.inputs.pictures import SAMPLES, decode_picture, sample_picture

INK = 128  # grey value from which a pixel is on
FILTERS = 30  # hidden units whose weights are drawn, the ones that reach furthest
FREE = "free energy, nats"
CD, PCD = "ebm/rbm-cd", "ebm/rbm-pcd"


def binary(images: np.ndarray) -> Tensor:
    """Pictures (n, 28, 28) uint8 -> (n, 784) of 0 and 1."""
    return torch.from_numpy((images.reshape(-1, PIXELS) >= INK).astype(np.float32))


def bundled(count: int = SAMPLES) -> Tensor:
    """The bundled test pictures, a class after the other, (count, 784) of 0 and 1."""
    each = SAMPLES // 10
    turns = [label * each + i for i in range(each) for label in range(10)]
    return binary(np.stack([sample_picture(i) for i in turns[:count]]))


def grey(p: Tensor) -> np.ndarray:
    """Probabilities (n, 784) as pictures, (n, 28, 28) uint8."""
    found: np.ndarray = (255 * p.clamp(0, 1)).round().to(torch.uint8).reshape(-1, SIDE, SIDE).numpy()
    return found


def filters(machine: Machine, count: int = FILTERS) -> np.ndarray:
    """Weights of the hidden units that reach furthest, (count, 28, 28) uint8; grey 128 is 0, each by its largest."""
    most = machine.W.norm(dim=0).sort(descending=True, stable=True).indices[:count]
    w = machine.W[:, most].T
    return grey(0.5 + w / (2 * w.abs().amax(1, keepdim=True).clamp(min=1e-6)))


def frames_of(steps: int, frames: int) -> list[int]:
    """Steps that are shown: 0, then closer together at the beginning, and the last."""
    every = {round(steps * (i / (frames - 1)) ** 2) for i in range(frames)} if frames > 1 else {steps}
    return sorted(every | {0, steps})


@dataclass(frozen=True, slots=True, eq=False)
class GibbsStep:
    """The chains after `step` steps of Gibbs; pictures (n, 28, 28) of probabilities.

    hidden: share of the chains in which each of the hidden units that reach furthest is on. chain, data: mean free
    energy of the chains and of 100 test pictures. moved: pixels that changed in the last step, %.
    """

    index: int
    total: int
    made: np.ndarray = pictures("the chains")
    filters: np.ndarray = pictures("weights of hidden units")
    hidden: np.ndarray = bars("how often these hidden units are on", limit=1.0)
    step: int = number("step", digits=0)
    chain: float = curve("chains", digits=1, chart=FREE, against="step")
    data: float = curve("test pictures", digits=1, chart=FREE, against="step")
    moved: float = number("pixels that change in a step", unit="%", digits=1)


@torch.no_grad()
def rbm(model: Machine, options: RbmOptions, *, seed: int) -> Iterator[GibbsStep]:
    """Chains from noise or from test pictures, each layer drawn in turn (Hinton 2002)."""
    random = generator(seed)
    known = bundled()
    if options.start == "test pictures":
        v = known[: options.chains]
    else:
        v = drawn(torch.full((options.chains, PIXELS), 0.5), random)
    fixed, data = filters(model), float(model.free_energy(known).mean())
    most = model.W.norm(dim=0).sort(descending=True, stable=True).indices[:FILTERS]
    wanted = frames_of(options.steps, options.frames)
    p, before = v, v
    for step in range(options.steps + 1):
        if step:
            before = v
            v, p = model.gibbs(v, random)
        if step in wanted:
            yield GibbsStep(
                wanted.index(step),
                len(wanted),
                grey(p),
                fixed,
                model.hidden(v)[:, most].mean(0).numpy(),
                step,
                float(model.free_energy(v).mean()),
                data,
                100 * float((v != before).float().mean()),
            )


@dataclass(frozen=True, slots=True, eq=False)
class CompleteStep:
    """The chains after `step` steps, what was not painted over held; pictures (n, 28, 28).

    free: mean free energy of the completed pictures; whole: that of the given one. right: pixels of the hole that are
    as in the given picture, %.
    """

    index: int
    total: int
    given: np.ndarray = pictures("given, the hole in grey")
    made: np.ndarray = pictures("completed, a chain each")
    mean: np.ndarray = pictures("mean of the chains")
    step: int = number("step", digits=0)
    free: float = curve("completed", digits=1, chart=FREE, against="step")
    whole: float = curve("the given picture", digits=1, chart=FREE, against="step")
    right: float = curve("pixels of the hole as given", unit="%", digits=1, against="step")


@torch.no_grad()
def complete(model: Machine, options: CompleteOptions, *, seed: int) -> Iterator[CompleteStep]:
    """Gibbs with the known pixels held: the chain draws from p(hole | rest). Raises DemoError for bad pictures."""
    random = generator(seed)
    known = binary(decode_picture(options.picture)[None])
    hole = hole_of(options.mask)
    v = torch.where(hole, drawn(torch.full((options.chains, PIXELS), 0.5), random), known)
    whole, given = float(model.free_energy(known)), grey(torch.where(hole, 0.5, known))
    wanted = frames_of(options.steps, options.frames)
    p = v
    for step in range(options.steps + 1):
        if step:
            v, p = (torch.where(hole, part, known) for part in model.gibbs(v, random))
        if step in wanted:
            yield CompleteStep(
                wanted.index(step),
                len(wanted),
                given,
                grey(p),
                grey(p.mean(0, keepdim=True)),
                step,
                float(model.free_energy(v).mean()),
                whole,
                100 * float((v == known)[:, hole[0]].float().mean()),
            )


def hole_of(mask: str) -> Tensor:
    """(1, 784) of True where the picture is to be completed. Raises DemoError where nothing is."""
    if mask:
        hole = torch.from_numpy(decode_picture(mask) >= INK)
    else:
        hole = torch.zeros(SIDE, SIDE, dtype=torch.bool)
        hole[:, SIDE // 2 :] = True
    if not hole.any():
        raise DemoError("mask has no white pixel, so there is nothing to complete; paint, or leave it empty")
    return hole.reshape(1, -1)


@dataclass(frozen=True, slots=True, eq=False)
class DriftStep:
    """Two machines from the same test pictures after `step` steps; pictures (n, 28, 28).

    cd, pcd: mean free energy of the chains above that of the test pictures under the same machine, nats. Far below 0:
    the chain has found pictures that the machine holds likelier than any of the data.
    """

    index: int
    total: int
    start: np.ndarray = pictures("where both begin")
    by_cd: np.ndarray = pictures("trained by CD")
    by_pcd: np.ndarray = pictures("trained by PCD")
    step: int = number("step", digits=0)
    cd: float = curve("trained by CD", digits=1, chart="free energy above the data's", against="step")
    pcd: float = curve("trained by PCD", digits=1, chart="free energy above the data's", against="step")
    left_cd: float = curve("trained by CD", unit="%", digits=1, chart="pixels unlike the start", against="step")
    left_pcd: float = curve("trained by PCD", unit="%", digits=1, chart="pixels unlike the start", against="step")


@torch.no_grad()
def drift(options: DriftOptions, *, seed: int) -> Iterator[DriftStep]:
    """Both machines walk on from test pictures, with the same random numbers."""
    machines: list[Machine] = [load(CD), load(PCD)]
    start = bundled(options.chains)
    data = [float(machine.free_energy(bundled()).mean()) for machine in machines]
    walks = [[start, start] for _ in machines]
    streams = [generator(seed) for _ in machines]
    wanted = frames_of(options.steps, options.frames)
    for step in range(options.steps + 1):
        if step:
            walks = [list(m.gibbs(v, random)) for m, (v, _), random in zip(machines, walks, streams)]
        if step in wanted:
            above = [float(m.free_energy(v).mean()) - level for m, (v, _), level in zip(machines, walks, data)]
            left = [100 * float((v != start).float().mean()) for v, _ in walks]
            shown = [grey(p) for _, p in walks]
            where = wanted.index(step), len(wanted), grey(start)
            yield DriftStep(*where, shown[0], shown[1], step, above[0], above[1], left[0], left[1])


@dataclass(frozen=True, slots=True, eq=False)
class StackStep:
    """The upper machine after `step` steps, as pictures (n, 28, 28); hidden (n, 16, 16): its lower units.

    deepest (n, 8, 16): its upper units. free: mean free energy of the chains in the upper machine.
    """

    index: int
    total: int
    made: np.ndarray = pictures("pictures, one pass down")
    hidden: np.ndarray = pictures("the layer between, 256 units")
    deepest: np.ndarray = pictures("the top layer, 128 units")
    step: int = number("step", digits=0)
    free: float = curve("chains", digits=1, chart="free energy in the upper machine, nats", against="step")
    data: float = curve("test pictures", digits=1, chart="free energy in the upper machine, nats", against="step")


@torch.no_grad()
def stack(model: Stack, options: StackOptions, *, seed: int) -> Iterator[StackStep]:
    """Gibbs between the two upper layers, then once down (Hinton, Osindero & Teh 2006): a deep belief network."""
    random = generator(seed)
    known = model.up(bundled(), random)
    h = known[: options.chains]
    if options.start == "noise":
        h = drawn(torch.full(h.shape, 0.5), random)
    data = float(model.top.free_energy(known).mean())
    wanted = frames_of(options.steps, options.frames)
    for step in range(options.steps + 1):
        if step:
            h, _ = model.top.gibbs(h, random)
        if step in wanted:
            p = model.under.visible(h)
            between = _levels(h.reshape(len(h), 16, -1))
            deepest = _levels(model.top.hidden(h).reshape(len(h), 8, -1))
            free = float(model.top.free_energy(h).mean())
            yield StackStep(wanted.index(step), len(wanted), grey(p), between, deepest, step, free, data)


def _levels(p: Tensor) -> np.ndarray:
    """Probabilities as grey levels, uint8."""
    found: np.ndarray = (255 * p).round().to(torch.uint8).numpy()
    return found
