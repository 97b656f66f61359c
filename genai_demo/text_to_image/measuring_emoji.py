"""How often the model of emoji draws what it is asked for, as its judge sees it, and whether it remembers pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.load import load
from genai_demo.data import emoji, emoji_told
from genai_demo.data.emoji import Emoji
from genai_demo.data.emoji_told import TURNED, NewIn
from genai_demo.quality import sheets
from genai_demo.text_to_image import emoji_judge, pipeline
from genai_demo.text_to_image.autoencoder import as_input
from genai_demo.text_to_image.emoji_judge import Wanted
from genai_demo.text_to_image.pipeline import GUIDANCE, STEPS
from genai_demo.text_to_image.studio import Studio

HALVES: dict[str, NewIn] = {"seen": "nothing", "new_style": "style", "new_colour": "colour"}
MOST_PROMPTS = 500  # that `quality` draws of each
SURE = 0.01  # the share of new pictures that lie so near to one of the training by chance


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt and what it asks for."""

    text: str
    wanted: Wanted


def prompts(everything: Emoji, new: NewIn, count: int, seed: int = 7) -> list[Asked]:
    """For concepts of the training: a picture's own colour and style; a style that the concept was held out in; or a
    colour that it was, where its own can be turned."""
    rng, found = np.random.default_rng((seed, count)), list(_askable(everything, new))
    chosen = rng.permutation(len(found))[:count]
    return [found[i] for i in chosen]


def _askable(everything: Emoji, new: NewIn) -> list[Asked]:
    found = []
    for one in emoji_told.shown(everything, turns=0):
        concept, colour = one.concept, one.colours[0] if one.colours else ""
        if concept.held_out:
            continue
        if new != "colour" and emoji_told.new_in(concept, one.style, colour) == new:
            found.append((concept, colour, one.style))
        if new == "colour" and colour in TURNED and emoji_told.new_in(concept, one.style, colour) == "nothing":
            found += [
                (concept, other, one.style)
                for other in TURNED
                if emoji_told.new_in(concept, one.style, other) == "colour"
            ]
    return [
        Asked(emoji_told.prompt(concept, colour, style), Wanted(emoji_told.name_of(concept), colour, style))
        for concept, colour, style in found
    ]


def shares(asked: list[Asked], pictures: Tensor, judge: emoji_judge.Judge) -> dict[str, float]:
    """Of prompts whose picture, x (n, 3, 64, 64), shows the concept, has it among the judge's first three, the colour,
    the style, and all of it."""
    found = emoji_judge.look(judge, pictures)
    right = np.array([one.shows(ask.wanted) for one, ask in zip(found, asked, strict=True)])
    return {
        "concept": _share(right[:, 0]),
        "within_three": _share(np.array([ask.wanted.name in one.names for one, ask in zip(found, asked)])),
        "colour": _share(right[np.array([ask.wanted.colour in emoji_judge.OWN for ask in asked]), 1]),
        "style": _share(right[:, 2]),
        "all": _share(right.all(1)),
    }


def _share(found: Any) -> float:
    return round(float(found.mean()), 4) if np.size(found) else 0.0


def obeyed(draw_all: Callable[[list[str]], np.ndarray], studio: Studio, count: int) -> dict[str, Any]:
    """The shares of each set of prompts, and how far its pictures lie from the training's; so do real new ones."""
    assert isinstance(studio.judge, emoji_judge.Judge)
    assert studio.memory is not None
    everything, found, far = emoji.load(), {}, []
    for name, new in HALVES.items():
        asked = prompts(everything, new, count)
        made = draw_all([ask.text for ask in asked])
        found[name] = {"prompts": len(asked), **shares(asked, as_input(made), studio.judge)}
        far += _far(studio, made) if name == "seen" else []
    fresh = [one.picture for one in emoji_told.shown(everything, turns=0) if one.concept.held_out]
    new_far = _far(studio, np.stack(fresh))
    return {
        **found,
        "pictures_compared": len(studio.memory.names),
        "nearest_median": round(float(np.median(far)), 3),
        "nearest_median_new": round(float(np.median(new_far)), 3),
        "memorised": round(float((np.array(far) < np.quantile(new_far, SURE)).mean()), 4),
    }


@torch.inference_mode()
def _far(studio: Studio, pictures: np.ndarray) -> list[float]:
    """How far each of (n, 64, 64, 3) uint8 is from the nearest of the training."""
    assert studio.memory is not None
    z = torch.cat([studio.encode(pictures[i : i + 50]) for i in range(0, len(pictures), 50)])
    return studio.memory.nearest(z)[1]


def judged(judge: emoji_judge.Judge, vae: Any, count: int) -> dict[str, float]:
    """What bounds the shares: those of real pictures of the first set that went through the autoencoder."""
    everything = emoji.load()
    ones = [one for one in emoji_told.training(everything, turns=0) if one.colours][:: max(1, 2000 // count)][:count]
    x = as_input(np.stack([one.picture for one in ones]))
    with torch.inference_mode():
        back = torch.cat([vae.decode(vae.encode(part).latent_dist.mode()).sample for part in x.split(50)])
    asked = [Asked("", Wanted(emoji_told.name_of(one.concept), one.colours[0], one.style)) for one in ones]
    return shares(asked, back.clamp(-1, 1), judge)


def measure(key: str, samples: int) -> dict[str, Any]:
    """What goes on the card of the model."""
    studio, count = load(key), min(samples, MOST_PROMPTS)
    pipe = pipeline.assemble(studio.vae, studio, studio.tokenizer)
    told = {"steps": STEPS, "guidance_scale": GUIDANCE, "sampler": "DDIM"}
    return {
        **told,
        **obeyed(lambda texts: pipeline.drawn(pipe, texts, seed=count), studio, count),
        "judge": judged(studio.judge, studio.vae, count),
    }


def rows(key: str) -> list[np.ndarray]:
    """Pictures for a sheet, a row of prompts of each set."""
    studio, everything = load(key), emoji.load()
    pipe = pipeline.assemble(studio.vae, studio, studio.tokenizer)
    return [
        pipeline.drawn(pipe, [ask.text for ask in prompts(everything, new, sheets.SHOWN, seed=1)])
        for new in HALVES.values()
    ]
