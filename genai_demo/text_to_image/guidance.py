"""Run: what guidance is worth. Prompts obeyed and variety lost, measured at one scale after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import curve, number, pictures, prose
from genai_demo.data.world_words import Verdict, judge, parse
from genai_demo.diffusion.samplers import SAMPLERS
from genai_demo.text_to_image import detector, reading
from genai_demo.text_to_image.autoencoder import as_pictures
from genai_demo.text_to_image.guide import Guide, features_of, noise_of
from genai_demo.text_to_image.measuring import HALVES, prompts
from genai_demo.text_to_image.options import GuidanceOptions
from genai_demo.text_to_image.studio import Studio

SCALES = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 35.0, 60.0, 100.0)
WITHIN = "share of pictures"


@dataclass(frozen=True, slots=True, eq=False)
class GuidanceStep:
    """One scale. things, colours, places: shares of pictures, the last of prompts that say where something lies."""

    index: int
    total: int
    picture: np.ndarray = pictures("the first pictures of each prompt", names="asked")
    said: str = prose("said of it", keeps=True)
    scale: float = number("guidance", digits=2)
    things: float = curve("right things", chart=WITHIN, against="scale")
    colours: float = curve("and colours", chart=WITHIN, against="scale")
    places: float | None = curve("and places", chart=WITHIN, against="scale")
    variety: float = curve("distance between pictures of one prompt", unit="rms of pixels", against="scale")
    harsh: float = curve("pixels at the very edge", unit="share", against="scale")
    asked: tuple[str, ...] = ()


@torch.inference_mode()
def guidance(studio: Studio, options: GuidanceOptions, *, seed: int) -> Iterator[GuidanceStep]:
    """Every scale draws the same prompts from the same noise. Raises DemoError where the model has no judge."""
    if not isinstance(studio.judge, detector.Detector):
        raise DemoError("this model draws what no detector here was taught to see; choose the bundled one")
    texts = prompts(HALVES[options.prompts_of], options.prompts, seed)
    each = [text for text in texts for _ in range(options.samples)]
    grid = studio.levels(options.steps)
    read = {text: features_of(studio, reading.read(studio, text)) for text in texts}
    given, free = torch.cat([read[text] for text in each]), features_of(studio, reading.read(studio, ""))
    start = noise_of(studio, seed, options.samples)().repeat(options.prompts, 1, 1, 1)
    scales = [scale for scale in SCALES if scale < options.most] + [options.most]
    for index, scale in enumerate(scales):
        decoded = _drawn(studio, Guide(studio, given, free, scale, grid), start)
        verdicts = _judged(studio, each, decoded)
        placed = [v for v, text in zip(verdicts, each) if (ask := parse(text)) and (ask.relations or ask.place)]
        yield GuidanceStep(
            index,
            len(scales),
            as_pictures(decoded[:: options.samples]),
            f"{options.prompts} prompts, {options.samples} pictures of each, {options.steps} steps."
            if not index
            else "",
            scale,
            _share([v.things for v in verdicts]),
            _share([v.colours for v in verdicts]),
            _share([v.relations for v in placed]) if placed else None,
            spread(decoded, options.samples),
            float((decoded.abs() > 0.999).float().mean()),
            tuple(texts),
        )


def _drawn(studio: Studio, guide: Guide, x: Tensor) -> Tensor:
    """Finished pictures, by DDIM, which draws no noise on its way."""
    grid, _ = studio.levels(len(guide.times))
    for step in SAMPLERS["ddim"](guide, x, grid, lambda: x):
        after = step.after
    return studio.decode(after)


def _judged(studio: Studio, texts: list[str], decoded: Tensor) -> list[Verdict]:
    assert isinstance(studio.judge, detector.Detector)
    scenes = detector.look(studio.judge, decoded)
    return [judge(ask, scene) for text, scene in zip(texts, scenes) if (ask := parse(text))]


def spread(decoded: Tensor, samples: int) -> float:
    """Root mean square distance of two pictures of one prompt, over all pairs; decoded (prompts * samples, ...)."""
    groups = decoded.unflatten(0, (-1, samples))
    around = (groups - groups.mean(1, keepdim=True)).square().mean() * samples / (samples - 1)
    return float((2 * around).sqrt())


def _share(found: list[bool]) -> float:
    return sum(found) / len(found) if found else 0.0
