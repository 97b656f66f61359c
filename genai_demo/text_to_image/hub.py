"""Other people's Stable Diffusions as a studio of these pages: one text encoder, one U-Net, any scheduler."""

from __future__ import annotations

from diffusers import StableDiffusionPipeline

from genai_demo.text_to_image.studio import Studio


def build(place: str) -> Studio:
    """The parts of a repository, or of a folder that `save_pretrained` wrote."""
    pipe = StableDiffusionPipeline.from_pretrained(str(place), safety_checker=None, requires_safety_checker=False)
    parts = (pipe.vae.float(), pipe.unet.float(), pipe.text_encoder.float())
    return Studio(*parts, pipe.tokenizer, pipe.scheduler.config)
