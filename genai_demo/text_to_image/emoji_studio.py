"""The parts of the model of emoji as a studio: the settings in which they differ from the picture world's, and files.

Every part lies in the cache folder where it was trained here, else among the shipped weights.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from genai_demo.core.errors import DemoError
from genai_demo.text_to_image import autoencoder, denoiser, emoji_judge, emoji_memory, emoji_words
from genai_demo.text_to_image.pipeline import SHIPPED
from genai_demo.text_to_image.studio import Studio, floats

UNET: dict[str, Any] = {"transformer_layers_per_block": (1, 1, 3)}  # the last of these is the middle
PARTS = ("text", "autoencoder", "judge", "known")
LONGEST = 16  # words of a prompt, its beginning and end included


def _file(folder: Path, name: str) -> tuple[Path, dict[str, Any]]:
    """A part's weights, from the folder or as they are shipped, and its card. Raises DemoError."""
    for place in (folder, SHIPPED):
        path = place / f"emoji-{name}.safetensors"
        if path.exists():
            return path, json.loads(path.with_suffix(".json").read_text())
    raise DemoError(
        f"the emoji-{name} is not trained yet; train it: python -m genai_demo.text_to_image.train emoji-{name}"
    )


def autoencoder_of(folder: Path) -> tuple[Any, str]:
    """The autoencoder, and the digest of its file."""
    path, card = _file(folder, "autoencoder")
    net = autoencoder.empty(card["config"]["scaling_factor"])
    net.load_state_dict(floats(path))
    return net.requires_grad_(False), card["sha256"]


def reader_of(folder: Path) -> tuple[Any, Any, str]:
    """Text encoder, tokenizer, and the digest of their file."""
    path, card = _file(folder, "text")
    words = denoiser.tokenizer(emoji_words.of(path), LONGEST)
    net = denoiser.empty(words=words).text_encoder
    net.load_state_dict(floats(path), strict=False)
    return net.requires_grad_(False), words, card["sha256"]


def build(path: Path) -> Studio:
    """The bundled model from its U-Net's file, beside which its other parts lie."""
    vae, _ = autoencoder_of(path.parent)
    reads, words, _ = reader_of(path.parent)
    unet = denoiser.empty(words=words, **UNET).unet
    unet.load_state_dict(floats(path))
    judge = emoji_judge.build(path.with_name("emoji-judge.safetensors"))
    known = emoji_memory.build(path.with_name("emoji-known.safetensors"))
    return Studio(vae, unet, reads, words, denoiser.SCHEDULE, judge, known)
