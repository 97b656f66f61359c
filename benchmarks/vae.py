"""Decoding and interpolating through run(recipe), against the bare encoder and decoder."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks import Row, alternate, seconds
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.core.spec import find_spec
from genai_demo.inputs.pictures import decode_picture
from genai_demo.vae.model import Autoencoder

STEPS, REPEATS = 33, 20
DECODE = Recipe("vae/decode", {"x": 0.5, "y": -0.5}, model="vae/vae-2")
WALK = Recipe("vae/interpolate", {"start": "sample:93", "end": "sample:15", "steps": STEPS}, model="vae/vae-16")


def rows() -> list[Row]:
    """Seconds for 20 points one after another, and for 33 steps of three paths; median of seven, taken in turn."""
    small, large = load(find_spec("vae/vae-2")), load(find_spec("vae/vae-16"))
    decoded = alternate(lambda: [list(run(DECODE)) for _ in range(REPEATS)], lambda: bare_decode(small))
    walked = alternate(lambda: list(run(WALK)), lambda: bare_walk(large))
    return [
        seconds(f"vae: {REPEATS} points one by one, run(recipe); class and density besides", *decoded),
        seconds(f"vae: {STEPS} steps of three paths, run(recipe); route and distances besides", *walked),
    ]


@torch.inference_mode()
def bare_decode(model: Autoencoder) -> list[np.ndarray]:
    """The decoder alone, REPEATS times on one point: (28, 28) uint8 each."""
    weight = next(model.parameters())
    z = torch.tensor([[0.5, -0.5]], dtype=weight.dtype, device=weight.device)
    return [_picture(model.decode(z)) for _ in range(REPEATS)]


@torch.inference_mode()
def bare_walk(model: Autoencoder) -> list[np.ndarray]:
    """Both ends encoded, then three codes decoded a step, all three on the straight path: (3, 28, 28) uint8 each."""
    weight = next(model.parameters())
    ends = np.stack([decode_picture(WALK.options[name]) for name in ("start", "end")])
    a, b = model.encode(torch.from_numpy(ends / 255.0)[:, None].to(weight.device, weight.dtype))[0]
    return [_picture(model.decode(torch.lerp(a, b, i / (STEPS - 1)).expand(3, -1))) for i in range(STEPS)]


def _picture(brightness: torch.Tensor) -> np.ndarray:
    return brightness.float().mul(255).round().to(torch.uint8).cpu().numpy()[:, 0]
