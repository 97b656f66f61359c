"""What is measured of the diffusion model: recipes that anyone can run again."""

from __future__ import annotations

import numpy as np

from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.data import fashion_mnist
from genai_demo.diffusion import measuring


def test_the_recipes_draw_evenly_and_no_seed_twice() -> None:
    made = list(measuring.recipes(605, {"steps": 7}))
    counts = np.zeros(10, int)
    for label, recipe in made:
        counts[label] += recipe.options["samples"]
        assert recipe.options["label"] == fashion_mnist.CLASSES[label]
        assert recipe.options["samples"] <= 25
    assert counts.tolist() == [60] * 10
    assert len({recipe.seed for _, recipe in made}) == len(made) == 30


def test_what_is_measured_is_what_the_recipe_gives() -> None:
    parts = list(measuring.draw(20, {"steps": 2}))
    assert [part.label for part in parts] == list(range(10))
    assert [(part.index, part.total) for part in parts] == [(i, 10) for i in range(10)]
    *_, last = run(Recipe("diffusion/denoise", {"steps": 2, "samples": 2, "label": "dress"}, seed=3))
    assert np.array_equal(parts[3].pictures, last.x)
