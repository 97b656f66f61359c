"""Run: from one prompt to another. The features of the words are mixed, or the noise is, or both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import Tok, number, pictures, prose, tokens
from genai_demo.diffusion.guide import shown
from genai_demo.diffusion.samplers import SAMPLERS, Step
from genai_demo.text_to_image import reading
from genai_demo.text_to_image.autoencoder import as_pictures
from genai_demo.text_to_image.guide import Guide, features_of, noise_of
from genai_demo.text_to_image.options import BlendOptions
from genai_demo.text_to_image.studio import Studio
from genai_demo.text_to_image.verdict import seen


@dataclass(frozen=True, slots=True, eq=False)
class BlendStep:
    """All pictures of the way at one level; the last frame is decoded."""

    index: int
    total: int
    picture: np.ndarray = pictures("from one to the other", names="captions")
    x: np.ndarray = pictures("noisy latents, as colours")
    words: tuple[Tok, ...] | None = tokens("the first reads", keeps=True)
    others: tuple[Tok, ...] | None = tokens("the last reads", keeps=True)
    said: str = prose("said of it", keeps=True)
    step: int = number("step", digits=0)
    sigma: float = number("noise left, sigma")
    evaluations: int = number("evaluations a picture", digits=0)
    captions: tuple[str, ...] = ()


@torch.inference_mode()
def blend(studio: Studio, options: BlendOptions, *, seed: int) -> Iterator[BlendStep]:
    """`samples` pictures whose prompt, or noise, lies evenly between two. Raises DemoError for unknown words alone."""
    grid = studio.levels(options.steps)
    prompts = reading.asked(studio, options.prompt), reading.asked(studio, options.other_prompt)
    share = torch.linspace(0, 1, options.samples, device=studio.place[0])
    first, last = (features_of(studio, prompt).float() for prompt in prompts)
    mixed = torch.lerp(first, last, share.view(-1, 1, 1)) if options.way != "noise" else first
    ends = noise_of(studio, seed, 2)()
    x = between(ends[:1], ends[1:], share.view(-1, 1, 1, 1)) if options.way != "words" else ends[:1]
    x = x.expand(options.samples, -1, -1, -1).contiguous()
    noise = noise_of(studio, seed + 1, options.samples)
    free = features_of(studio, reading.read(studio, options.negative_prompt))
    guide = Guide(studio, mixed.to(free.dtype), free, options.guidance_scale, grid)
    notice = " ".join(prompt.notice for prompt in dict.fromkeys(prompts) if prompt.notice)
    wanted, index = shown(grid[0].steps + 1), 0
    step: Step | None = None
    for step in SAMPLERS[options.sampler](guide, x, grid[0], noise):
        if step.i in wanted:
            yield BlendStep(
                index,
                len(wanted),
                studio.glance(step.x0),
                studio.glance(step.x),
                prompts[0].pieces if index == 0 else None,
                prompts[1].pieces if index == 0 else None,
                notice if index == 0 else "",
                step.i,
                grid[0].sigma[step.i],
                guide.evaluations,
            )
            index += 1
    assert step is not None
    decoded = studio.decode(step.after)
    picture, noisy, captions = as_pictures(decoded), studio.glance(step.after), seen(studio, "", decoded).captions
    asked = guide.evaluations
    yield BlendStep(index, len(wanted), picture, noisy, None, None, notice, grid[0].steps, 0.0, asked, captions)


def between(one: Tensor, other: Tensor, share: Tensor) -> Tensor:
    """On the great circle from one noise to another, so that what lies between is noise too (Shoemake 1985)."""
    cosine = torch.nn.functional.cosine_similarity(one.flatten(1), other.flatten(1)).clamp(-1, 1).view(-1, 1, 1, 1)
    angle = cosine.arccos()
    return (((1 - share) * angle).sin() * one + (share * angle).sin() * other) / angle.sin()
