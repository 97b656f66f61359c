"""Run: a U-Net and a transformer (DiT, Peebles & Xie 2022) take off the same noise under the same prompt, side by side.

The third is the transformer as flow matching taught it (Lipman et al. 2022). It meets the same levels of noise: DDIM's
steps between them are Euler's along straight lines. Patches are counted row by row from 0; maps, patches and gates are
those of the first transformer, for the first picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import Tok, curve, number, pictures, prose, ranked
from genai_demo.diffusion.guide import rms, shown
from genai_demo.diffusion.samplers import Step, ddim
from genai_demo.diffusion.schedules import Grid
from genai_demo.text_to_image import patches, reading
from genai_demo.text_to_image.attention import Neighbours
from genai_demo.text_to_image.autoencoder import as_pictures
from genai_demo.text_to_image.guide import Guide, features_of, heat, noise_of
from genai_demo.text_to_image.options import DitOptions
from genai_demo.text_to_image.pair import Pair
from genai_demo.text_to_image.reading import Prompt
from genai_demo.text_to_image.verdict import NOTHING, Seen, seen

COST, GATES = "multiplications of a picture", "adaLN gates, mean size"
TURNED = "how far the guess of the picture moves in a step"
MARK = (0, 114, 178)  # around the patch that asks
THOUSAND, MILLION, BILLION = 1e3, 1e6, 1e9
NAMES = ("U-Net", "Transformer", "Flow matching")
ZOOM = 2  # pixels of a map along one of the picture


@dataclass(frozen=True, slots=True, eq=False)
class DitStep:
    """A step of all three; what each has stands in this order: U-Net, transformer, flow matching.

    Pictures are quick previews of latents until the last, decoded, ones.
    Costs: of one picture so far, each multiplication with its addition; gates: means over blocks, at this time;
    turned: how far the guess of the clean latents has moved since the step before, root of the mean square.
    """

    index: int
    total: int
    unet: np.ndarray = pictures("U-Net", names="unet_captions", soft=True)
    dit: np.ndarray = pictures("transformer", names="captions", soft=True)
    flow: np.ndarray = pictures("flow matching", names="flow_captions", soft=True)
    cut: np.ndarray = pictures("its patches", columns=8, pick=True, soft=True)
    look: np.ndarray = pictures("what one looks at", names="marked", soft=True)
    sizes: tuple[Tok, ...] = ranked("multiplications of a call, by patches of the latents", unit="millions")
    said: str = prose("said of it", keeps=True)
    step: int = number("step", digits=0)
    t: int = number("time t", digits=0)
    sigma: float = number("noise left, sigma")
    itself: float = number("the patch looks at itself", unit="%", digits=2)
    half: int = number("patches that get half of its attention", digits=0)
    dit_weights: float = number("parameters, transformer", unit="millions")
    unet_weights: float = number("parameters, U-Net", unit="millions")
    unet_learnt: float = number("learnt from, U-Net", unit="thousand latents", digits=0)
    learnt: float = number("learnt from, transformer", unit="thousand latents", digits=0)
    flow_learnt: float = number("learnt from, flow matching", unit="thousand latents", digits=0)
    unet_right: int | None = number("all as asked, U-Net", unit="pictures", digits=0)
    right: int | None = number("all as asked, transformer", unit="pictures", digits=0)
    flow_right: int | None = number("all as asked, flow matching", unit="pictures", digits=0)
    unet_turned: float | None = curve("U-Net", chart=TURNED, against="t")
    turned: float | None = curve("transformer", chart=TURNED, against="t")
    flow_turned: float | None = curve("flow matching", chart=TURNED, against="t")
    attention_gate: float = curve("gates of attention", chart=GATES, against="t")
    mlp_gate: float = curve("gates of the MLP", chart=GATES, against="t")
    dit_cost: float = curve("transformer", unit="billions", chart=COST, digits=2)
    unet_cost: float = curve("U-Net", unit="billions", chart=COST, digits=2)
    unet_captions: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()
    flow_captions: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()


@torch.inference_mode()
def dit(pair: Pair, options: DitOptions, *, seed: int) -> Iterator[DitStep]:
    """Frames are thinned; the computation is not. Raises DemoError where no word of the prompt is known."""
    prompt = reading.asked(pair.latent, options.prompt)
    given, free = features_of(pair.latent, prompt), features_of(pair.latent, reading.read(pair.latent, ""))
    grid = pair.latent.levels(options.steps)
    asks = (
        Guide(pair.latent, given, free, options.guidance_scale, grid),
        PatchGuide(pair.dit, given, free, options.guidance_scale, grid, block=options.block - 1),
        Guide(pair.straight, given, free, options.guidance_scale, grid),
    )
    noise = noise_of(pair.latent, seed, options.samples)
    x = noise()
    film = _Film(pair, prompt, options, asks, grid)
    for steps in zip(*(ddim(ask, x, grid[0], noise) for ask in asks), strict=True):
        yield from film.frame(steps)
    yield film.end()


class PatchGuide(Guide):
    """As a Guide, of a transformer; `maps`: how its patches look at each other (see Neighbours), with the prompt read.

    block: whose attention that is, counted from 0. Without a prompt (scale 0) they look at each other all the same.
    """

    always = True

    def __init__(self, *given: Any, block: int) -> None:
        super().__init__(*given, watch=True)
        self.block = block

    def _watcher(self, rows: list[int]) -> Neighbours:
        return Neighbours(rows[0], self.block)


class _Film:
    """Makes the frames of one run. asks: of U-Net, transformer, and transformer by flow matching; last: their steps."""

    last: tuple[Step, ...] = ()
    turned: tuple[float | None, float | None, float | None] = (None, None, None)

    def __init__(
        self,
        pair: Pair,
        prompt: Prompt,
        options: DitOptions,
        asks: tuple[Guide, PatchGuide, Guide],
        grid: tuple[Grid, list[int]],
    ) -> None:
        self.pair, self.prompt, self.options, self.asks, self.grid = pair, prompt, options, asks, grid
        self.wanted = shown(grid[0].steps)
        self.index = 0
        unet, own, flow = (count / THOUSAND for count in pair.learnt)
        self.learnt = (unet, own, flow)
        self.unet_weights, self.dit_weights = (
            sum(weight.numel() for weight in net.unet.parameters()) / MILLION for net in (pair.latent, pair.dit)
        )

    def frame(self, steps: tuple[Step, ...]) -> Iterator[DitStep]:
        """The frame of a step of all, if it is one of those shown."""
        if self.last:
            unet, own, flow = (rms(now.x0 - before.x0) for now, before in zip(steps, self.last, strict=True))
            self.turned = (unet, own, flow)
        self.last = steps
        i = steps[0].i
        if i in self.wanted:
            yield self._frame(i, self.grid[1][i], [self.pair.latent.glance(step.x0) for step in steps])

    def end(self) -> DitStep:
        """The finished pictures, decoded, with what the detector sees in them."""
        made = [self.pair.latent.decode(step.after) for step in self.last]
        words = " ".join(self.prompt.words)
        found = [seen(self.pair.latent, words, one) for one in made]
        self.turned = (None, None, None)
        return self._frame(self.grid[0].steps, 0, [as_pictures(one) for one in made], found)

    def _frame(self, step: int, t: int, made: list[np.ndarray], found: Sequence[Seen] = (NOTHING,) * 3) -> DitStep:
        place, side, maps = self.options.place, self.pair.dit.unet.grid, self.asks[1].maps
        assert maps is not None
        (unet, own, flow), (of_unet, of_own, of_flow) = made, found
        attention, mlp = patches.gates(self.pair.dit.unet, t).mean(0).tolist()
        said = " ".join(f"{name}: {one.said}" for name, one in zip(NAMES, found, strict=True) if one.said)
        self.index += 1
        return DitStep(
            self.index - 1,
            len(self.wanted) + 1,
            unet,
            own,
            flow,
            cut(own[0], side, place),
            looked(maps[place], own[0], side, place),
            self._sizes(),
            said or (self.prompt.notice if self.index == 1 else ""),
            step,
            t,
            self.grid[0].sigma[step],
            100 * float(maps[place, place]),
            halves(maps[place]),
            self.dit_weights,
            self.unet_weights,
            *self.learnt,
            of_unet.right,
            of_own.right,
            of_flow.right,
            *self.turned,
            attention,
            mlp,
            self.asks[1].evaluations * self.pair.costs["dit"] / BILLION,
            self.asks[0].evaluations * self.pair.costs["unet"] / BILLION,
            of_unet.captions,
            of_own.captions,
            of_flow.captions,
            (f"row {place // side + 1}, column {place % side + 1}",),
        )

    def _sizes(self) -> tuple[Tok, ...]:
        """A bar for each size of a patch, and one for the U-Net; the size that is drawn with is pointed out."""
        net = self.pair.dit.unet
        most = max(self.pair.by_size.values())
        rows = [
            (f"{(net.config.sample_size // size) ** 2} of {size} x {size}", cost, size == net.config.patch_size)
            for size, cost in self.pair.by_size.items()
        ]
        rows.append(("U-Net", self.pair.costs["unet"], False))
        return tuple(Tok(name, cost / most, "picked" if own else "", value=cost / MILLION) for name, cost, own in rows)


def cut(picture: np.ndarray, side: int, place: int) -> np.ndarray:
    """(h, w, 3) -> its side x side patches (side * side, h / side, w / side, 3), that of `place` with a frame."""
    high, wide = (length // side for length in picture.shape[:2])
    found = picture.reshape(side, high, side, wide, 3).swapaxes(1, 2).reshape(side * side, high, wide, 3).copy()
    found[place] = framed(found[place])
    return found


def looked(shares: Tensor, picture: np.ndarray, side: int, place: int) -> np.ndarray:
    """Shares of the patches (side * side,) as heat over a picture, ZOOM times as large: (1, ZOOM * h, ZOOM * w, 3).

    The patch at `place` has a frame.
    """
    picture = picture.repeat(ZOOM, 0).repeat(ZOOM, 1)
    high, wide = (length // side for length in picture.shape[:2])
    map_ = shares.view(side, side).repeat_interleave(high, 0).repeat_interleave(wide, 1)
    found = heat(map_[None], picture)
    y, x = place // side * high, place % side * wide
    found[0, y : y + high, x : x + wide] = framed(found[0, y : y + high, x : x + wide], ZOOM)
    return found


def framed(picture: np.ndarray, thick: int = 1) -> np.ndarray:
    """(h, w, 3) with so many of its outermost pixels in the colour of the mark."""
    found = np.empty_like(picture)
    found[:] = MARK
    inner = slice(thick, -thick)
    found[inner, inner] = picture[inner, inner]
    return found


def halves(shares: Tensor) -> int:
    """How many patches, those with most first, get half of the attention together."""
    return int((shares.sort(descending=True).values.cumsum(0) < 0.5).sum()) + 1
