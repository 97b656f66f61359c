"""A long measurement that is ended on the way goes on where it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from genai_demo.quality import kept


def test_what_was_measured_is_not_measured_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))
    made: list[int] = []

    def measured(job: int) -> float:
        if job == 3 and 3 not in made:
            made.append(3)
            raise KeyboardInterrupt
        made.append(job)
        return job / 2

    def every(asked: int) -> list[float]:
        return kept.every("toy", {"asked": asked}, (1, 2, 3, 4), measured, lambda jobs, text: iter(jobs))

    with pytest.raises(KeyboardInterrupt):
        every(0)
    assert every(0) == [0.5, 1, 1.5, 2]
    assert made == [1, 2, 3, 3, 4], "what was done, once"
    assert not list((tmp_path / "quality").iterdir()), "and nothing is left"
    made.clear()
    with pytest.raises(KeyboardInterrupt):
        every(0)
    made[:] = [3]
    every(1)
    assert made == [3, 1, 2, 3, 4], "what was kept of other options is forgotten"
