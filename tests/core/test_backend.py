"""Where runs are computed: the setting, and how wrong ones are refused."""

from __future__ import annotations

import pytest

from genai_demo import DemoError, Recipe, run
from genai_demo.cli import main
from genai_demo.core import backend as module
from genai_demo.core.backend import SLOTS, Backend, backend, slots
from genai_demo.core.schedule import Schedule


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", None),
        (" ", None),
        ("ray://auto", Backend("ray", "auto", SLOTS)),
        ("ray://10.0.0.5:6379", Backend("ray", "10.0.0.5:6379", SLOTS)),
        ("ray://head.lab.example:6379?slots=24", Backend("ray", "head.lab.example:6379", 24)),
    ],
)
def test_the_setting(text: str, found: Backend | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(module.VARIABLE, text)
    assert backend() == found
    assert slots(2) == (max(2, found.slots) if found else 2) == Schedule(2).slots


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dask://auto", "GENAI_DEMO_BACKEND is dask://auto; write ray://auto or ray://HOST:PORT"),
        ("ray://", "GENAI_DEMO_BACKEND is ray://; write"),
        ("ray://head", "is ray://head; write"),
        ("auto", "is auto; write"),
        ("ray://auto?slots=0", "slots in GENAI_DEMO_BACKEND is 0; choose 1 to 1000"),
        ("ray://auto?slots=many", "; write"),
    ],
)
def test_a_wrong_setting_is_one_sentence(text: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(module.VARIABLE, text)
    with pytest.raises(DemoError) as error:
        list(run(Recipe("ssm/signal")))
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_the_command_line_says_it_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(module.VARIABLE, "ray:/auto")
    assert main(["run", "ssm/signal", "--out", "/nowhere/at/all"]) == 2
    monkeypatch.setenv("GENAI_DEMO_BACKEND", "ray:/auto")
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
