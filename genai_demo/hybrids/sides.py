"""VAE, GAN and VAE-GAN on the same picture. A GAN has no encoder: its code is searched, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import curve, pictures, prose
from genai_demo.core.load import load
from genai_demo.gan.drawing import draw, to_pictures
from genai_demo.gan.model import Gan
from genai_demo.hybrids import VAEGANS, likeness
from genai_demo.hybrids.options import SidesOptions
from genai_demo.inputs.pictures import decode_picture

GAN = "gan/fashion"
RATE, TRIES, EVERY = 0.1, 8, 5  # of Adam; searches side by side, of which the best is shown; steps a frame
INVENTED = 9
CHART, SEEN = "error of pixels", "error as a discriminator sees it"


@dataclass(frozen=True, slots=True, eq=False)
class SidesStep:
    """The same picture by three; the GAN's after some steps of its search."""

    index: int
    total: int
    given: np.ndarray = pictures("your picture")
    vae: np.ndarray = pictures("VAE")
    hybrid: np.ndarray = pictures("VAE-GAN")
    gan: np.ndarray = pictures("GAN, searched")
    vae_own: np.ndarray | None = pictures("invented by the VAE", columns=3)
    hybrid_own: np.ndarray | None = pictures("invented by the VAE-GAN", columns=3)
    gan_own: np.ndarray | None = pictures("invented by the GAN", columns=3)
    said: str = prose("what happens")
    vae_error: float = curve("VAE", unit="grey levels", chart=CHART, digits=1)
    hybrid_error: float = curve("VAE-GAN", unit="grey levels", chart=CHART, digits=1)
    gan_error: float = curve("GAN", unit="grey levels", chart=CHART, digits=1)
    vae_seen: float = curve("VAE ", chart=SEEN)
    hybrid_seen: float = curve("VAE-GAN ", chart=SEEN)
    gan_seen: float = curve("GAN ", chart=SEEN)


def sides(options: SidesOptions, *, seed: int) -> Iterator[SidesStep]:
    """A frame every few steps of the search."""
    x = decode_picture(options.picture)[None]
    plain, hybrid, gan, judge = load(VAEGANS[0]), load(VAEGANS[-1]), load(GAN), load(likeness.JUDGE)
    by_vae, by_hybrid = likeness.again(plain, x), likeness.again(hybrid, x)
    vae_own, hybrid_own = likeness.invented(plain, INVENTED, seed), likeness.invented(hybrid, INVENTED, seed)
    gan_own = _own(gan, seed)
    total = options.steps // EVERY + 1
    for index, found in enumerate(searched(gan, x, options.steps, seed)):
        yield SidesStep(
            index,
            total,
            x,
            by_vae,
            by_hybrid,
            found,
            vae_own,
            hybrid_own,
            gan_own,
            "An encoder needs one pass. The GAN has none: its code is moved downhill until its picture is near."
            if index + 1 < total
            else "Searched to the end. What the GAN cannot draw, no search finds.",
            *(likeness.pixel_error(x, one) for one in (by_vae, by_hybrid, found)),
            *(likeness.feature_error(judge, x, one) for one in (by_vae, by_hybrid, found)),
        )


def searched(gan: Gan, x: np.ndarray, steps: int, seed: int) -> Iterator[np.ndarray]:
    """The best of TRIES codes, by its pixels, as Adam moves them (Zhu et al. 2016): first as drawn, then every few
    steps. x, found: (1, 28, 28) uint8."""
    weight, cfg = next(gan.generator.parameters()), gan.config
    random = generator(seed)
    z = torch.randn(TRIES, cfg.latent, generator=random).to(weight.device).requires_grad_(True)
    y = torch.zeros(TRIES, cfg.classes, device=weight.device, requires_grad=True)
    wanted = torch.from_numpy(x[:, None] / 127.5 - 1).to(weight.device, torch.float32)
    optimiser = torch.optim.Adam([z, y], lr=RATE)
    for step in range(steps + 1):
        with torch.enable_grad():
            drawn = gan.generator(z.to(weight.dtype), torch.softmax(4 * y, 1).to(weight.dtype)).float()
            errors = (drawn - wanted).square().mean((1, 2, 3))
            if step % EVERY == 0:
                yield _best(drawn, errors)
            optimiser.zero_grad(set_to_none=True)
            (errors.sum() + 1e-4 * z.square().sum()).backward()
        optimiser.step()


def _best(drawn: Tensor, errors: Tensor) -> np.ndarray:
    return to_pictures(drawn[int(errors.argmin())][None].detach())


def _own(gan: Gan, seed: int) -> np.ndarray:
    random = generator(seed)
    z = torch.randn(INVENTED, gan.config.latent, generator=random)
    return draw(gan.generator, z, torch.randint(gan.config.classes, (INVENTED,), generator=random))
