"""The guided question that a sampler asks of a studio, and what is seen beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from genai_demo.diffusion.guide import Noise
from genai_demo.diffusion.schedules import Grid
from genai_demo.text_to_image.attention import Watcher, Watching
from genai_demo.text_to_image.reading import Prompt
from genai_demo.text_to_image.studio import Noising, Studio

WHITE, HEAT = np.array([250, 250, 250]), np.array([213, 94, 0])  # of a map: where nothing is looked at, and where most


class Guide:
    """Classifier-free guidance (Ho & Salimans 2022): said = free + scale * (given - free).

    Calling it with (x, angle) gives (clean latents, noise). given, free: features of the prompt and of the negative
    one, (b or 1, words, width). With scale 1 the network is asked once, with 0 only about the negative prompt.
    bias: see reading.weights, for `given`. With `planes` both clean guesses of the last call are in `halves`; with
    `watch` its maps are in `maps`: (1 or 2, words, h, w), first those of `given`, for the first sample; also: features
    of further words to be watched.
    """

    always = False  # whether it watches without a prompt (scale 0) too

    def __init__(
        self,
        studio: Noising,
        given: Tensor,
        free: Tensor,
        scale: float,
        grid: tuple[Grid, Sequence[int]],
        *,
        bias: Tensor | None = None,
        watch: bool = False,
        also: Tensor | None = None,
        planes: bool = False,
    ) -> None:
        self.studio, self.given, self.free, self.scale = studio, given, free, scale
        self.times = {grid[0].angle(i): t for i, t in enumerate(grid[1])}
        self.bias, self.watch, self.also, self.planes = bias, watch, also, planes
        self.evaluations = 0
        self.halves: tuple[Tensor, Tensor] | None = None
        self.maps: Tensor | None = None

    def __call__(self, x: Tensor, angle: float) -> tuple[Tensor, Tensor]:
        if not self.planes and self.scale == 1:
            return self.studio.guess(x, self._ask(x, angle, self.given, self.bias), angle)
        if not self.planes and self.scale == 0:
            return self.studio.guess(x, self._ask(x, angle, self.free, None, watch=self.always), angle)
        features = torch.cat([part.expand(len(x), -1, -1) for part in (self.free, self.given)])
        bias = self.bias
        if bias is not None:
            bias = torch.cat([torch.zeros_like(bias).expand(len(x), -1, -1), bias.expand(len(x), -1, -1)])
        free, given = self._ask(torch.cat([x, x]), angle, features, bias, rows=[len(x), 0]).chunk(2)
        if self.planes:
            self.halves = self.studio.guess(x, given, angle)[0], self.studio.guess(x, free, angle)[0]
        return self.studio.guess(x, free + self.scale * (given - free), angle)

    def _ask(
        self,
        x: Tensor,
        angle: float,
        features: Tensor,
        bias: Tensor | None,
        *,
        rows: Sequence[int] = (0,),
        watch: bool = True,
    ) -> Tensor:
        self.evaluations += len(rows)
        watcher = self._watcher(list(rows)) if self.watch and watch and self.studio.attends else None
        if bias is not None:
            bias = bias.expand(len(x), -1, -1).to(x.device, features.dtype)
        features = features.expand(len(x), -1, -1)
        said = self.studio.velocity(x, self.times[angle], features, bias=bias, watcher=watcher)
        if watcher:
            self.maps = watcher.maps(x.shape[-1], x.shape[-2])
        return said

    def _watcher(self, rows: list[int]) -> Watching:
        return Watcher(rows, self.also)


def features_of(studio: Studio, prompt: Prompt) -> Tensor:
    """(1, words, width)."""
    return studio.features(prompt.ids)


def noise_of(studio: Noising, seed: int, samples: int) -> Noise:
    """Streams of noise of its shape; that of a sample does not depend on how many there are."""
    return Noise(seed, samples, studio.shape, studio.place[0])


def word_maps(maps: Tensor, places: Sequence[Sequence[int]]) -> tuple[Tensor, list[float]]:
    """Of one row's maps (words, h, w): a map for each word, the sum of its tokens' shares, and its mean share."""
    found = torch.stack([maps[list(at)].sum(0) for at in places]) if places else maps[:0]
    return found, [float(one.mean()) for one in found]


def heat(maps: Tensor, under: np.ndarray) -> np.ndarray:
    """Maps (k, h, w) over one picture (H, W, 3) uint8 -> (k, H, W, 3) uint8; each in the shades of its own range."""
    grey = (under @ np.array([0.299, 0.587, 0.114]) / 255)[..., None]
    size = under.shape[:2]
    low, high = maps.amin((1, 2), keepdim=True), maps.amax((1, 2), keepdim=True)
    share = (maps - low) / (high - low).clamp(min=1e-9)
    share = torch.nn.functional.interpolate(share[None], size, mode="bilinear", align_corners=False)[0]
    shade = WHITE + share.numpy()[..., None] * (HEAT - WHITE)
    return np.asarray(shade * (0.35 + 0.65 * grey)).round().astype(np.uint8)


def decibels(grid: Grid, i: int) -> float | None:
    """Signal to noise at level i; None where there is no noise."""
    return 20 * math.log10(grid.alpha[i] / grid.sigma[i]) if grid.sigma[i] else None
