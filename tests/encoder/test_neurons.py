"""A neuron's favourite words: held to the library's own layers, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.encoder.neurons import activations, library
from tests.encoder import stand_in
from tests.standins import stand_ins  # noqa: F401  a fixture for all


def frames(**options: Any) -> list[Any]:
    return list(run(Recipe("encoder/neurons", {"sentences": 20, "neuron": 7, **options})))


@pytest.mark.parametrize("layer", [1, 2])
def test_activations_are_those_inside_the_library(layer: int) -> None:
    model, seen = stand_in.tiny(), []
    ids = model.encode("the cat sat on a river .")
    hook = model.network.encoder.layer[layer - 1].intermediate.register_forward_hook(
        lambda _, given, out: seen.append(out[0])
    )
    with torch.inference_mode():
        model.network(torch.tensor([ids]))
        found = activations(model, ids, layer)
    hook.remove()
    assert torch.allclose(found, seen[0], atol=1e-5)


def test_the_places_are_the_largest_of_all_that_were_read() -> None:
    model = stand_in.tiny()
    last = frames(layer=2)[-1]
    every = [value for text in library(20) for value in activations(model, model.encode(text), 2)[1:-1, 7].tolist()]
    assert [tok.value for tok in last.places] == pytest.approx(sorted(every, reverse=True)[:8], abs=1e-5)
    assert last.read == 20
    assert last.active == pytest.approx(100 * sum(value > 0.5 for value in every) / len(every), abs=1e-3)


def test_more_reading_never_lowers_the_largest() -> None:
    first, last = frames(layer=1)
    assert last.largest >= first.largest
    assert first.read == 10
    assert [tok.text for tok in first.yours] == [tok.text for tok in last.yours]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"layer": 7}, "layer is 7; this model has 6"),
        ({"layer": 1, "neuron": 192}, "neuron is 192; a layer of this model has 192, choose 0 to 191"),
        ({"layer": 1, "text": " "}, "text is empty"),
    ],
)
def test_what_can_not_be_is_said(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DemoError, match=sentence):
        frames(**options)
