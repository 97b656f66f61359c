"""2-D points that a visitor draws, carried inside the recipe as text.

base64 of int8 pairs x, y in units of POINT_UNIT, so that -127..127 is about -1.5..1.5
"""

from __future__ import annotations

import base64

import numpy as np

from genai_demo.core.errors import DemoError
from genai_demo.inputs.base64_text import from_base64

MOST_POINTS = 512
POINT_UNIT = 1 / 84


def decode_points(text: str) -> np.ndarray:
    """The points a recipe carries, (n, 2) float32, n from 1 to 512. Raises DemoError where they are none."""
    if len(text) > 4 * (2 * MOST_POINTS + 3):  # far past the limit: not even read
        raise DemoError(f"points have {len(text)} characters; draw at most {MOST_POINTS} points")
    raw = np.frombuffer(from_base64(text, "points"), np.int8)
    if len(raw) == 0 or len(raw) % 2 or len(raw) > 2 * MOST_POINTS:
        raise DemoError(f"points has {len(raw)} coordinates; draw 1 to {MOST_POINTS} points of two coordinates each")
    return raw.reshape(-1, 2).astype(np.float32) * np.float32(POINT_UNIT)


def encode_points(points: np.ndarray) -> str:
    """(n, 2) numbers in about -1.5..1.5 -> base64; rounded to 1/84, clipped at the border."""
    if points.ndim != 2 or points.shape[1] != 2 or not 1 <= len(points) <= MOST_POINTS:
        raise DemoError(f"points have shape {points.shape}; draw 1 to {MOST_POINTS} points of two coordinates each")
    steps = (np.clip(np.nan_to_num(points), -2, 2) / POINT_UNIT).round().clip(-127, 127).astype(np.int8)
    return base64.b64encode(steps.tobytes()).decode()
