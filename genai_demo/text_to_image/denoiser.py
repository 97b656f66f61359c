"""The denoiser of latent diffusion (Rombach et al. 2022), and the transformer that reads the prompt for it.

z: latents (b, 4, 16, 16) times the autoencoder's scaling_factor; t: steps of the schedule (b,), 0 (data) to 999
(noise); ids: words of the prompts (b, WORDS); v: velocity sqrt(a) * noise - sqrt(1 - a) * z (Salimans & Ho 2022), which
the U-Net predicts; a falls from 1 to exactly 0 at the last step (Lin et al. 2023). An empty prompt means any picture
(classifier-free guidance, Ho & Salimans 2022).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch
import torch.nn.functional as F
from diffusers import DDIMScheduler, UNet2DConditionModel
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel, PreTrainedTokenizerFast

from genai_demo.data.world_words import vocabulary
from genai_demo.text_to_image import patches
from genai_demo.text_to_image.autoencoder import LATENT

Network = Literal["unet", "dit", "flow"]
WORDS = 40  # of a prompt, its beginning and end included
WIDTH = 128  # of the features of a word
PAD, BEGIN, END, UNKNOWN = "<pad>", "<begin>", "<end>", "<unknown>"

UNET: dict[str, Any] = {
    "sample_size": LATENT[1],
    "in_channels": LATENT[0],
    "out_channels": LATENT[0],
    "block_out_channels": (64, 96, 112),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "layers_per_block": 1,
    "cross_attention_dim": WIDTH,
    "attention_head_dim": 4,  # heads; diffusers keeps the name for old files
    "norm_num_groups": 8,
}
DIT = patches.config(WIDTH)
TEXT: dict[str, Any] = {
    "hidden_size": WIDTH,
    "intermediate_size": 4 * WIDTH,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": WORDS,
    "projection_dim": WIDTH,
}
SCHEDULE: dict[str, Any] = {
    "num_train_timesteps": 1000,
    "beta_schedule": "squaredcos_cap_v2",
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
    "clip_sample": False,
    "steps_offset": 1,  # plays no part here, but the pipeline wants it
}


NETWORKS: dict[Network, Callable[..., Any]] = {
    "unet": lambda **other: UNet2DConditionModel(**UNET | other),
    "dit": lambda **other: patches.Patches(**DIT | other),
    "flow": lambda **other: patches.Straight(scheduler().alphas_cumprod, **DIT | other),
}


class Denoiser(nn.Module):
    """z (b, 4, 16, 16), t (b,), ids (b, WORDS) -> v of z's shape. `unet` is what its pipeline calls the network."""

    def __init__(self, network: Network = "unet", words: Any = None, **other: Any) -> None:
        """words: a tokenizer, else that of the picture world; other: settings of the network that differ."""
        super().__init__()
        words = words or tokenizer()
        ends = {"bos_token_id": words.bos_token_id, "eos_token_id": words.eos_token_id}
        self.unet: Any = NETWORKS[network](**other)
        text = TEXT | {"max_position_embeddings": words.model_max_length}
        self.text_encoder: Any = CLIPTextModel(
            CLIPTextConfig(**text, vocab_size=len(words), pad_token_id=words.pad_token_id, **ends)
        )

    def forward(self, z: Tensor, t: Tensor, ids: Tensor) -> Tensor:
        read = self.text_encoder(ids).last_hidden_state  # (b, WORDS) -> (b, WORDS, WIDTH)
        v: Tensor = self.unet(z, t, read).sample
        return v


ENDS: dict[Network, tuple[str, ...]] = {  # first and last layers by the beginnings of their names
    "unet": ("conv_in", "conv_out"),
    "dit": ("pos_embed", "proj_out"),
    "flow": ("pos_embed", "proj_out"),
}


@functools.cache
def tokenizer(words: tuple[str, ...] = (), longest: int = WORDS) -> Any:
    """These words, else those of the picture world's captions, to numbers, in transformers' form; others become
    UNKNOWN. longest: of a prompt, its beginning and end included.
    """
    known = {word: i for i, word in enumerate((PAD, BEGIN, END, UNKNOWN, *(words or vocabulary())))}
    inner = Tokenizer(models.WordLevel(known, UNKNOWN))
    inner.normalizer = normalizers.Lowercase()
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s,.!?;:]+"), "removed")
    ends = [(BEGIN, known[BEGIN]), (END, known[END])]
    inner.post_processor = processors.TemplateProcessing(f"{BEGIN} $A {END}", special_tokens=ends)
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        model_max_length=longest,
        bos_token=BEGIN,
        eos_token=END,
        pad_token=PAD,
        unk_token=UNKNOWN,
    )


def ids_of(texts: Sequence[str], words: Any = None) -> Tensor:
    """(b, WORDS) int64; what is too long is cut off. words: a tokenizer, else that of the picture world."""
    words = words or tokenizer()
    asked = words(
        list(texts), padding="max_length", truncation=True, max_length=words.model_max_length, return_tensors="pt"
    )
    found: Tensor = asked.input_ids
    return found


def scheduler() -> Any:
    """The schedule with DDIM (Song et al. 2021) as its sampler."""
    return DDIMScheduler(**SCHEDULE)


def empty(network: Network = "unet", words: Any = None, **other: Any) -> Denoiser:
    """The networks with random weights, on the CPU, in evaluation mode, laid out for fast convolutions."""
    model = Denoiser(network, words, **other).eval()
    model.unet.to(memory_format=torch.channels_last)
    return model


def loss(model: Callable[..., Tensor], z: Tensor, ids: Tensor, *, t: Tensor, noise: Tensor) -> Tensor:
    """Mean squared error of the velocity, or of what the network tells inside (Straight); noise of z's shape."""
    schedule = scheduler()
    noisy, v = schedule.add_noise(z, noise, t), schedule.get_velocity(z, noise, t)
    said = model(noisy.contiguous(memory_format=torch.channels_last), t, ids).float()
    net = getattr(model, "unet", None)
    if isinstance(net, patches.Straight):
        a, b = net.measures(t)
        return F.mse_loss(said * (a + b), v * (a + b))
    return F.mse_loss(said, v)
