"""The picture on the overview: nine scenes, and how near each is to each caption."""

from __future__ import annotations

import numpy as np
from PIL import Image

from genai_demo.core.frames import arrays, sheet
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.quality.posters import GROUND, SIZE

SCENES = ", ".join(f"world:{n}" for n in range(100, 109))
PALE, FULL = np.array([246, 248, 246]), np.array([0, 122, 90])  # no likeness, the most


def poster() -> list[Image.Image]:
    """Scenes on the left; on the right what each is to each caption, as shades."""
    *_, step = run(Recipe("clip/similarity", {"pictures": SCENES, "texts": "", "steps": 1}))
    cosines, scenes = arrays(step)["cosines"], arrays(step)["drawn"]
    shades = PALE + (cosines.clip(0, None) / cosines.max())[..., None] * (FULL - PALE)
    half = SIZE[1]
    side = half // len(cosines) * len(cosines)
    both = [
        Image.fromarray(sheet(scenes, 3)).resize((half, half), Image.Resampling.LANCZOS),
        Image.fromarray(shades.round().astype(np.uint8)).resize((side, side), Image.Resampling.NEAREST),
    ]
    drawn = Image.new("RGB", SIZE, GROUND)
    for k, picture in enumerate(both):
        drawn.paste(picture, (half * k + (half - picture.width) // 2, (half - picture.height) // 2))
    return [drawn]
