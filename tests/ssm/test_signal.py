"""One number of state: step by step and as one sum are the same, exactly held where time is continuous."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.ssm.signal import LENGTH, discrete, recurrent, summed, unrolled


def frames(seed: int = 0, **options: Any) -> list[Any]:
    return list(run(Recipe("ssm/signal", options, seed)))


@pytest.mark.parametrize("rule", ["zero-order hold", "bilinear", "Euler"])
@pytest.mark.parametrize("fixed", [True, False])
def test_the_recurrence_and_the_sum_give_the_same_states(rule: str, *, fixed: bool) -> None:
    random = np.random.default_rng(0)
    delta = np.full(LENGTH, 0.3) if fixed else random.uniform(0.01, 1, LENGTH)
    kept, added = discrete(delta, complex(-1, 2), rule)
    u = random.normal(size=LENGTH)
    np.testing.assert_allclose(recurrent(u, kept, added), summed(u, unrolled(kept, added), fixed=fixed), atol=1e-12)


def test_a_moment_in_two_halves_is_the_same_moment() -> None:
    """Zero-order hold is exact where the signal is level; the other rules are not."""

    def after(delta: float, times: int, rule: str) -> complex:
        kept, added = discrete(np.full(times, delta), complex(-1, 2), rule)
        return complex(recurrent(np.ones(times), kept, added)[-1])

    assert after(1.0, 4, "zero-order hold") == pytest.approx(after(0.5, 8, "zero-order hold"))
    assert abs(after(1.0, 4, "bilinear") - after(0.5, 8, "bilinear")) > 1e-3


def test_selection_holds_a_marked_value_and_a_fixed_length_does_not() -> None:
    chosen, fixed = frames(selection=True, delta=5), frames(selection=False, delta=0.25)
    marked = [t for t, frame in enumerate(chosen) if frame.delta > 1]
    assert len(marked) == 4
    assert chosen[-1].state == pytest.approx(chosen[marked[-1]].signal, abs=0.1)
    assert abs(fixed[-1].state - fixed[marked[-1]].signal) > 0.3


def test_euler_s_rule_grows_without_bound_and_the_frame_says_so() -> None:
    grown = frames(signal="steps", rule="Euler", delta=3)
    assert grown[-1].state is None
    assert "without bound" in grown[0].said
    assert all(abs(frame.state) <= 1.001 for frame in frames(signal="steps", delta=3))
