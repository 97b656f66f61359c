"""A transformer in the U-Net's place (DiT, Peebles & Xie 2022), in the class of PixArt (Chen et al. 2023) of diffusers.

It cuts the latents into patches of 2 x 2, reads them as tokens with what stands in the prompt, and is told the time by
scales, shifts and gates of its blocks (adaLN).
"""

from __future__ import annotations

from typing import Any

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
