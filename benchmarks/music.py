"""Melodies through run(recipe), with all that is shown, against their bare loops; and how long eight bars take."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from benchmarks import Row, alternate, seconds
from genai_demo.core.device import threads
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.hybrids.music import compose, decoder, interpolate, melody, vae
from genai_demo.hybrids.music.options import FIRST, SECOND, ComposeOptions, ContinueOptions, InterpolateOptions

AIM = "run(recipe) (at most 1.1)"


@threads(1)
def rows() -> list[Row]:
    """Seconds from a recipe to its last frame."""
    return [
        seconds(f"melodies: from one to another, {AIM}", *alternate(_done("hybrids/interpolate"), _between(), 5)),
        seconds(f"melodies: eight bars composed, {AIM}", *alternate(_done("hybrids/compose"), _composed(), 9)),
        seconds(f"melodies: six bars gone on with, {AIM}", *alternate(_done("hybrids/continue"), _gone_on(), 5)),
    ]


def _done(name: str) -> Callable[[], None]:
    def whole() -> None:
        for _ in run(Recipe(name)):
            pass

    return whole


def _between() -> Callable[[], None]:
    """Both melodies encoded, their codes searched, those between decoded."""
    model, options = load("hybrids/tunes"), InterpolateOptions()
    ends = [torch.from_numpy(melody.read(text).known[None]) for text in (FIRST, SECOND)]

    def bare() -> None:
        codes = []
        for x in ends:
            with torch.inference_mode():
                mean, _ = model.encode(x)
            missed = int((model.decode(mean) != x).sum())
            codes.append(interpolate.searched(model, x, mean, options.search)[0] if missed else mean)
        shares = np.linspace(0, 1, options.between + 2)[1:-1]
        model.decode(torch.cat([interpolate.slerp(codes[0], codes[1], float(share)) for share in shares]))

    return bare


def _composed() -> Callable[[], None]:
    model, options = load("hybrids/tunes"), ComposeOptions()

    @torch.inference_mode()
    def bare() -> None:
        z, random = compose.codes(model, options, 0), torch.Generator().manual_seed(0)
        state, told = torch.tanh(model.begin(z))[None], model.heard(z)
        token = torch.full((len(z),), vae.BLANK)
        for _ in range(vae.STEPS):
            said, state = model.sayer((model.embed(token) + told)[:, None], state)
            chances = torch.softmax(model.to_token(said[:, 0]) / options.temperature, -1)
            token = torch.multinomial(chances, 1, generator=random)[:, 0]

    return bare


def _gone_on() -> Callable[[], None]:
    model, options = load("hybrids/tunes-decoder"), ContinueOptions()
    given = torch.from_numpy(melody.read(options.melody).known)

    def bare() -> None:
        for _ in model.spoken(given, decoder.STEPS, temperature=options.temperature, share=options.top_p, seed=0):
            pass

    return bare
