"""What the models do by now, half trained or finished, on one sheet: `python -m genai_demo.text_to_image.look OUT.png`.

The first two rows are scenes that no training saw and what comes back from the autoencoder; then, where the denoiser
has begun, come a row of prompts of each kind, which are printed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import sheet
from genai_demo.core.training import folder_of
from genai_demo.data.world import random_scene
from genai_demo.text_to_image import autoencoder, denoiser, detector, measuring, pipeline, train_autoencoder
from genai_demo.text_to_image.train_detector import accuracy

SHOWN = 12  # pictures in a row
JUDGED = 200  # scenes for the figures that are printed


def state(folder: Path, name: str) -> dict[str, Any]:
    """What the training of that name last saved, {} where it has not begun."""
    path = folder / f"{name}.pt"
    if not path.exists():
        return {}
    found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)["state"]
    return found


def rows(folder: Path) -> Iterator[tuple[dict[str, Any], list[np.ndarray]]]:
    """(what is printed, rows of pictures (SHOWN, 64, 64, 3) uint8) of each training that has begun."""
    if kept := state(folder, "autoencoder"):
        vae = autoencoder.empty()
        vae.load_state_dict(kept["average"])
        x = train_autoencoder.judged(SHOWN)
        with torch.inference_mode():
            back = vae.decode(vae.encode(x).latent_dist.mode()).sample
        said = {"autoencoder": kept["step"], "decibels": round(autoencoder.decibels(vae, x), 2)}
        yield said, [autoencoder.as_pictures(x), autoencoder.as_pictures(back)]
    if kept := state(folder, "detector"):
        judge = detector.empty()
        judge.load_state_dict(kept["model"])
        rng = np.random.default_rng(JUDGED)
        yield {"detector": kept["step"], **accuracy(judge, [random_scene(rng) for _ in range(JUDGED)])}, []
    if kept := state(folder, "denoiser"):
        parts = denoiser.empty()
        parts.load_state_dict(kept["average"])
        pipe = pipeline.assembled(folder, parts)
        asked = {name: measuring.prompts(new, SHOWN) for name, new in measuring.HALVES.items()}
        yield {"denoiser": kept["step"], **asked}, [pipeline.drawn(pipe, texts) for texts in asked.values()]


def main(out: Path) -> None:
    """Print what is known and write the sheet. Raises DemoError where no training has begun."""
    pictures: list[np.ndarray] = []
    for said, found in rows(folder_of("text_to_image")):
        print(json.dumps(said, indent=1))
        pictures += found
    if not pictures:
        raise DemoError("no training has begun; begin it: python -m genai_demo.text_to_image.train")
    Image.fromarray(sheet(np.concatenate(pictures), SHOWN)).save(out)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else "look.png"))
    except DemoError as error:
        sys.exit(str(error))
