"""The training kit: journals that survive being stopped, refuse what they can't read, and ship only when told to."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from genai_demo import cli
from genai_demo.core import training as kit
from genai_demo.core.cards import add_to_card, write_card
from genai_demo.core.errors import DemoError


@dataclasses.dataclass(frozen=True)
class Config:
    """Of a line that is fitted to nothing in particular."""

    steps: int = 6
    rate: float = 0.1


class Line(kit.Resumable):
    def __init__(self, cfg: Config) -> None:
        self.cfg = cfg
        self.random = torch.Generator().manual_seed(0)
        self.net = nn.Linear(3, 1)
        nn.init.ones_(self.net.weight)
        nn.init.zeros_(self.net.bias)
        self.optimiser = torch.optim.Adam(self.net.parameters(), cfg.rate)

    def parts(self) -> Mapping[str, Any]:
        return {"net": self.net, "optimiser": self.optimiser, "random": self.random}


def train(cfg: Config = Config(), *, every: int = 2, **options: Any) -> Iterator[kit.TrainStep]:
    with kit.journal("lines", "straight", cfg, **options) as notes:
        training = Line(cfg)
        notes.resume(training)
        while training.step < cfg.steps:
            loss = training.net(torch.randn(5, 3, generator=training.random)).square().mean()
            training.optimiser.zero_grad()
            loss.backward()
            training.optimiser.step()
            training.step += 1
            report = kit.TrainStep(training.step, cfg.steps, float(loss.detach()), 0.0)
            notes.keep(training, report, every)
            yield report


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))
    return tmp_path / "train" / "lines"


def stopped(after: int, **options: Any) -> list[float]:
    """Losses of a sitting that ends early."""
    training = train(**options)
    losses = [next(training).loss for _ in range(after)]
    training.close()  # type: ignore[attr-defined]
    return losses


def test_a_stopped_training_ends_as_an_unbroken_one() -> None:
    whole = [report.loss for report in train()]
    assert stopped(4, anew=True) == whole[:4]
    assert [report.loss for report in train()] == whole[4:]


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "list"])
def test_a_damaged_journal_is_named_with_the_way_out(folder: Path, damage: str) -> None:
    stopped(3)
    path = folder / "straight.pt"
    if damage == "list":
        torch.save([1, 2], path)
    else:
        path.write_bytes({"cut": path.read_bytes()[:-900], "empty": b"", "text": b"not a checkpoint"}[damage])
    with pytest.raises(DemoError, match=r"straight\.pt is damaged \(\w+\); delete it, or train anew \(--anew\)"):
        next(train())
    assert next(train(anew=True)).index == 1


def test_the_command_names_the_damaged_file(capsys: pytest.CaptureFixture[str]) -> None:
    path = kit.folder_of("diffusion") / "fashion.pt"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PK cut off")
    assert cli.main(["train", "diffusion"]) == 2
    said = capsys.readouterr().err
    assert str(path) in said
    assert "--anew" in said
    assert "fault" not in said


def test_other_settings_are_refused_and_named_and_nothing_is_lost(folder: Path) -> None:
    stopped(3)
    before = (folder / "straight.pt").read_bytes()
    with pytest.raises(DemoError, match=r"other settings \(rate was 0\.1\)"):
        next(train(Config(rate=0.2)))
    assert (folder / "straight.pt").read_bytes() == before
    assert [report.total for report in train(Config(steps=8), free=("steps",))] == [8] * 6, "goes on after step 2"


def test_a_journal_whose_state_does_not_fit_is_refused(folder: Path) -> None:
    stopped(3)
    saved = torch.load(folder / "straight.pt", weights_only=True)
    del saved["state"]["net"]["bias"]
    torch.save(saved, folder / "straight.pt")
    with pytest.raises(DemoError, match="does not fit this version"):
        next(train())


def test_two_trainings_never_share_a_journal(folder: Path) -> None:
    first = train()
    next(first)
    with pytest.raises(DemoError, match="being trained already"):
        next(train())
    first.close()  # type: ignore[attr-defined]
    assert next(train()).index == 1, "free again"


def test_a_training_killed_while_writing_leaves_no_litter(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / ".partial-1-2-straight.pt").write_bytes(b"half")
    list(train())
    assert not list(folder.glob(".partial*"))


def test_the_progress_bar_ends_where_the_training_does(monkeypatch: pytest.MonkeyPatch) -> None:
    import tqdm

    shown: list[Any] = []

    class Bar(tqdm.tqdm):  # type: ignore[type-arg]
        def update(self, n: float | None = 1) -> bool | None:
            shown.append((self.n or 0) + (n or 0))
            self.n = shown[-1]
            return None

    monkeypatch.setattr(tqdm, "tqdm", Bar)
    list(cli.bar(train(), "train", first=1))
    assert shown == [1, 2, 3, 4, 5, 6]


def test_an_average_follows_and_forgets_its_start() -> None:
    average, network = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    nn.init.constant_(network.weight, 3.0)
    network.running_mean += 5  # type: ignore[operator]
    kit.follow(average, network, 0.999, 0)  # decay 1 / 10
    assert average.weight.tolist() == pytest.approx([0.1 * 1 + 0.9 * 3] * 2)
    assert torch.equal(average.running_mean, network.running_mean)  # type: ignore[arg-type]
    kit.follow(average, network, 0.5, 10**6)
    assert average.weight.tolist() == pytest.approx([(2.8 + 3) / 2] * 2)


def finished(folder: Path, value: float) -> Path:
    """Weights of a training that has ended, with their card."""
    path = folder / "straight.safetensors"
    kit.write_weights(path, kit.halved({"weight": torch.full((3,), value), "count": torch.tensor([70000])}))
    write_card(path, training={"steps": 6}, quality={})
    return path


def test_weights_are_halved_and_whole_numbers_are_not(folder: Path) -> None:
    from safetensors.torch import load_file

    found = load_file(finished(folder, 0.1))
    assert found["weight"].dtype == torch.float16
    assert found["count"].item() == 70000
    assert not list(folder.glob(".partial*"))


def test_weights_too_large_to_ship_are_refused_and_leave_what_was_there(folder: Path) -> None:
    path = finished(folder, 0.1)
    before = path.read_bytes()
    with pytest.raises(DemoError, match="10,000,000"):
        kit.write_weights(path, {"weight": torch.zeros(2_600_000)})
    assert path.read_bytes() == before
    assert not list(folder.glob(".partial*"))


def test_measured_quality_is_kept_with_the_same_bytes_only(folder: Path, tmp_path: Path) -> None:
    shipped = tmp_path / "assets"
    copy = kit.deliver(finished(folder, 0.1), shipped)
    add_to_card(copy, "quality", {"frechet": 2.5})
    kit.deliver(finished(folder, 0.1), shipped)
    assert json.loads(copy.with_suffix(".json").read_text())["quality"] == {"frechet": 2.5}
    copy.unlink()
    kit.deliver(finished(folder, 0.1), shipped)
    assert json.loads(copy.with_suffix(".json").read_text())["quality"] == {"frechet": 2.5}
    kit.deliver(finished(folder, 0.2), shipped)
    card = json.loads(copy.with_suffix(".json").read_text())
    assert card["quality"] == {}, "not measured"
    assert copy.read_bytes() == (folder / copy.name).read_bytes()
    assert copy.stat().st_mode & 0o777 == 0o644


def test_weights_are_shipped_only_when_that_is_asked_for(tmp_path: Path) -> None:
    from genai_demo.core.spec import WEIGHTS

    assert kit.target("lines") == kit.folder_of("lines")
    assert kit.target("lines", ship=True) == WEIGHTS / "lines"
    assert kit.target("lines", out=tmp_path) == tmp_path
    with pytest.raises(DemoError, match="two places"):
        kit.target("lines", ship=True, out=tmp_path)


def test_a_longer_training_goes_on_from_what_is_shipped(tmp_path: Path) -> None:
    class Model(Line):
        def parts(self) -> Mapping[str, Any]:
            return {"model": self.net, "optimiser": self.optimiser}

    def begun(cfg: Config, free: tuple[str, ...] = ("steps",)) -> tuple[Model, kit.Journal]:
        training = Model(cfg)
        with kit.journal("lines", "shipped", cfg, free=free) as notes:
            notes.go_on(training, shipped, free)
        return training, notes

    shipped = tmp_path / "shipped.safetensors"
    weights = {"weight": torch.full((1, 3), 0.5), "bias": torch.zeros(1)}
    kit.write_weights(shipped, kit.halved(weights))
    told = {"training": kit.stated(Config()), "steps": 6, "wall_seconds": 7, "history": [[6, 0.1]], "quality": {}}
    write_card(shipped, **told, begun_from={"steps": 2})
    longer, notes = begun(Config(steps=9))
    assert (longer.step, longer.seconds) == (6, 7)
    assert torch.equal(longer.net.weight, weights["weight"])
    assert (notes.begun["steps"], notes.history) == (6, [[6, 0.1]])
    assert notes.begun["begun_from"] == {"steps": 2}, "what the shipped ones went on from is not forgotten"
    assert "rate" not in notes.begun
    _, notes = begun(Config(steps=9, rate=0.2), ("steps", "rate"))
    assert notes.begun["rate"] == Config().rate, "and in what they differed"
    for cfg in (Config(), Config(steps=9, rate=0.2)):  # no more steps; other settings
        anew, notes = begun(cfg)
        assert (anew.step, notes.begun) == (0, {})
        assert torch.equal(anew.net.weight, torch.ones(1, 3))
