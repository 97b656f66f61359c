"""One command of the command line, in this process: what it says, with which exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from genai_demo.cli import main

QUICK = ("vae/encode", "--set", "samples=3")  # a run of milliseconds


Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Exit code, standard output and standard error of one command."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:  # argparse
            code = int(stop.code or 0)
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def result(said: Said, tmp_path: Path) -> Path:
    """A folder with the result of a small run."""
    assert said("run", *QUICK, "--seed", "5", "--out", tmp_path / "result")[0] == 0
    return tmp_path / "result"


def refused(said: Said, *arguments: str | Path) -> str:
    """Exit code 2, nothing on standard output, one sentence on standard error; the sentence."""
    code, out, err = said(*arguments)
    assert code == 2, (out, err)
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert err.startswith("genai_demo: ")
    assert "Traceback" not in err
    assert "fault in the program" not in err, err
    assert len(err) < 400
    return err
