"""Faces made up by MobileStyleGAN (Belousov 2021): seeds and truncation, styles mixed by layer, a walk.

z (n, 512): a code from a standard Gaussian; w = mapping(z): its style; truncation psi: mean + psi (w - mean)
(Karras et al. 2019, appendix B); styles (layers, 512): a w for each layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import bars, curve, number, pictures, plane
from genai_demo.core.recipe import MAX_SEED
from genai_demo.gan.faces_options import FacesOptions, MixOptions, WalkOptions
from genai_demo.gan.openvino_faces import Faces

SMALL = 256  # side of the pictures that stand beside the large one
COARSE, MIDDLE = 8, 32  # sides of the maps up to which a layer counts as coarse, as middle (the paper's split)
EXTENT, CELLS = 3.0, 32  # of the plane in standard deviations; cells a side of the density on it
PLANE = "W along its two widest directions"


@dataclass(frozen=True, slots=True, eq=False)
class FaceStep:
    """One more face. face (1, size, size, 3); faces (count, 256, 256, 3): the newest of each seed, black before."""

    index: int
    total: int
    face: np.ndarray = pictures("face")
    faces: np.ndarray = pictures("all of them", columns=6)
    seed: int = number("seed", digits=10)
    truncation: float = number("truncation")
    distance: float = number("distance from the mean style")


def faces(model: Faces, options: FacesOptions, *, seed: int) -> Iterator[FaceStep]:
    """A face a frame; with a sweep every face at each truncation on the way from the mean face to the chosen one."""
    z = codes(model, seed, options.count)
    amounts = np.linspace(0, options.truncation, options.sweep).tolist() if options.sweep > 1 else [options.truncation]
    side = SMALL if options.count > 1 else options.size
    shown = np.zeros((options.count, side, side, 3), np.uint8)
    total = len(amounts) * options.count
    for at, amount in enumerate(amounts):
        w = model.codes(z, amount)
        for i in range(options.count):
            picture = model.draw(w[i])
            shown[i] = shrunk(picture, side)
            away = float((w[i] - model.mean).norm())
            yield FaceStep(
                at * options.count + i,
                total,
                shrunk(picture, options.size)[None],
                shown.copy(),
                next_seed(seed, i),
                amount,
                away,
            )


@dataclass(frozen=True, slots=True, eq=False)
class MixStep:
    """One mixture. mix (1, size, size, 3); classic (5, 256, 256, 3): A, B, then A with B's coarse, middle and fine
    styles, black before they are there. share (layers,): 1 where the layer's style is B's."""

    index: int
    total: int
    mix: np.ndarray = pictures("the mixture")
    classic: np.ndarray = pictures("A, B, then A with B's coarse, middle, fine", columns=5)
    share: np.ndarray = bars("layers with B's style", limit=1, note="From the first, coarsest layer to the last.")
    taken: str = number("from B")
    change: float | None = curve("difference from A", unit="grey levels", digits=2)


def mix(model: Faces, options: MixOptions, *, seed: int) -> Iterator[MixStep]:
    """A, B and the three mixtures of the paper; then from A on, layer by layer, the chosen ones taken from B."""
    a, b = model.codes(torch.cat([codes(model, seed, 1), codes(model, options.other_seed, 1)]), options.truncation)
    plan = [*classic(model.sides), *crossing(model.sides, options)]
    shown = np.zeros((5, SMALL, SMALL, 3), np.uint8)
    drawn: dict[frozenset[int], np.ndarray] = {}
    for at, (name, layers) in enumerate(plan):
        from_b = torch.tensor([[i in layers] for i in range(model.layers)])
        picture = drawn[layers] if layers in drawn else model.draw(torch.where(from_b, b, a))
        if at < len(shown):
            drawn[layers], shown[at] = picture, shrunk(picture, SMALL)
        share = np.array([float(i in layers) for i in range(model.layers)])
        yield MixStep(
            at,
            len(plan),
            shrunk(picture, options.size)[None],
            shown.copy(),
            share,
            name,
            apart(picture, drawn[NONE]) if at >= len(shown) else None,
        )


Plan = list[tuple[str, frozenset[int]]]
NONE: frozenset[int] = frozenset()


def classic(sides: tuple[int, ...]) -> Plan:
    """A, B, and B's coarse, middle and fine styles on A: what it is called, and the layers (from 0) taken from B."""
    sets = {
        "nothing: face A": NONE,
        "everything: face B": frozenset(range(len(sides))),
        f"coarse: to {COARSE} px": frozenset(i for i, side in enumerate(sides) if side <= COARSE),
        f"middle: to {MIDDLE} px": frozenset(i for i, side in enumerate(sides) if COARSE < side <= MIDDLE),
        f"fine: above {MIDDLE} px": frozenset(i for i, side in enumerate(sides) if side > MIDDLE),
    }
    return list(sets.items())


