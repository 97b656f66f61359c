"""All parts of a text-to-picture model in one: what the runs draw with, bundled or from the hub.

z: latents (b, channels, h, w), scaled to a deviation of about 1; features: of the words of a prompt (b, words, width).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler
from safetensors.torch import load_file
from torch import Tensor, nn

from genai_demo.diffusion.schedules import Grid
from genai_demo.text_to_image import autoencoder, denoiser, detector, emoji_judge, emoji_memory, preview
from genai_demo.text_to_image.attention import Watched, Watching

LEAST_ALPHA = 2**-20  # of the noisiest level, where the schedule says 0: rules that divide by it go on working
LARGEST = 128  # pixels of a side of the scenes that a preview is fitted to


class Noising(nn.Module):
    """A network that takes noise off, told of words. schedule: settings of a scheduler of diffusers."""

    def __init__(self, unet: Any, schedule: Mapping[str, Any]) -> None:
        super().__init__()
        self.unet, self.schedule = unet, dict(schedule)
        self.unet.set_attn_processor(Watched())

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of what it takes noise off."""
        return self.unet.config.in_channels, self.unet.config.sample_size, self.unet.config.sample_size

    @property
    def attends(self) -> bool:
        """Whether it looks at words."""
        return bool(getattr(self.unet, "attends", True))

    @property
    def place(self) -> tuple[torch.device, torch.dtype]:
        weight = next(self.unet.parameters())
        return weight.device, weight.dtype

    def velocity(
        self, x: Tensor, t: int, features: Tensor, *, bias: Tensor | None = None, watcher: Watching | None = None
    ) -> Tensor:
        """What the network says of noisy latents, float32. bias (b, 1, words): added to the scores of attention."""
        device, dtype = self.place
        said: Tensor = self.unet(
            x.to(dtype),
            torch.tensor(t, device=device),
            features,
            encoder_attention_mask=bias,
            cross_attention_kwargs={"watcher": watcher} if watcher else None,
        ).sample
        return said.float()

    def guess(self, x: Tensor, said: Tensor, angle: float) -> tuple[Tensor, Tensor]:
        """(clean latents, noise) from what the network said: velocity, noise or the clean latents themselves."""
        alpha, sigma = float(np.cos(angle)), float(np.sin(angle))
        kind = self.schedule.get("prediction_type", "epsilon")
        if kind == "v_prediction":
            return alpha * x - sigma * said, sigma * x + alpha * said
        if kind == "sample":
            return said, (x - alpha * said) / max(sigma, LEAST_ALPHA)
        return (x - sigma * said) / max(alpha, LEAST_ALPHA), said

    def levels(self, steps: int) -> tuple[Grid, list[int]]:
        """The noise levels of so many steps, a clean one at the end, and the times of all but that one.

        As diffusers spaces them; where its list has a time below 0, that one is left out.
        """
        scheduler = DDIMScheduler.from_config(self.schedule)
        scheduler.set_timesteps(steps)
        times = [int(t) for t in scheduler.timesteps if t >= 0]
        kept = scheduler.alphas_cumprod.double()[times].sqrt().clamp(min=LEAST_ALPHA)
        return Grid((*kept.tolist(), 1.0), (*(1 - kept**2).sqrt().tolist(), 0.0)), times


class Studio(Noising):
    """judge: sees what a picture shows, None where nobody does; memory: the pictures of the training, where it has
    them."""

    preview: Tensor

    def __init__(
        self,
        vae: Any,
        unet: Any,
        text_encoder: Any,
        tokenizer: Any,
        schedule: Mapping[str, Any],
        judge: detector.Detector | emoji_judge.Judge | None = None,
        memory: emoji_memory.Known | None = None,
    ) -> None:
        super().__init__(unet, schedule)
        self.memory = memory
        self.vae, self.text_encoder, self.judge, self.tokenizer = vae, text_encoder, judge, tokenizer
        self.factor = 2 ** (len(vae.config.block_out_channels) - 1)  # pixels along a side of a latent pixel
        self.register_buffer("preview", preview.fit(*self._pairs()))

    @torch.inference_mode()
    def _pairs(self) -> tuple[Tensor, Tensor]:
        """Latents and pictures that show how the ones become the others."""
        if self.memory is None:
            return preview.scenes(self.vae, min(self.side, LARGEST))
        z = self.memory.z[:: max(1, len(self.memory.z) // preview.PICTURES)].float()
        return z, self.decode(z)

    @property
    def side(self) -> int:
        """Pixels along a side of a picture."""
        return int(self.unet.config.sample_size * self.factor)

    @property
    def own_words(self) -> bool:
        """Whether it knows the words of its own training and no others."""
        return bool(self.tokenizer.unk_token_id != self.tokenizer.eos_token_id)

    def features(self, ids: Tensor) -> Tensor:
        """(b, words) -> (b, words, width)."""
        found: Tensor = self.text_encoder(ids.to(self.place[0])).last_hidden_state
        return found

    def encode(self, pixels: np.ndarray) -> Tensor:
        """(b, h, w, 3) uint8 -> latents, float32."""
        device, dtype = self.place
        found = self.vae.encode(autoencoder.as_input(pixels).to(device, dtype)).latent_dist.mode()
        return torch.as_tensor(found.float() * self.vae.config.scaling_factor)

    def decode(self, z: Tensor) -> Tensor:
        """Latents -> (b, 3, h, w) in [-1, 1], float32, a picture at a time where they are large."""
        at_once = max(1, 8 * LARGEST**2 // (z.shape[-1] * z.shape[-2] * self.factor**2))
        dtype = self.place[1]
        parts = [self.vae.decode((part / self.vae.config.scaling_factor).to(dtype)).sample for part in z.split(at_once)]
        return torch.cat(parts).float().clamp(-1, 1)

    def glance(self, z: Tensor) -> np.ndarray:
        """Latents -> (b, h, w, 3) uint8 of the pictures' size, by the fitted colours alone."""
        small = autoencoder.as_pictures(preview.colours(z, self.preview))
        return small.repeat(self.factor, 1).repeat(self.factor, 2)


def build(path: Path) -> Studio:
    """The bundled model from the denoiser's file, beside which autoencoder and detector lie."""
    card = json.loads(path.with_name("autoencoder.json").read_text())
    vae = autoencoder.empty(card["config"]["scaling_factor"])
    vae.load_state_dict(floats(path.with_name("autoencoder.safetensors")))
    parts = denoiser.empty()
    parts.load_state_dict(floats(path))
    return assembled(vae, parts, detector.build(path.with_name("detector.safetensors")))


def assembled(vae: Any, parts: denoiser.Denoiser, judge: detector.Detector | None) -> Studio:
    """The studio of networks of the picture world."""
    return Studio(vae, parts.unet, parts.text_encoder, denoiser.tokenizer(), denoiser.SCHEDULE, judge)


def floats(path: Path) -> dict[str, Tensor]:
    return {name: value.float() if value.is_floating_point() else value for name, value in load_file(path).items()}


@torch.inference_mode()
def example(studio: Studio, batch: int = 1) -> Tensor:
    """Asks each part once, so that their blocks can be traced."""
    ids = torch.zeros(batch, studio.tokenizer.model_max_length, dtype=torch.long)
    device, dtype = studio.place
    found = studio.velocity(torch.zeros(batch, *studio.shape, device=device), 500, studio.features(ids))
    picture = studio.vae(torch.zeros(batch, 3, studio.side, studio.side, device=device, dtype=dtype)).sample
    if studio.judge is not None:
        studio.judge(picture)
    return found
