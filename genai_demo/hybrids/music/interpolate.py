"""From one melody to another through the latent space of a VAE; the ends are the melodies that were given."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core.frames import bars, carried, curve, number, pictures, prose
from genai_demo.hybrids.music import melody, roll, vae
from genai_demo.hybrids.music.melody import Given
from genai_demo.hybrids.music.options import InterpolateOptions
from genai_demo.hybrids.music.vae import TuneVae

SEARCH_RATE = 0.05
ACTIVE = 0.05  # nats: a dimension that says less is not counted as used


@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """One melody on the way. kl (LATENT,): of the given melody that is nearer; different: in % of the steps."""

    index: int
    total: int
    roll: np.ndarray = pictures("melody", columns=1)
    said: str = prose("what it is")
    kl: np.ndarray = bars("what each dimension says of the nearer end", unit="nats")
    from_first: float = curve("first", unit="%", chart="steps that differ from the given melodies", digits=0)
    from_second: float = curve("second", unit="%", chart="steps that differ from the given melodies", digits=0)
    notes: int = number("notes", digits=0)
    in_scale: float = number("notes in the scale", unit="%", digits=0)
    nats: float = number("KL of the nearer end", unit="nats", digits=1)
    used: int = number("dimensions it uses", digits=0)
    heard: dict[str, Any] = carried()


@dataclass(frozen=True, slots=True)
class End:
    """A given melody and its codes z (n, LATENT). kl (LATENT,), over its windows; encoded, found: steps in which what
    comes back differs, from the encoder's mean and from the code that was searched."""

    given: Given
    z: Tensor
    kl: np.ndarray
    encoded: int
    found: int


def interpolate(model: TuneVae, options: InterpolateOptions, *, seed: int) -> Iterator[Between]:
    """A frame a melody: the first, those between, the second."""
    first, second = alike(melody.read(options.first, "first"), melody.read(options.second, "second"))
    ends = end_of(model, first, options.search), end_of(model, second, options.search)
    shares = np.linspace(0, 1, options.between + 2)[1:-1]
    codes = torch.stack([slerp(ends[0].z, ends[1].z, float(share)) for share in shares])  # (between, n, LATENT)
    made = model.decode(codes.flatten(0, 1), options.temperature, seed).cpu().numpy().reshape(len(shares), -1)
    total = len(shares) + 2
    for index in range(total):
        end = ends[0] if index < total / 2 else ends[1]
        if index in (0, total - 1):
            steps, said = end.given.steps, _told(end, ("first", "second")[index > 0], options.search)
        else:
            steps = melody.moved(made[index - 1], -end.given.shift)
            said = _between(index, total, ends)
        yield _frame(index, total, steps, said, end, (first, second))


def alike(first: Given, second: Given) -> tuple[Given, Given]:
    """Both as long as the longer; the shorter is played again."""
    length = max(len(first.steps), len(second.steps))
    one, two = (Given(np.resize(given.steps, length), given.shift) for given in (first, second))
    return one, two


def end_of(model: TuneVae, given: Given, search: int) -> End:
    """The codes of a melody, the encoder's and then the nearest found that returns it."""
    x = torch.from_numpy(given.known.reshape(-1, vae.STEPS)).to(next(model.parameters()).device)
    with torch.inference_mode():
        mean, logvar = model.encode(x)
        kl = vae.divergence(mean, logvar).mean(0).float().cpu().numpy()
    missed = int((model.decode(mean) != x).sum())
    z, left = searched(model, x, mean, search) if missed and search else (mean, missed)
    return End(given, z, kl, missed, left)


def searched(model: TuneVae, x: Tensor, mean: Tensor, steps: int) -> tuple[Tensor, int]:
    """Codes from which the decoder returns more of x, by gradient from those given. -> the best ones, steps missed."""
    with torch.inference_mode(False), torch.enable_grad():
        z = mean.clone().requires_grad_()
        optimiser = torch.optim.Adam([z], SEARCH_RATE)
        best, least = mean, int((model.decode(mean) != x).sum())
        for step in range(steps):
            logits = model.logits(z, vae.shifted(x))
            value = F.cross_entropy(logits.float().flatten(0, 1), x.flatten(), reduction="sum")
            (z.grad,) = torch.autograd.grad(value, [z])
            optimiser.step()
            if step % 5 == 4 or step == steps - 1:
                missed = int((model.decode(z.detach()) != x).sum())
                if missed < least:
                    best, least = z.detach().clone(), missed
                if not least:
                    break
    return best, least


def slerp(one: Tensor, other: Tensor, share: float) -> Tensor:
    """Along the great circle between two rows of codes (n, k), so that those between are as far from 0 as the ends."""
    cosine = F.cosine_similarity(one, other, dim=1).clamp(-0.9995, 0.9995)[:, None]
    angle = torch.acos(cosine)
    a, b = torch.sin((1 - share) * angle) / torch.sin(angle), torch.sin(share * angle) / torch.sin(angle)
    return a * one + b * other


def _frame(index: int, total: int, steps: np.ndarray, said: str, end: End, ends: tuple[Given, Given]) -> Between:
    given = len(steps) if index in (0, total - 1) else 0
    away = [100 * melody.apart(steps, one.steps) / len(steps) for one in ends]
    return Between(
        index,
        total,
        roll.drawn(steps, given=given)[None],
        said,
        end.kl,
        away[0],
        away[1],
        len(melody.notes(steps)),
        melody.in_scale(steps, end.given.shift),
        float(end.kl.sum()),
        int((end.kl > ACTIVE).sum()),
        melody.heard(steps),
    )


def _told(end: End, which: str, search: int) -> str:
    """What is said of an end: it is the melody that was given, and what the network makes of its code."""
    steps = len(end.given.steps)
    opening = f"The {which} melody, note for note as it was given."
    if not end.encoded:
        return f"{opening} From its code alone the network returns all {steps} steps of it."
    returned = f"From its code the network returns it but for {end.encoded} of {steps} steps"
    if end.found == end.encoded:
        return f"{opening} {returned}" + ("; a search found no better code." if search else ".")
    rest = "all of it" if not end.found else f"all but {end.found}"
    return f"{opening} {returned}; a search found a code near it that returns {rest}."


def _between(index: int, total: int, ends: tuple[End, End]) -> str:
    share = 100 * index / (total - 1)
    said = (
        f"{share:.0f} % of the way: no tune that anybody wrote, but what the decoder makes of a code between the two."
    )
    if not any((end.kl > ACTIVE).any() for end in ends):
        nats = max(float(end.kl.sum()) for end in ends)
        return (
            f"{share:.0f} % of the way. Both codes say next to nothing, {nats:.1f} nats at most: the posterior has "
            "collapsed, and the decoder says much the same of any code."
        )
    one, two = (end.given.shift for end in ends)
    if (one - two) % 12 and math.ceil(total / 2) == index:
        said += " Here the key changes to that of the second."
    return said
