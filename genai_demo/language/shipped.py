"""The small language models that are trained here (pretrain.py), read back: network and tokenizer of one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from safetensors import safe_open
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from genai_demo.language.corpus import END


def parts(place: Path, makers: Mapping[str, Callable[[], Any]]) -> tuple[Any, Any]:
    """Network and tokenizer of a weights file. makers: what makes the network with random weights, by its name."""
    with safe_open(place, "pt") as file:
        pieces = file.metadata()["tokenizer"]
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no mapping)
    network = makers[place.stem]()
    network.load_state_dict(weights, strict=False)  # what is tied to others is not in the file
    return network, tokenizer_of(pieces)


def tokenizer_of(pieces: str) -> Any:
    """A tokenizer of Transformers from the JSON of one."""
    return PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(pieces), eos_token=END)
