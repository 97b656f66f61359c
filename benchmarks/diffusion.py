"""Sampling through run(recipe) and through a page's stream, against a bare loop with the scheduler of diffusers."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import torch
from diffusers import DDIMScheduler

from benchmarks import Row, alternate, seconds
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.core.spec import find_spec
from genai_demo.diffusion.model import NULL, Denoiser

SAMPLES, STEPS, SCALE = 16, 20, 3.0
RECIPE = Recipe("diffusion/denoise", {"samples": SAMPLES, "steps": STEPS, "guidance_scale": SCALE, "sampler": "ddim"})


def rows() -> list[Row]:
    """Seconds for 16 pictures in 20 DDIM steps, guidance in one doubled batch; median of seven, taken in turn."""
    from pages.parts.stream import FPS, stream

    model = load(find_spec("diffusion/fashion"))
    what = f"{SAMPLES} pictures, {STEPS} DDIM steps"
    ours, bare = alternate(lambda: list(run(RECIPE)), lambda: bare_loop(model))
    seeds = itertools.count(1)  # an equal run would come from memory
    streamed, bare_again = alternate(
        lambda: list(stream(dataclasses.replace(RECIPE, seed=next(seeds)))), lambda: bare_loop(model)
    )
    least = f"{STEPS / FPS:.2f} s is the least at {FPS} frames/s"
    return [
        seconds(f"diffusion: {what}, run(recipe) (at most 1.05)", ours, bare),
        seconds(f"diffusion: the same, streamed to a page; {least} (at most 1.25)", streamed, bare_again),
    ]


@torch.inference_mode()
def bare_loop(model: Denoiser) -> np.ndarray:
    """The same work with the library's own scheduler and nothing else: (16, 28, 28) uint8."""
    weight = next(model.parameters())
    scheduler = DDIMScheduler(
        beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction", timestep_spacing="trailing"
    )
    scheduler.set_timesteps(STEPS)
    label = torch.tensor([i % 10 for i in range(SAMPLES)] + [NULL] * SAMPLES, device=weight.device)
    x = torch.randn(SAMPLES, *model.shape, generator=torch.Generator().manual_seed(0)).to(weight.device)
    for t in scheduler.timesteps:
        abar = float(scheduler.alphas_cumprod[t])
        angle = torch.full((2 * SAMPLES,), math.atan2(math.sqrt(1 - abar), math.sqrt(abar)), device=weight.device)
        given, free = model(torch.cat([x, x]).to(weight.dtype), angle, label).float().chunk(2)
        x = scheduler.step(free + SCALE * (given - free), t, x, use_clipped_model_output=True).prev_sample
    return x.clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8).cpu().numpy()[:, 0]
