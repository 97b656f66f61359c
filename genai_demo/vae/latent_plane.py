"""What a page draws while a visitor moves over the latent plane: the test codes behind, the picture at the cursor.

x, y: place on the plane, in standard deviations of what the codes follow (codes.Plane).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from genai_demo.vae import codes
from genai_demo.vae.model import Autoencoder
from genai_demo.vae.options import DecodeOptions


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """The test codes of one plane. points (n, 2) float32; labels (n,) int, indexing fashion_mnist.CLASSES.

    across, upwards: the two latent numbers, counted from 1; limit: the plane shows -limit to limit on both axes.
    """

    points: np.ndarray
    labels: np.ndarray
    across: int
    upwards: int
    limit: float


def decode_point(model: Autoencoder, x: float, y: float, first: int = 0, second: int = 0) -> np.ndarray:
    """The picture at a place, (28, 28) uint8: what the run vae/decode draws there.

    first, second: latent numbers counted from 1; 0 picks the most used ones. Raises DemoError where one is not to be
    had, or where x or y lies beyond what vae/decode allows.
    """
    options = DecodeOptions.parse({"x": x, "y": y, "first": first, "second": second})
    at = np.array([[options.x, options.y]], np.float32)
    return np.asarray(codes.draw(model, codes.plane(model, options.first, options.second).latent(at))[0])


def background(model: Autoencoder, first: int = 0, second: int = 0) -> Background:
    """The test codes as they lie in the plane. Raises DemoError as decode_point does."""
    flat, known = codes.plane(model, first, second), codes.known(model)
    points = flat.flat(known.mean).astype(np.float32)
    return Background(points, known.label, flat.first + 1, flat.second + 1, codes.PLANE)
