"""On a Ray of this machine with two workers: the same frames by hash, a worker that is killed, a visitor who leaves."""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from benchmarks.cluster import ray_here
from genai_demo import DemoError, Recipe, ask_ray, run
from genai_demo.cli import main
from genai_demo.core import backend
from genai_demo.core.run import complete
from genai_demo.core.schedule import Schedule
from genai_demo.results.files import digest

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None, reason="Ray is not here: pip install -r requirements-cluster.txt"
    ),
    pytest.mark.filterwarnings("ignore"),
]
LONG = Recipe("gan/points", {"steps": 4000})


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    with ray_here() as place:
        yield place


@pytest.fixture
def away(place: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Runs go to the cluster; the names of the workers that answered, as they do."""
    seen = list[str]()
    plain = ask_ray._Answers.next

    def noted(self: Any, *given: Any) -> Any:
        bunch = plain(self, *given)
        seen.append(bunch.worker)
        return bunch

    monkeypatch.setenv(backend.VARIABLE, f"ray://{place}")
    monkeypatch.setattr(ask_ray._Answers, "next", noted)
    return seen


def here(recipe: Recipe) -> str:
    return hashed(recipe, list(run(recipe, here=True)))


def hashed(recipe: Recipe, frames: list[Any]) -> str:
    return str(digest(recipe, frames)["sha256"])


@pytest.mark.parametrize("name", ["ssm/signal", "ebm/rbm", "ebm/hopfield"])
def test_the_same_frames_by_hash(name: str, away: list[str]) -> None:
    recipe = complete(Recipe(name, seed=5))
    assert hashed(recipe, list(run(recipe))) == here(recipe)
    assert away
    assert all(not one.endswith(f":{os.getpid()}") for one in away), "another process computed"


def test_a_worker_killed_in_mid_run_costs_no_frame(away: list[str]) -> None:
    recipe = complete(Recipe("gan/points", {"steps": 300}, seed=1))
    frames, killed = [], ""
    for frame in run(recipe):
        frames.append(frame)
        if not killed and len(frames) > 2:
            killed = away[-1]
            psutil.Process(int(killed.rpartition(":")[2])).kill()
    assert away[-1] != killed, "another worker went on"
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert hashed(recipe, frames) == here(recipe)


def test_who_leaves_frees_the_worker_within_a_second(away: list[str]) -> None:
    turns = Schedule()
    recipe = complete(LONG)
    ticket = turns.submit(recipe, lambda: run(recipe))
    frames = iter(ticket)
    for _ in range(5):
        next(frames)
    worker = psutil.Process(int(away[-1].rpartition(":")[2]))
    assert busy(worker) > 0.1, "it computes"
    assert not ticket.done
    ticket.close()
    time.sleep(1)
    assert busy(worker) < 0.05


def busy(process: psutil.Process) -> float:
    """Share of a second's half that the process computes."""
    before = sum(process.cpu_times()[:2])
    time.sleep(0.5)
    return (sum(process.cpu_times()[:2]) - before) / 0.5


def test_a_refusal_is_the_same_sentence(away: list[str]) -> None:
    recipe = complete(Recipe("encoder/fill", model="encoder/bert"))
    said = []
    for elsewhere in (False, True):
        with pytest.raises(DemoError) as error:
            list(run(recipe, here=not elsewhere))
        said.append(str(error.value))
    assert said[0] == said[1]
    assert away


def test_the_command_line_runs_there(away: list[str], tmp_path: Path) -> None:
    assert main(["run", "ssm/signal", "--out", str(tmp_path / "out")]) == 0
    assert main(["replay", str(tmp_path / "out" / "recipe.json")]) == 0
    assert away


def test_a_place_where_nobody_answers(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setattr(ask_ray, "APP", "another")
    monkeypatch.setattr(ask_ray, "_clusters", {})
    monkeypatch.setenv(backend.VARIABLE, f"ray://{place}")
    with pytest.raises(DemoError, match=f"no cluster answers at ray://{place}"):
        list(run(Recipe("ssm/signal")))
