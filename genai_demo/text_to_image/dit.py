"""Run: a U-Net and a transformer (DiT, Peebles & Xie 2022) take off the same noise under the same prompt, side by side.

Patches are counted row by row from 0; maps, patches and gates are those of the transformer, for the first picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import Tok, curve, number, pictures, prose, ranked
from genai_demo.diffusion.guide import shown
from genai_demo.diffusion.samplers import Step, ddim
from genai_demo.diffusion.schedules import Grid
from genai_demo.text_to_image import patches, reading
from genai_demo.text_to_image.attention import Neighbours
from genai_demo.text_to_image.autoencoder import as_pictures
from genai_demo.text_to_image.guide import Guide, features_of, heat, noise_of
from genai_demo.text_to_image.options import DitOptions
from genai_demo.text_to_image.pair import Pair
from genai_demo.text_to_image.reading import Prompt
from genai_demo.text_to_image.verdict import Seen, seen

COST, GATES = "multiplications of a picture", "adaLN gates, mean size"
MARK = (0, 114, 178)  # around the patch that asks
MILLION, BILLION = 1e6, 1e9
ZOOM = 2  # pixels of a map along one of the picture


@dataclass(frozen=True, slots=True, eq=False)
class DitStep:
    """A step of both. Pictures are quick previews of latents until the last, decoded, ones.

    Costs: of one picture so far, each multiplication with its addition; gates: means over blocks, at this time.
    """

    index: int
    total: int
    unet: np.ndarray = pictures("U-Net", names="unet_captions")
    dit: np.ndarray = pictures("transformer", names="captions")
    cut: np.ndarray = pictures("patches of its first picture", columns=8, pick=True)
    look: np.ndarray = pictures("what the marked patch looks at", names="marked", soft=True)
    sizes: tuple[Tok, ...] = ranked("multiplications of a call, by patches of the latents", unit="millions")
    said: str = prose("said of it", keeps=True)
    step: int = number("step", digits=0)
    t: int = number("time t", digits=0)
    sigma: float = number("noise left, sigma")
    itself: float = number("the patch looks at itself", unit="%", digits=2)
    half: int = number("patches that get half of its attention", digits=0)
    tokens: int = number("tokens of the transformer", digits=0)
    dit_weights: float = number("parameters, transformer", unit="millions")
    unet_weights: float = number("parameters, U-Net", unit="millions")
    unet_right: int | None = number("all as asked, U-Net", unit="pictures", digits=0)
    right: int | None = number("all as asked, transformer", unit="pictures", digits=0)
    attention_gate: float = curve("gates of attention", chart=GATES, against="t")
    mlp_gate: float = curve("gates of the MLP", chart=GATES, against="t")
    dit_cost: float = curve("transformer", unit="billions", chart=COST, digits=2)
    unet_cost: float = curve("U-Net", unit="billions", chart=COST, digits=2)
    captions: tuple[str, ...] = ()
    unet_captions: tuple[str, ...] = ()
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
    )
    noise = noise_of(pair.latent, seed, options.samples)
    x = noise()
    film = _Film(pair, prompt, options, asks, grid)
    for steps in zip(*(ddim(ask, x, grid[0], noise) for ask in asks), strict=True):
        film.last = steps
        yield from film.frame()
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
    """Makes the frames of one run. asks: of the U-Net and of the transformer; last: their last steps."""

    last: tuple[Step, ...]

    def __init__(
        self,
        pair: Pair,
        prompt: Prompt,
        options: DitOptions,
        asks: tuple[Guide, PatchGuide],
        grid: tuple[Grid, list[int]],
    ) -> None:
        self.pair, self.prompt, self.options, self.asks, self.grid = pair, prompt, options, asks, grid
        self.wanted = shown(grid[0].steps)
        self.index = 0
        self.unet_weights, self.dit_weights = (
            sum(weight.numel() for weight in net.unet.parameters()) / MILLION for net in (pair.latent, pair.dit)
        )

    def frame(self) -> Iterator[DitStep]:
        """The frame of a step of both, if it is one of those shown."""
        i = self.last[0].i
        if i in self.wanted:
            unet, own = (self.pair.latent.glance(step.x0) for step in self.last)
            yield self._frame(i, self.grid[1][i], unet, own)

    def end(self) -> DitStep:
        """The finished pictures, decoded, with what the detector sees in both."""
        unet, own = (self.pair.latent.decode(step.after) for step in self.last)
        words = " ".join(self.prompt.words)
        found = seen(self.pair.latent, words, unet), seen(self.pair.latent, words, own)
        return self._frame(self.grid[0].steps, 0, as_pictures(unet), as_pictures(own), found)

    def _frame(
        self, step: int, t: int, unet: np.ndarray, own: np.ndarray, found: tuple[Seen, Seen] | None = None
    ) -> DitStep:
        place, side, maps = self.options.place, self.pair.dit.unet.grid, self.asks[1].maps
        assert maps is not None
        attention, mlp = patches.gates(self.pair.dit.unet, t).mean(0).tolist()
        said = f"U-Net: {found[0].said} Transformer: {found[1].said}" if found and found[0].said else ""
        self.index += 1
        return DitStep(
            self.index - 1,
            len(self.wanted) + 1,
            unet,
            own,
            cut(own[0], side, place),
            looked(maps[place], own[0], side, place),
            self._sizes(),
            said or (self.prompt.notice if self.index == 1 else ""),
            step,
            t,
            self.grid[0].sigma[step],
            100 * float(maps[place, place]),
            halves(maps[place]),
            side * side,
            self.dit_weights,
            self.unet_weights,
            found[0].right if found else None,
            found[1].right if found else None,
            attention,
            mlp,
            self.asks[1].evaluations * self.pair.costs["dit"] / BILLION,
            self.asks[0].evaluations * self.pair.costs["unet"] / BILLION,
            found[1].captions if found else (),
            found[0].captions if found else (),
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
