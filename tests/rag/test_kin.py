from __future__ import annotations

import pytest
import torch

from genai_demo.core.errors import DemoError
from genai_demo.language import prefixes
from genai_demo.rag.kin import KinStep, fusing, kin, mean_of
from genai_demo.rag.library import Library
from genai_demo.rag.options import KinOptions
from genai_demo.results.files import steady
from tests.language import stand_in

DEFAULTS = {"question": "moon sea", "max_new_tokens": 6, "every": 4, "k": 2}


@pytest.fixture(autouse=True)
def _small(small: Library) -> None:
    prefixes.forget()


def frames(**options: object) -> list[KinStep]:
    return list(kin(stand_in.tiny(), KinOptions.parse(DEFAULTS | options), seed=0))


def test_three_answers_grow_together() -> None:
    found = frames()
    assert [frame.index for frame in found] == list(range(len(found)))
    assert found[-1].total == len(found)
    assert found[-1].said is not None
    assert len(found[-1].said) == 3
    assert all(len(frame.together) <= 1 for frame in found)
    assert any(frame.use for frame in found[1:]), "a passage is looked up again"
    assert [steady(frame) for frame in found] == [steady(frame) for frame in frames()]


def test_one_passage_makes_the_first_two_ways_one() -> None:
    found = frames(k=1, every=64)
    for frame in found[:-1]:
        assert (
            [tok.id for tok in frame.together] == [tok.id for tok in frame.fused] == [tok.id for tok in frame.renewed]
        )
    assert found[-1].agree == 100


def test_the_mean_of_distributions_is_one() -> None:
    rows = [torch.tensor([0.0, 5.0, 1.0]), torch.tensor([4.0, 0.0, 1.0])]
    mean = mean_of(rows)
    assert float(mean.sum()) == pytest.approx(1)
    assert mean.tolist() == pytest.approx(((rows[0].softmax(0) + rows[1].softmax(0)) / 2).tolist())


@torch.inference_mode()
def test_each_vote_is_what_the_passage_alone_would_say() -> None:
    model = stand_in.tiny()
    prompts = [model.encode("the moon"), model.encode("a stone")]
    took = next(fusing(model, prompts, 1))
    alone = [model(torch.tensor([ids]))[0, -1].float().softmax(0)[took.id] for ids in prompts]
    assert took.votes == pytest.approx([float(p) for p in alone], abs=1e-5)
    assert took.probability == pytest.approx(sum(took.votes) / 2, abs=1e-5)


def test_too_long_a_question_is_refused() -> None:
    with pytest.raises(DemoError, match="the limit beside an answer"):
        frames(question="moon " * 300)
