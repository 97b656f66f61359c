"""What a sampler is given: the network's guess under guidance, streams of noise, and pictures to and from tensors."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.diffusion.model import NULL

MOST_FRAMES = 100


class Network(Protocol):
    """Any denoiser of these pages: (x, angle (b,), label (b,)) -> v; shape (c, h, w); classes: 0 if it knows none."""

    shape: tuple[int, int, int]
    classes: int

    def __call__(self, x: Tensor, angle: Tensor, label: Tensor) -> Tensor: ...

    def parameters(self) -> object: ...


def place(model: Network) -> tuple[torch.device, torch.dtype]:
    """Where the network is, and the precision it computes in."""
    weight = next(iter(model.parameters()))  # type: ignore[call-overload]
    return weight.device, weight.dtype


def labels(model: Network, label: str, samples: int) -> list[int]:
    """A class a sample, NULL for none. "each class" goes through the classes in turn, of which there may be none.

    Raises DemoError where one class is asked of a network that knows none.
    """
    from genai_demo.data.fashion_mnist import CLASSES

    if label == "any" or (label == "each class" and not model.classes):
        return [NULL] * samples
    if not model.classes:
        raise DemoError(f"label is {label}, but this model knows no classes; choose any")
    return [i % model.classes if label == "each class" else CLASSES.index(label) for i in range(samples)]


class Guide:
    """Classifier-free guidance (Ho & Salimans 2022): v = v_without + scale * (v_with - v_without).

    Calling it with (x, angle) gives (x0, eps). With scale 1, or without a class, the network is asked once; else both
    questions go in one doubled batch. `evaluations` counts per picture. With `planes`, `halves` keeps the two clean
    guesses (with the class, without) of the last call.
    """

    def __init__(self, model: Network, classes: list[int], scale: float, *, clip: bool = True, planes: bool = False):
        device, self.dtype = place(model)
        self.model, self.scale, self.clip, self.planes = model, scale, clip, planes
        self.label = torch.tensor(classes, device=device)
        self.none = torch.full_like(self.label, NULL)
        self.free = all(label == NULL for label in classes)
        self.evaluations = 0
        self.halves: tuple[Tensor, Tensor] | None = None

    def __call__(self, x: Tensor, angle: float) -> tuple[Tensor, Tensor]:
        alpha, sigma = math.cos(angle), math.sin(angle)
        v = self._velocity(x, angle)
        x0, eps = alpha * x - sigma * v, sigma * x + alpha * v
        if self.clip:
            x0 = x0.clamp(-1, 1)
            eps = (x - alpha * x0) / max(sigma, 1e-6)
        return x0, eps

    def _velocity(self, x: Tensor, angle: float) -> Tensor:
        if not self.planes and (self.free or self.scale == 1):
            return self._ask(x, angle, self.label)
        if not self.planes and self.scale == 0:
            return self._ask(x, angle, self.none)
        both = self._ask(torch.cat([x, x]), angle, torch.cat([self.label, self.none]))
        given, free = both.chunk(2)
        if self.planes:
            alpha, sigma = math.cos(angle), math.sin(angle)
            self.halves = alpha * x - sigma * given, alpha * x - sigma * free
        return free + self.scale * (given - free)

    def _ask(self, x: Tensor, angle: float, label: Tensor) -> Tensor:
        self.evaluations += len(x) // len(self.label)
        angles = torch.full((len(x),), angle, device=x.device, dtype=torch.float32)
        return self.model(x.to(self.dtype), angles, label).float()  # half precision is too coarse for an angle


class Noise:
    """A stream of standard normal noise for n samples; sample i's does not depend on n. Drawn on the CPU.

    shape: of one sample, as in (1, 28, 28).
    """

    def __init__(self, seed: int, samples: int, shape: tuple[int, ...], device: torch.device | str = "cpu") -> None:
        mixed = (np.random.SeedSequence((seed, i)).generate_state(2, np.uint32) for i in range(samples))
        self.random = [generator(int(a) << 31 | int(b) >> 1) for a, b in mixed]
        self.shape, self.device = shape, device

    def __call__(self) -> Tensor:
        return torch.stack([torch.randn(self.shape, generator=g) for g in self.random]).to(self.device)

    def copy(self) -> Noise:
        """A stream that goes on exactly as this one would."""
        other = object.__new__(Noise)
        other.random = [g.clone_state() for g in self.random]
        other.shape, other.device = self.shape, self.device
        return other


def pictures_of(x: Tensor, scale: float = 1.0) -> np.ndarray:
    """(b, c, h, w) in [-scale, scale] -> (b, h, w) or (b, h, w, 3) uint8, on the CPU."""
    pixels = x.div(scale).clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8).cpu()
    return np.ascontiguousarray(pixels[:, 0].numpy() if x.shape[1] == 1 else pixels.permute(0, 2, 3, 1).numpy())


def tensor_of(picture: np.ndarray, model: Network) -> Tensor:
    """(28, 28) uint8 -> (1, 1, 28, 28) in [-1, 1], where the network is.

    Raises DemoError where the network was made for other pictures.
    """
    if model.shape != (1, *picture.shape):
        sides = "x".join(str(side) for side in model.shape[1:])
        raise DemoError(f"this model makes {sides} pictures with {model.shape[0]} channels; choose one for 28x28 grey")
    return torch.from_numpy(picture.astype(np.float32) / 127.5 - 1)[None, None].to(place(model)[0])


def shown(total: int, most: int = MOST_FRAMES) -> set[int]:
    """Which of `total` moments become frames: at most `most`, evenly, the first and the last among them."""
    if total <= most:
        return set(range(total))
    return {round(i * (total - 1) / (most - 1)) for i in range(most)}


def rms(x: Tensor) -> float:
    """Root of the mean square, over everything."""
    return float(x.square().mean().sqrt())
