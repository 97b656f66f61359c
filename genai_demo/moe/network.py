"""A language model with experts, or a dense twin, with its tokenizer: the one loader, and what a network is made of.

ids (b, n): token numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor

from genai_demo.core.errors import DemoError, shown
from genai_demo.language import model as language
from genai_demo.language import shipped
from genai_demo.language import text as texts
from genai_demo.language.model import LanguageModel
from genai_demo.moe import model

MAKERS: dict[str, Callable[[], Any]] = {
    "top2": model.top2,
    "top1": model.top1,
    "active": lambda: model.dense(2 * model.WIDE),
    "total": lambda: model.dense(8 * model.WIDE),
}


def build(place: Path | str) -> LanguageModel:
    """The model of a weights file, which is named as in MAKERS, of a folder, or of the hub."""
    if not isinstance(place, Path):
        return with_experts(language.build(place))
    return LanguageModel(*shipped.parts(place, MAKERS))


def with_experts(found: LanguageModel) -> LanguageModel:
    """The model itself. Raises DemoError where it has no layer whose tokens are sent to experts."""
    if not any(hasattr(layer.mlp, "gate") for layer in found.network.model.layers):
        name = type(found.network).__name__
        raise DemoError(f"the model is {shown(name)}, which has no experts; choose Mixtral, OLMoE or Qwen-MoE")
    return found


def experts_of(found: LanguageModel) -> int:
    """Experts of a layer."""
    return int(next(router(layer) for layer in found.network.model.layers if router(layer)).num_experts)


def top_k(found: LanguageModel) -> int:
    """Experts that a token goes to, as it was trained."""
    return int(found.network.config.num_experts_per_tok)


def layers_of(found: LanguageModel) -> int:
    """Layers with experts."""
    return sum(router(layer) is not None for layer in found.network.model.layers)


def router(layer: Any) -> Any:
    """What sends tokens to experts; None in a layer without."""
    return getattr(layer.mlp, "gate", None)


def foreign(text: str) -> str:
    """What is to be said of a text in another script than was trained on; "" of any other."""
    if texts.foreign(text):
        return (
            "Most of these letters are of a script that it was not trained on: it reads bytes, and this means little."
        )
    return ""


def example(found: LanguageModel, batch: int = 1) -> Tensor:
    """One pass over a short text, logits (batch, n, vocabulary)."""
    return language.example(found, batch)
