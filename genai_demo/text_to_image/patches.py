"""A transformer in the U-Net's place (DiT, Peebles & Xie 2022), in the class of PixArt (Chen et al. 2023) of diffusers.

It cuts the latents into patches of 2 x 2, reads them as tokens with what stands in the prompt, and is told the time by
scales, shifts and gates of its blocks (adaLN).
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import PixArtTransformer2DModel
from torch import Tensor

from genai_demo.text_to_image.autoencoder import LATENT


def config(width: int) -> dict[str, Any]:
    """Of about the U-Net's size. width: of the features of a word."""
    return {
        "num_attention_heads": 6,
        "attention_head_dim": 32,
        "in_channels": LATENT[0],
        "out_channels": LATENT[0],
        "num_layers": 7,
        "cross_attention_dim": width,
        "caption_channels": None,
        "sample_size": LATENT[1],
        "patch_size": 2,
        "use_additional_conditions": False,
    }


class Patches(PixArtTransformer2DModel):  # type: ignore[misc]
    """PixArt's network, asked as a U-Net is: noisy latents (b, c, h, w), t (b,) or one, features (b, words, width)."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.register_to_config(time_cond_proj_dim=None)  # pipelines ask a U-Net for it

    def forward(
        self,
        sample: Tensor,
        timestep: Tensor,
        encoder_hidden_states: Tensor,
        encoder_attention_mask: Tensor | None = None,
        cross_attention_kwargs: dict[str, Any] | None = None,
        return_dict: bool = True,
        **others: Any,
    ) -> Any:
        """What is said of them, of their shape, in `.sample`; others: what only a U-Net is told, left unread."""
        return super().forward(
            sample,
            encoder_hidden_states,
            timestep.reshape(-1).expand(len(sample)),
            cross_attention_kwargs=cross_attention_kwargs,
            encoder_attention_mask=encoder_attention_mask,
            return_dict=return_dict,
        )

    @property
    def grid(self) -> int:
        """Patches along a side of the latents."""
        return int(self.config.sample_size // self.config.patch_size)


def gates(net: Patches, t: int) -> Tensor:
    """How wide each block's gates stand at time t, of attention and of the MLP: (blocks, 2), mean sizes, on the CPU.

    As a block reckons them: its own table plus what the one network of all blocks (adaLN-single) says of the time.
    """
    table = torch.stack([block.scale_shift_table for block in net.transformer_blocks])  # (blocks, 6, c)
    told, _ = net.adaln_single(torch.tensor([t], device=table.device), None, 1, table.dtype)  # (1, 6 * c)
    opened: Tensor = (table + told.view(1, *table.shape[1:]))[:, [2, 5]]
    return opened.abs().mean(-1).float().cpu()
