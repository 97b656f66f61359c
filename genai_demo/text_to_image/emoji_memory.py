"""The pictures of the emoji training, as latents of eight bits: which of them is nearest to one that was drawn.

Distances are root mean squares of scaled latents, whose deviation is about 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import safe_open
from torch import Tensor

from genai_demo.core.cards import write_card
from genai_demo.core.training import write_weights

NAMES = "names"  # under which the file's metadata says what each shows, a line each
LEVELS = 255


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """z (n, 4, 16, 16) float16, scaled; names: what each shows, as in "a red apple, noto"."""

    z: Tensor
    names: tuple[str, ...]

    def nearest(self, z: Tensor) -> tuple[list[int], list[float]]:
        """For latents (b, 4, 16, 16): the place of the nearest of each, and its distance."""
        x, y = z.flatten(1).float().cpu(), self.z.flatten(1).float()
        squared = x.square().sum(1)[:, None] + y.square().sum(1) - 2 * x @ y.T
        least, at = squared.clamp(min=0).min(1)
        return at.tolist(), (least / x.shape[1]).sqrt().tolist()


def packed(z: Tensor) -> dict[str, Tensor]:
    """Scaled latents (n, 4, 16, 16) as bytes, each channel between its least and largest number."""
    low, high = (getattr(z.float(), way)((0, 2, 3), keepdim=True) for way in ("amin", "amax"))
    step = (high - low).clamp(min=1e-6) / LEVELS
    return {"codes": ((z.float() - low) / step).round().byte(), "low": low.half(), "step": step.half()}


def unpacked(tensors: dict[str, Tensor]) -> Tensor:
    """The latents again, float16."""
    return (tensors["codes"].float() * tensors["step"].float() + tensors["low"].float()).half()


def write(path: Path, z: Tensor, names: Sequence[str], **card: Any) -> None:
    """Its file and card. z: scaled latents (n, 4, 16, 16)."""
    write_weights(path, packed(z), {NAMES: "\n".join(names)})
    write_card(path, **card)


def build(path: Path) -> Known:
    """From its file."""
    with safe_open(path, "pt") as file:
        tensors: dict[str, Any] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, no mapping
        return Known(unpacked(tensors), tuple(file.metadata()[NAMES].split("\n")))
