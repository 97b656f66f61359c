"""From one picture to another through the noise of a flow, beside the mixture of their pixels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import curve, number, pictures
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.flow.grey import dequantised
from genai_demo.flow.picture_options import BetweenOptions
from genai_demo.flow.pictures import PictureFlow, all_classes, bits, log_prob, pixels
from genai_demo.inputs.pictures import decode_picture

COST = "bits per dimension"


@dataclass(frozen=True, slots=True, eq=False)
class BetweenStep:
    """One place on each way, (1, 28, 28); walked (3 * steps, 28, 28): through noise, on a sphere, pixels, a row each.

    *_cost: bits per dimension of that picture. length: of the noise on the straight way, in units of what noise has.
    label: the class that TarFlow is told, the likeliest of both ends together.
    """

    index: int
    total: int
    straight: np.ndarray = pictures("straight")
    spherical: np.ndarray = pictures("on a sphere")
    mixed: np.ndarray = pictures("pixels mixed")
    ends: np.ndarray = pictures("from, to")
    straight_cost: float = curve("straight", unit="bits", digits=2, chart=COST)
    spherical_cost: float = curve("on a sphere", unit="bits", digits=2, chart=COST)
    mixed_cost: float = curve("pixels mixed", unit="bits", digits=2, chart=COST)
    length: float = curve("straight, length", unit="of noise", digits=2, chart="length of the noise")
    spherical_length: float = curve("on a sphere, length", unit="of noise", digits=2, chart="length of the noise")
    round_trip: float = number("round trip of the ends, largest error", unit="greys")
    label: str | None = number("told class")


@torch.inference_mode()
def between(model: PictureFlow, options: BetweenOptions, *, seed: int) -> Iterator[BetweenStep]:
    """Encode both, walk from noise to noise, decode every place; the ends come back as they were."""
    found = np.stack([decode_picture(options.start), decode_picture(options.end)])
    device = next(model.parameters()).device
    x = dequantised(torch.from_numpy(found), generator(seed)).to(device)
    told = int(all_classes(model, x).sum(0).argmax()) if model.classes else None
    n = options.steps

    def label(count: int) -> Tensor | None:
        return None if told is None else torch.full((count,), told, device=device)

    z, _ = model.encode(x, label(2))  # type: ignore[arg-type]
    at = torch.linspace(0, 1, n, device=device).view(n, 1, 1, 1)
    ways = torch.stack([torch.lerp(z[0], z[1], at), sphere(z[0], z[1], at)])  # (2, n, 1, 28, 28)
    decoded = model.decode(ways.flatten(0, 1), label(2 * n)).view_as(ways)  # type: ignore[arg-type]
    pixel = torch.lerp(x[0], x[1], at)
    three = torch.cat([decoded, pixel[None]]).clamp(max=1 - 2**-24)
    cost = bits(log_prob(model, three.flatten(0, 1), label(3 * n))).view(3, n).tolist()
    length = (ways.square().mean((2, 3, 4)).sqrt()).tolist()
    drawn = np.stack([pixels(way) for way in three])
    error = float(np.abs(drawn[0, [0, -1]].astype(int) - found).max())
    for i in range(n):
        yield BetweenStep(
            i,
            n,
            drawn[0, i : i + 1],
            drawn[1, i : i + 1],
            drawn[2, i : i + 1],
            found,
            cost[0][i],
            cost[1][i],
            cost[2][i],
            length[0][i],
            length[1][i],
            error,
            None if told is None else CLASSES[told],
        )


def sphere(a: Tensor, b: Tensor, at: Tensor) -> Tensor:
    """From a to b (...) along the arc between them (Shoemake 1985; White 2016); `at` (n, 1, ...) from 0 to 1."""
    cosine = (a * b).sum() / (a.norm() * b.norm()).clamp(min=1e-9)
    angle = cosine.clamp(-1, 1).acos()
    if angle < 1e-3:
        return torch.lerp(a, b, at)
    found: Tensor = ((1 - at) * angle).sin() / angle.sin() * a + (at * angle).sin() / angle.sin() * b
    return found
