"""load: built once, in parallel for different keys, within a budget; a failure does not last."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

from genai_demo.core import load as load_module
from genai_demo.core import weights
from genai_demo.core.errors import DemoError
from genai_demo.core.load import clear, is_loaded, load, load_info, peek
from genai_demo.core.spec import Hub, ModelSpec

MB = 2**20
Builder = Callable[[str], torch.nn.Module]
WAIT = 20  # seconds until a test that hangs is given up


@pytest.fixture
def builders(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Builder]]:
    """Model key -> how it is built; sources are taken as they are."""
    known: dict[str, Builder] = {}
    monkeypatch.setattr(load_module, "resolve", known.__getitem__)
    monkeypatch.setattr(weights, "locate", lambda source: "")
    monkeypatch.setattr(load_module, "pick_dtype", lambda device: torch.float32)
    clear()
    yield known
    clear()


def spec(key: str) -> ModelSpec:
    return ModelSpec(key, key, (Hub(key),), key, "none")


def model(megabytes: float = 0.01) -> torch.nn.Module:
    net = torch.nn.Module()
    net.weight = torch.nn.Parameter(torch.zeros(int(megabytes * MB / 4)))
    return net


def test_many_visitors_share_one_build(builders: dict[str, Builder]) -> None:
    built = itertools.count()
    slow = threading.Event()

    def build(place: str) -> torch.nn.Module:
        next(built)
        slow.wait(0.2)
        return model()

    builders["a/b"] = build
    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda _: load(spec("a/b")), range(16), timeout=WAIT))
    assert len(set(map(id, got))) == 1
    assert next(built) == 1


def test_two_models_are_built_at_the_same_time(builders: dict[str, Builder]) -> None:
    both = threading.Barrier(2)

    def build(place: str) -> torch.nn.Module:
        both.wait(WAIT)  # broken, were one to wait for the other
        return model()

    builders |= {"a/1": build, "a/2": build}
    with ThreadPoolExecutor(2) as pool:
        got = list(pool.map(lambda key: load(spec(key)), ("a/1", "a/2"), timeout=WAIT))
    assert got[0] is not got[1]


def test_past_the_budget_the_least_recently_used_goes(
    builders: dict[str, Builder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENAI_DEMO_MEMORY_MB", "3")
    for key in ("a/1", "a/2", "a/3", "a/4"):
        builders[key] = lambda place: model(1)
    first = load(spec("a/1"))
    load(spec("a/2"))
    load(spec("a/3"))
    assert load(spec("a/1")) is first, "used again, so no longer the least recently used"
    load(spec("a/4"))
    assert [is_loaded(spec(key)) for key in ("a/1", "a/2", "a/3", "a/4")] == [True, False, True, True]


def test_a_model_larger_than_the_budget_is_still_served(
    builders: dict[str, Builder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENAI_DEMO_MEMORY_MB", "1")
    builders |= {"a/1": lambda place: model(), "a/large": lambda place: model(2)}
    load(spec("a/1"))
    large = load(spec("a/large"))
    assert load(spec("a/large")) is large
    assert not is_loaded(spec("a/1"))


@pytest.mark.parametrize("failure", [OSError("away"), RuntimeError("no memory"), MemoryError(), KeyError("x")])
def test_a_failed_build_does_not_last(builders: dict[str, Builder], failure: Exception) -> None:
    tries = itertools.count()

    def build(place: str) -> torch.nn.Module:
        if next(tries) == 0:
            raise failure
        return model()

    builders["a/b"] = build
    with pytest.raises(DemoError, match="connect this machine to the hub"):
        load(spec("a/b"))
    assert not is_loaded(spec("a/b"))
    assert load(spec("a/b")) is load(spec("a/b"))


def test_a_failure_is_told_to_all_who_wait(builders: dict[str, Builder]) -> None:
    def build(place: str) -> torch.nn.Module:
        raise OSError("away")

    builders["a/b"] = build

    def visit(_: int) -> Any:
        try:
            return load(spec("a/b"))
        except DemoError as error:
            return str(error)

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(visit, range(4), timeout=WAIT))
    assert all("a/b could not be had" in text for text in said)


def test_a_kind_failure_keeps_its_words(builders: dict[str, Builder]) -> None:
    def build(place: str) -> torch.nn.Module:
        raise DemoError("the codes are missing; export them again")

    builders["a/b"] = build
    with pytest.raises(DemoError, match=r"^the codes are missing; export them again$"):
        load(spec("a/b"))


def test_what_is_loaded_is_ready_to_serve(builders: dict[str, Builder]) -> None:
    def build(place: str) -> torch.nn.Module:
        net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
        return net.train()

    builders["a/b"] = build
    found = load_info(spec("a/b"))
    assert not found.model.training
    assert not any(parameter.requires_grad for parameter in found.model.parameters())
    assert found.parameters == 3 * 2 + 2 + 2 + 2
    assert found.bytes >= found.parameters * 4
    assert found.seconds >= 0
    assert (found.device, found.dtype) == ("cpu", "float32")


def test_another_device_is_another_model(builders: dict[str, Builder], monkeypatch: pytest.MonkeyPatch) -> None:
    builders["a/b"] = lambda place: model()
    first = load(spec("a/b"))
    monkeypatch.setenv("GENAI_DEMO_DEVICE", "nonsense")
    with pytest.raises(DemoError, match="GENAI_DEMO_DEVICE"):
        load(spec("a/b"))
    monkeypatch.setenv("GENAI_DEMO_DEVICE", "cpu")
    assert load(spec("a/b")) is first


def test_asking_what_is_loaded_while_others_load(builders: dict[str, Builder]) -> None:
    keys = [f"a/{i}" for i in range(200)]
    builders |= {key: lambda place: model() for key in keys}
    done = threading.Event()

    def ask() -> int:
        asked = 0
        while not done.is_set():
            is_loaded(spec("a/none"))
            asked += 1
        return asked

    with ThreadPoolExecutor(2) as pool:
        asking = pool.submit(ask)
        for key in keys:
            load(spec(key))
        done.set()
        assert asking.result(WAIT) > 0


@pytest.mark.parametrize("text", ["much", "-5", "nan", "1e3", "²", "9" * 50])
def test_a_budget_that_is_no_number_is_said(
    builders: dict[str, Builder], monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    builders["a/b"] = lambda place: model()
    monkeypatch.setenv("GENAI_DEMO_MEMORY_MB", text)
    with pytest.raises(DemoError, match=f"GENAI_DEMO_MEMORY_MB is {text}; give"):
        load(spec("a/b"))
    monkeypatch.setenv("GENAI_DEMO_MEMORY_MB", "")
    assert load(spec("a/b")) is not None


def test_a_model_that_does_not_fit_the_device_is_said(builders: dict[str, Builder]) -> None:
    class Large(torch.nn.Module):
        def to(self, *args: Any, **kwargs: Any) -> Any:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    builders["a/b"] = lambda place: Large()
    with pytest.raises(DemoError, match="choose a smaller model") as error:
        load(spec("a/b"))
    assert len(str(error.value)) < 300


def test_a_look_at_what_is_loaded_never_loads(builders: dict[str, Builder]) -> None:
    builders["a/b"] = lambda place: model()
    assert peek(spec("a/b")) is None
    found = load_info(spec("a/b"))
    builders["a/b"] = lambda place: pytest.fail("it was loaded")
    assert peek(spec("a/b")) is found
    clear()
    assert peek(spec("a/b")) is None