def crossing(sides: tuple[int, ...], options: MixOptions) -> Plan:
    """From nothing to the layers first..last of the options, one more at a time, or all of one size."""
    if options.first > len(sides):
        raise DemoError(f"first is {options.first}; this network has {len(sides)} layers, choose one of them")
    chosen = range(options.first - 1, min(options.last, len(sides)))
    steps = [[i] for i in chosen] if options.by == "layer" else [list(g) for _, g in groupby(chosen, sides.__getitem__)]
    plan: Plan = [("nothing: face A", NONE)]
    for step in steps:
        layers = plan[-1][1] | frozenset(step)
        plan.append((f"layers {options.first} to {step[-1] + 1}, {sides[step[-1]]} px", layers))
    return plan


@dataclass(frozen=True, slots=True, eq=False)
class WalkStep:
    """One picture on the way. face (1, size, size, 3); on the plane, in standard deviations of W:
    density (32, 32), in the first frame: how many of 4096 random codes have their style there; way (1, t, 2): the
    walk; at (1, 2): where it is."""

    index: int
    total: int
    face: np.ndarray = pictures("face")
    density: np.ndarray | None = plane(PLANE, "heat", limit=EXTENT)
    way: np.ndarray | None = plane(PLANE, "paths", limit=EXTENT)
    at: np.ndarray = plane(PLANE, "generated", limit=EXTENT, axes=("widest direction", "second widest"))
    change: float | None = curve("change from the picture before", unit="grey levels", digits=2)
    distance: float = curve("distance from the mean style")
    leg: str = number("between seeds")


def walk(model: Faces, options: WalkOptions, *, seed: int) -> Iterator[WalkStep]:
    """From face to face: straight lines between styles in W, or great arcs between codes in Z, mapped as they come."""
    z = codes(model, seed, options.stops)
    if options.loop:
        z = torch.cat([z, z[:1]])
    where = np.linspace(0, len(z) - 1, options.frames, endpoint=not options.loop)
    leg = np.minimum(where.astype(int), len(z) - 2)
    t = torch.from_numpy(where - leg).float()[:, None]
    if options.space == "w":
        w = model.codes(z, options.truncation)
        w = torch.lerp(w[leg], w[leg + 1], t)
    else:
        w = model.codes(arc(z[leg], z[leg + 1], t), options.truncation)
    flat = model.plane(w).clip(-EXTENT, EXTENT)
    way = np.concatenate([flat, flat[:1]]) if options.loop else flat
    crowd = density(model)
    before = None
    for i in range(options.frames):
        picture = model.draw(w[i])
        change = None if before is None else apart(picture, before)
        ends = [next_seed(seed, stop % options.stops) for stop in (leg[i], leg[i] + 1)]
        before = picture
        yield WalkStep(
            i,
            options.frames,
            shrunk(picture, options.size)[None],
            None if i else crowd,
            way[None],
            flat[i : i + 1],
            change,
            float((w[i] - model.mean).norm()),
            f"{ends[0]} and {ends[1]}",
        )


def density(model: Faces) -> np.ndarray:
    """(CELLS, CELLS): known styles in each cell of the plane, as a mean over the 3 x 3 around it; row 0 at the top."""
    edges = np.linspace(-EXTENT, EXTENT, CELLS + 1)
    x, y = model.plane(model.known).T
    count = np.pad(np.histogram2d(-y, x, bins=(edges, edges))[0], 1, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(count, (3, 3))
    found: np.ndarray = windows.mean((2, 3))
    return found


def arc(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Along the great arc from a to b (n, k) at t (n, 1), the length going evenly from one to the other."""
    length_a, length_b = a.norm(dim=1, keepdim=True), b.norm(dim=1, keepdim=True)
    a, b = a / length_a, b / length_b
    angle = (a * b).sum(1, keepdim=True).clamp(-1, 1).acos()
    straight = torch.lerp(a, b, t)
    turned = (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)
    return torch.where(angle < 1e-4, straight, turned) * torch.lerp(length_a, length_b, t)


def codes(model: Faces, seed: int, count: int) -> Tensor:
    """z (count, 512), each drawn from its own seed: `seed` and the next ones."""
    return torch.cat([torch.randn(1, model.latent, generator=generator(next_seed(seed, i))) for i in range(count)])


def next_seed(seed: int, i: int) -> int:
    """The seed i places on; after the last comes 0."""
    return (seed + i) % (MAX_SEED + 1)


def shrunk(picture: np.ndarray, side: int) -> np.ndarray:
    """(h, h, 3) uint8 -> (side, side, 3): means of squares where h is a multiple of side."""
    by = max(1, len(picture) // side)
    small = Image.fromarray(picture).reduce(by)
    return np.asarray(small if small.width == side else small.resize((side, side), Image.Resampling.BOX))


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Mean absolute difference of two pictures, seen at 256 pixels."""
    a, b = (shrunk(picture, SMALL).astype(np.int16) for picture in (one, other))
    return float(np.abs(a - b).mean())
