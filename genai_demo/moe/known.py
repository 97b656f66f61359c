"""What was measured of the models with experts, as runs read it: assets/moe.json, written by `quality moe`."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from genai_demo.language.corpus import VOCABULARY
from genai_demo.language.model import LanguageModel
from genai_demo.moe.network import experts_of, top_k
from genai_demo.moe.quality import RESULTS

Profile = Mapping[str, list[list[float]]]  # domain -> layer -> each expert's share of the choices


@functools.cache
def results() -> dict[str, Any]:
    """All of it, {} where it was not measured."""
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return found


def of(model: LanguageModel) -> Mapping[str, Any]:
    """What is known of a model; {} of one that was not trained here."""
    name = f"top{top_k(model)}"
    found: Mapping[str, Any] = results().get(name, {}) if model.network.config.vocab_size == VOCABULARY else {}
    return found if found.get("experts") == experts_of(model) else {}


def profile(model: LanguageModel) -> Profile:
    """Its load by domain, on held-out text."""
    found: Profile = of(model).get("load", {})
    return found
