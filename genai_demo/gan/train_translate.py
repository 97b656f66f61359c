"""Trains pix2pix (edges to garment) and CycleGAN (sneaker to ankle boot and back) on Fashion-MNIST."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.core.device import generator, pick_dtype, seeded
from genai_demo.core.training import Journal, Resumable, TrainStep, follow, halved
from genai_demo.data import fashion_mnist
from genai_demo.gan.edges import as_drawn, edges
from genai_demo.gan.objectives import LOSSES
from genai_demo.gan.train_fashion import scaled
from genai_demo.gan.translate import PatchGan, ResNet, UNet

SNEAKER, BOOT = 7, 9
POOL = 50  # earlier fakes that a discriminator of CycleGAN is shown again (Shrivastava et al. 2017)


@dataclass(frozen=True, slots=True)
class TranslateConfig:
    """weight: of the absolute pixel error (pix2pix) or of the cycle (CycleGAN); identity: of G(y) staying y."""

    kind: str = "pix2pix"
    width: int = 32
    steps: int = 8000
    batch_size: int = 32
    learning_rate: float = 4e-4
    weight: float = 100.0
    identity: float = 0.0
    average: float = 0.999
    seed: int = 0


PIX2PIX = TranslateConfig()
CYCLEGAN = TranslateConfig("cyclegan", width=24, steps=5000, batch_size=16, weight=10.0, identity=2.0)


@dataclass(frozen=True, slots=True)
class TranslateStep(TrainStep):
    """With the discriminators' loss and the pixel or cycle error (of 2); loss is the generators'."""

    loss_d: float
    error: float


class Pair(Resumable):
    """Generators and discriminators in training, with the running means of the generators."""

    def __init__(self, cfg: TranslateConfig, networks: dict[str, nn.Module]) -> None:
        self.cfg, self.networks = cfg, networks
        self.dtype = pick_dtype(torch.device("cpu"))
        for network in networks.values():
            network.to(memory_format=torch.channels_last).train()
        makers = [network for name, network in networks.items() if name.startswith("g")]
        judges = [network for name, network in networks.items() if name.startswith("d")]
        self.opt_g, self.opt_d = (
            torch.optim.Adam(
                [p for part in parts for p in part.parameters()], cfg.learning_rate, (0.5, 0.99), fused=True
            )
            for parts in (makers, judges)
        )
        self.random = generator(cfg.seed)
        self.pool: list[Tensor] = []  # earlier fakes of CycleGAN

    def cast(self) -> Any:
        return torch.autocast("cpu", self.dtype, enabled=self.dtype != torch.float32)

    def learn(self, optimiser: torch.optim.Optimizer, loss: Tensor) -> None:
        optimiser.param_groups[0]["lr"] = self.cfg.learning_rate * min(1.0, 2 * (1 - self.step / self.cfg.steps))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    def average(self) -> None:
        for name, network in self.networks.items():
            if name.startswith("mean_"):
                follow(network, self.networks[name.removeprefix("mean_")], self.cfg.average, self.step)

    def parts(self) -> Mapping[str, Any]:
        return {**self.networks, "opt_g": self.opt_g, "opt_d": self.opt_d, "random": self.random}

    def state(self) -> dict[str, Any]:
        return {**super().state(), "pool": list(self.pool)}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self.pool = list(state.get("pool", []))

    def means(self) -> dict[str, Tensor]:
        """The averaged generators in half precision, "mean_g..." before the name of each weight."""
        return halved(
            {
                f"{name}.{key}": value
                for name, network in self.networks.items()
                if name.startswith("mean_")
                for key, value in network.state_dict().items()
            }
        )


def pix2pix(cfg: TranslateConfig) -> Pair:
    with seeded(cfg.seed):
        g, d, mean = UNet(cfg.width), PatchGan(2, cfg.width), UNet(cfg.width)
    mean.load_state_dict(g.state_dict())
    return Pair(cfg, {"g": g, "d": d, "mean_g": mean})


def pix2pix_step(pair: Pair, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """One step of D and one of G on (n, 28, 28) uint8. -> loss of G without the pixel term, of D, pixel error."""
    g, d, cfg = pair.networks["g"], pair.networks["d"], pair.cfg
    real = scaled(pictures)
    lines = scaled(as_drawn(edges(pictures), pair.random))
    losses = LOSSES["non-saturating"]
    with pair.cast():
        fake = g(lines, pair.random).float()
        judged = d(torch.cat([torch.cat([lines, lines]), torch.cat([real, fake.detach()])], 1)).float()
    loss_d = losses.discriminator(*judged.chunk(2)) / 2
    pair.learn(pair.opt_d, loss_d)
    d.requires_grad_(False)
    with pair.cast():
        loss_g = losses.generator(d(torch.cat([lines, fake], 1)).float())
    error = F.l1_loss(fake, real)
    pair.learn(pair.opt_g, loss_g + cfg.weight * error)
    d.requires_grad_(True)
    return loss_g.detach(), loss_d.detach(), error.detach()


def cyclegan(cfg: TranslateConfig) -> Pair:
    with seeded(cfg.seed):
        networks: dict[str, nn.Module] = {
            "g_ab": ResNet(cfg.width),
            "g_ba": ResNet(cfg.width),
            "d_a": PatchGan(1, cfg.width),
            "d_b": PatchGan(1, cfg.width),
            "mean_g_ab": ResNet(cfg.width),
            "mean_g_ba": ResNet(cfg.width),
        }
    for name in ("g_ab", "g_ba"):
        networks[f"mean_{name}"].load_state_dict(networks[name].state_dict())
    return Pair(cfg, networks)


def cycle_step(pair: Pair, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """One step on pictures a, b (n, 28, 28) uint8 of the two domains. -> as pix2pix_step, error that of the cycle.

    Least squares in place of the logarithm, and a pool of earlier fakes, as in section 4 of the paper.
    """
    net, cfg, losses = pair.networks, pair.cfg, LOSSES["least squares"]
    a, b = scaled(a), scaled(b)
    with pair.cast():
        b_made, a_made = net["g_ab"](a).float(), net["g_ba"](b).float()
    pair.pool = [*pair.pool, torch.cat([a_made.detach(), b_made.detach()], 1)][-POOL:]
    shown = pair.pool[int(torch.randint(len(pair.pool), (), generator=pair.random))]
    with pair.cast():
        judged = [
            d(torch.cat([x, y])).float() for d, x, y in ((net["d_a"], a, shown[:, :1]), (net["d_b"], b, shown[:, 1:]))
        ]
    loss_d = sum((losses.discriminator(*each.chunk(2)) for each in judged), torch.zeros(()))
    pair.learn(pair.opt_d, loss_d)
    for name in ("d_a", "d_b"):
        net[name].requires_grad_(False)
    with pair.cast():
        fooled = losses.generator(net["d_b"](b_made).float()) + losses.generator(net["d_a"](a_made).float())
        back = F.l1_loss(net["g_ba"](b_made).float(), a) + F.l1_loss(net["g_ab"](a_made).float(), b)
        same = F.l1_loss(net["g_ab"](b).float(), b) + F.l1_loss(net["g_ba"](a).float(), a)
    pair.learn(pair.opt_g, fooled + cfg.weight * back + cfg.identity * same)
    for name in ("d_a", "d_b"):
        net[name].requires_grad_(True)
    return fooled.detach(), loss_d.detach(), back.detach() / 2


def steps(cfg: TranslateConfig, pair: Pair) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """One step after another, for ever, on Fashion-MNIST's training split."""
    found, labels = fashion_mnist.load("train")
    pictures = torch.from_numpy(found.copy())
    if cfg.kind == "pix2pix":
        while True:
            yield pix2pix_step(pair, pictures[torch.randint(len(pictures), (cfg.batch_size,), generator=pair.random)])
    domains = [pictures[torch.from_numpy(labels == label)] for label in (SNEAKER, BOOT)]
    while True:
        a, b = (part[torch.randint(len(part), (cfg.batch_size,), generator=pair.random)] for part in domains)
        yield cycle_step(pair, a, b)


def train_translation(
    notes: Journal, cfg: TranslateConfig, *, every: int = 50, save: int = 250
) -> Iterator[TranslateStep]:
    """Train one of the two; goes on where it was stopped. The journal keeps the newest averaged generators."""
    pair = {"pix2pix": pix2pix, "cyclegan": cyclegan}[cfg.kind](cfg)
    notes.resume(pair)
    started, sums = time.monotonic() - pair.seconds, torch.zeros(3)
    for found in itertools.islice(steps(cfg, pair), cfg.steps - pair.step):
        sums += torch.stack(found)
        pair.step += 1
        pair.average()
        if pair.step % every == 0:
            loss, loss_d, error = (sums / every).tolist()
            sums.zero_()
            pair.seconds = time.monotonic() - started
            report = TranslateStep(pair.step, cfg.steps, loss, pair.seconds, loss_d, error)
            notes.history.append([pair.step, loss, loss_d, error])
            notes.kept = {pair.step: pair.means()}
            notes.keep(pair, report, save)
            yield report
