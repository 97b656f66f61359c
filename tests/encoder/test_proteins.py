"""AntiBERTy's place: a masked model that reads a letter at a time, tested on a small one with its vocabulary."""

from __future__ import annotations

import pytest
import torch

from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.encoder.model import unlike
from genai_demo.encoder.proteins import HEAVY
from tests.encoder import stand_in
from tests.standins import stand_ins  # noqa: F401  a fixture for all


def test_each_amino_acid_is_a_token_and_masks_are_kept() -> None:
    model = stand_in.tiny_protein()
    ids = model.encode("EVQ[MASK][MASK] ES")
    assert [model.name(number) for number in ids] == ["[CLS]", "E", "V", "Q", "[MASK]", "[MASK]", "E", "S", "[SEP]"]
    assert model.masked(ids) == [4, 5]


def test_only_amino_acids_are_named_and_as_the_bare_call_says() -> None:
    model = stand_in.tiny_protein()
    ids = model.encode(HEAVY[:9] + "[MASK]" + HEAVY[10:])
    with torch.inference_mode():
        ours, bare = model.at(ids, [10])[0], model.network(torch.tensor([ids])).logits[0, 10]
    assert torch.allclose(ours[5:], bare[5:], atol=1e-5)
    assert ours[:5].isinf().all()


@pytest.mark.parametrize("text", ["The cat sat on the mat.", "evqlvesgg"])
def test_what_is_no_protein_is_said_to_be_none(text: str) -> None:
    model = stand_in.tiny_protein()
    assert "amino acids" in unlike(model, text, model.encode(text))
    assert unlike(model, HEAVY, model.encode(HEAVY)) == ""


def test_it_is_looked_into_as_any_encoder() -> None:
    shown = list(run(Recipe("encoder/inside", {"text": HEAVY}, model="encoder/antiberty")))
    assert shown[-1].labels[:3] == ("E", "V", "Q")
