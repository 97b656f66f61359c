"""Networks of the right classes with random weights, so small that a run takes moments."""

from __future__ import annotations

import functools
from typing import Any

from diffusers import AutoencoderKL, DDIMScheduler, DiTTransformer2DModel, UNet2DConditionModel

from genai_demo.core.device import seeded
from genai_demo.text_to_image import autoencoder, cascade, classes, denoiser, detector, quantized, writer
from genai_demo.text_to_image.studio import Studio

VAE: dict[str, Any] = {**autoencoder.CONFIG, "block_out_channels": (8, 8, 8)}
UNET: dict[str, Any] = {**denoiser.UNET, "block_out_channels": (8, 8, 8)}


@functools.cache
def tiny() -> Studio:
    """It reads, draws and judges, all of it badly."""
    with seeded(0):
        parts = denoiser.empty()
        parts.unet = UNet2DConditionModel(**UNET)
        studio = Studio(
            AutoencoderKL(**VAE, scaling_factor=0.5),
            parts.unet,
            parts.text_encoder,
            denoiser.tokenizer(),
            denoiser.SCHEDULE,
            detector.empty(),
        )
    return studio.eval().requires_grad_(False)


@functools.cache
def tiny_cascade() -> cascade.Cascade:
    """The same of a cascade."""
    latent = tiny()
    with seeded(0):
        large = cascade.Enlarger()
        large.unet = UNet2DConditionModel(**{**cascade.ENLARGER, "block_out_channels": (8, 8, 8)})
        small = UNet2DConditionModel(**{**cascade.BASE, "block_out_channels": (8, 8, 8)})
    return cascade.Cascade(latent, small, large).eval().requires_grad_(False)


@functools.cache
def tiny_codes() -> writer.Codes:
    """The same of pictures that are written code by code."""
    latent = tiny()
    with seeded(0):
        vq, fsq = (quantized.empty(way) for way in quantized.WAYS)
        return writer.Codes(latent, vq, fsq, writer.empty()).eval().requires_grad_(False)


NAMES = {"goldfish": 0, "Carassius auratus": 0, "golden retriever": 1, "retriever": 2}  # of classes


def class_net() -> Any:
    """A transformer that is told one of three classes."""
    shape = {"num_attention_heads": 2, "attention_head_dim": 4, "num_layers": 2, "num_embeds_ada_norm": 3}
    with seeded(0):
        return DiTTransformer2DModel(in_channels=4, out_channels=8, sample_size=16, **shape).eval()


@functools.cache
def tiny_classes() -> Studio:
    """The same of a model that is told a class."""
    parts = (tiny().vae, classes.Labelled(class_net()), classes.Shares(4))
    studio = Studio(*parts, classes.Names(NAMES), DDIMScheduler(clip_sample=False).config)
    return studio.eval().requires_grad_(False)


STAND_INS = {
    **dict.fromkeys(("text_to_image/sd-turbo", "text_to_image/sd-1-5"), tiny),
    "text_to_image/dit-xl": tiny_classes,
}
QUICK = {"text_to_image/guidance": {"prompts": 1, "samples": 2, "steps": 1, "most": 1}}
