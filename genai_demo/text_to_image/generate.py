"""Run: from a prompt to pictures, step by step.

x: noisy latents (b, channels, h, w) float32. x, x0 and the maps of a frame belong together: the network saw x and
guessed x0; the last frame is the finished picture, decoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import Tok, colours, curve, number, pictures, prose, tokens
from genai_demo.diffusion.guide import rms, shown
from genai_demo.diffusion.samplers import SAMPLERS, Step
from genai_demo.diffusion.schedules import Grid
from genai_demo.text_to_image import reading
from genai_demo.text_to_image.autoencoder import as_pictures
from genai_demo.text_to_image.guide import Guide, features_of, heat, noise_of, word_maps
from genai_demo.text_to_image.options import GenerateOptions
from genai_demo.text_to_image.reading import Prompt
from genai_demo.text_to_image.studio import Studio
from genai_demo.text_to_image.verdict import near, seen


@dataclass(frozen=True, slots=True, eq=False)
class GenerateStep:
    """One look of the network. Pictures (n, h, w, 3) uint8: quick previews of latents until the last, decoded, one.

    heads: what each map is of, with its mean share of attention. near: of the training, beside the finished ones.
    """

    index: int
    total: int
    picture: np.ndarray = pictures("picture", names="captions")
    x: np.ndarray = pictures("noisy latents, as colours")
    maps: np.ndarray | None = pictures("what each word looks at", names="heads", soft=True)
    given: np.ndarray | None = pictures("guess with the prompt")
    free: np.ndarray | None = pictures("guess without it")
    gap: np.ndarray | None = pictures("difference, added blue")
    near: np.ndarray | None = pictures("nearest in the training", names="neighbours")
    words: tuple[Tok, ...] | None = tokens("prompt, as the model reads it", keeps=True)
    said: str = prose("said of it", keeps=True)
    step: int = number("step", digits=0)
    sigma: float = number("noise left, sigma")
    evaluations: int = number("evaluations a picture", digits=0)
    right: int | None = number("all as asked", unit="pictures", digits=0)
    change: float | None = curve("change of the guess since the last step")
    captions: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()


@torch.inference_mode()
def generate(studio: Studio, options: GenerateOptions, *, seed: int) -> Iterator[GenerateStep]:
    """Frames are thinned; the computation is not. Raises DemoError where the model knows none of the prompt's words."""
    prompt = reading.asked(studio, options.prompt)
    negative, other = reading.read(studio, options.negative_prompt), reading.read(studio, options.look_for)
    looked = [i for _, at in other.telling for i in at]
    also = features_of(studio, other)[:, looked] if looked else None
    grid = studio.levels(options.steps)
    guide = Guide(
        studio,
        features_of(studio, prompt),
        features_of(studio, negative),
        options.guidance_scale,
        grid,
        watch=options.maps,
        also=also,
        planes=options.planes,
    )
    noise = noise_of(studio, seed, options.samples)
    wanted = shown(len(grid[1]) + 1)
    film = _Film(studio, guide, grid[0], (prompt, negative, other), len(wanted))
    x = noise()
    for step in SAMPLERS[options.sampler](guide, x, grid[0], noise):
        if step.i in wanted:
            yield film.frame(step)
        film.last = step
    yield film.end()


class _Film:
    """Makes the frames of one run. prompts: the prompt, the negative one, and words that are only looked for."""

    def __init__(
        self, studio: Studio, guide: Guide, levels: Grid, prompts: tuple[Prompt, Prompt, Prompt], total: int
    ) -> None:
        self.studio, self.guide, self.levels, self.prompts, self.total = studio, guide, levels, prompts, total
        self.index = 0
        self.last: Step | None = None
        places = iter(range(prompts[0].ids.shape[1], 1000))  # the words looked for stand behind those of the prompt
        self.behind = [(word, tuple(next(places) for _ in at)) for word, at in prompts[2].telling]

    def frame(self, step: Step) -> GenerateStep:
        """What the network saw and guessed in a step."""
        picture = self.studio.glance(step.x0)
        maps, heads = self._maps(picture[0])
        given, free, gap = self._planes()
        change = None if self.last is None else rms(step.x0 - self.last.x0)
        first = self.index == 0
        self.index += 1
        return GenerateStep(
            self.index - 1,
            self.total,
            picture,
            self.studio.glance(step.x),
            maps,
            given,
            free,
            gap,
            None,
            self.prompts[0].pieces if first else None,
            self._notice() if first else "",
            step.i,
            self.levels.sigma[step.i],
            self.guide.evaluations,
            None,
            change,
            (),
            heads,
        )

    def end(self) -> GenerateStep:
        """The finished pictures, decoded, with what the detector sees in them."""
        assert self.last is not None
        decoded = self.studio.decode(self.last.after)
        picture = as_pictures(decoded)
        found, beside = seen(self.studio, " ".join(self.prompts[0].words), decoded), near(self.studio, self.last.after)
        maps, heads = self._maps(picture[0])
        given, free, gap = self._planes()
        return GenerateStep(
            self.index,
            self.total,
            picture,
            self.studio.glance(self.last.after),
            maps,
            given,
            free,
            gap,
            beside.pictures,
            None,
            " ".join(part for part in (found.said, self._notice()) if part),
            self.levels.steps,
            0.0,
            self.guide.evaluations,
            found.right,
            rms(self.last.after - self.last.x0),
            found.captions,
            heads,
            beside.captions,
        )

    def _notice(self) -> str:
        return " ".join(prompt.notice for prompt in self.prompts if prompt.notice)

    def _maps(self, under: np.ndarray) -> tuple[np.ndarray | None, tuple[str, ...]]:
        """The words of the prompt, of the negative one ("not blue"), and those looked for ("? cat")."""
        if self.guide.maps is None:
            return None, ()
        prompt, negative, _ = self.prompts
        rows = [("", self.guide.maps[0], prompt.telling)]
        if len(self.guide.maps) > 1:
            rows.append(("not ", self.guide.maps[1], negative.telling))
        rows.append(("? ", self.guide.maps[0], self.behind))
        found = [word_maps(maps, [at for _, at in words]) for _, maps, words in rows]
        names = [f"{mark}{word}" for mark, _, words in rows for word, _ in words]
        shares = [share for _, each in found for share in each]
        heads = tuple(f"{name} {share:.0%}" for name, share in zip(names, shares, strict=True))
        return (heat(torch.cat([maps for maps, _ in found]), under), heads) if heads else (None, ())

    def _planes(self) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]:
        if self.guide.halves is None:
            return None, None, None
        given, free = self.guide.halves
        gap: Tensor = (given - free).mean(1)
        bigger = gap.cpu().numpy().repeat(self.studio.factor, 1).repeat(self.studio.factor, 2)
        return self.studio.glance(given), self.studio.glance(free), np.stack([colours(one) for one in bigger])
