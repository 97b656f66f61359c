"""A mixture that learns while one watches, and what mixtures and their twins cost."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import all_runs, run
from genai_demo.core.spec import find_spec
from genai_demo.language.model import LanguageModel
from genai_demo.moe import model, toy, twins
from genai_demo.moe.balance import train
from genai_demo.moe.network import top_k
from genai_demo.moe.options import TrainOptions
from tests.moe.stand_in import tiny


def trained(**given: Any) -> list[Any]:
    return list(train(TrainOptions.parse(given), seed=0))


def test_without_the_balance_loss_one_expert_takes_all_and_with_it_several_work() -> None:
    shown = trained()
    last = shown[-1]
    assert sum(tok.share > 0.01 for tok in last.other_load) == 1
    assert sum(tok.share > 0.01 for tok in last.load) >= 4
    assert last.right > last.other_right + 5
    assert last.loss < shown[0].loss
    assert shown[0].loss == shown[0].other_loss, "both begin alike"
    assert len({tuple(pixel) for pixel in last.regions[1].reshape(-1, 3).tolist()}) == 1
    assert last.loads[:, : last.index + 1].sum(0) == pytest.approx(2, abs=1e-5)


def test_a_weight_of_nothing_makes_both_learn_the_same() -> None:
    last = trained(balance=0, steps=50, top_k=2, shared=True)[-1]
    assert last.loss == last.other_loss
    assert last.load == last.other_load


def test_an_even_load_costs_one_and_a_collapsed_router_as_many_as_there_are_experts() -> None:
    even = toy.Passed(torch.empty(0), torch.full((6, 6), 1 / 6), torch.arange(6)[:, None])
    one = toy.Passed(torch.empty(0), torch.eye(6)[[2] * 6], torch.full((6, 1), 2))
    assert float(toy.unevenness(even)) == pytest.approx(1)
    assert float(toy.unevenness(one)) == pytest.approx(6)


@pytest.mark.parametrize("make", [model.top2, model.top1, lambda: model.dense(2 * model.WIDE)])
def test_flops_by_formula_are_those_that_torch_counts(make: Any) -> None:
    network = make()
    network.config._attn_implementation = network.config._experts_implementation = "eager"  # what it can count
    ids = torch.randint(model.VOCABULARY, (1, 48), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode(), FlopCounterMode(display=False) as counted:
        network(ids, use_cache=False)
    found = LanguageModel(network, tiny().tokenizer)
    assert twins.flops(found, 48) == pytest.approx(counted.get_total_flops() / 48, rel=1e-3)


def test_a_mixture_holds_what_the_total_twin_holds_and_uses_what_the_active_one_does() -> None:
    one, active, two, total = (twins.twin(key, load(find_spec(key)), 8) for key in twins.NETWORKS)
    assert one.active < active.held == active.active
    assert two.active == pytest.approx(active.held, rel=0.01)
    assert two.held == pytest.approx(total.held, rel=0.01)
    assert one.experts
    assert not total.experts


def test_each_network_is_shown_once_with_its_time() -> None:
    shown: list[Any] = list(run(Recipe("moe/twins", {"text": "the file of the library", "times": 3})))
    assert [len(frame.held) for frame in shown] == [1, 2, 3, 4]
    assert all((frame.sparse is None) != (frame.dense is None) for frame in shown)
    assert all((frame.sparse_ms or frame.dense_ms) > 0 for frame in shown)


def test_one_expert_a_token_is_in_the_menu_of_every_run_that_routes() -> None:
    routing = [entry for name, entry in all_runs().items() if name.startswith("moe/") and entry.models]
    assert len(routing) == 6
    assert all("moe/top1" in entry.models and "moe/active" not in entry.models for entry in routing)
    assert top_k(load(find_spec("moe/top1"))) == 1
    for entry in routing:
        small = {"stretches": 2} if "stretches" in entry.options.model_fields else {}
        text = {"text": "the file of the library"} if "text" in entry.options.model_fields else {}
        assert next(run(Recipe(entry.name, {**small, **text}, model="moe/top1")))
