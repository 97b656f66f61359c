"""VAE-GAN (Larsen et al. 2016): a VAE whose pictures are compared as a discriminator sees them, not pixel by pixel.

x: pictures (n, 1, 28, 28) in [0, 1]; z (n, k). With the adversarial weight w, encoder and decoder minimise

    (1 - w) pixels + w (FEATURES features + ADVERSARY adversary) + KL

pixels: cross-entropy of the pixels, in nats; features: half the squared distance of x and its reconstruction in the
discriminator's middle; adversary: the decoder's loss against the discriminator (hinge), which the encoder does not see.
w = 0 is the plain VAE, and w = 1 the paper's VAE-GAN, without any loss on pixels.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from genai_demo.gan.model import Discriminator, GanConfig
from genai_demo.gan.objectives import LOSSES
from genai_demo.vae.model import Autoencoder, VaeConfig, empty

LATENT, WIDTH, JUDGE = 16, 24, 16  # size of z; channels of the VAE and of the discriminator at full size
FEATURES, ADVERSARY = 10.0, 4.0  # in nats, so that both are of the size of what the pixels still differ by
LAYER = 5  # of the discriminator's body: behind it (n, 2 * JUDGE, 14, 14) is compared


class VaeGan(nn.Module):
    """Autoencoder and discriminator. weight: the adversarial weight it was trained with."""

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        self.weight = weight
        self.vae: Autoencoder = empty(VaeConfig("vae", LATENT, width=WIDTH))
        self.judge = Discriminator(GanConfig(JUDGE, LATENT, classes=0))

    def forward(self, x: Tensor) -> Tensor:
        """(n, 1, 28, 28) -> its reconstructions from the means."""
        return self.vae.decode(self.vae.encode(x)[0])

    def seen(self, x: Tensor) -> Tensor:
        """Features (n, 2 * JUDGE, 14, 14) in the discriminator's middle."""
        found: Tensor = self.judge.body[:LAYER](x * 2 - 1)
        return found


def drawn(model: VaeGan, x: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """A code for each picture, drawn from its Gaussian. -> z (n, k), KL (n,) in nats."""
    mean, logvar = model.vae.encode(x)
    z = mean + (logvar / 2).exp() * torch.randn(mean.shape, generator=random).to(x.device)
    return z, ((mean**2 + logvar.exp() - 1 - logvar) / 2).sum(1)


def loss(model: VaeGan, x: Tensor, weight: float, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """What encoder and decoder minimise, a picture; the discriminator stays as it is. -> loss, pixels; both in nats."""
    z, kl = drawn(model, x, random)
    logits = model.vae.decoder(z)
    pixels = F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1).mean()
    value = (1 - weight) * pixels + kl.mean()
    if weight:
        features = (model.seen(torch.sigmoid(logits)) - model.seen(x)).square().flatten(1).sum(1).mean() / 2
        others = torch.randn(z.shape, generator=random).to(z.device)
        made = model.vae.decode(torch.cat([z.detach(), others]))
        adversary = LOSSES["hinge"].generator(model.judge(made * 2 - 1))
        value = value + weight * (FEATURES * features + ADVERSARY * adversary)
    return value, pixels.detach()


def judged(model: VaeGan, x: Tensor, random: torch.Generator) -> Tensor:
    """What the discriminator minimises: real pictures, against reconstructions and pictures from nowhere."""
    with torch.no_grad():
        z, _ = drawn(model, x, random)
        half = len(x) // 2
        z[half:] = torch.randn(z[half:].shape, generator=random).to(z.device)
        made = model.vae.decode(z)
    real, fake = model.judge(torch.cat([x, made]) * 2 - 1).split(len(x))
    return LOSSES["hinge"].discriminator(real, fake)


def build(path: Path) -> VaeGan:
    """The networks whose weights `path` holds; the discriminator's are those divided by their norms."""
    with safe_open(path, "pt") as file:
        model = VaeGan(json.loads((file.metadata() or {}).get("weight", "1")))
    model.judge = Discriminator(GanConfig(JUDGE, LATENT, classes=0, norm="none"))
    model.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    return model.eval()


def example(model: VaeGan, batch: int) -> Any:
    """One small call."""
    return model(torch.zeros(batch, 1, 28, 28, device=next(model.parameters()).device))
