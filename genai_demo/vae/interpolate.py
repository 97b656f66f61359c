"""From one picture to another through latent space, along three paths at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genai_demo.core.frames import curve, number, pictures, plane, sheet
from genai_demo.inputs.pictures import decode_picture
from genai_demo.vae import codes, paths
from genai_demo.vae.drawing import ACROSS, CODE_AXES, LANE, UPWARDS
from genai_demo.vae.model import Autoencoder
from genai_demo.vae.options import InterpolateOptions

LENGTH, DISTANCE = "length of the code", "distance to the nearest test code"
STATIONS = 9  # pictures of each path in the overview


@dataclass(frozen=True, slots=True, eq=False)
class InterpolateStep:
    """One position on each path. straight, spherical, through_data (1, 28, 28); at (3, 2) in the plane.

    walked (1, 84, 28 * stations): straight, spherical, through the data, a row each, as far as they have come.
    """

    index: int
    total: int
    straight: np.ndarray = pictures("straight")
    spherical: np.ndarray = pictures("spherical")
    through_data: np.ndarray = pictures("through the data")
    walked: np.ndarray = pictures("so far: straight, spherical, through data")
    ends: np.ndarray = pictures("from, to")
    known: np.ndarray | None = plane(LANE, "real", limit=codes.PLANE)
    lines: np.ndarray | None = plane(LANE, "paths", limit=codes.PLANE)
    at: np.ndarray = plane(LANE, "generated", limit=codes.PLANE, axes=CODE_AXES)
    straight_length: float = curve("straight, length", unit="std. dev.", digits=2, chart=LENGTH)
    spherical_length: float = curve("spherical, length", unit="std. dev.", digits=2, chart=LENGTH)
    data_length: float = curve("through the data, length", unit="std. dev.", digits=2, chart=LENGTH)
    straight_distance: float = curve("straight, distance", unit="std. dev.", digits=2, chart=DISTANCE)
    spherical_distance: float = curve("spherical, distance", unit="std. dev.", digits=2, chart=DISTANCE)
    data_distance: float = curve("through the data, distance", unit="std. dev.", digits=2, chart=DISTANCE)
    across: int = number(ACROSS, digits=0)
    upwards: int = number(UPWARDS, digits=0)


def interpolate(model: Autoencoder, options: InterpolateOptions, *, seed: int) -> Iterator[InterpolateStep]:
    """Three ways from the mean of the first picture to that of the second; nothing is random.

    Codes are measured in standard deviations of what they follow, so a plain autoencoder's paths are comparable.
    """
    ends = np.stack([decode_picture(options.start), decode_picture(options.end)])
    flat = codes.plane(model)
    known = (codes.known(model).mean - flat.centre) / flat.scale
    a, b = (codes.encode(model, ends)[0] - flat.centre) / flat.scale
    n = options.steps
    ways = [paths.straight(a, b, n), paths.spherical(a, b, n), paths.through_data(a, b, known, n, options.neighbours)]
    z = np.stack(ways)  # (3, n, k), in standard deviations
    dims = [flat.first, flat.second]
    stations = np.unique(np.linspace(0, n - 1, STATIONS).round().astype(int))
    walked = np.zeros((3, len(stations), 28, 28), np.uint8)
    for i in range(n):
        decoded = codes.draw(model, flat.centre + flat.scale * z[:, i])
        length = np.linalg.norm(z[:, i], axis=1).tolist()
        distance = np.linalg.norm(z[:, i, None] - known, axis=2).min(1).tolist()
        walked[:, stations == i] = decoded[:, None]
        yield InterpolateStep(
            i,
            n,
            decoded[:1],
            decoded[1:2],
            decoded[2:],
            sheet(walked.reshape(-1, 28, 28), len(stations))[None],
            ends,
            known[:, dims] if i == 0 else None,
            z[:, :, dims],
            z[:, i, dims],
            length[0],
            length[1],
            length[2],
            distance[0],
            distance[1],
            distance[2],
            flat.first + 1,
            flat.second + 1,
        )
