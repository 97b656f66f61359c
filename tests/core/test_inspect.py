"""Tracing a model: its blocks in order, with shapes and parameters that add up; the served model stays untouched."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.inspect import MOST_BATCH, _trace, trace
from genai_demo.core.load import load, load_info
from genai_demo.core.spec import Bundled, all_specs, find_spec
from genai_demo.core.weights import is_here

KEYS = [key for key, spec in all_specs().items() if any(isinstance(source, Bundled) for source in spec.sources)]


@pytest.mark.parametrize("key", KEYS)
def test_the_blocks_of_a_model_add_up(key: str) -> None:
    blocks = trace(key)
    top = [block for block in blocks if block.depth == 0]
    assert sum(block.parameters for block in top) == load_info(find_spec(key)).parameters
    assert all(block.ms >= 0 for block in blocks)
    assert all(block.shape_out for block in blocks if block.parameters)
    assert blocks[0].depth == 0
    for before, after in itertools.pairwise(blocks):
        assert after.depth <= before.depth + 1, "nothing is skipped on the way down"
    tied = sum(p.numel() for p in _twice(load(key)))  # they count in each of the blocks that share them
    for i, block in enumerate(blocks):
        within = _children(blocks[i + 1 :], block.depth)
        assert sum(child.parameters for child in within) <= block.parameters + tied


def _twice(model: torch.nn.Module) -> list[torch.nn.Parameter]:
    """Parameters that stand in more than one module."""
    every = [p for module in model.modules() for p in module.parameters(recurse=False)]
    return [p for k, p in enumerate(every) if any(p is other for other in every[:k])]


def _children(blocks: list[Any], depth: int) -> list[Any]:
    """The blocks one level below, until the next on the same."""
    found = []
    for block in blocks:
        if block.depth <= depth:
            break
        if block.depth == depth + 1:
            found.append(block)
    return found


def test_the_batch_is_seen_in_the_shapes() -> None:
    one, three = trace("vae/vae-2"), trace("vae/vae-2", 3)
    assert [block.name for block in one] == [block.name for block in three]
    for a, b in zip(one, three):
        assert (a.shape_out[0], b.shape_out[0]) == (1, 3)
        assert a.shape_out[1:] == b.shape_out[1:]


def test_the_served_model_stays_as_it_was() -> None:
    model = load(find_spec("vae/vae-2"))
    trace("vae/vae-2")
    assert load(find_spec("vae/vae-2")) is model
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_a_block_called_twice_counts_both_and_one_inside_another_knows_its_depth() -> None:
    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU())
            self.unused = torch.nn.Linear(9, 9)

        def forward(self, x: dict[str, torch.Tensor], *, scale: float = 1.0) -> dict[str, list[torch.Tensor]]:
            return {"out": [self.inner(self.inner(x["in"])) * scale]}

    blocks = _trace(Net(), lambda model, batch: model({"in": torch.zeros(batch, 4)}, scale=2.0), 2)
    assert [(block.name, block.depth, block.kind) for block in blocks] == [
        ("", 0, "Net"),
        ("inner", 1, "Sequential"),
        ("inner.0", 2, "Linear"),
        ("inner.1", 2, "ReLU"),
    ]
    assert blocks[0].shape_in == blocks[0].shape_out == (2, 4)
    assert blocks[0].parameters == 20 + 90


@pytest.mark.parametrize("batch", [0, -1, MOST_BATCH + 1, 10**400, float("nan"), True, "4", None, 1.5])
def test_a_batch_out_of_range_is_a_sentence(batch: Any) -> None:
    with pytest.raises(DemoError, match=f"choose a whole number from 1 to {MOST_BATCH}") as error:
        trace("vae/vae-2", batch)
    assert len(str(error.value)) < 200


def test_an_unknown_model_is_a_sentence() -> None:
    with pytest.raises(DemoError, match="choose one of"):
        trace("no/such")


def test_a_model_that_is_not_here_is_a_sentence() -> None:
    assert not is_here(find_spec("diffusion/cifar10"))
    with pytest.raises(DemoError, match=r"choose the bundled .* or connect"):
        trace("diffusion/cifar10")
