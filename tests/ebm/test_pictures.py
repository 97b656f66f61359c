"""The energy of pictures: its chains, what it tells apart, and its training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.ebm.pictures_model import PicturesConfig, PicturesEnergy, slope
from genai_demo.ebm.train import PicturesTrainer, PicturesTraining
from genai_demo.quality import measures


def frames(**options: Any) -> list[Any]:
    return list(run(Recipe("ebm/pictures", options)))


def test_chains_come_from_noise_to_clothes_and_letters_are_told_by_slope() -> None:
    first, *_, last = frames(chains=32, others="letters")
    assert last.energy < first.energy - 500
    assert len(set(measures.classes(first.made))) < 4 < len(set(measures.classes(last.made))), "clothes of many kinds"
    assert last.apart < 0.3 < 0.7 < last.by_slope
    assert np.isclose(last.test.sum(), 1)
    assert (frames(chains=32, others="letters")[-1].made == last.made).all()


def test_chains_may_begin_at_the_picture() -> None:
    first, *_, last = frames(start="picture", chains=2, steps=3, picture="sample:3")
    assert (first.made == first.yours).all()
    assert first.energy == pytest.approx(first.given, abs=0.1)
    assert (last.made[0] != last.made[1]).any(), "each has noise of its own"


def test_a_picture_that_is_none_is_said() -> None:
    with pytest.raises(DemoError, match="sample:99"):
        frames(picture="sample:100")


def test_the_slope_is_that_of_the_energy_and_a_training_goes_on_where_it_stopped() -> None:
    tiny = PicturesTraining(model=PicturesConfig((2, 2, 2)), steps=4, warm=2, batch_size=8, buffer=8, chains=4, walk=1)
    data = torch.randint(0, 256, (40, 784), generator=generator(0), dtype=torch.uint8)
    whole, half = PicturesTrainer(tiny), PicturesTrainer(tiny)
    [whole.advance(data) for _ in range(2)]
    state = whole.state()
    half.restore(state)
    half.chains = whole.chains.clone()
    assert [whole.advance(data) for _ in range(2)] == pytest.approx([half.advance(data) for _ in range(2)], rel=1e-4)
    energy: PicturesEnergy = whole.average.double()
    x, far = torch.randn(1, 1, 28, 28, generator=generator(1)).double(), 1e-4
    aside = far * torch.randn(x.shape, generator=generator(2)).double()
    assert torch.allclose(energy(x + aside) - energy(x - aside), 2 * (slope(energy, x) * aside).sum(), rtol=1e-4)
