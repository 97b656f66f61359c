"""Device and precision: what is asked for is had or refused in a sentence; one seed, one stream."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from genai_demo.core import device
from genai_demo.core.device import VARIABLE, generator, pick_device, pick_dtype, threads
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run


def test_the_variable_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    for wanted in ("cpu", " cpu ", "CPU"):
        monkeypatch.setenv(VARIABLE, wanted)
        assert pick_device() == torch.device("cpu")


@pytest.mark.parametrize("wanted", ["tpu", "cpu:x", "cpu:", "cuda:", "cuda:99", "mps:7", "meta", "gpu", "cpu:-1", "0"])
def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setenv(VARIABLE, wanted)
    with pytest.raises(DemoError, match=f"^{VARIABLE} is {wanted}") as error:
        pick_device()
    assert "cpu" in str(error.value)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=60))
@example("cpu:99999999999999999999")
@example("cuda\n0")
def test_any_text_is_a_device_or_a_sentence(wanted: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, wanted)
        try:
            said = str(torch.zeros(1).to(pick_device()).device)
        except DemoError as error:
            said = str(error)
    assert len(said.splitlines()) == 1
    assert len(said) < 300


def test_a_number_past_the_last_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv(VARIABLE, "cuda:1")
    assert pick_device() == torch.device("cuda:1")
    monkeypatch.setenv(VARIABLE, "cuda:2")
    with pytest.raises(DemoError, match="the last one here is cuda:1"):
        pick_device()


def test_without_the_variable_the_best_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device().type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert pick_device().type == "mps"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert pick_device().type == "cpu"


def test_half_precision_is_for_a_gpu_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for has, dtype in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda has=has: has)
        assert pick_dtype(torch.device("cuda")) is dtype
        assert pick_dtype(torch.device("cpu")) is pick_dtype(torch.device("mps")) is torch.float32


def test_one_seed_is_one_stream() -> None:
    first, again, other = (torch.randn(100, generator=generator(seed)) for seed in (7, 7, 8))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert generator(2**31 - 1).device.type == "cpu"


def test_a_stream_disturbs_no_other() -> None:
    torch.manual_seed(3)
    expected = torch.randn(4)
    torch.manual_seed(3)
    torch.randn(10, generator=generator(5))
    assert torch.equal(torch.randn(4), expected)


def test_seeded_leaves_the_shared_numbers_as_they_were() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with device.seeded(0):
        first = torch.rand(2)
    assert torch.equal(torch.rand(3), expected)
    with device.seeded(0):
        assert torch.equal(torch.rand(2), first)


def test_threads_are_those_of_the_one_who_asks_and_only_inside() -> None:
    usual, seen = torch.get_num_threads(), []
    with threads(1):
        assert torch.get_num_threads() == 1
        with threads(3):
            assert torch.get_num_threads() == 3
        other = threading.Thread(target=lambda: seen.append(_within(None)))
        other.start()
        other.join()
    assert torch.get_num_threads() == usual
    assert seen == [usual], "None is what the process started with, whoever asks"


def _within(count: int | None) -> int:
    with threads(count):
        return torch.get_num_threads()


def test_a_training_on_points_is_the_same_on_any_number_of_threads() -> None:
    found = []
    for count in (1, 2):
        with threads(count):
            frames = run(Recipe("vae/points", {"train_steps": 50, "samples": 10}))
            found.append([(frame.loss, frame.distance) for frame in frames])
    assert found[0] == found[1]


def test_the_usual_number_of_threads_is_that_before_anything_was_set() -> None:
    """In a process of its own: here it was asked for long ago."""
    code = """
import threading, torch
from genai_demo.core.device import threads
seen = []
def look():
    with threads(None):
        seen.append(torch.get_num_threads())
with threads(1):
    look()
    other = threading.Thread(target=look)
    other.start()
    other.join()
look()
print(seen)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "OMP_NUM_THREADS": "2"}, capture_output=True, text=True
    )
    assert done.stdout == "[2, 2, 2]\n", done.stderr[-1000:]
