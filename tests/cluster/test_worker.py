"""Both sides of the wire without Ray: the same frames, the same sentences, faults by name, workers that die."""

from __future__ import annotations

import dataclasses
import pickle
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from genai_demo import DemoError, Recipe, ask_ray, run, serve_ray
from genai_demo.core import backend
from genai_demo.core.errors import Fault
from genai_demo.core.recipe import versions
from genai_demo.core.run import all_runs, complete, is_kept
from genai_demo.core.schedule import Schedule
from genai_demo.core.workers import RESOURCES, Bunch, resource_of
from genai_demo.results.files import digest
from genai_demo.serve_ray import Sizes
from tests.cluster.standin import Answers, Handle, cluster

RUN = complete(Recipe("ssm/signal", seed=3))


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Any:
    """away(deaths) -> the handle of a cluster that runs are given to from then on."""

    def started(deaths: list[int] | None = None, **how: Any) -> Handle:
        found, handle = cluster(deaths, **how)
        monkeypatch.setenv(backend.VARIABLE, "ray://auto")
        monkeypatch.setattr(ask_ray, "connected", lambda place: found)
        return handle

    def unhurried(recipe: Recipe) -> Iterator[Any]:
        for frame in run(recipe, here=True):  # a worker's own process has no setting; here it shares this one's
            time.sleep(0.005)
            yield frame

    monkeypatch.setattr(serve_ray, "run", unhurried)
    monkeypatch.setattr(serve_ray, "BUNCH_S", 0.001)  # a bunch is a frame or a few
    return started


def same(recipe: Recipe, frames: list[Any]) -> bool:
    backend_here = digest.__globals__["backend"]
    digest.__globals__["backend"] = lambda: None
    try:
        return digest(recipe, frames)["sha256"] == digest(recipe, list(run(recipe, here=True)))["sha256"]
    finally:
        digest.__globals__["backend"] = backend_here


def test_a_worker_gives_the_frames_of_this_process(away: Any) -> None:
    handle = away()
    frames = list(run(RUN))
    assert handle.calls, "the worker was asked"
    assert same(RUN, frames)


def test_a_run_whose_worker_died_goes_on_with_another(away: Any) -> None:
    handle = away([3, 0])
    frames = list(run(RUN))
    assert len(handle.calls) == 3
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert same(RUN, frames)


def test_a_run_that_lost_every_worker_ends_with_a_sentence(away: Any) -> None:
    away([0] * ask_ray.TRIES)
    with pytest.raises(DemoError, match=f"the cluster lost this run {ask_ray.TRIES} times, after"):
        list(run(RUN))


def test_a_refusal_travels_as_its_sentence(away: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    away()

    def refuses(recipe: Recipe) -> Iterator[Any]:
        yield from ()
        raise DemoError("the picture is empty; draw something")

    monkeypatch.setattr(serve_ray, "run", refuses)
    with pytest.raises(DemoError) as error:
        list(run(RUN))
    assert str(error.value) == "the picture is empty; draw something"


def test_a_fault_travels_as_its_name(
    away: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    away()

    def breaks(recipe: Recipe) -> Iterator[Any]:
        yield next(run(recipe, here=True))
        raise ValueError("a secret detail")

    monkeypatch.setattr(serve_ray, "run", breaks)
    frames = run(RUN)
    assert next(frames).index == 0, "what came before it is shown"
    with pytest.raises(Fault, match="ValueError on a worker") as error:
        list(frames)
    assert "secret" not in str(error.value)
    assert error.value.name in caplog.text
    assert "a secret detail" in caplog.text, "the worker's log has the traceback"
    from pages.parts.stream import noted

    assert f"(ValueError); it was noted as fault {error.value.name}" in noted(error.value)


def test_who_leaves_ends_the_call_though_no_frame_comes(away: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = away()

    def slow(recipe: Recipe) -> Iterator[Any]:
        yield next(run(recipe, here=True))
        time.sleep(2)
        yield from ()

    monkeypatch.setattr(serve_ray, "run", slow)
    turns = Schedule()
    ticket = turns.submit(RUN, lambda: run(RUN))
    assert next(iter(ticket)).index == 0
    left = time.monotonic()
    ticket.close()
    while not handle.calls[0].cancelled:
        time.sleep(0.02)
        assert time.monotonic() < left + 1
    turns.submit(RUN, lambda: run(RUN)).close()


def test_what_a_visitor_brought_is_computed_where_it_lies(away: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = away(sees=False)
    monkeypatch.setattr(ask_ray, "is_kept", lambda recipe: True)
    assert same(RUN, list(run(RUN)))
    assert not handle.calls


def test_a_kept_file_is_told_from_one_that_travels() -> None:
    hash_, base64 = 64 * "a", 64 * "aB+/"
    assert serve_ray.is_own(Recipe("encoder/fill", {"text": f"{base64} [MASK]"}))
    assert not is_kept(Recipe("encoder/fill", {"text": f"{base64} [MASK]"}))
    assert is_kept(Recipe("encoder/fill", {"text": f"{hash_} [MASK]"}))


def test_every_model_of_every_run_has_a_class() -> None:
    found = {
        (name, model): resource_of(Recipe(name, model=model))
        for name, entry in all_runs().items()
        for model in entry.models or (None,)
    }
    assert set(found.values()) == set(RESOURCES)
    assert found["decoder/chat", "decoder/smollm2-fast"] == "batched"
    assert found["diffusion/denoise", "diffusion/fashion"] == "split"
    assert found["diffusion/denoise", "diffusion/celebahq"] == "large"
    assert found["ebm/points", None] == found["moe/route", "moe/top2"] == "single"


def test_another_version_is_refused() -> None:
    with pytest.raises(DemoError, match=r"torch is 1\.0 in the cluster and .* here; install the same on both"):
        ask_ray._check_versions({**versions(), "torch": "1.0"})
    ask_ray._check_versions(versions())


def test_without_ray_the_setting_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(backend.VARIABLE, "ray://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(DemoError, match="asks for Ray, which is not installed here; pip install -r requirements"):
        list(run(RUN))


def test_silence_is_looked_into(monkeypatch: pytest.MonkeyPatch, away: Any) -> None:
    class Silent(Answers):
        def __iter__(self) -> Iterator[Bunch]:
            while not self.cancelled:
                time.sleep(0.01)
            yield from ()

    handle = away()
    monkeypatch.setattr(ask_ray, "SILENT_S", 0.1)
    monkeypatch.setattr(Handle, "remote", lambda self, asked: Silent(handle.worker, asked, None))
    with pytest.raises(DemoError, match="lost this run"):  # its front is None, which answers nothing
        list(run(RUN))


def test_a_bunch_pickles() -> None:
    assert pickle.loads(pickle.dumps(Bunch(refused="no", over=True))).refused == "no"
    assert dataclasses.is_dataclass(Bunch)


@pytest.mark.parametrize("wrong", [{"most": 0}, {"gpu": -1}, {"workers": 3}])
def test_wrong_sizes_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Sizes(**wrong)
