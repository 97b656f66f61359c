"""The queue on paper: as the theory has it where there is one, and as the schedule has it elsewhere."""

from __future__ import annotations

import statistics

import pytest

from benchmarks.scaling import Crowd, Measured, cores_for, plan, rows, share, simulated


def test_one_slot_and_runs_of_one_length_wait_as_the_formula_says() -> None:
    took, busy = 0.1, 0.5
    clients = 400
    crowd = Crowd(clients, (took,), clients * took / busy, 0.0, 1)
    wait = took * busy / (2 * (1 - busy))  # Pollaczek and Khinchine, for a service that always takes as long
    assert statistics.mean(simulated(crowd, 3000)) == pytest.approx(took + wait, rel=0.1)


def test_what_is_asked_again_is_known_and_what_is_asked_at_once_is_joined() -> None:
    few, each = (simulated(Crowd(40, (1.0,) * 5, 1.0, 0.01, 2, seeds), 100) for seeds in (2, None))
    assert len(few) > 5 * len(each)
    assert share(few, 0.5) < 0.1 < share(each, 0.5)


def test_short_runs_do_not_wait_behind_long_ones() -> None:
    took = simulated(Crowd(20, (0.05, 5.0), 1.0, 0.0, 2), 300)
    assert share(took, 0.4) < 1.0 < share(took, 0.9)


def test_more_visitors_need_more_cores_and_a_class_that_asks_alike_fewer() -> None:
    seconds = (0.2, 0.5, 1.0)
    small, large = (cores_for(visitors, seconds, 0.02, None) for visitors in (100, 1000))
    assert 1 <= small < large
    assert cores_for(1000, seconds, 0.02, 3) < large
    assert cores_for(3000, seconds, 0.02, None) == 10 * cores_for(300, seconds, 0.02, None)


def test_the_table_has_a_line_for_each_crowd_and_the_rows_a_ratio() -> None:
    found = Measured((0.1, 0.2), 0.01, (0.1, 0.2, 0.4))
    assert plan(found).count("cores |") == 4
    assert all(ratio is None or ratio > 0 for *_, ratio in rows(found))
