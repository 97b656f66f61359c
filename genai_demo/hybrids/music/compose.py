"""Eight bars from nowhere: codes are drawn, moved along directions for busier and higher, and decoded step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import bars, carried, curve, number, pictures, prose, ranked
from genai_demo.core.frames_text import Tok
from genai_demo.data.tunes import BAR, FIRST, HOLD, LOWEST, REST
from genai_demo.hybrids.music import melody, roll, vae
from genai_demo.hybrids.music.options import ComposeOptions
from genai_demo.hybrids.music.vae import TuneVae

LISTED = 6  # tokens of the ranking
EVERY = BAR // 4  # steps from one frame to the next
NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


@dataclass(frozen=True, slots=True, eq=False)
class Composed:
    """So many steps of each pair of bars are said. code (LATENT,): of the first pair."""

    index: int
    total: int
    roll: np.ndarray = pictures("melody", columns=1)
    said: str = prose("what happens")
    chances: tuple[Tok, ...] = ranked("the next step of the first pair of bars", unit="probability")
    code: np.ndarray | None = bars("the code of the first pair of bars")
    sure: float = curve("the likeliest token", unit="%", chart="how sure it is", digits=0)
    notes: int = number("notes", digits=0)
    mean_pitch: float | None = number("mean pitch, 60 is middle C", digits=1)
    in_scale: float = number("notes in the scale", unit="%", digits=0)
    heard: dict[str, Any] = carried()


def compose(model: TuneVae, options: ComposeOptions, *, seed: int) -> Iterator[Composed]:
    """A frame a beat; all four pairs of bars are said at once, each from its code.

    They are said to the end before the first is drawn: pictures in between would push the weights out of the
    processor's cache.
    """
    z = codes(model, options, seed)
    code, made = z[0].float().cpu().numpy(), list[np.ndarray]()
    for step, (tokens, chances) in enumerate(model.spoken(z, options.temperature, seed)):
        made.append(tokens.cpu().numpy())
        if step % EVERY != EVERY - 1:
            continue
        steps = _so_far(np.stack(made, 1))
        notes = melody.notes(steps)
        yield Composed(
            step // EVERY,
            vae.STEPS // EVERY,
            roll.drawn(steps, now=_lines(step, len(z)))[None],
            _said(options, step),
            listed(chances[0], int(tokens[0])),
            code,
            100 * float(chances[0].max()),
            len(notes),
            sum(pitch for *_, pitch in notes) / len(notes) if notes else None,
            melody.in_scale(steps, 0),
            melody.heard(steps),
        )


def codes(model: TuneVae, options: ComposeOptions, seed: int) -> Tensor:
    """(4, LATENT): of each pair of bars; what stands under the same letter has the same."""
    random, device = generator(seed), model.busier.device
    shared = torch.randn(vae.LATENT, generator=random)
    own = {letter: torch.randn(vae.LATENT, generator=random) for letter in "ABCD"}
    kin = options.kinship
    drawn = torch.stack([kin**0.5 * shared + (1 - kin) ** 0.5 * own[letter] for letter in options.form]).to(device)
    return drawn.to(model.busier.dtype) + options.busier * model.busier + options.higher * model.higher


def listed(chances: Tensor, picked: int) -> tuple[Tok, ...]:
    """The likeliest tokens, and the one that was drawn."""
    order = chances.argsort(descending=True)[:LISTED].tolist()
    order += [picked] if picked not in order else []
    shares = chances.tolist()
    return tuple(Tok(named(k), shares[k], kind="picked" if k == picked else "") for k in order)


def named(token: int) -> str:
    """A token in words: hold, rest, or a pitch such as A4."""
    if token < FIRST:
        return {REST: "rest", HOLD: "hold on"}[token]
    pitch = token - FIRST + LOWEST
    return f"{NAMES[pitch % 12]}{pitch // 12 - 1}"


def _so_far(said: np.ndarray) -> np.ndarray:
    """(n, steps so far) -> the whole, silent where nothing is said yet."""
    n, far = said.shape
    whole = np.full((n, vae.STEPS), HOLD)
    whole[:, :far] = said
    if far < vae.STEPS:
        whole[:, far] = REST
    whole[:, 0] = np.where(whole[:, 0] == HOLD, REST, whole[:, 0])
    return whole.flatten()


def _lines(step: int, pairs: int) -> list[int]:
    """Where each pair of bars is; nowhere once all is said."""
    return [k * vae.STEPS + step + 1 for k in range(pairs)] if step + 1 < vae.STEPS else []


def _said(options: ComposeOptions, step: int) -> str:
    if step + 1 < vae.STEPS:
        return (
            f"Step {step + 1} of {vae.STEPS} in each of the four pairs of bars, all at once: four codes, one decoder."
        )
    pushed = [f"{name} {by:+g}" for name, by in (("busier", options.busier), ("higher", options.higher)) if by]
    ways = f", pushed {' and '.join(pushed)}" if pushed else ""
    return (
        f"Eight bars in the form {options.form}, from chance{ways}. Pairs of the same letter have the same code; where "
        "they differ, that is the chance in each note."
    )
