"""The film on the overview: boots turn into bags."""

from __future__ import annotations

from PIL import Image

from genai_demo.core.frames import arrays
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.quality.posters import film

WALK = {"walks": 18, "steps": 24, "start_label": "ankle boot", "end_label": "bag", "other_seed": 5}


def poster() -> list[Image.Image]:
    """A frame a step of the walk."""
    return film((arrays(step)["drawn"] for step in run(Recipe("gan/walk", WALK, seed=4))), columns=6, times=3)
