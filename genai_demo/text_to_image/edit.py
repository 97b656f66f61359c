"""Runs that begin with a picture: changed by words, painted anew in a part, made larger, looked at.

z: latents of the picture, scaled; hole (1, 1, h, w): 1 where latents are to be made anew, 0 where they are known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.clip import pictures as given_pictures
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, curve, number, pictures, prose, tokens
from genai_demo.diffusion.guide import rms, shown
from genai_demo.diffusion.samplers import SAMPLERS, Step, ddpm_step
from genai_demo.diffusion.schedules import Grid
from genai_demo.inputs.pictures import SIDE as PAD
from genai_demo.inputs.pictures import decode_picture
from genai_demo.text_to_image import reading
from genai_demo.text_to_image.autoencoder import as_pictures
from genai_demo.text_to_image.guide import Guide, features_of, noise_of
from genai_demo.text_to_image.options import EditOptions, OutpaintOptions, PromptOptions
from genai_demo.text_to_image.reading import Prompt
from genai_demo.text_to_image.studio import Studio
from genai_demo.text_to_image.verdict import seen


def given(studio: Studio, text: str) -> np.ndarray:
    """(side, side, 3) uint8: the picture that an option names. Raises DemoError where it is none."""
    return given_pictures.square(given_pictures.one(text, studio.side).pixels, studio.side)


def guided(studio: Studio, options: PromptOptions, grid: tuple[Grid, list[int]]) -> tuple[Prompt, Guide]:
    """The prompt and the question that goes with it. Raises DemoError where none of its words is known."""
    prompt = reading.asked(studio, options.prompt)
    free = features_of(studio, reading.read(studio, options.negative_prompt))
    return prompt, Guide(studio, features_of(studio, prompt), free, options.guidance_scale, grid)


@dataclass(frozen=True, slots=True, eq=False)
class EditStep:
    """One noise level; the last frame is decoded, what is known put in its place."""

    index: int
    total: int
    given: np.ndarray = pictures("given")
    picture: np.ndarray = pictures("picture", names="captions")
    x: np.ndarray = pictures("noisy latents, as colours")
    words: tuple[Tok, ...] | None = tokens("prompt, as the model reads it", keeps=True)
    said: str = prose("said of it", keeps=True)
    step: int = number("step", digits=0)
    sigma: float = number("noise left, sigma")
    evaluations: int = number("evaluations a picture", digits=0)
    moved: float = curve("guess against the given picture", unit="rms of latents")
    captions: tuple[str, ...] = ()


@torch.inference_mode()
def edit(studio: Studio, options: EditOptions, *, seed: int) -> Iterator[EditStep]:
    """Noise is put on the picture, less or more, and taken off under the prompt (SDEdit, Meng et al. 2022).

    With a mask only its white part is made anew: the rest is noised to each level and put in place (RePaint, Lugmayr
    et al. 2022, algorithm 1). Raises DemoError where picture or mask are none, or the mask is black.
    """
    grid = studio.levels(options.steps)
    prompt, guide = guided(studio, options, grid)
    pixels = given(studio, options.picture)
    hole = _hole(options.mask) if options.where == "painted" else None
    shown_ = pixels if hole is None else np.where(_grown(hole, pixels.shape[0])[..., None] > 0, 128, pixels)
    z = studio.encode(pixels[None])
    noise = noise_of(studio, seed, options.samples)
    begin = round(grid[0].steps * (1 - options.strength))
    wanted = {begin + i for i in shown(grid[0].steps - begin + 1)}
    x = grid[0].alpha[begin] * z + grid[0].sigma[begin] * noise()
    film = _Film(studio, guide, prompt, grid[0], z, np.asarray(shown_, np.uint8), len(wanted))
    if hole is None:
        steps = SAMPLERS[options.sampler](guide, x, grid[0], noise, begin=begin)
    else:
        small = torch.from_numpy(_shrunk(hole, z.shape[-1])).to(z.device)[None, None]
        steps = repaint(guide, x, grid[0], noise, z, small, options.resample, begin)
    last = Step(begin, x, z.expand_as(x), x, x)
    for last in steps:
        if last.i in wanted:
            yield film.frame(last)
    keep = None if hole is None else (pixels, _grown(hole, pixels.shape[0]))
    yield film.end(last, keep)


def repaint(
    guide: Guide,
    x: Tensor,
    levels: Grid,
    noise: Callable[[], Tensor],
    z: Tensor,
    hole: Tensor,
    resample: int,
    begin: int = 0,
) -> Iterator[Step]:
    """Ancestral steps in the hole; the known latents `z` around it, noised to each level, stay what they are."""
    for i in range(begin, levels.steps):
        for turn in range(resample):
            x0, eps = guide(x, levels.angle(i))
            known = levels.alpha[i + 1] * z + levels.sigma[i + 1] * (noise() if levels.sigma[i + 1] else 0)
            after = torch.where(hole > 0, ddpm_step(x, x0, levels, i, noise), known)
            if turn + 1 == resample or i + 1 == levels.steps:
                yield Step(i, x, torch.where(hole > 0, x0, z), eps, after)
                x = after
                break
            share = levels.alpha[i] / levels.alpha[i + 1]  # back to the noisier level: a draw from q(x_t | x_s)
            x = share * after + math.sqrt(1 - share**2) * noise()


class _Film:
    """Makes the frames of one edit."""

    def __init__(
        self, studio: Studio, guide: Guide, prompt: Prompt, levels: Grid, z: Tensor, given: np.ndarray, total: int
    ) -> None:
        self.studio, self.guide, self.prompt, self.levels, self.z = studio, guide, prompt, levels, z
        self.given, self.total, self.index = given[None], total, 0

    def frame(self, step: Step) -> EditStep:
        """What the network saw and guessed in a step."""
        return self._frame(self.studio.glance(step.x0), step.x, step.x0, step.i, self.prompt.notice)

    def end(self, step: Step, keep: tuple[np.ndarray, np.ndarray] | None) -> EditStep:
        """The finished pictures; keep: (pixels, hole): those outside the hole are the given ones."""
        decoded = self.studio.decode(step.after)
        picture = as_pictures(decoded)
        if keep is not None:
            picture = np.where(keep[1][..., None] > 0, picture, keep[0])
        found = seen(self.studio, " ".join(self.prompt.words), decoded)
        return self._frame(picture, step.after, step.after, self.levels.steps, found.said, found.captions)

    def _frame(
        self, picture: np.ndarray, x: Tensor, x0: Tensor, i: int, said: str, captions: tuple[str, ...] = ()
    ) -> EditStep:
        first = self.index == 0
        self.index += 1
        return EditStep(
            self.index - 1,
            self.total,
            self.given,
            picture,
            self.studio.glance(x),
            self.prompt.pieces if first else None,
            said if first or captions else "",
            i,
            self.levels.sigma[i],
            self.guide.evaluations,
            rms(x0 - self.z),
            captions,
        )


def _hole(mask: str) -> np.ndarray:
    """(28, 28) of 0 and 1; the right half where there is no mask. Raises DemoError where nothing is to be painted."""
    if not mask:
        hole = np.zeros((PAD, PAD), np.float32)
        hole[:, PAD // 2 :] = 1
        return hole
    hole = np.asarray(decode_picture(mask) > 127, np.float32)
    if not hole.any():
        raise DemoError("mask has no white pixel, so there is nothing to paint; draw one, or leave it empty")
    return hole


def _grown(hole: np.ndarray, side: int) -> np.ndarray:
    """The hole in pixels of the picture, (side, side) of 0 and 1."""
    at = (np.arange(side) * len(hole)) // side
    return np.asarray(hole[at][:, at])


def _shrunk(hole: np.ndarray, side: int) -> np.ndarray:
    """The hole in pixels of the latents: each that is touched by a tenth or more."""
    small = F.interpolate(torch.from_numpy(hole)[None, None], (side, side), mode="area")[0, 0]
    return np.asarray((small > 0.1).numpy(), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class OutpaintStep:
    """One noise level of one piece. canvas: as far as it is; the last frame is decoded."""

    index: int
    total: int
    canvas: np.ndarray = pictures("canvas")
    window: np.ndarray = pictures("what the network sees")
    words: tuple[Tok, ...] | None = tokens("prompt, as the model reads it", keeps=True)
    said: str = prose("said of it", keeps=True)
    piece: int = number("piece", digits=0)
    step: int = number("step of the piece", digits=0)
    sigma: float = number("noise left, sigma")
    evaluations: int = number("evaluations a picture", digits=0)


@torch.inference_mode()
def outpaint(studio: Studio, options: OutpaintOptions, *, seed: int) -> Iterator[OutpaintStep]:
    """The canvas grows by half a picture at a time: a window of the network's own size, half of it known.

    Raises DemoError where the picture is none, or none of the prompt's words is known.
    """
    grid = studio.levels(options.steps)
    prompt, guide = guided(studio, options, grid)
    pixels = given(studio, options.picture)
    canvas = studio.encode(pixels[None]).expand(options.samples, -1, -1, -1)
    noise = noise_of(studio, seed, options.samples)
    wanted = shown(grid[0].steps, max(2, 96 // options.times))
    total, index = options.times * len(wanted) + 1, 0
    turn = _Turn(options.side)
    for piece in range(options.times):
        window, hole = turn.window(canvas)
        z = window
        for step in repaint(guide, noise(), grid[0], noise, z, hole, options.resample):
            if step.i in wanted:
                grown = studio.glance(turn.put(canvas, step.x0))
                yield OutpaintStep(
                    index,
                    total,
                    turn.padded(grown, piece, options.times),
                    studio.glance(step.x),
                    prompt.pieces if index == 0 else None,
                    prompt.notice if index == 0 else "",
                    piece + 1,
                    step.i,
                    grid[0].sigma[step.i],
                    guide.evaluations,
                )
                index += 1
            window = step.after
        canvas = turn.put(canvas, window)
    done = turn.keeping(as_pictures(studio.decode(canvas)), pixels)
    glanced, asked = studio.glance(window), guide.evaluations
    yield OutpaintStep(index, total, done, glanced, None, "", options.times, grid[0].steps, 0.0, asked)


class _Turn:
    """Growing to any side as if it were to the right. Latents (b, c, h, w), pictures (b, h, w, 3)."""

    def __init__(self, side: str) -> None:
        self.upright, self.back = side in ("below", "above"), side in ("left", "above")

    def _turned(self, x: Tensor) -> Tensor:
        """So that the growing side is on the right; turning twice gives x again."""
        if self.upright:
            x = x.transpose(2, 3)
        return x.flip(3) if self.back else x

    def _returned(self, x: Tensor) -> Tensor:
        x = x.flip(3) if self.back else x
        return x.transpose(2, 3) if self.upright else x

    def window(self, canvas: Tensor) -> tuple[Tensor, Tensor]:
        """(the last half of the canvas and an empty one beside it, the hole), as the network sees them."""
        x = self._turned(canvas)
        half = x.shape[2] // 2
        z = torch.cat([x[..., -half:], torch.zeros_like(x[..., -half:])], 3)
        hole = torch.zeros_like(z[:1, :1])
        hole[..., half:] = 1
        return self._returned(z), self._returned(hole)

    def put(self, canvas: Tensor, window: Tensor) -> Tensor:
        """The canvas with the new half of the window beside it."""
        x, new = self._turned(canvas), self._turned(window)
        return self._returned(torch.cat([x, new[..., new.shape[3] // 2 :]], 3))

    def padded(self, shown_: np.ndarray, piece: int, times: int) -> np.ndarray:
        """The canvas in grey where it has not grown yet, so that every frame is as large as the last."""
        axis = 1 if self.upright else 2
        short = min(shown_.shape[1:3]) // 2 * (times - piece - 1)
        wide = [(0, 0)] * 4
        wide[axis] = (short, 0) if self.back else (0, short)
        return np.pad(shown_, wide, constant_values=128)

    def keeping(self, made: np.ndarray, pixels: np.ndarray) -> np.ndarray:
        """The pictures with the given one where it was."""
        axis, side = 1 if self.upright else 2, pixels.shape[0]
        at: list[slice] = [slice(None)] * 4
        at[axis] = slice(-side, None) if self.back else slice(0, side)
        made = made.copy()
        made[tuple(at)] = pixels
        return made
