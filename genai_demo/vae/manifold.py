"""The whole latent plane, decoded on a grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genai_demo.core.frames import number, pictures, plane, sheet
from genai_demo.vae import codes
from genai_demo.vae.drawing import ACROSS, CODE_AXES, LANE, UPWARDS, grid_points
from genai_demo.vae.model import Autoencoder
from genai_demo.vae.options import ManifoldOptions


@dataclass(frozen=True, slots=True, eq=False)
class ManifoldStep:
    """One more row of the grid, from the top. grid (1, 28 * size, 28 * size), black where not yet decoded."""

    index: int
    total: int
    grid: np.ndarray = pictures("decoded plane")
    known: np.ndarray | None = plane(LANE, "real", limit=codes.PLANE)
    done: np.ndarray = plane(LANE, "generated", limit=codes.PLANE, axes=CODE_AXES)
    height: float = number("this row lies at", unit="std. dev.", digits=2)
    across: int = number(ACROSS, digits=0)
    upwards: int = number(UPWARDS, digits=0)


def manifold(model: Autoencoder, options: ManifoldOptions, *, seed: int) -> Iterator[ManifoldStep]:
    """Decodes an even grid of the plane row by row; y runs upwards, as in the plane. Nothing is random."""
    flat = codes.plane(model, options.first, options.second)
    at = grid_points(options.size, options.extent)  # (size * size, 2)
    grid = np.zeros((len(at), 28, 28), np.uint8)
    for row in range(options.size):
        part = slice(row * options.size, (row + 1) * options.size)
        grid[part] = codes.draw(model, flat.latent(at[part]))
        known = flat.flat(codes.known(model).mean) if row == 0 else None
        yield ManifoldStep(
            row,
            options.size,
            sheet(grid, options.size)[None],
            known,
            at[: part.stop],
            float(at[part.start, 1]),
            flat.first + 1,
            flat.second + 1,
        )
