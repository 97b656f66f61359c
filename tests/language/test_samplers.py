"""Each stage from logits to a token, held equal to the processors of Transformers."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from genai_demo.language.options import Sampling
from genai_demo.language.samplers import Candidates, draw, final, penalised, stages

VOCABULARY = 50


def logits_of(seed: int, scale: float = 4.0, count: int = VOCABULARY) -> Tensor:
    return torch.randn(count, generator=torch.Generator().manual_seed(seed)) * scale


def theirs(sampling: Sampling) -> LogitsProcessorList:
    found = LogitsProcessorList()
    if sampling.repetition_penalty != 1:
        found.append(RepetitionPenaltyLogitsProcessor(sampling.repetition_penalty))
    if sampling.temperature != 1:
        found.append(TemperatureLogitsWarper(sampling.temperature))
    if sampling.top_k:
        found.append(TopKLogitsWarper(sampling.top_k))
    if sampling.top_p < 1:
        found.append(TopPLogitsWarper(sampling.top_p))
    if sampling.min_p:
        found.append(MinPLogitsWarper(sampling.min_p))
    return found


def spread(candidates: Candidates, count: int = VOCABULARY) -> Tensor:
    """Probabilities over the whole vocabulary."""
    return torch.zeros(count).index_put((candidates.ids,), candidates.probabilities)


settings = st.builds(
    Sampling,
    st.sampled_from([0.1, 0.7, 1.0, 1.5, 2.0]),
    st.sampled_from([0, 1, 3, 49, 50, 500]),
    st.sampled_from([0.01, 0.5, 0.9, 0.999, 1.0]),
    st.sampled_from([0.0, 0.01, 0.2, 1.0]),
    st.sampled_from([0.5, 0.9, 1.0, 1.1, 2.0]),
)
histories = st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=12)


@given(st.integers(0, 10_000), histories, settings)
def test_the_chain_is_that_of_transformers(seed: int, seen: list[int], sampling: Sampling) -> None:
    logits = logits_of(seed)
    wanted = theirs(sampling)(torch.tensor([seen]), logits[None].clone())[0].softmax(0)
    torch.testing.assert_close(spread(final(logits, seen, sampling)), wanted, atol=1e-6, rtol=1e-5)
    *_, last = stages(logits, seen, sampling).values()
    torch.testing.assert_close(spread(last), wanted, atol=1e-6, rtol=1e-5)


@given(st.integers(0, 10_000), histories, settings)
def test_each_stage_is_that_of_transformers(seed: int, seen: list[int], sampling: Sampling) -> None:
    """After the first stage, the first two and so on."""
    logits = logits_of(seed)
    found = list(stages(logits, seen, sampling).values())
    processors = theirs(sampling)
    assert len(found) == 1 + len(processors)
    for i, candidates in enumerate(found):
        wanted = LogitsProcessorList(processors[:i])(torch.tensor([seen]), logits[None].clone())[0].softmax(0)
        torch.testing.assert_close(spread(candidates), wanted, atol=1e-6, rtol=1e-5)
        assert candidates.logits.tolist() == sorted(candidates.logits.tolist(), reverse=True)


def test_the_stages_come_in_this_order_and_only_those_that_do_something() -> None:
    full = Sampling(0.7, 10, 0.9, 0.05, 1.2)
    names = ["logits", "repetition penalty", "temperature", "top-k", "top-p", "min-p"]
    assert list(stages(logits_of(0), [1], full)) == names
    assert list(stages(logits_of(0), [1], Sampling(1.0))) == ["logits"]
    assert list(stages(logits_of(0), [1], Sampling(0.0, 10, 0.9, 0.05))) == ["logits", "temperature"]


@given(st.integers(0, 10_000), st.integers(1, 60), st.sampled_from([0.7, 1.0]))
def test_all_that_tie_at_the_edge_of_top_k_are_kept_as_in_transformers(seed: int, k: int, temperature: float) -> None:
    logits = logits_of(seed).round() / 2  # a few values only: most places are ties
    sampling = Sampling(temperature, k)
    wanted = theirs(sampling)(torch.tensor([[1]]), logits[None].clone())[0].softmax(0)
    *_, last = stages(logits, [], sampling).values()
    for found in (final(logits, [], sampling), last):
        torch.testing.assert_close(spread(found), wanted, atol=1e-6, rtol=1e-5)
        assert len(found.ids) == int((wanted > 0).sum())


def test_the_order_matters_and_is_kept() -> None:
    """A cold temperature before top-p leaves fewer than after it."""
    logits = torch.tensor([2.0, 1.5, 1.0, 0.5, 0.0])
    assert len(final(logits, [], Sampling(0.3, top_p=0.8)).ids) < len(final(logits, [], Sampling(1.0, top_p=0.8)).ids)


@pytest.mark.parametrize("temperature", [0.0, 1e-12, 1e-9, 1e-3])
@pytest.mark.parametrize("scale", [1.0, 1e4, 1e30])
def test_next_to_temperature_0_the_likeliest_is_taken_and_nothing_overflows(temperature: float, scale: float) -> None:
    logits = logits_of(3, scale)
    logits[17] = logits.max() + scale
    for sampling in (Sampling(temperature), Sampling(temperature, 5, 0.9, 0.1, 1.3)):
        found = final(logits, [1, 2], sampling)
        assert found.probabilities.isfinite().all()
        assert float(found.probabilities.sum()) == pytest.approx(1)
        assert {draw(found, u) for u in (0.0, 0.5, 1 - 2**-53)} == {17}
        for candidates in stages(logits, [1, 2], sampling).values():
            assert candidates.probabilities.isfinite().all()


def test_the_penalty_works_on_a_copy_and_the_same_for_a_token_said_twice() -> None:
    logits = torch.tensor([2.0, -2.0, 1.0])
    assert penalised(logits, [0, 1, 1, 0], 2.0).tolist() == [1.0, -4.0, 1.0]
    assert logits.tolist() == [2.0, -2.0, 1.0]
    assert penalised(logits, [], 2.0) is logits


def test_draws_follow_the_distribution() -> None:
    found = final(logits_of(1, 1.0, 8), [], Sampling(0.8, 5))
    count = 4000
    drawn = torch.tensor([draw(found, (i + 0.5) / count) for i in range(count)])
    shares = torch.bincount(drawn, minlength=8) / count
    torch.testing.assert_close(shares, spread(found, 8), atol=2 / count, rtol=0)


@given(st.integers(0, 1000), st.floats(0, 1, exclude_max=True))
def test_the_same_number_draws_the_same_token_and_only_one_that_is_left(seed: int, u: float) -> None:
    found = final(logits_of(seed), [3], Sampling(1.3, 20, 0.95))
    assert draw(found, u) == draw(found, u)
    assert draw(found, u) in found.ids.tolist()


def test_a_token_without_probability_is_never_drawn() -> None:
    found = Candidates(torch.arange(3), torch.tensor([0.0, 0.0, -torch.inf]))
    assert [draw(found, u) for u in (0.0, 0.4999, 0.5, 1 - 2**-53)] == [0, 0, 1, 1]


def test_ends_of_the_ranges() -> None:
    logits = logits_of(5)
    best = int(logits.argmax())
    for name, value in (("top_k", 1), ("top_p", 0.0), ("min_p", 1.0)):
        assert final(logits, [], Sampling(1.0, **{name: value})).ids.tolist() == [best]
    assert len(final(logits, [], Sampling(1.0, 0, 1.0, 0.0)).ids) == VOCABULARY
    assert len(final(logits, [], Sampling(1.0, VOCABULARY + 9)).ids) == VOCABULARY
