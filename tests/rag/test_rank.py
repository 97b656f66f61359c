from __future__ import annotations

import numpy as np
import pytest

from genai_demo.rag.rank import diverse, firsts, fused, max_sim


def ids(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def test_fusion_adds_reciprocal_ranks() -> None:
    order, sums = fused([ids(5, 3, 9), ids(3, 7)], [0.6, 0.4], constant=10)
    assert order.tolist() == [3, 5, 9, 7]
    assert sums == pytest.approx([0.6 / 12 + 0.4 / 11, 0.6 / 11, 0.6 / 13, 0.4 / 12])


def test_fusing_one_ranking_keeps_it_and_of_equals_the_smaller_id_comes_first() -> None:
    assert fused([ids(4, 2, 8)], [1.0])[0].tolist() == [4, 2, 8]
    assert fused([ids(4), ids(2)], [0.5, 0.5])[0].tolist() == [2, 4]
    assert fused([], [])[0].tolist() == []


def test_max_sim_takes_the_nearest_of_each_token() -> None:
    question, text = np.eye(3, dtype=np.float32)[:2], np.array([[1, 0, 0], [0.6, 0.8, 0]], np.float32)
    assert max_sim(question, text) == pytest.approx((1 + 0.8) / 2)
    assert max_sim(question, text, np.array([1.0, 3.0])) == pytest.approx((1 + 3 * 0.8) / 4)
    assert max_sim(question, text[:0]) == 0


def test_diversity_passes_over_a_twin() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    scores = np.array([3.0, 2.9, 2.0])
    assert diverse(vectors, scores, 2, 1.0).tolist() == [0, 1]
    assert diverse(vectors, scores, 2, 0.3).tolist() == [0, 2]
    assert sorted(diverse(vectors, scores, 9, 0.5)) == [0, 1, 2]
    assert diverse(vectors[:0], scores[:0], 3, 0.5).tolist() == []


def test_firsts_are_where_a_value_stands_first() -> None:
    assert firsts(np.array([4, 4, 1, 4, 7, 1])).tolist() == [0, 2, 4]
