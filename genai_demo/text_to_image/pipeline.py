"""The parts as a pipeline of diffusers, which draws pictures from prompts and is saved as any other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import StableDiffusionPipeline
from safetensors.torch import load_file
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.spec import WEIGHTS
from genai_demo.text_to_image import autoencoder, denoiser, detector

SHIPPED = WEIGHTS / "text_to_image"
INNER = "text_encoder."  # what its weights' names begin with in a denoiser's file
STEPS, GUIDANCE = 20, 3.0  # of a picture, where nobody asks for others


def finished_autoencoder(folder: Path) -> tuple[Any, dict[str, Any]]:
    """The trained autoencoder and its card, from the folder where trainings lie. Raises DemoError where it is not."""
    weights = _weights(folder, "autoencoder")
    card: dict[str, Any] = json.loads(weights.with_suffix(".json").read_text())
    net = autoencoder.empty(card["config"]["scaling_factor"])
    net.load_state_dict({name: value.float() for name, value in load_file(weights).items()})
    return net.requires_grad_(False), card


def finished_text_encoder(folder: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Weights of the trained text encoder and its card; else those of a shipped denoiser that learnt with it, and a
    card that names them by the same digest. Raises DemoError where there are none.
    """
    shipped = SHIPPED / "denoiser.safetensors"
    if not (folder / "text.safetensors").exists() and shipped.exists():
        digest = json.loads(shipped.with_suffix(".json").read_text()).get("training", {}).get("text")
        named = {n.removeprefix(INNER): w.float() for n, w in load_file(shipped).items() if n.startswith(INNER)}
        if digest:
            return named, {"sha256": digest}
    weights = _weights(folder, "text")
    card: dict[str, Any] = json.loads(weights.with_suffix(".json").read_text())
    return {name: value.float() for name, value in load_file(weights).items()}, card


def finished_detector(folder: Path) -> detector.Detector:
    """The trained detector. Raises DemoError where it is not there."""
    return detector.build(_weights(folder, "detector")).requires_grad_(False)


def trained(folder: Path, name: str) -> Path:
    """The weights of that name in the folder where trainings lie, else those that are shipped. Raises DemoError."""
    shipped = SHIPPED / f"{name}.safetensors"
    return shipped if shipped.exists() and not (folder / shipped.name).exists() else _weights(folder, name)


def _weights(folder: Path, name: str) -> Path:
    weights = folder / f"{name}.safetensors"
    if not weights.exists():
        raise DemoError(f"the {name} is not trained yet; train it: python -m genai_demo.text_to_image.train {name}")
    return weights


def assembled(folder: Path, parts: denoiser.Denoiser | None = None) -> Any:
    """The pipeline, in float32. parts: a denoiser in training, else the finished one. Raises DemoError."""
    vae, _ = finished_autoencoder(folder)
    if parts is None:
        parts = denoiser.empty()
        kept = load_file(_weights(folder, "denoiser"))
        parts.load_state_dict({n: v.float() if v.is_floating_point() else v for n, v in kept.items()})
    return assemble(vae, parts)


def assemble(vae: Any, parts: Any, words: Any = None) -> Any:
    """Autoencoder, U-Net, text encoder, tokenizer and schedule as one. parts: a denoiser, or a studio; words: a
    tokenizer, else that of the picture world.
    """
    pipe = StableDiffusionPipeline(
        vae=vae,
        text_encoder=parts.text_encoder.eval(),
        tokenizer=words or denoiser.tokenizer(),
        unet=parts.unet.eval(),
        scheduler=denoiser.scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


@torch.inference_mode()
def drawn(
    pipe: Any, prompts: Sequence[str], *, seed: int = 0, steps: int = STEPS, guidance: float = GUIDANCE, most: int = 50
) -> np.ndarray:
    """A picture of each prompt, (n, 64, 64, 3) uint8, `most` at once."""
    random, found = torch.Generator().manual_seed(seed), []
    for first in range(0, len(prompts), most):
        part = list(prompts[first : first + most])
        pictures = pipe(
            part, num_inference_steps=steps, guidance_scale=guidance, generator=random, output_type="np"
        ).images
        found.append((pictures * 255).round().astype(np.uint8))
    return np.concatenate(found)
