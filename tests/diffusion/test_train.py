"""Training on a few made-up pictures: the loss, and that an interrupted run ends exactly as a whole one."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_demo import cli
from genai_demo.core import training as kit
from genai_demo.data import fashion_mnist
from genai_demo.diffusion import train as denoising
from genai_demo.diffusion.model import NULL, Denoiser, empty, loss
from genai_demo.diffusion.train import DenoiserStep, TrainConfig, Training, learning_rate

CFG = TrainConfig(steps=7, batch_size=4, warmup=2, seed=3)


@pytest.fixture(autouse=True)
def _small_world(tiny_config: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Twelve pictures of noise with classes, a tiny network, a cache folder of its own."""
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))
    rng = np.random.default_rng(0)
    data = rng.integers(0, 256, (12, 28, 28)).astype(np.uint8), np.arange(12, dtype=np.int64) % 10
    monkeypatch.setattr(fashion_mnist, "load", lambda split: data)
    monkeypatch.setattr(denoising, "empty", lambda: empty(tiny_config))


def train(cfg: TrainConfig, name: str | None = None, *, every: int) -> Iterator[DenoiserStep]:
    """One sitting; with a name its journal is kept every five reports."""
    training = Training(cfg)
    if name is None:
        yield from denoising.train(training, every=every)
        return
    with kit.journal("diffusion", name, cfg) as notes:
        notes.resume(training)
        for report in denoising.train(training, every=every):
            notes.keep(training, report, 5 * every)
            yield report


def saved(name: str) -> dict[str, Any]:
    found: dict[str, Any] = torch.load(kit.folder_of("diffusion") / f"{name}.pt", weights_only=True)
    return found


def same(one: Any, other: Any) -> bool:
    """Whether two checkpoints agree to the last bit."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return torch.equal(one, other) if isinstance(one, torch.Tensor) else one == other


def without_clock(state: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name != "seconds"}


def test_three_steps_are_reported_and_kept(tiny_config: dict[str, Any]) -> None:
    cfg = dataclasses.replace(CFG, steps=3)
    reports = list(train(cfg, "three", every=1))
    assert [report.index for report in reports] == [1, 2, 3]
    assert {report.total for report in reports} == {3}
    assert all(0 < report.loss < 5 and report.seconds > 0 for report in reports)
    found = saved("three")
    assert (found["state"]["step"], found["config"]) == (3, dataclasses.asdict(cfg))
    empty(tiny_config).load_state_dict(found["state"]["average"])
    assert not same(found["state"]["average"], found["state"]["model"])
    assert {path.name for path in kit.folder_of("diffusion").iterdir()} <= {"three.pt", "three.lock"}


def test_an_interrupted_run_ends_exactly_as_a_whole_one() -> None:
    whole = list(train(CFG, "whole", every=1))
    broken = train(CFG, "broken", every=1)
    first = [next(broken) for _ in range(6)]  # kept after 5, the sixth is lost
    broken.close()
    assert saved("broken")["state"]["step"] == 5
    torch.manual_seed(99)  # whatever else the process does in between
    rest = list(train(CFG, "broken", every=1))
    assert [report.index for report in rest] == [6, 7]
    assert [report.loss for report in (*first[:5], *rest)] == [report.loss for report in whole]
    assert rest[0].seconds > first[4].seconds
    assert same(*(without_clock(saved(name)["state"]) for name in ("whole", "broken")))


def test_a_training_of_the_former_layout_goes_on() -> None:
    list(train(CFG, "whole", every=1))
    list(itertools.islice(train(CFG, "part", every=1), 6))
    found = saved("part")
    former = {**found.pop("state"), "config": found["config"], "device": found["device"]}
    torch.save(former, kit.folder_of("diffusion") / "last.pt")
    assert [report.index for report in train(CFG, "fashion", every=1)] == [6, 7]
    assert same(*(without_clock(saved(name)["state"]) for name in ("whole", "fashion")))


def test_a_finished_run_has_nothing_left_to_do() -> None:
    list(train(CFG, "done", every=10))
    assert list(train(CFG, "done", every=10)) == []


def test_the_seed_decides() -> None:
    one, again, other = (
        [report.loss for report in train(dataclasses.replace(CFG, steps=2, seed=seed), every=1)] for seed in (3, 3, 4)
    )
    assert one == again != other


def test_a_report_is_the_mean_since_the_last_one() -> None:
    single = [report.loss for report in train(CFG, every=1)]
    grouped: list[DenoiserStep] = list(train(CFG, every=5))
    assert [report.index for report in grouped] == [5, 7]
    assert grouped[0].loss == pytest.approx(sum(single[:5]) / 5)
    assert grouped[1].loss == pytest.approx(sum(single[5:]) / 2)


def test_the_loss_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    stripes = np.zeros((12, 28, 28), np.uint8)
    stripes[:, ::2] = 255
    monkeypatch.setattr(fashion_mnist, "load", lambda split: (stripes, np.zeros(12, np.int64)))
    cfg = TrainConfig(steps=60, batch_size=16, warmup=5, learning_rate=3e-3)
    losses = [report.loss for report in train(cfg, every=10)]
    assert losses[-1] < 0.8 * losses[0]


def test_the_learning_rate_rises_then_falls() -> None:
    cfg = TrainConfig(steps=100, warmup=10, learning_rate=1.0)
    rates = [learning_rate(cfg, step) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[9] == pytest.approx(1.0)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(0.05)


@torch.inference_mode()
def test_the_loss_is_that_of_the_velocity(tiny: Denoiser) -> None:
    random = torch.Generator().manual_seed(0)
    x0, noise = (torch.randn(3, 1, 28, 28, generator=random) for _ in range(2))
    angle, label = torch.tensor([0.0, 0.6, math.pi / 2]), torch.tensor([1, NULL, 4])
    value = loss(tiny, x0, label, angle=angle, noise=noise)
    cos, sin = angle.cos().view(3, 1, 1, 1), angle.sin().view(3, 1, 1, 1)
    wanted = (tiny(cos * x0 + sin * noise, angle, label) - (cos * noise - sin * x0)).square().mean()
    assert torch.allclose(value, wanted)
    perfect = loss(lambda x, a, k: cos * noise - sin * x0, x0, label, angle=angle, noise=noise)
    assert perfect == 0


def test_the_command_leaves_what_is_shipped_alone_and_says_where_the_weights_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(denoising, "TrainConfig", functools.partial(TrainConfig, steps=2, batch_size=2))
    monkeypatch.setattr(kit, "WEIGHTS", tmp_path / "assets")
    shipped = tmp_path / "assets" / "diffusion"
    assert cli.main(["train", "diffusion"]) == 0
    assert str(kit.folder_of("diffusion")) in capsys.readouterr().out
    assert not shipped.exists()
    assert cli.main(["train", "diffusion", "--ship"]) == 0
    assert "nothing to do" in capsys.readouterr().out
    card = json.loads((shipped / "fashion.json").read_text())
    assert (card["steps"], card["quality"]) == (2, {})
    assert cli.main(["train", "diffusion", "--anew", "--out", str(tmp_path / "mine")]) == 0
    assert "done: " in capsys.readouterr().out
    names = {path.name for path in (tmp_path / "mine").iterdir()}
    assert names == {"fashion.safetensors", "fashion.json"}
    assert cli.main(["train", "diffusion", "--ship", "--out", str(tmp_path / "mine")]) == 2
