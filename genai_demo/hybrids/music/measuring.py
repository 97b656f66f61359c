"""Measures the networks of melodies on tunes that were held out. Needs the tunes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from genai_demo.core.device import generator
from genai_demo.data import tunes
from genai_demo.data.tunes import BAR, FIRST, LOWEST
from genai_demo.hybrids.music import decoder, melody, vae
from genai_demo.hybrids.music.decoder import Grams, TuneDecoder
from genai_demo.hybrids.music.go_on import repeated
from genai_demo.hybrids.music.train_vae import counts, heights, unheard
from genai_demo.hybrids.music.vae import TuneVae

MOST, OWN, TUNES = 1500, 400, 60  # held-out windows, melodies of its own, tunes that are gone on with
TEMPERATURE = 0.6  # of its own melodies
ACTIVE = 0.01  # of a dimension's mean over melodies, its variance (Burda et al. 2016)
ORDER = 5  # tokens that the counted control knows at once, with the one it says
EVERY, HELD = 4, 200  # one in so many windows of eight bars is counted; held-out ones


@torch.inference_mode()
def of_vae(model: TuneVae) -> dict[str, Any]:
    """What it returns of held-out windows, what its latent space holds, and its own melodies beside real ones."""
    held = unheard()
    x = torch.from_numpy(held[:: max(1, len(held) // MOST)][:MOST])
    mean, logvar = model.encode(x)
    kl, same, notes = vae.divergence(mean, logvar), model.decode(mean) == x, x >= FIRST
    random = torch.Generator().manual_seed(0)
    z = torch.randn(OWN, vae.LATENT, generator=random)
    own = model.decode(z, TEMPERATURE, 0)
    shifted = {
        name: [model.decode(z + by * getattr(model, name), TEMPERATURE, 0) for by in (-1, 1)]
        for name in ("busier", "higher")
    }
    return {
        "windows": len(x),
        "steps": _share(same),
        "notes": round(100 * float((same & notes).sum() / notes.sum()), 1),
        "whole": _share(same.all(1)),
        "kl": round(float(kl.sum(1).mean()), 1),
        "bound": round(float(sum(vae.loss(model, x, 0.0, generator(0)))), 1),
        "dimensions": vae.LATENT,
        "active": int((mean.var(0) > ACTIVE).sum()),
        "used": int((kl.mean(0) > 0.05).sum()),
        "own in scale": _in_scale(own),
        "real in scale": _in_scale(x),
        "own notes": round(float(counts(own).mean()), 1),
        "real notes": round(float(counts(x).mean()), 1),
        "notes, less and more busy": [round(float(counts(one).mean()), 1) for one in shifted["busier"]],
        "pitch, lower and higher": [round(float(heights(one).mean()), 1) for one in shifted["higher"]],
    }


@torch.inference_mode()
def of_decoder(model: TuneDecoder) -> dict[str, Any]:
    """Nats a step on held-out tunes beside counted controls; what it adds to two bars beside how the tune goes on."""
    known = tunes.windows(tunes.load("train"), decoder.BARS)[::EVERY]
    held = tunes.windows(tunes.load("held out"), decoder.BARS)
    held = held[:: max(1, len(held) // HELD)][:HELD]
    x = torch.from_numpy(held)
    logits = torch.cat([model(part)[:, :-1] for part in x.split(50)]).float()
    nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), x.flatten())
    begun, own = 2 * BAR, []
    for k, tune in enumerate(x[:: max(1, len(x) // TUNES)][:TUNES]):
        said = model.spoken(tune[:begun], decoder.STEPS, temperature=0.8, share=0.95, seed=k)
        own.append(np.concatenate([tune[:begun].numpy(), [token for token, _ in said]]))
    real = held[:: max(1, len(held) // TUNES)][:TUNES]
    return {
        "tunes": len(held),
        "nats": round(float(nats), 3),
        "nats, counted alone": round(Grams(known, 1).nats(held), 3),
        f"nats, {ORDER}-grams": round(Grams(known, ORDER).nats(held), 3),
        "right": _share(logits.argmax(-1) == x),
        "own in scale": _in_scale(torch.from_numpy(np.stack(own))[:, begun:]),
        "real in scale": _in_scale(torch.from_numpy(real)[:, begun:]),
        "own bars again": round(100 * float(np.mean([repeated(one, begun) for one in own])), 1),
        "real bars again": round(100 * float(np.mean([repeated(one, begun) for one in real])), 1),
    }


def _share(right: torch.Tensor) -> float:
    return round(100 * float(right.float().mean()), 1)


def _in_scale(steps: torch.Tensor) -> float:
    pitches = steps[steps >= FIRST] - FIRST + LOWEST
    return round(100 * float(np.isin(pitches.numpy() % 12, melody.SCALE).mean()), 1)
