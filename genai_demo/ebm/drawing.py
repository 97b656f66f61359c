"""What the frames of energies of points share: the landscape as a heat map, downhill as arrows."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from genai_demo.ebm.energy import cells, slope
from genai_demo.quality.laboratory import LIMIT

HIGH = 12.0  # what lies higher above the lowest place is drawn as high as that
ARROWS = 16  # a side of the field


def heights(height: Tensor) -> np.ndarray:
    """E above its lowest place, cut at HIGH, shapes as given."""
    found: np.ndarray = (height - height.min()).clamp(max=HIGH).numpy()
    return found


def downhill(energy: nn.Module, side: int = ARROWS) -> np.ndarray:
    """-grad E on a grid, (side ** 2, 4): x, y, dx, dy; the longest as long as the spacing."""
    x = cells(side)
    v = -slope(energy, x)
    v = v / v.norm(dim=1, keepdim=True).clamp(min=1) * (0.9 * 2 * LIMIT / side)
    arrows: np.ndarray = torch.cat([x, v], 1).numpy()
    return arrows


def finite(x: Tensor, limit: float = 1e6) -> np.ndarray:
    """An array of its own, with numbers only: what ran off to infinity lies at the limit."""
    found: np.ndarray = torch.nan_to_num(x, limit, limit, -limit).clamp(-limit, limit).numpy().copy()
    return found
