"""How often a picture shows what its prompt asked for, as the detector sees it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from genai_demo.core.load import load
from genai_demo.data.world import draw
from genai_demo.data.world_splits import NewIn, held_out_scene
from genai_demo.data.world_words import Wanted, described, judge, parse
from genai_demo.quality import sheets
from genai_demo.quality.cards import Watch
from genai_demo.text_to_image import cascade, denoiser, memory, pipeline, writer
from genai_demo.text_to_image.autoencoder import as_input, as_pictures
from genai_demo.text_to_image.detector import Detector, look
from genai_demo.text_to_image.options import WriteOptions
from genai_demo.text_to_image.pipeline import GUIDANCE, STEPS, drawn

PROMPTS = 200  # of each half and kind
MOST_PROMPTS = 1000  # that `quality` draws of each
COMPARED = 20_000  # scenes of the training with which pictures are compared
HALVES: dict[str, NewIn] = {"seen": "nothing", "new_colour": "colour", "new_relation": "relation"}


def prompts(new: NewIn, count: int = PROMPTS, seed: int = 7) -> list[str]:
    """Full captions of random scenes with this held out; with nothing held out, short ones may be in training too."""
    rng = np.random.default_rng((seed, count))
    return [described(held_out_scene(rng, new), rng) for _ in range(count)]


def prompt_accuracy(
    pipe: Any, judge_of_pictures: Detector, count: int = PROMPTS, *, steps: int = STEPS, guidance: float = GUIDANCE
) -> dict[str, Any]:
    """As `obeyed`, of a pipeline."""
    found: dict[str, Any] = {"prompts": count, "steps": steps, "guidance_scale": guidance, "sampler": "DDIM"}
    return found | obeyed(
        lambda texts: drawn(pipe, texts, seed=count, steps=steps, guidance=guidance), judge_of_pictures, count
    )


def obeyed(
    draw_all: Callable[[list[str]], np.ndarray], judge_of_pictures: Detector, count: int
) -> dict[str, dict[str, float]]:
    """Shares of prompts whose picture has the right things; and colours; and, where they ask for them, relations.

    By what is held out: "seen" (nothing), "new_colour", "new_relation".
    """
    found = {}
    for name, new in HALVES.items():
        texts = prompts(new, count)
        found[name] = shares([_read(text) for text in texts], draw_all(texts), judge_of_pictures)
    return found


def _read(text: str) -> Wanted:
    wanted = parse(text)
    assert wanted is not None, text
    return wanted


def shares(wanted: list[Wanted], pictures: np.ndarray, judge_of_pictures: Detector) -> dict[str, float]:
    """The shares of one set. relations: of the prompts that ask for a relation or a place, things and colours right.

    number, palette: as many things, and in these colours, whatever things they are.
    """
    scenes = look(judge_of_pictures, as_input(pictures))
    verdicts = [judge(ask, scene) for ask, scene in zip(wanted, scenes)]
    named = [(ask, s) for ask, s in zip(wanted, scenes) if all(palette(ask))]
    placed = [verdict for ask, verdict in zip(wanted, verdicts) if ask.relations or ask.place]
    return {
        "number": _share([sum(one.count for one in ask.things) == len(s.things) for ask, s in zip(wanted, scenes)]),
        "palette": _share([palette(ask) == sorted(t.colour for t in s.things) for ask, s in named]),
        "things": _share([verdict.things for verdict in verdicts]),
        "things_and_colours": _share([verdict.colours for verdict in verdicts]),
        "relations": _share([verdict.relations for verdict in placed]),
        "sizes": _share([v.sizes for ask, v in zip(wanted, verdicts) if any(one.size for one in ask.things)]),
        "background": _share([v.background for ask, v in zip(wanted, verdicts) if ask.background]),
    }


def palette(wanted: Wanted) -> list[str]:
    """The colours it asks for, each as often; "" for a thing whose colour it does not say."""
    return sorted(one.colour for one in wanted.things for _ in range(one.count))


def _share(found: list[bool]) -> float:
    return round(sum(found) / len(found), 4) if found else 0.0


def measure(key: str, samples: int, watch: Watch) -> dict[str, Any]:
    """What goes on the card of the model."""
    studio = load(key)
    pipe = pipeline.assemble(studio.vae, studio)
    count = min(samples, MOST_PROMPTS)
    among = np.concatenate([part.pictures for part in watch(memory.known(COMPARED, 0), "training scenes")])
    rng = np.random.default_rng(COMPARED)
    real = np.stack([draw(held_out_scene(rng, "nothing")) for _ in range(count)])
    made = drawn(pipe, prompts("nothing", count), seed=count)
    return {**prompt_accuracy(pipe, studio.judge, count), **memory.memorised(made, real, among)}


def rows(key: str) -> list[np.ndarray]:
    """Pictures for a sheet, a row of prompts of each half."""
    studio = load(key)
    pipe = pipeline.assemble(studio.vae, studio)
    return [drawn(pipe, prompts(new, sheets.SHOWN)) for new in HALVES.values()]


ENLARGING = 10  # steps from a small picture to a large one
AT_ONCE = 50  # prompts


def of_cascade(key: str, samples: int) -> dict[str, Any]:
    """The same of the cascade, and how near its large pictures stay to the small ones: for its card."""
    model, count = load(key), min(samples, MOST_PROMPTS)
    off: list[float] = []

    def draw_all(texts: list[str]) -> np.ndarray:
        random, found = torch.Generator().manual_seed(count), []
        for ids in denoiser.ids_of(texts).split(AT_ONCE):
            noise = torch.randn((len(ids), *model.base.shape), generator=random)
            more = torch.randn((len(ids), cascade.LARGE[0] + 3, *cascade.LARGE[1:]), generator=random)
            small, large = cascade.drawn(model, ids, noise, more, steps=STEPS, enlarging=ENLARGING, guidance=GUIDANCE)
            off.append(float((cascade.shrunk(large) - small).abs().mean()) * 127.5)
            found.append(as_pictures(large))
        return np.concatenate(found)

    shares_of = obeyed(draw_all, model.latent.judge, count)
    told = {"prompts": count, "steps": STEPS, "enlarging": ENLARGING, "guidance_scale": GUIDANCE, "sampler": "DDIM"}
    return {**told, **shares_of, "off": round(float(np.mean(off)), 2)}


def of_codes(key: str, samples: int) -> dict[str, Any]:
    """The same of pictures that are written code by code, as the run does where nobody asks for more: for its card."""
    model, count, usual = load(key), min(samples, MOST_PROMPTS), WriteOptions.parse({})
    how = {"guidance": usual.guidance_scale, "temperature": usual.temperature}

    def draw_all(texts: list[str]) -> np.ndarray:
        random = torch.Generator().manual_seed(count)
        parts = denoiser.ids_of(texts).split(AT_ONCE)
        return np.concatenate([as_pictures(writer.drawn(model, ids, random, **how)) for ids in parts])

    told = {"prompts": count, "guidance_scale": usual.guidance_scale, "temperature": usual.temperature}
    return {**told, **obeyed(draw_all, model.latent.judge, count)}


def _with(latent: Any, net: Any) -> Any:
    """What a pipeline is made of: another network with the reader of prompts of the latent model."""
    return SimpleNamespace(unet=net.unet, text_encoder=latent.text_encoder)


def of_transformers(key: str, samples: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same of the transformer, and of the one that learnt by flow matching: for their cards."""
    pair, count = load(key), min(samples, MOST_PROMPTS)
    pipes = [pipeline.assemble(pair.latent.vae, _with(pair.latent, net)) for net in (pair.dit, pair.straight)]
    dit, straight = (prompt_accuracy(pipe, pair.latent.judge, count) for pipe in pipes)
    return dit, straight
