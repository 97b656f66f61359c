"""MusicVAE in small (Roberts et al. 2018): a recurrent encoder and decoder of two bars, and a latent space between.

x: steps (n, STEPS) of data.tunes' tokens; z (n, LATENT). The encoder reads a window in both directions; the decoder
says one step after the other, and hears z at each of them. Loss: cross-entropy of the steps, in nats, + WEIGHT * KL.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from genai_demo.core.device import generator
from genai_demo.data.tunes import BAR, VOCABULARY

BARS = 2
STEPS = BARS * BAR
LATENT, EMBEDDED, READING, SAYING = 40, 48, 128, 256  # size of z, of a token's vector, of the two networks
PAIR = 2  # steps that the encoder reads at once, which halves its way
BLANK = VOCABULARY  # in place of the token before the first, and of those that are hidden in training


class TuneVae(nn.Module):
    """Not learnt but measured after training: busier, higher (LATENT,), the way from the middle to the quarter of the
    windows with the most notes, the highest ones; kl (LATENT,), nats by dimension on held-out windows."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(VOCABULARY + 1, EMBEDDED)
        self.reader = nn.GRU(PAIR * EMBEDDED, READING, batch_first=True, bidirectional=True)
        self.to_latent = nn.Linear(2 * READING, 2 * LATENT)
        self.begin = nn.Linear(LATENT, SAYING)
        self.heard = nn.Linear(LATENT, EMBEDDED)
        self.sayer = nn.GRU(EMBEDDED, SAYING, batch_first=True)
        self.to_token = nn.Linear(SAYING, VOCABULARY)
        self.busier, self.higher, self.kl = (nn.Parameter(torch.zeros(LATENT), requires_grad=False) for _ in range(3))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Windows (n, STEPS) -> means and log-variances (n, LATENT)."""
        _, last = self.reader(self.embed(x).unflatten(1, (-1, PAIR)).flatten(2))  # (2, n, READING)
        mean, logvar = self.to_latent(last.transpose(0, 1).flatten(1)).chunk(2, 1)
        return mean, logvar.clamp(-8, 4)

    def logits(self, z: Tensor, before: Tensor) -> Tensor:
        """(n, STEPS, VOCABULARY) of each step, where `before` (n, STEPS) stands one step earlier."""
        heard = self.embed(before) + self.heard(z)[:, None]
        said, _ = self.sayer(heard, torch.tanh(self.begin(z))[None])
        out: Tensor = self.to_token(said)
        return out

    def forward(self, x: Tensor) -> Tensor:
        """Windows -> logits of their steps from their means, each told the true steps before it."""
        return self.logits(self.encode(x)[0], shifted(x))

    def decode(self, z: Tensor, temperature: float = 0.0, seed: int = 0) -> Tensor:
        """(n, STEPS), step after step; temperature 0: the likeliest token each time."""
        return torch.stack([tokens for tokens, _ in self.spoken(z, temperature, seed)], 1)

    @torch.inference_mode()
    def spoken(self, z: Tensor, temperature: float = 0.0, seed: int = 0) -> list[tuple[Tensor, Tensor]]:
        """Of each step the tokens (n,), and what their chances were (n, VOCABULARY).

        The cell of the recurrent network is called by itself: one step of nn.GRU takes twice as long. A token is drawn
        as torch.multinomial does it, whose checks take three times as long: that whose exponential clock rings first.
        """
        cell, n, found = list(self.sayer.parameters()), len(z), list[tuple[Tensor, Tensor]]()
        state, told = torch.tanh(self.begin(z)), self.heard(z)
        token = torch.full((n,), BLANK, device=z.device)
        for clock in torch.empty(STEPS, n, VOCABULARY).exponential_(generator=generator(seed)):
            state = torch.gru_cell(self.embed(token) + told, state, *cell)
            chances = torch.softmax(self.to_token(state).float().cpu() / (temperature or 1.0), -1)
            token = (chances / clock if temperature else chances).argmax(-1).to(z.device)
            found.append((token, chances))
        return found


def shifted(x: Tensor) -> Tensor:
    """What stands before each step."""
    return F.pad(x[:, :-1], (1, 0), value=BLANK)


def divergence(mean: Tensor, logvar: Tensor) -> Tensor:
    """KL of each Gaussian from the standard one, in nats by dimension: (n, LATENT)."""
    return (mean**2 + logvar.exp() - 1 - logvar) / 2


def loss(model: TuneVae, x: Tensor, hidden: float, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """Nats a window: of its steps, and of KL. hidden: share of the steps before that the decoder is not told."""
    mean, logvar = model.encode(x)
    z = mean + (logvar / 2).exp() * torch.randn(mean.shape, generator=random).to(mean.device)
    hide = (torch.rand(x.shape, generator=random) < hidden).to(x.device)
    logits = model.logits(z, shifted(x).masked_fill(hide, BLANK))
    steps = F.cross_entropy(logits.float().flatten(0, 1), x.flatten(), reduction="sum") / len(x)
    return steps, divergence(mean, logvar).sum(1).mean()


def build(path: Path) -> TuneVae:
    """The network whose weights `path` holds."""
    model = TuneVae()
    model.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    return model.eval()


def example(model: TuneVae, batch: int) -> Any:
    """One small call."""
    return model(torch.zeros(batch, STEPS, dtype=torch.long, device=next(model.parameters()).device))
