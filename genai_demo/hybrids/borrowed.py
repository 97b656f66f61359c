"""Who borrows what: the parameters of each hybrid by the architecture its parts come from, counted in the models."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import nn

from genai_demo.core.frames import matrix, number, prose
from genai_demo.core.load import load
from genai_demo.core.spec import find_spec
from genai_demo.hybrids.options import BorrowedOptions

FAMILIES = ("VAE", "GAN", "Diffusion", "Encoder", "Decoder", "State space", "Recurrent", "its own")
OWN = len(FAMILIES) - 1
Parts = dict[str, tuple[nn.Module, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class BorrowedStep:
    """One hybrid more. shares (hybrids so far, FAMILIES): % of its parameters."""

    index: int
    total: int
    names: tuple[str, ...]
    families: tuple[str, ...]
    shares: np.ndarray = matrix("where the parts come from", rows="names", columns="families", unit="%", cells=True)
    said: str = prose("what it gains")
    name: str = number("hybrid")
    parameters: int = number("parameters", digits=0)


@dataclass(frozen=True, slots=True)
class Hybrid:
    """key: of its model; parts: what of it comes from which family; gain: over its parents, read from cards."""

    name: str
    key: str
    parts: Callable[[Any], Parts]
    gain: Callable[[], str]


def borrowed(options: BorrowedOptions, *, seed: int) -> Iterator[BorrowedStep]:
    """A frame a hybrid."""
    rows: list[list[float]] = []
    chosen = [one for one in HYBRIDS if options.hybrid in (one.name, "all of them")]
    for index, hybrid in enumerate(chosen):
        model = load(hybrid.key)
        counts = counted(model, hybrid.parts(model))
        rows.append([100 * count / sum(counts) for count in counts])
        names = tuple(one.name for one in chosen[: index + 1])
        yield BorrowedStep(index, len(chosen), names, FAMILIES, np.array(rows), hybrid.gain(), hybrid.name, sum(counts))


def counted(model: nn.Module, parts: Parts) -> list[int]:
    """Parameters by family, what belongs to none last; a weight that two parts share is counted once."""
    seen: set[int] = set()
    counts = []
    for family in FAMILIES:
        modules = parts.get(family, ()) if family != FAMILIES[OWN] else (model,)
        fresh = {id(p): p.numel() for module in modules for p in module.parameters() if id(p) not in seen}
        seen |= fresh.keys()
        counts.append(sum(fresh.values()))
    return counts


def _mixture(model: Any) -> Parts:
    layers = model.network.model.layers
    attending = tuple(layer.self_attn for layer in layers if hasattr(layer, "self_attn"))
    return {"State space": tuple(layer.mamba for layer in layers if hasattr(layer, "mamba")), "Decoder": attending}


def _quality(key: str) -> dict[str, Any]:
    found: dict[str, Any] = find_spec(key).card["quality"]
    return found


def _decision() -> str:
    own, clone, best = (_quality(f"hybrids/{name}") for name in ("decision", "clone", "clone-best"))
    return (
        f"The Decision Transformer is a decoder over returns, states and actions. Asked for 10 it gathers "
        f"{own['asked 10']:.1f} on average; a decoder that imitates the same walks {clone['had']:.1f}, one that "
        f"imitates the best tenth {best['had']:.1f}; and it can be asked for less."
    )


def _vaegan() -> str:
    plain, hybrid = _quality("hybrids/vaegan-0"), _quality("hybrids/vaegan-100")
    return (
        f"The VAE-GAN is a VAE with a GAN's discriminator for a ruler. Its own pictures lie {hybrid['frechet']:.1f} "
        f"from real ones (Frechet distance), the plain VAE's {plain['frechet']:.1f}; what it makes again is off by "
        f"{hybrid['pixel_error']:.1f} grey levels, the plain one's by {plain['pixel_error']:.1f}."
    )


def _latent() -> str:
    found = _quality("text_to_image/world")["seen"]
    return (
        f"Latent diffusion draws in a VAE's latents, and a text encoder tells it what. "
        f"{100 * found['things_and_colours']:.0f} % of its pictures show the things and colours that were asked for; "
        "none of its parents draws to words."
    )


def _masked() -> str:
    return (
        "Masked diffusion of text has the weights of an encoder, all of them; from diffusion it borrows how it is "
        "asked: begin with noise, here gaps, and take some of it away with each pass. What that is worth against "
        "writing from the left is measured on the bench Order."
    )


def _jamba() -> str:
    own, space, attention = (_quality(f"ssm/{name}") for name in ("hybrid", "mamba2", "attention"))
    return (
        f"Attention in one layer among state spaces: perplexity {own['perplexity']:.0f}; state spaces alone "
        f"{space['perplexity']:.0f}, attention alone {attention['perplexity']:.0f}. It has feed-forward layers "
        "besides, so that not all of its lead is the mixture's."
    )


def _tunes() -> str:
    q = _quality("hybrids/tunes")
    less, more = q["notes, less and more busy"]
    return (
        f"MusicVAE is a VAE whose encoder and decoder are recurrent networks. It returns {q['notes']:.0f} % of the "
        f"notes of melodies it never heard, at their place and pitch; and it can be moved: one step less or more busy "
        f"means {less:.1f} or {more:.1f} notes in two bars. A recurrent network alone has no such place to move from."
    )


def _recurrent(model: Any) -> Parts:
    latent = (model.to_latent, model.begin, model.heard)
    return {"VAE": latent, "Recurrent": (model.embed, model.reader, model.sayer, model.to_token)}


HYBRIDS = (
    Hybrid("Decision Transformer", "hybrids/decision", lambda m: {"Decoder": (m.network.encoder,)}, _decision),
    Hybrid("VAE-GAN", "hybrids/vaegan-100", lambda m: {"VAE": (m.vae,), "GAN": (m.judge,)}, _vaegan),
    Hybrid("MusicVAE", "hybrids/tunes", _recurrent, _tunes),
    Hybrid(
        "Latent diffusion",
        "text_to_image/world",
        lambda m: {"VAE": (m.vae,), "Diffusion": (m.unet,), "Encoder": (m.text_encoder,)},
        _latent,
    ),
    Hybrid("Masked diffusion", "encoder/words", lambda m: {"Encoder": (m.network,)}, _masked),
    Hybrid("State space + attention", "ssm/hybrid", _mixture, _jamba),
)
