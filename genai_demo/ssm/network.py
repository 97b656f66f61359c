"""A model that keeps a state, or one beside it, with its tokenizer: the one loader, and what may be asked of a text.

ids (b, n): token numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from genai_demo.core.errors import DemoError, shown
from genai_demo.language import shipped
from genai_demo.language import text as texts
from genai_demo.language.model import LanguageModel, ids_of
from genai_demo.ssm import model

LONGEST = 512  # tokens of a text


def attention() -> Any:
    """The decoder, computed in the one way that gives its attention away."""
    network = model.attention()
    network.set_attn_implementation("eager")
    return network


MAKERS = {"mamba2": model.mamba2, "s4": model.s4, "hybrid": model.hybrid, "active": attention}


class StateModel(LanguageModel):
    """As LanguageModel, whatever the network keeps of what it has read."""

    cached = False


def build(place: Path | str) -> StateModel:
    """The model of a weights file, which is named as in MAKERS, of a folder, or of the hub."""
    if not isinstance(place, Path):
        return StateModel(AutoModelForCausalLM.from_pretrained(place), AutoTokenizer.from_pretrained(place))
    return StateModel(*shipped.parts(place, MAKERS))


def read(found: StateModel, text: str, room: int = 0) -> Tensor:
    """The tokens of a text, (1, n). Raises DemoError where it is empty or too long."""
    return torch.tensor([ids_of(found, text, chat=False, most=LONGEST, room=room)], device=found.network.device)


def mixers(found: StateModel) -> list[Any]:
    """The blocks of a Mamba-2. Raises DemoError where the network is of another kind."""
    blocks = list(getattr(getattr(found.network, "backbone", None), "layers", ()))
    if not blocks or not hasattr(blocks[0].mixer, "dt_bias") or blocks[0].mixer.n_groups != 1:
        raise DemoError(
            f"the model is {shown(type(found.network).__name__)}, whose state this bench can't read; choose a Mamba-2 "
            "with one group of heads"
        )
    return blocks


def foreign(text: str) -> str:
    """What is to be said of a text in another script than was trained on; "" of any other."""
    if texts.foreign(text):
        return "Most letters are of a script that it was not trained on: it reads bytes, and this means little. "
    return ""


def example(found: StateModel, batch: int = 1) -> Tensor:
    """One pass over a short text, logits (batch, n, vocabulary)."""
    ids = read(found, "The cat sat on the mat.").expand(batch, -1)
    logits: Tensor = found(ids)
    return logits
