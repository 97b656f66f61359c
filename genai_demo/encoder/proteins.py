"""AntiBERTy (Ruffolo, Gray & Sulam 2021): the same architecture reads antibodies; each amino acid is a token.

Its vocabulary has twenty letters and five signs for control. It was trained on gaps in 558 million sequences.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genai_demo.encoder.masked import MaskedModel

LETTERS = frozenset("ACDEFGHIKLMNPQRSTVWY")  # the amino acids
HEAVY = "EVQLVESGGGLVQPGGSLRLSCAASGFTFSSYAMSWVRQAPGKGLEWVSAISGSGGSTYYADSVKG"  # of a human germline gene, IGHV3-23


def build(place: Path) -> MaskedModel:
    """The model of the package's file of weights; what it was also trained to tell, species and chain, is left out."""
    from transformers import BertConfig, BertForMaskedLM

    state = torch.load(place, map_location="cpu", weights_only=True)
    network: Any = BertForMaskedLM(BertConfig.from_pretrained(place.with_name("config.json")))
    network.load_state_dict(state, strict=False)
    network.tie_weights()
    return reading(network, place.parent.parent / "vocab.txt")


def reading(network: Any, vocabulary: Path) -> MaskedModel:
    """The network with a tokenizer that takes a letter at a time."""
    from tokenizers import Regex
    from tokenizers.pre_tokenizers import Sequence, Split, WhitespaceSplit
    from transformers import BertTokenizer

    tokenizer = BertTokenizer(str(vocabulary), do_lower_case=False)
    model = MaskedModel(network.eval(), tokenizer)
    model.pieces.pre_tokenizer = Sequence([WhitespaceSplit(), Split(Regex("."), "isolated")])
    model.letters = LETTERS
    return model


def example(model: MaskedModel, batch: int = 1) -> Tensor:
    """One pass over a stretch of an antibody, (batch, t, vocabulary)."""
    ids = model.encode(HEAVY)
    found: Tensor = model(torch.tensor([ids] * batch, device=next(model.network.parameters()).device))
    return found
