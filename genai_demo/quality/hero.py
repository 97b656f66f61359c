"""The film that the front page opens on: points of noise on their way to a spiral, by the diffusion model's own run.

`python -m genai_demo poster` writes it to assets/images/hero.json, small enough to travel with the page: where each
point begins, then by how much it moves in each step.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np

from genai_demo.core.frames import arrays, numbers
from genai_demo.core.link import to_query
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.quality.posters import IMAGES

RECIPE = Recipe("diffusion/points", {"data": "spiral", "samples": 1000, "steps": 60}, seed=3)
UNIT = 0.01  # of the plane: places are whole multiples of it
FURTHEST = 127  # units in one step, what a byte holds
PATH = IMAGES / "hero.json"


def make() -> Path:
    """Run the recipe and write its sampling, noise first. -> the file's path."""
    frames = [frame for frame in run(RECIPE) if numbers(frame)["phase"] == "sampling"]
    places = np.stack([arrays(frame)["made"] for frame in frames])  # (frames, points, 2)
    steps = np.round(places / UNIT).astype(int)
    moves = np.diff(steps, axis=0)
    if np.abs(moves).max() > FURTHEST:
        raise ValueError(f"a point moves {np.abs(moves).max()} units in a step; a byte holds {FURTHEST}")
    kept = {
        "link": to_query(RECIPE),
        "unit": UNIT,
        "points": places.shape[1],
        "steps": len(moves),
        "first": base64.b64encode(steps[0].astype("<i2").tobytes()).decode(),
        "moves": base64.b64encode(moves.astype(np.int8).tobytes()).decode(),
    }
    PATH.write_text(json.dumps(kept, separators=(",", ":")))
    return PATH
