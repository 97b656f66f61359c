"""A face network of a few numbers in the place of the one that is fetched: same class, no package, no OpenVINO."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from genai_demo.core.device import seeded
from genai_demo.gan.openvino_faces import Faces

LATENT, SIDE, SIDES = 8, 16, (4, 8, 8, 16, 16, 64)


class Synthesis(nn.Module):
    """Each layer adds a pattern of its own, in the measure of its style."""

    def __init__(self) -> None:
        super().__init__()
        self.patterns = nn.Parameter(torch.randn(len(SIDES), LATENT, SIDE * SIDE * 3))

    def forward(self, styles: Tensor) -> Tensor:
        image = torch.einsum("nlk,lkp->np", styles, self.patterns).view(-1, SIDE, SIDE, 3)
        return image.mul(20).add(128).clamp(0, 255).to(torch.uint8)


@torch.no_grad()
def faces() -> Faces:
    with seeded(0):
        mapping = nn.Sequential(nn.Linear(LATENT, LATENT), nn.PReLU())
        return Faces(mapping, Synthesis(), SIDES, LATENT).eval().requires_grad_(False)


STAND_INS = {"gan/mobile-stylegan": faces}
