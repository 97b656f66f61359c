"""The cache folder: fetched data sets and other people's weights live here, never in the repository."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The cache folder, ``GENAI_DEMO_HOME`` or ``~/.cache/genai-demo``; made when first asked for."""
    folder = Path(os.environ.get("GENAI_DEMO_HOME") or "~/.cache/genai-demo").expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
