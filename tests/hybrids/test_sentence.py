"""Masked diffusion of text: its bound, and the gap that two networks fill."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.hybrids import masked
from genai_demo.language.corpus import VOCABULARY


class Certain(torch.nn.Module):
    """Says every token with the same probability."""

    dtype = torch.float32

    def forward(self, ids: torch.Tensor, **rest: object) -> object:
        return type("Out", (), {"logits": torch.zeros(*ids.shape, VOCABULARY + 1)})


def test_the_bound_of_one_that_knows_nothing_is_the_size_of_the_vocabulary() -> None:
    network = Certain().eval()
    ids = torch.randint(VOCABULARY, (64, 65), generator=torch.Generator().manual_seed(0))
    value, same = masked.bound(network, ids)
    assert float(value) == pytest.approx(math.log(VOCABULARY), rel=0.03)
    assert value is same
    assert float(masked.bound(network, ids)[0]) == float(value), "what is hidden hangs on the text alone"


def test_it_reads_both_ways() -> None:
    network = masked.network().eval()
    ids = torch.randint(VOCABULARY, (1, 9), generator=torch.Generator().manual_seed(0))
    other = ids.clone()
    other[0, -1] = (other[0, -1] + 1) % VOCABULARY
    with torch.inference_mode():
        assert not masked.filled(network, ids)[0, 0].allclose(masked.filled(network, other)[0, 0])


def frames(**options: object) -> list[Any]:
    return list(run(Recipe("hybrids/sentence", options)))


def test_both_fill_the_gap_and_leave_the_rest_alone() -> None:
    found = frames(text="The library is ___ in Python.", length=3, passes=2)
    last = found[-1]
    for side in (last.left, last.right):
        text = "".join(token.text for token in side)
        assert text.startswith("The library is")
        assert text.endswith("in Python.")
        assert sum(token.kind != "prompt" for token in side) == 3
    assert last.left_done == last.right_done == 3
    n = len(last.right)
    assert last.right_cost == 2 * n, "two passes over the whole text"
    assert last.left_cost == n - len(load("hybrids/masked").tokenizer(" in Python.").input_ids) - 1
    assert found[0].left_read is None
    assert last.right_read > 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"text": "___ is a library"}, "begins with the gap"),
        ({"text": "word " * 198}, "the limit is 200"),
        ({"length": 0}, "length"),
        ({"passes": 65}, "passes"),
    ],
)
def test_what_can_not_be_filled_is_said(options: dict[str, object], said: str) -> None:
    with pytest.raises(DemoError, match=said):
        frames(**options)
