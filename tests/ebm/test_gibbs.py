"""Machines on pictures: what is held stays, chains follow their machine, weights are those of their cards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.core.spec import find_spec
from genai_demo.ebm import train
from genai_demo.ebm.gibbs import bundled
from genai_demo.ebm.machine import annealed
from genai_demo.inputs.pictures import encode_picture


def frames(name: str, model: str | None = None, **options: Any) -> list[Any]:
    return list(run(Recipe(f"ebm/{name}", options, 0, model)))


@pytest.mark.parametrize("model", ["ebm/rbm-pcd", "ebm/rbm-cd"])
def test_what_is_not_painted_over_is_held(model: str) -> None:
    found = frames("complete", model, steps=30, chains=6, frames=4)
    left = found[0].made[:, :, :14]
    assert all(np.array_equal(frame.made[:, :, :14], left) for frame in found)
    assert not np.array_equal(found[-1].made[:, :, 14:], found[0].made[:, :, 14:])
    assert found[-1].free < found[0].free - 100, "noise is unlikely, what it becomes is not"
    assert found[-1].right > found[0].right + 5


def test_no_hole_is_said() -> None:
    with pytest.raises(DemoError, match="no white pixel"):
        frames("complete", mask=encode_picture(np.zeros((28, 28), np.uint8)))


def test_chains_from_noise_come_down_and_cd_falls_below_its_data() -> None:
    found = frames("rbm", steps=100, chains=8, frames=4)
    assert found[-1].chain < found[0].chain
    walked = frames("drift", steps=600, chains=20, frames=3)[-1]
    assert walked.cd < walked.pcd, "CD has hollows that no data lies in"


def test_the_stack_dreams_what_its_machines_know() -> None:
    found = frames("stack", steps=40, chains=6, frames=3)
    assert found[-1].free < found[0].free
    assert found[-1].made.shape == (6, 28, 28)
    model = load("ebm/dbn")
    assert model.top.W.shape[0] == model.under.W.shape[1]
    assert torch.equal(model.under.W, load("ebm/rbm-pcd").W), "the lower one is the machine by persistent CD"


def test_the_cards_log_z_is_what_annealing_finds() -> None:
    """Shorter than on the card, so rougher: within a few of its own errors."""
    model, quality = load("ebm/rbm-pcd"), find_spec("ebm/rbm-pcd").card["quality"]
    known = bundled()
    found = annealed(model, known.mean(0), 150, 30, generator(0))
    assert found.log_z == pytest.approx(quality["log_z"], abs=25)
    assert -float(model.free_energy(known).mean()) - quality["log_z"] == pytest.approx(quality["test_nats"], abs=15)


def test_a_training_goes_on_where_it_stopped() -> None:
    data = (torch.rand(200, 12, generator=generator(0)) < 0.3).to(torch.uint8)
    cfg = train.MachineConfig("pcd", 1, visible=12, hidden=5, steps=40, batch_size=16, chains=32)
    whole, half = (train.MachineTraining(cfg, data.float().mean(0)) for _ in range(2))
    for _ in range(20):
        whole.advance(data)
        half.advance(data)
    again = train.MachineTraining(cfg, data.float().mean(0))
    again.restore(half.state())
    for _ in range(20):
        whole.advance(data)
        again.advance(data)
    assert torch.equal(whole.model.W, again.model.W)
    assert torch.equal(whole.chains, again.chains)
