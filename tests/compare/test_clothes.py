"""Clothes of all families: each as its own page draws them, with the figures of its card."""

from __future__ import annotations

import json

import numpy as np
import pytest

from genai_demo.compare import clothes
from genai_demo.compare.options import ClothesOptions
from genai_demo.core.errors import DemoError
from genai_demo.core.home import ASSETS
from genai_demo.core.load import load
from genai_demo.core.spec import find_spec, resolve


@pytest.fixture(scope="module")
def film() -> list[clothes.ClothesStep]:
    return list(clothes.clothes(ClothesOptions.parse({"samples": 2}), seed=3))


def test_each_draws_as_its_own_page_does(film: list[clothes.ClothesStep]) -> None:
    last = film[-1]
    assert len(film) == len(clothes.MODELS)
    for one in clothes.MODELS:
        made = getattr(last, one.name)
        assert made.shape[0] == 2
        assert made.dtype == np.uint8
        assert getattr(last, f"{one.name}_ms") > 0
    assert film[0].gan is None
    run = resolve("genai_demo.gan.sample:sample")
    options = clothes.find_run("gan/sample").options.parse({"truncation": 2.0, "steps": 1, "samples": 2})
    alone = list(run(load(find_spec("gan/fashion")), options, seed=3))[-1]
    assert np.array_equal(alone.drawn, last.gan)


def test_figures_are_those_of_the_cards(film: list[clothes.ClothesStep]) -> None:
    listed = {tok.text: tok.value for tok in film[-1].frechet}
    told = json.loads((ASSETS / "weights" / "diffusion" / "fashion.json").read_text())["quality"]
    assert listed["Diffusion"] == told["frechet"]
    assert listed["training pictures"] == min(listed.values())
    assert [tok.value for tok in film[-1].frechet] == sorted(listed.values())
    assert {tok.text for tok in film[-1].bits} == {"Glow", "TarFlow"}
    assert len(film[0].frechet) == 2


def test_too_many_are_refused() -> None:
    with pytest.raises(DemoError, match="samples is 400"):
        ClothesOptions.parse({"samples": 400})
