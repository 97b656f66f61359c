"""What Glow and TarFlow share: likelihood of pictures, bits per dimension, and their weights files.

log p(x) = log N(z; 0, I) + log |det dz/dx| in nats, x the grey values in [0, 1); bits per dimension: -log2 p of the
256 grey values a pixel, -log p / (784 log 2) + 8, an upper bound of that of the pixels (Theis et al. 2016, eq. 3).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.training import halved, write_weights
from genai_demo.flow.glow import Glow, GlowConfig
from genai_demo.flow.grey import LEVELS
from genai_demo.flow.tarflow import SIDE, Tarflow, TarflowConfig

PictureFlow = Glow | Tarflow
EXACT = ("grey.below",)  # kept in single precision: likelihoods hang on it
KEPT = 24  # test pictures at either end that come with the weights
KINDS = {"glow": (Glow, GlowConfig), "tarflow": (Tarflow, TarflowConfig)}


def log_prob(model: PictureFlow, x: Tensor, label: Tensor | None = None) -> Tensor:
    """log p(x), or log p(x | label) where the model knows classes, in nats, (b,). x (b, 1, 28, 28) in [0, 1)."""
    z, log_det = model.encode(x, label)  # type: ignore[arg-type]
    return normal(z) + log_det


def normal(z: Tensor) -> Tensor:
    """log N(z; 0, I), summed over all but the batch, (b,)."""
    each = -z.square() / 2 - math.log(2 * math.pi) / 2
    return each.flatten(1).sum(1)


def bits(log_p: Tensor) -> Tensor:
    """Log-likelihood in nats -> bits per dimension."""
    return math.log2(LEVELS) - log_p / (SIDE**2 * math.log(2))


def pixels(x: Tensor) -> np.ndarray:
    """Grey values (n, 1, 28, 28) in [0, 1] -> (n, 28, 28) uint8: the undoing of `dequantised`."""
    found: np.ndarray = (x[:, 0] * LEVELS).floor().clamp(0, LEVELS - 1).byte().cpu().numpy()
    return found


def all_classes(model: PictureFlow, x: Tensor) -> Tensor:
    """log p(x | y) for every class, (b, classes), in nats."""
    many = x.repeat_interleave(model.classes, 0)
    labels = torch.arange(model.classes, device=x.device).repeat(len(x))
    return log_prob(model, many, labels).view(len(x), model.classes)


def free_log_prob(model: PictureFlow, x: Tensor) -> Tensor:
    """log p(x), the class not told: the mean over all of them, alike likely, where the model knows classes."""
    if not model.classes:
        return log_prob(model, x)
    return all_classes(model, x).logsumexp(1) - math.log(model.classes)


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """What a trained flow makes of the 10,000 test pictures, told their class where it knows classes.

    cost: bits per dimension, (n,) float32; most, least: the likeliest and the unlikeliest, (KEPT, 28, 28) uint8.
    """

    cost: np.ndarray
    most: np.ndarray
    least: np.ndarray


def judged(cost: Tensor, images: np.ndarray) -> Test:
    """The costs (n,) of pictures (n, 28, 28), with those at either end."""
    order = cost.argsort().numpy()
    return Test(cost.float().numpy(), images[order[:KEPT]], images[order[::-1][:KEPT]])


def make(kind: str, config: Mapping[str, object], counts: Tensor | None = None) -> PictureFlow:
    """A flow with random weights. Raises DemoError for another kind."""
    if kind not in KINDS:
        raise DemoError(f"flow is {kind[:40]}; choose one of {', '.join(KINDS)}")
    network, settings = KINDS[kind]
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in config.items()}
    made: PictureFlow = network(settings(**given), counts)
    return made


def rounded(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights as a file gives them back: rounded to half precision but for the histogram."""
    return {name: v.float() if v.is_floating_point() else v for name, v in halved(state, but=EXACT).items()}


def save(path: Path, model: PictureFlow, test: Test) -> None:
    """Write a weights file, in half precision but for the histogram, with what the flow makes of the test pictures."""
    kind = next(name for name, (network, _) in KINDS.items() if isinstance(model, network))
    config = json.dumps(asdict(model.config))
    beside = {f"test/{one.name}": torch.from_numpy(getattr(test, one.name).copy()) for one in fields(test)}
    weights = halved(model.state_dict(), but=EXACT)
    write_weights(path, {**weights, **halved(beside)}, {"kind": kind, "config": config})


def build(path: Path) -> PictureFlow:
    """The trained flow, float32, in evaluation mode."""
    with safe_open(path, "pt") as file:
        about = file.metadata()
        model = make(about["kind"], json.loads(about["config"]))
        found = {name: file.get_tensor(name) for name in model.state_dict()}
        beside = {one.name: file.get_tensor(f"test/{one.name}") for one in fields(Test)}
    model.load_state_dict(rounded(found))
    model.test = Test(**{name: (v.float() if v.is_floating_point() else v).numpy() for name, v in beside.items()})
    return model.eval()


@torch.inference_mode()
def example(model: PictureFlow, batch: int = 1) -> Tensor:
    """Encodes grey pictures, so that the blocks can be traced: -> (batch,)."""
    weight = next(model.parameters())
    x = torch.full((batch, 1, SIDE, SIDE), 0.5, device=weight.device, dtype=weight.dtype)
    return log_prob(model, x, torch.zeros(batch, dtype=torch.long, device=weight.device))
