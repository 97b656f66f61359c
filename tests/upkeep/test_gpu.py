"""The check on a GPU, as far as it can be tried without one: it lists every run, and finds what is not alike."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from genai_demo import cli
from genai_demo.core.frames import number, pictures
from genai_demo.core.run import all_runs
from genai_demo.upkeep import gpu


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    index: int
    total: int
    loss: float = number("loss")
    x: np.ndarray = pictures("x")


def step(i: int = 0, total: int = 2) -> Step:
    return Step(i, total, 0.5, np.full((2, 4, 4), 100, np.uint8))


def test_without_cuda_every_run_is_listed_and_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(gpu, "write", lambda checked: pytest.fail("nothing was checked"))
    assert cli.main(["gpu-check"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:-1] == [f"{name}: skipped (no CUDA here)" for name in all_runs()]
    assert lines[-1].startswith(f"No CUDA device here, so that none of {len(all_runs())} runs was checked")
    assert cli.main(["gpu-check", "no/run"]) == 2


def test_a_run_is_compared_with_itself() -> None:
    (one,) = gpu.check(["vae/decode"], device="cpu")
    assert (one.state, one.note) == ("near", "")
    assert one.cpu_s > 0
    assert one.gpu_s > 0
    assert "1 near, 0 apart, 0 wrong, 0 not here" in gpu.render([one])


def test_what_is_not_alike_is_found() -> None:
    ours = [step(0), step(1)]
    x = ours[0].x
    assert gpu.compared(ours, ours) == ("near", "")
    assert gpu.compared(ours, [step(0), replace(step(1), x=x + 5)])[0] == "near"
    assert gpu.compared(ours, [step(0), replace(step(1), x=x + 90)])[0] == "apart"
    assert gpu.compared(ours, ours[:1])[0] == "apart"
    assert gpu.compared(ours, []) == ("wrong", "no frames")
    assert gpu.compared(ours, [step(0), replace(step(1), loss=float("nan"))]) == (
        "wrong",
        "frame 1, loss: is not finite",
    )
    assert gpu.compared(ours, [step(0), replace(step(1), x=x[0])])[0] == "wrong"
    assert gpu.compared(ours, [step(0), replace(step(1), x=x.astype(np.float32))])[0] == "wrong"


def test_the_page_says_that_it_was_never_run_until_it_was() -> None:
    text = gpu.PAGE.read_text()
    if gpu.NEVER in text:
        assert text == gpu.render([])
    else:
        assert [name for name in all_runs() if f"| {name} |" not in text] == [], "run `make gpu-check`"
