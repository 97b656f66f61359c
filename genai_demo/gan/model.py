"""GAN on 28x28 pictures: generator and discriminator of the DCGAN kind, with a class where one is asked for.

z: latent (n, latent), N(0, 1); y: class (n,) int64, or None; G(z, y): pictures (n, 1, 28, 28) in [-1, 1];
D(x, y): (n,) logits, higher is more real. Transposed and strided convolutions as in DCGAN (Radford et al. 2016).
With classes, in the manner of BigGAN (Brock et al. 2019): the class shifts and scales the generator's batch
normalisation (de Vries et al. 2017) and is projected on the discriminator's features (Miyato & Koyama 2018).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

SIDE = 28
Norm = Literal["batch", "spectral", "layer", "none"]


@dataclass(frozen=True, slots=True)
class GanConfig:
    """width: channels at full size; four times as many at 7x7. classes: 0 for none. norm: of the discriminator."""

    width: int = 32
    latent: int = 64
    classes: int = 10
    norm: Norm = "spectral"


def _rows(table: nn.Embedding, y: Tensor) -> Tensor:
    """Rows of a table: one a label for y (n,) int64, or mixed by the weights y (n, classes) float."""
    found: Tensor = table(y) if y.dim() == 1 else y.to(table.weight) @ table.weight
    return found


class ClassNorm(nn.Module):
    """Batch normalisation whose scale and shift depend on the class; plain where there are none."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=not classes)
        self.scale = nn.Embedding(classes, channels) if classes else None
        self.shift = nn.Embedding(classes, channels) if classes else None
        if self.scale is not None and self.shift is not None:
            nn.init.ones_(self.scale.weight)
            nn.init.zeros_(self.shift.weight)

    def forward(self, x: Tensor, y: Tensor | None) -> Tensor:
        x = self.norm(x)
        if self.scale is None or self.shift is None:
            return x
        assert y is not None
        return x * _rows(self.scale, y)[:, :, None, None] + _rows(self.shift, y)[:, :, None, None]


class Generator(nn.Module):
    """(z (n, latent), y (n,), (n, classes) or None) -> (n, 1, 28, 28) in [-1, 1]; float y mixes classes."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        self.config = config
        w = config.width
        self.start = nn.Linear(config.latent + config.classes, 4 * w * 49, bias=False)
        self.norm1 = ClassNorm(4 * w, config.classes)
        self.up1 = nn.ConvTranspose2d(4 * w, 2 * w, 4, 2, 1, bias=False)
        self.norm2 = ClassNorm(2 * w, config.classes)
        self.up2 = nn.ConvTranspose2d(2 * w, w, 4, 2, 1, bias=False)
        self.norm3 = ClassNorm(w, config.classes)
        self.draw = nn.Conv2d(w, 1, 3, padding=1)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        if y is not None:
            weights = F.one_hot(y, self.config.classes) if y.dim() == 1 else y
            z = torch.cat([z, weights.to(z)], 1)  # where a garment lies is a matter of its class too
        h = self.start(z).view(len(z), -1, 7, 7)  # (n, latent + classes) -> (n, 4w, 7, 7)
        h = self.up1(F.relu(self.norm1(h, y)))  # -> (n, 2w, 14, 14)
        h = self.up2(F.relu(self.norm2(h, y)))  # -> (n, w, 28, 28)
        return torch.tanh(self.draw(F.relu(self.norm3(h, y))))


class Discriminator(nn.Module):
    """(x (n, 1, 28, 28), y (n,) or None) -> (n,) logits."""

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        self.config = config
        w = config.width

        def wrap(layer: nn.Module) -> nn.Module:
            return spectral_norm(layer) if config.norm == "spectral" else layer

        def norm(channels: int) -> nn.Module:
            kinds = {"batch": nn.BatchNorm2d(channels), "layer": nn.GroupNorm(1, channels)}
            return kinds.get(config.norm, nn.Identity())

        self.body = nn.Sequential(
            wrap(nn.Conv2d(1, w, 3, padding=1)),
            nn.LeakyReLU(0.2),
            wrap(nn.Conv2d(w, 2 * w, 4, 2, 1)),
            norm(2 * w),
            nn.LeakyReLU(0.2),  # -> (n, 2w, 14, 14)
            wrap(nn.Conv2d(2 * w, 4 * w, 4, 2, 1)),
            norm(4 * w),
            nn.LeakyReLU(0.2),  # -> (n, 4w, 7, 7)
            wrap(nn.Conv2d(4 * w, 4 * w, 3, padding=1)),
            norm(4 * w),
            nn.LeakyReLU(0.2),
        )
        self.score = wrap(nn.Linear(4 * w * 49, 1))
        self.about = wrap(nn.Embedding(config.classes, 4 * w * 49)) if config.classes else None

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        h = self.body(x).flatten(1)  # (n, 4w * 49): on garments in the middle of the picture, places matter
        logits: Tensor = self.score(h).squeeze(1)
        if self.about is not None:
            assert y is not None
            logits = logits + (self.about(y) * h).sum(1)
        return logits


class Gan(nn.Module):
    """Both networks, as they are shipped; called, it draws and judges its own pictures."""

    path: Path  # of the weights file, where the checkpoints are

    def __init__(self, config: GanConfig) -> None:
        super().__init__()
        self.config = config
        self.generator, self.discriminator = Generator(config), Discriminator(config)

    def forward(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """(n, latent) and (n,) -> D's logits (n,) of what G draws."""
        logits: Tensor = self.discriminator(self.generator(z, y), y)
        return logits


@torch.no_grad()
def plain(discriminator: Discriminator) -> Discriminator:
    """A copy in evaluation mode whose weights already are divided by their spectral norm."""
    spectral, training = discriminator.config.norm == "spectral", discriminator.training
    copied = Discriminator(replace(discriminator.config, norm="none" if spectral else discriminator.config.norm))
    discriminator.eval()  # in training each look at a weight refines its norm
    for name, value in copied.state_dict().items():
        module, _, attribute = name.rpartition(".")
        value.copy_(getattr(discriminator.get_submodule(module), attribute))
    discriminator.train(training)
    return copied.eval()
