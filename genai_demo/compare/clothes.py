"""The families' trained models draw clothes side by side: what each makes, what it takes, what was measured of it.

Each model is asked as its own page asks it, with the options that its card was measured with. Pictures (n, 28, 28)
uint8.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from genai_demo.compare.options import ClothesOptions
from genai_demo.compare.race import ranking
from genai_demo.core.frames import Tok, number, pictures, prose, ranked
from genai_demo.core.load import load
from genai_demo.core.run import find_run
from genai_demo.core.spec import find_spec, resolve
from genai_demo.quality.cards import card


@dataclass(frozen=True, slots=True)
class Model:
    """name: of its fields; count: the option for how many; field: of its last frame; at: behind its card's names."""

    name: str
    title: str
    key: str
    run: str
    count: str
    field: str
    options: Mapping[str, Any]
    at: str = ""


MODELS = (
    Model("vae", "VAE", "vae/vae-16", "vae/sample", "count", "drawn", {"temperature": 1.0, "steps": 1}),
    Model("gan", "GAN", "gan/fashion", "gan/sample", "samples", "drawn", {"truncation": 2.0, "steps": 1}, "_at_2"),
    Model(
        "diffusion",
        "Diffusion",
        "diffusion/fashion",
        "diffusion/denoise",
        "samples",
        "x0",
        {"steps": 50, "guidance_scale": 2.0, "sampler": "ddim"},
    ),
    Model("tarflow", "TarFlow", "flow/tarflow", "flow/pictures", "samples", "drawn", {"temperature": 1.0}),
    Model("glow", "Glow", "flow/glow", "flow/pictures", "samples", "drawn", {"temperature": 1.0}),
    Model("ebm", "Energy", "ebm/pictures", "ebm/pictures", "chains", "made", {}),
)
COLUMNS = 10
MILLISECONDS = "ms a picture"


@dataclass(frozen=True, slots=True, eq=False)
class ClothesStep:
    """One more model has drawn. The lists are of all that have, from their cards; times are of this run.

    frechet: Fréchet distance of features to test pictures (Heusel et al. 2017), coverage (Naeem et al. 2020); "training
    pictures" is what as many real ones reach. bits: bits per dimension of test pictures, where the likelihood is exact.
    """

    index: int
    total: int
    vae: np.ndarray | None = pictures("VAE", columns=COLUMNS)
    gan: np.ndarray | None = pictures("GAN", columns=COLUMNS)
    diffusion: np.ndarray | None = pictures("diffusion", columns=COLUMNS)
    tarflow: np.ndarray | None = pictures("TarFlow", columns=COLUMNS)
    glow: np.ndarray | None = pictures("Glow", columns=COLUMNS)
    ebm: np.ndarray | None = pictures("energy", columns=COLUMNS)
    frechet: tuple[Tok, ...] = ranked("distance to test pictures (Fréchet), nearest first")
    coverage: tuple[Tok, ...] = ranked("coverage of test pictures", unit="%")
    bits: tuple[Tok, ...] = ranked("bits per dimension, exact", unit="bits")
    size: tuple[Tok, ...] = ranked("parameters")
    said: str = prose("what it is")
    vae_ms: float | None = number("VAE", unit=MILLISECONDS, digits=1, measured=True)
    gan_ms: float | None = number("GAN", unit=MILLISECONDS, digits=1, measured=True)
    diffusion_ms: float | None = number("diffusion", unit=MILLISECONDS, digits=1, measured=True)
    tarflow_ms: float | None = number("TarFlow", unit=MILLISECONDS, digits=1, measured=True)
    glow_ms: float | None = number("Glow", unit=MILLISECONDS, digits=1, measured=True)
    ebm_ms: float | None = number("energy", unit=MILLISECONDS, digits=1, measured=True)


def clothes(options: ClothesOptions, *, seed: int) -> Iterator[ClothesStep]:
    """A frame as each model has drawn. Raises DemoError where one is not there."""
    cards = {one.name: card(one.key) for one in MODELS}
    places: dict[str, Any] = dict.fromkeys(FIELDS)
    for index, one in enumerate(MODELS):
        made, spent = _drawn(one, options.samples, seed)
        places |= {one.name: made, f"{one.name}_ms": spent, **_lists(MODELS[: index + 1], cards)}
        yield ClothesStep(index=index, total=len(MODELS), said=_said(one), **places)


FIELDS = (*(one.name for one in MODELS), *(f"{one.name}_ms" for one in MODELS))


def _drawn(one: Model, samples: int, seed: int) -> tuple[np.ndarray, float]:
    """What a model makes, in grey, and the milliseconds of a picture. What it needs is loaded before."""
    entry = find_run(one.run)
    options = entry.options.parse({**one.options, one.count: samples})
    frames = resolve(entry.start)(load(find_spec(one.key)), options, seed=seed)
    started = time.perf_counter()
    last: Any = deque(frames, maxlen=1)[0]
    found: np.ndarray = getattr(last, one.field)
    return found, 1000 * (time.perf_counter() - started) / samples


def _lists(models: Sequence[Model], cards: Mapping[str, Any]) -> dict[str, tuple[Tok, ...]]:
    """What the cards say of these, a list for each measure."""
    known = {one.title: (cards[one.name], cards[one.name]["quality"], one.at) for one in models}
    real = cards[MODELS[0].name]["quality"]
    return {
        "frechet": ranking(
            {"training pictures": real["frechet_train"], **{t: q[f"frechet{at}"] for t, (_, q, at) in known.items()}},
            least=True,
        ),
        "coverage": ranking(
            {
                "training pictures": 100 * real["coverage_train"],
                **{t: 100 * q[f"coverage{at}"] for t, (_, q, at) in known.items()},
            }
        ),
        "bits": ranking(
            {t: q["bits_per_dimension"] for t, (_, q, _) in known.items() if "bits_per_dimension" in q}, least=True
        ),
        "size": ranking({t: c["parameters"] for t, (c, _, _) in known.items()}, least=True),
    }


def _said(one: Model) -> str:
    """How this model was asked."""
    asked = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in one.options.items())
    return f"{one.title}: {find_spec(one.key).title}{f' ({asked})' if asked else ''}."
