"""Other people's CLIPs, in open_clip's format: from the hub, or from a folder with open_clip_config.json."""

from __future__ import annotations

from pathlib import Path

import open_clip

from genai_demo.clip.model import Clip


def build(place: str) -> Clip:
    """The network of a repository or folder, with its own tokenizer and preprocessing."""
    name = f"{'local-dir' if Path(place).is_dir() else 'hf-hub'}:{place}"
    net, prepare = open_clip.create_model_from_pretrained(name)
    return Clip(net, open_clip.get_tokenizer(name), prepare).eval()
