"""Run: a cascade, small picture first, beside latent diffusion, on the same prompt: what each costs and loses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import curve, number, pictures, prose
from genai_demo.diffusion.guide import Noise, shown
from genai_demo.diffusion.samplers import Step, ddim
from genai_demo.text_to_image import cascade, reading
from genai_demo.text_to_image.autoencoder import as_pictures
from genai_demo.text_to_image.cascade import Cascade, Enlarging
from genai_demo.text_to_image.guide import Guide, features_of
from genai_demo.text_to_image.options import CascadeOptions
from genai_demo.text_to_image.reading import Prompt
from genai_demo.text_to_image.verdict import NOTHING, Seen, seen

CHART = "multiplications of a picture"
BILLION = 1e9


@dataclass(frozen=True, slots=True, eq=False)
class CascadeStep:
    """A step of both, as long as the small picture comes; then of the network that enlarges it.

    plain: the small picture enlarged without a network. Costs: of one picture so far, each with its addition.
    """

    index: int
    total: int
    small: np.ndarray = pictures("cascade, 16 x 16 pixels", soft=True)
    large: np.ndarray | None = pictures("cascade, enlarged to 64 x 64", names="captions", soft=True)
    plain: np.ndarray | None = pictures("enlarged without a network", soft=True)
    latent: np.ndarray = pictures("latent diffusion", names="latent_captions")
    said: str = prose("said of it", keeps=True)
    network: str = number("network")
    at: int = number("step of it", digits=0)
    sigma: float = number("noise left, sigma")
    right: int | None = number("all as asked, cascade", unit="pictures", digits=0)
    latent_right: int | None = number("all as asked, latent diffusion", unit="pictures", digits=0)
    cascade_cost: float = curve("cascade", unit="billions", chart=CHART, digits=2)
    latent_cost: float = curve("latent diffusion", unit="billions", chart=CHART, digits=2)
    captions: tuple[str, ...] = ()
    latent_captions: tuple[str, ...] = ()


@torch.inference_mode()
def both(model: Cascade, options: CascadeOptions, *, seed: int) -> Iterator[CascadeStep]:
    """Their noise is of other shapes, so of other numbers. Raises DemoError where no word of the prompt is known."""
    prompt = reading.asked(model.latent, options.prompt)
    given = features_of(model.latent, prompt)
    free = features_of(model.latent, reading.read(model.latent, ""))
    nets = (model.base, model.latent)
    grid = model.base.levels(options.steps)
    asks = [Guide(net, given, free, options.guidance_scale, grid) for net in nets]
    noises = [Noise(seed, options.samples, net.shape, net.place[0]) for net in nets]
    film = _Film(model, prompt, (asks[0], asks[1]), (options.steps, options.enlarging))
    for step, beside in zip(*(ddim(ask, noise(), grid[0], noise) for ask, noise in zip(asks, noises)), strict=True):
        film.small, film.latent = step, beside
        yield from film.first(grid[0].sigma)
    more = Noise(seed + 1, options.samples, (cascade.LARGE[0] + 3, *cascade.LARGE[1:]), model.base.place[0])
    ask = model.enlarging(_roughened(film.small.after, more(), options.rough), given, options.rough, options.enlarging)
    film.judge()
    y = more()[:, : cascade.LARGE[0]]
    for step in ddim(ask, y, ask.grid, more):
        y = step.after
        yield from film.second(ask, step)
    yield film.end(ask, cascade.joined(y).clamp(-1, 1))


def _roughened(small: Tensor, noise: Tensor, rough: float) -> Tensor:
    """Small pictures, with some noise of a larger draw on them."""
    return small.clamp(-1, 1) + rough * noise[:, : small.shape[1], : cascade.SMALL, : cascade.SMALL]


class _Film:
    """Makes the frames of one run. asks: of the small picture and of latent diffusion; steps: of both networks."""

    small: Step
    latent: Step

    def __init__(self, model: Cascade, prompt: Prompt, asks: tuple[Guide, Guide], steps: tuple[int, int]) -> None:
        self.model, self.asks, self.words, self.notice = model, asks, " ".join(prompt.words), prompt.notice
        self.wanted, self.later = shown(steps[0]), shown(steps[1])
        self.index = 0
        self.found = NOTHING
        self.finished: np.ndarray | None = None

    def first(self, sigma: tuple[float, ...]) -> Iterator[CascadeStep]:
        """The frame of a step of both, if it is one of those shown."""
        i = self.small.i
        if i in self.wanted:
            yield self._frame("small picture", i, sigma[i], as_pictures(self.small.x0.clamp(-1, 1)))

    def judge(self) -> None:
        """Latent diffusion is done; its pictures stay as they are."""
        decoded = self.model.latent.decode(self.latent.after)
        self.finished, self.found = as_pictures(decoded), seen(self.model.latent, self.words, decoded)

    def second(self, ask: Enlarging, step: Step) -> Iterator[CascadeStep]:
        """The frame of a step of the network that enlarges, if it is one of those shown."""
        if step.i in self.later:
            large = as_pictures(cascade.joined(step.x0).clamp(-1, 1))
            yield self._frame("enlarging", step.i, ask.grid.sigma[step.i], self._done(), large, ask)

    def end(self, ask: Enlarging, large: Tensor) -> CascadeStep:
        """The finished pictures, with what the detector sees in them."""
        own = seen(self.model.latent, self.words, large)
        said = f"Cascade: {own.said} Latent diffusion: {self.found.said}" if own.said else ""
        return self._frame("enlarging", ask.grid.steps, 0.0, self._done(), as_pictures(large), ask, own, said)

    def _done(self) -> np.ndarray:
        return as_pictures(self.small.after.clamp(-1, 1))

    def _frame(
        self,
        network: str,
        step: int,
        sigma: float,
        small: np.ndarray,
        large: np.ndarray | None = None,
        ask: Enlarging | None = None,
        own: Seen | None = None,
        said: str = "",
    ) -> CascadeStep:
        costs, done = self.model.costs, self.small.after.clamp(-1, 1)
        latent = self.model.latent.glance(self.latent.x0) if self.finished is None else self.finished
        self.index += 1
        return CascadeStep(
            self.index - 1,
            len(self.wanted) + len(self.later) + 1,
            small,
            large,
            None if ask is None else as_pictures(cascade.enlarged(done)),
            latent,
            said or (self.notice if self.index == 1 else ""),
            network,
            step,
            sigma,
            own.right if own else None,
            self.found.right,
            (self.asks[0].evaluations * costs["base"] + (ask.evaluations * costs["enlarger"] if ask else 0)) / BILLION,
            (self.asks[1].evaluations * costs["latent"] + (costs["decoder"] if ask else 0)) / BILLION,
            own.captions if own else (),
            self.found.captions,
        )
