"""Run: two ways from one noise. Other words, other guidance, a word weighed or another sampler, from some step on."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, curve, number, pictures, prose, tokens
from genai_demo.diffusion.guide import rms, shown
from genai_demo.diffusion.samplers import SAMPLERS, Step
from genai_demo.text_to_image import reading
from genai_demo.text_to_image.autoencoder import as_pictures
from genai_demo.text_to_image.guide import Guide, features_of, noise_of
from genai_demo.text_to_image.options import ForkOptions
from genai_demo.text_to_image.reading import Prompt
from genai_demo.text_to_image.studio import Studio
from genai_demo.text_to_image.verdict import seen


@dataclass(frozen=True, slots=True, eq=False)
class ForkStep:
    """Both ways at one level; before the fork they are one. Previews, until the last frame is decoded."""

    index: int
    total: int
    a: np.ndarray = pictures("A", names="a_captions")
    b: np.ndarray = pictures("B", names="b_captions")
    a_words: tuple[Tok, ...] | None = tokens("A reads", keeps=True)
    b_words: tuple[Tok, ...] | None = tokens("B reads", keeps=True)
    said: str = prose("said of it", keeps=True)
    step: int = number("step", digits=0)
    sigma: float = number("noise left, sigma")
    evaluations: int = number("evaluations, both ways", digits=0)
    apart: float = curve("distance between the guesses")
    a_captions: tuple[str, ...] = ()
    b_captions: tuple[str, ...] = ()


@torch.inference_mode()
def fork(studio: Studio, options: ForkOptions, *, seed: int) -> Iterator[ForkStep]:
    """Both start from the same noise, and draw the same fresh noise where their sampler draws any.

    Raises DemoError where the fork lies past the last step, where a prompt has no known word, or B's has not `word`.
    """
    grid = studio.levels(options.steps)
    if options.fork > grid[0].steps:
        raise DemoError(f"fork is {options.fork}; this run has {grid[0].steps} steps, choose 0 to {grid[0].steps}")
    a, b = reading.asked(studio, options.prompt), reading.asked(studio, options.other_prompt or options.prompt)
    free = features_of(studio, reading.read(studio, options.negative_prompt))
    bias = reading.weights(b, options.word, options.weight)
    ask_a = Guide(studio, features_of(studio, a), free, options.guidance_scale, grid)
    ask_b = Guide(studio, features_of(studio, b), free, options.other_guidance, grid, bias=bias)
    names = (options.sampler, options.sampler if options.other_sampler == "as A" else options.other_sampler)
    noise = noise_of(studio, seed, options.samples)
    film = _Film(studio, (ask_a, ask_b), (a, b), grid[0].sigma, shown(grid[0].steps + 1))
    x = noise()
    step = Step(0, x, x, x, x)
    for step in itertools.islice(SAMPLERS[names[0]](ask_a, x, grid[0], noise), options.fork):
        yield from film.frames(step, step)
    before = step.x0 if options.fork else None
    ways = [
        SAMPLERS[name](ask, step.after, grid[0], each, begin=options.fork, before=before)
        for name, ask, each in zip(names, (ask_a, ask_b), (noise.copy(), noise.copy()))
    ]
    both = (step, step)
    for both in zip(*ways, strict=True):
        yield from film.frames(*both)
    yield film.end(*both)


class _Film:
    """Makes the frames of one run. asks, prompts: of A and B."""

    def __init__(
        self,
        studio: Studio,
        asks: tuple[Guide, Guide],
        prompts: tuple[Prompt, Prompt],
        sigma: tuple[float, ...],
        wanted: set[int],
    ) -> None:
        self.studio, self.asks, self.prompts, self.sigma, self.wanted = studio, asks, prompts, sigma, wanted
        self.index = 0

    def frames(self, a: Step, b: Step) -> Iterator[ForkStep]:
        """The frame of a step, if it is one of those shown."""
        if a.i in self.wanted:
            yield self._frame(self.studio.glance(a.x0), self.studio.glance(b.x0), a.i, rms(a.x0 - b.x0))

    def end(self, a: Step, b: Step) -> ForkStep:
        """The finished pictures and what the detector sees in them."""
        decoded = [self.studio.decode(step.after) for step in (a, b)]
        found = [seen(self.studio, " ".join(p.words), x) for p, x in zip(self.prompts, decoded)]
        said = " ".join(f"{name}: {one.said}" for name, one in zip("AB", found) if one.said)
        captions = found[0].captions, found[1].captions
        first, second = map(as_pictures, decoded)
        return self._frame(first, second, len(self.sigma) - 1, rms(a.after - b.after), said, captions)

    def _frame(
        self,
        a: np.ndarray,
        b: np.ndarray,
        i: int,
        apart: float,
        said: str = "",
        captions: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()),
    ) -> ForkStep:
        first = self.index == 0
        notices = [prompt.notice for prompt in dict.fromkeys(self.prompts) if prompt.notice]
        self.index += 1
        return ForkStep(
            self.index - 1,
            len(self.wanted),
            a,
            b,
            self.prompts[0].pieces if first else None,
            self.prompts[1].pieces if first else None,
            said or (" ".join(notices) if first else ""),
            i,
            self.sigma[i],
            sum(ask.evaluations for ask in self.asks),
            apart,
            captions[0],
            captions[1],
        )
