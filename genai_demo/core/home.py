"""Two folders: `ASSETS` of the project, and the cache, where fetched data sets and other people's weights live."""

from __future__ import annotations

import os
from pathlib import Path

ASSETS = Path(__file__).resolve().parents[2] / "assets"


def home() -> Path:
    """The cache folder, ``GENAI_DEMO_HOME`` or ``~/.cache/genai-demo``; made when first asked for."""
    folder = Path(os.environ.get("GENAI_DEMO_HOME") or "~/.cache/genai-demo").expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
