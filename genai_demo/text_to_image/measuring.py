"""How often a picture shows what its prompt asked for, as the detector sees it."""

from __future__ import annotations

from typing import Any

import numpy as np

from genai_demo.data.world_splits import NewIn, held_out_scene
from genai_demo.data.world_words import Wanted, described, judge, parse
from genai_demo.text_to_image.autoencoder import as_input
from genai_demo.text_to_image.detector import Detector, look
from genai_demo.text_to_image.pipeline import GUIDANCE, STEPS, drawn

PROMPTS = 200  # of each half and kind
HALVES: dict[str, NewIn] = {"seen": "nothing", "new_colour": "colour", "new_relation": "relation"}


def prompts(new: NewIn, count: int = PROMPTS, seed: int = 7) -> list[str]:
    """Full captions of random scenes with this held out; with nothing held out, short ones may be in training too."""
    rng = np.random.default_rng((seed, count))
    return [described(held_out_scene(rng, new), rng) for _ in range(count)]


def prompt_accuracy(
    pipe: Any, judge_of_pictures: Detector, count: int = PROMPTS, *, steps: int = STEPS, guidance: float = GUIDANCE
) -> dict[str, Any]:
    """Shares of prompts whose picture has the right things; and colours; and, where they ask for them, relations.

    By what is held out: "seen" (nothing), "new_colour", "new_relation".
    """
    found: dict[str, Any] = {"prompts": count, "steps": steps, "guidance_scale": guidance, "sampler": "DDIM"}
    for name, new in HALVES.items():
        texts = prompts(new, count)
        pictures = drawn(pipe, texts, seed=count, steps=steps, guidance=guidance)
        found[name] = shares([_read(text) for text in texts], pictures, judge_of_pictures)
    return found


def _read(text: str) -> Wanted:
    wanted = parse(text)
    assert wanted is not None, text
    return wanted


def shares(wanted: list[Wanted], pictures: np.ndarray, judge_of_pictures: Detector) -> dict[str, float]:
    """The shares of one set. relations: of the prompts that ask for a relation or a place, things and colours right."""
    verdicts = [judge(ask, scene) for ask, scene in zip(wanted, look(judge_of_pictures, as_input(pictures)))]
    placed = [verdict for ask, verdict in zip(wanted, verdicts) if ask.relations or ask.place]
    return {
        "things": _share([verdict.things for verdict in verdicts]),
        "things_and_colours": _share([verdict.colours for verdict in verdicts]),
        "relations": _share([verdict.relations for verdict in placed]),
        "sizes": _share([v.sizes for ask, v in zip(wanted, verdicts) if any(one.size for one in ask.things)]),
        "background": _share([v.background for ask, v in zip(wanted, verdicts) if ask.background]),
    }


def _share(found: list[bool]) -> float:
    return round(sum(found) / len(found), 4) if found else 0.0
