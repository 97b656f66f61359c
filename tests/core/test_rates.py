"""Learning rates rise and fall."""

from __future__ import annotations

import itertools

import pytest

from genai_demo.core import rates


def test_rates_rise_and_fall() -> None:
    for rate in (rates.cosine, rates.trapezoid):
        found = [rate(1.0, step, 100, 10) for step in range(100)]
        assert found[0] == pytest.approx(0.1)
        assert max(found) == pytest.approx(1.0)
        assert found[-1] < 0.1
        assert all(a >= b for a, b in itertools.pairwise(found[10:]))
