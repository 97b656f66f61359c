"""From a picture to the lines somebody would draw of it: what pix2pix learns to undo."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SOBEL = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 4
EDGE = 0.16  # change of grey from one pixel to the next that counts as a line
SHIFTS = ((0, 1), (1, 1), (1, 0), (1, -1))  # across a line that is upright, falling, flat, rising


def edges(pictures: Tensor, threshold: float = EDGE) -> Tensor:
    """(n, 28, 28) uint8 -> (n, 28, 28) uint8, 255 on lines one pixel wide, 0 elsewhere.

    Canny's detector (1986) without its linking: the gradient by Sobel, kept where it is largest across the line and
    above `threshold` (of 1, black to white).
    """
    x = F.pad(pictures.float().div(255).unsqueeze(1), (2, 2, 2, 2))
    kernels = torch.stack([SOBEL, SOBEL.T]).unsqueeze(1)
    slope = F.conv2d(x, kernels)  # (n, 2, 30, 30): across, down; one pixel more on each side
    size = slope.norm(dim=1)
    way = (torch.atan2(slope[:, 1], slope[:, 0]) / (torch.pi / 4)).round().long() % 4
    kept = torch.zeros_like(size, dtype=torch.bool)
    for i, (down, across) in enumerate(SHIFTS):
        ahead, behind = (torch.roll(size, (s * down, s * across), (1, 2)) for s in (-1, 1))
        kept |= (way == i) & (size > ahead) & (size >= behind)
    found: Tensor = ((kept & (size > threshold))[:, 1:-1, 1:-1] * 255).to(torch.uint8)
    return found


def as_drawn(lines: Tensor, random: torch.Generator) -> Tensor:
    """Lines (n, 28, 28) uint8 as a hand might draw them: some bold, some of the fainter ones left out.

    A quarter of the pictures is drawn twice as thick; in half of them each block of 4x4 pixels loses its lines with
    probability 0.2.
    """
    x = lines.unsqueeze(1).float()
    thick = F.max_pool2d(F.pad(x, (0, 1, 0, 1)), 2, 1)
    bold = torch.rand(len(x), 1, 1, 1, generator=random) < 1 / 4
    gaps = torch.rand(len(x), 1, 7, 7, generator=random) < 0.2
    gaps &= torch.rand(len(x), 1, 1, 1, generator=random) < 0.5
    found = torch.where(bold, thick, x) * ~gaps.repeat_interleave(4, 2).repeat_interleave(4, 3)
    return found.squeeze(1).to(torch.uint8)
