"""A prompt drawn through run(recipe), with previews and maps and without, against the bare pipeline of diffusers."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline

from benchmarks import Row, alternate, seconds
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.text_to_image.studio import Studio

PROMPT, STEPS, SCALE = "a red house to the left of a yellow tree", 20, 3.0
RUN = "text_to_image/generate"
ASKED = {"prompt": PROMPT, "steps": STEPS, "guidance_scale": SCALE, "samples": 1}


def rows() -> list[Row]:
    """Seconds for one picture in 20 guided steps; medians, taken in turn."""
    pipe = bare(load("text_to_image/world"))

    def draw() -> None:
        pipe(PROMPT, num_inference_steps=STEPS, guidance_scale=SCALE, output_type="np")

    plain, theirs = alternate(lambda: list(run(Recipe(RUN, {**ASKED, "maps": False}))), draw)
    watched, again = alternate(lambda: list(run(Recipe(RUN, ASKED))), draw)
    what = f"text to picture: a picture in {STEPS} guided steps, run(recipe)"
    return [
        seconds(f"{what}, previews (at most 1.15)", plain, theirs),
        seconds(f"{what}, previews and maps of each word", watched, again),
    ]


def bare(studio: Studio) -> Any:
    """The same modules in the library's own pipeline, with the library's own attention."""
    scheduler = DDIMScheduler.from_config(studio.schedule)
    parts = (studio.vae, studio.text_encoder, studio.tokenizer, studio.unet, scheduler)
    pipe = StableDiffusionPipeline(*parts, None, None, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    torch.manual_seed(0)
    return pipe
