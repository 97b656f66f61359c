"""Other people's unconditional noise-predicting U-Nets, as the denoiser of these pages.

They are told a timestep of the linear schedule and predict eps; here they are told the angle and give v.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from diffusers import UNet2DModel
from torch import Tensor, nn

from genai_demo.diffusion.schedules import alphas_cumprod


class HubDenoiser(nn.Module):
    """(b, c, h, w), angle (b,), label (b,) (not looked at) -> v of x's shape."""

    classes = 0

    def __init__(self, unet: UNet2DModel) -> None:
        super().__init__()
        side = unet.config.sample_size
        height, width = side if isinstance(side, (tuple, list)) else (side, side)
        self.shape: tuple[int, int, int] = (unet.config.in_channels, height, width)
        self.unet = unet
        abar = alphas_cumprod("linear")
        self.log_ratios = np.log(np.sqrt((1 - abar) / abar))  # (1000,), rising

    def timestep(self, angle: Tensor) -> Tensor:
        """The timestep, not always whole, at which the network's own schedule has this angle: (b,) -> (b,)."""
        ratio = np.tan(np.clip(angle.double().cpu().numpy(), 1e-6, math.pi / 2 - 1e-9))
        times = np.interp(np.log(ratio), self.log_ratios, np.arange(len(self.log_ratios)))
        return torch.from_numpy(times.astype(np.float32)).to(angle.device)

    def forward(self, x: Tensor, angle: Tensor, label: Tensor) -> Tensor:
        alpha, sigma = (part.view(-1, 1, 1, 1) for part in (angle.float().cos(), angle.float().sin()))
        eps = self.unet(x, self.timestep(angle)).sample.float()
        x0 = ((x.float() - sigma * eps) / alpha.clamp(min=1e-3)).clamp(-1, 1)
        v: Tensor = (alpha * x.float() - x0) / sigma.clamp(min=1e-4)
        return v.to(x.dtype)


def build(place: str) -> HubDenoiser:
    """The network of a repository or of a folder that `save_pretrained` wrote, of the U-Net or its whole pipeline."""
    inside = "unet" if (Path(place) / "unet").is_dir() else None
    return HubDenoiser(UNet2DModel.from_pretrained(str(place), subfolder=inside)).eval()
