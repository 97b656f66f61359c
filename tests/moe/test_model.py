"""Networks with experts: what is added to their loss, and that their twins are as large as they are meant to be."""

from __future__ import annotations

import torch

from genai_demo.moe import model


def _ids() -> torch.Tensor:
    return torch.randint(model.VOCABULARY, (2, 33), generator=torch.Generator().manual_seed(0))


def _size(network: torch.nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def test_one_expert_s_weight_is_its_probability_so_that_its_router_learns_from_the_text() -> None:
    network = model.top1()
    _, nats = model.balanced(network, _ids())
    nats.backward()
    gradients = [p.grad for name, p in network.named_parameters() if "gate.weight" in name]
    assert gradients
    assert all(g is not None and g.abs().max() > 0 for g in gradients)


def test_an_even_load_costs_the_least() -> None:
    network, ids = model.top2(), _ids()
    plain, nats = model.balanced(network, ids, balance=0, z=0)
    with_both, _ = model.balanced(network, ids)
    assert torch.equal(plain, nats)
    with torch.no_grad():
        for name, p in network.named_parameters():
            if "gate.weight" in name:
                p[2:] = p[:1] * 0 - 10 * p[:2].mean(0)  # these experts are hardly ever chosen
    uneven = model.balanced(network, ids)
    assert uneven[0] - uneven[1] > with_both - nats


def test_the_twins_are_as_large_as_two_experts_and_as_all() -> None:
    mixture, active, total = model.top2(), model.dense(2 * model.WIDE), model.dense(8 * model.WIDE)
    assert abs(_size(mixture) / _size(total) - 1) < 0.01
    experts = sum(p.numel() for name, p in mixture.named_parameters() if "experts" in name)
    assert abs((_size(mixture) - experts * 6 / 8) / _size(active) - 1) < 0.01
