"""Run: the autoencoder alone. What it loses, what its channels hold, and what one of them does when it is turned up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import colours, curve, number, pictures
from genai_demo.diffusion.guide import rms
from genai_demo.text_to_image.autoencoder import as_input, as_pictures
from genai_demo.text_to_image.edit import given
from genai_demo.text_to_image.options import AutoencoderOptions
from genai_demo.text_to_image.studio import Studio

WORST = 0.25  # of a difference, where black to white is 2, that is drawn in the full colour


@dataclass(frozen=True, slots=True, eq=False)
class CodeStep:
    """A channel turned up so far. channels: each as a map of its own range, vermilion below 0, blue above."""

    index: int
    total: int
    turned: np.ndarray = pictures("decoded, the channel turned up")
    channels: np.ndarray = pictures("the latents' channels", names="names")
    original: np.ndarray = pictures("original")
    back: np.ndarray = pictures("there and back")
    lost: np.ndarray = pictures("what is lost")
    glance: np.ndarray = pictures("its latents as colours, not decoded")
    amount: float = number("turned up by", unit="deviations", digits=2)
    decibels: float = number("there and back", unit="dB", digits=1)
    numbers: int = number("numbers in the latents", digits=0)
    fewer: float = number("fewer than the picture has", unit="times", digits=3)
    moved: float = curve("change of the picture", unit="rms", against="amount")
    names: tuple[str, ...] = ()


@torch.inference_mode()
def autoencoder(studio: Studio, options: AutoencoderOptions, *, seed: int) -> Iterator[CodeStep]:
    """From the latents as they are to one channel raised by `amount`. Nothing is drawn at random.

    Raises DemoError where the picture is none or the model has no such channel.
    """
    channels = studio.shape[0]
    if options.channel > channels:
        raise DemoError(f"channel is {options.channel}; this model has {channels}, choose 1 to {channels}")
    pixels = given(studio, options.picture)
    z = studio.encode(pixels[None])
    x = as_input(pixels[None]).to(z.device)
    back = studio.decode(z)
    wrong = (back - x).div(2)
    still = as_pictures(back), shades((back - x).mean(1).cpu().numpy()), studio.glance(z)
    decibels = -10 * float(wrong.square().mean().clamp(min=1e-10).log10())
    names = tuple(f"channel {i + 1}{' ←' if i + 1 == options.channel else ''}" for i in range(channels))
    for index in range(options.steps + 1):
        amount = options.amount * index / options.steps
        raised = z.clone()
        raised[:, options.channel - 1] += amount
        turned = studio.decode(raised)
        maps = np.stack([colours(one) for one in raised[0].cpu().numpy()])
        yield CodeStep(
            index,
            options.steps + 1,
            as_pictures(turned),
            maps.repeat(studio.factor, 1).repeat(studio.factor, 2),
            pixels[None],
            *still,
            amount,
            decibels,
            z.numel(),
            x.numel() / z.numel(),
            rms(turned - back),
            names,
        )


def shades(difference: np.ndarray) -> np.ndarray:
    """(1, h, w) -> (1, h, w, 3): lighter than the original blue, darker vermilion; the full colour is WORST."""
    ends = np.pad(np.clip(difference[0], -WORST, WORST), ((0, 1), (0, 0)))
    ends[-1, 0], ends[-1, -1] = -WORST, WORST  # so that every picture has the same scale
    return colours(ends)[None, :-1]
