"""A transformer in the U-Net's place (DiT, Peebles & Xie 2022), in the class of PixArt (Chen et al. 2023) of diffusers.

It cuts the latents into patches of 2 x 2, reads them as tokens with what stands in the prompt, and is told the time by
scales, shifts and gates of its blocks (adaLN). It may also be taught by flow matching.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import PixArtTransformer2DModel
from diffusers.models.modeling_outputs import Transformer2DModelOutput
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


class Straight(Patches):
    """The same, taught by flow matching (Lipman et al. 2022; Liu et al. 2022): it tells where a straight line leads.

    Inside, noisy latents are (1 - s) * z + s * noise, and what it tells is noise - z. Outside it is asked as any other:
    for latents a * z + b * noise it says the velocity a * noise - b * z, which is the same in other measures, for
    s = b / (a + b). kept: a * a of every time.
    """

    def __init__(self, kept: Tensor, **settings: Any) -> None:
        super().__init__(**settings)
        self.register_buffer("kept", kept, persistent=False)

    def forward(self, sample: Tensor, timestep: Tensor, *others: Any, return_dict: bool = True, **more: Any) -> Any:
        a, b = self.measures(timestep)
        told = super().forward((sample / (a + b)).to(sample.dtype), timestep, *others, **more).sample
        velocity = ((a - b) * sample + told) / (a + b)
        return Transformer2DModelOutput(velocity) if return_dict else (velocity,)

    def measures(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """a and b of these times, (b, 1, 1, 1) each, float32."""
        kept = self.kept[t.reshape(-1)].float().view(-1, 1, 1, 1)
        return kept.sqrt(), (1 - kept).sqrt()


def gates(net: Patches, t: int) -> Tensor:
    """How wide each block's gates stand at time t, of attention and of the MLP: (blocks, 2), mean sizes, on the CPU.

    As a block reckons them: its own table plus what the one network of all blocks (adaLN-single) says of the time.
    """
    table = torch.stack([block.scale_shift_table for block in net.transformer_blocks])  # (blocks, 6, c)
    told, _ = net.adaln_single(torch.tensor([t], device=table.device), None, 1, table.dtype)  # (1, 6 * c)
    opened: Tensor = (table + told.view(1, *table.shape[1:]))[:, [2, 5]]
    return opened.abs().mean(-1).float().cpu()
