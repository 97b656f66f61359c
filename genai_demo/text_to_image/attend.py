"""Run: where words find themselves in a picture that is there already. Nothing is drawn: the network is only asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from genai_demo.core.frames import Tok, number, pictures, prose, tokens
from genai_demo.text_to_image import reading
from genai_demo.text_to_image.edit import given
from genai_demo.text_to_image.guide import Guide, features_of, heat, noise_of, word_maps
from genai_demo.text_to_image.options import AttendOptions
from genai_demo.text_to_image.studio import Studio


@dataclass(frozen=True, slots=True, eq=False)
class AttendStep:
    """One noise level, from much noise to little. mean: of this level and all before."""

    index: int
    total: int
    mean: np.ndarray = pictures("what each word looks at, so far", names="heads", soft=True)
    maps: np.ndarray = pictures("at this noise", names="heads", soft=True)
    noisy: np.ndarray = pictures("what the network sees")
    guess: np.ndarray = pictures("what it takes it for")
    original: np.ndarray = pictures("picture")
    words: tuple[Tok, ...] | None = tokens("prompt, as the model reads it", keeps=True)
    said: str = prose("said of it", keeps=True)
    sigma: float = number("noise on it, sigma")
    heads: tuple[str, ...] = ()


@torch.inference_mode()
def attend(studio: Studio, options: AttendOptions, *, seed: int) -> Iterator[AttendStep]:
    """The picture is noised to one level after another, with one noise, and the words' attention is read off.

    Raises DemoError where the picture is none, or none of the words is known.
    """
    prompt = reading.asked(studio, options.prompt or "a")
    pixels = given(studio, options.picture)
    grid = studio.levels(options.steps + 1)
    guide = Guide(studio, features_of(studio, prompt), features_of(studio, prompt), 1.0, grid, watch=True)
    z, noise = studio.encode(pixels[None]), noise_of(studio, seed, 1)()
    names = [word for word, _ in prompt.telling]
    total: torch.Tensor | None = None
    for i in range(options.steps):
        x = grid[0].alpha[i + 1] * z + grid[0].sigma[i + 1] * noise
        x0, _ = guide(x, grid[0].angle(i + 1))
        assert guide.maps is not None
        maps, shares = word_maps(guide.maps[0], [at for _, at in prompt.telling])
        total = maps if total is None else total + maps
        first = i == 0
        yield AttendStep(
            i,
            options.steps,
            heat(total / (i + 1), pixels),
            heat(maps, pixels),
            studio.glance(x),
            studio.glance(x0),
            pixels[None],
            prompt.pieces if first else None,
            prompt.notice if first else "",
            grid[0].sigma[i + 1],
            tuple(f"{word} {share:.0%}" for word, share in zip(names, shares)),
        )
