"""The state space written out gives, three ways, what the library gives; and so does the one without selection."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from transformers.models.mamba2.modeling_mamba2 import mamba2_chunk_scan

from genai_demo.ssm import model, scan
from genai_demo.ssm.s4 import S4D, convolved

LENGTH = 70  # no multiple of a chunk


@pytest.fixture(scope="module")
def parts() -> tuple[Tensor, ...]:
    """x, dt, a, into, out_of, skip of two texts with three heads."""
    random = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=random)

    dt = torch.rand((2, LENGTH, 3), generator=random)
    return normal(2, LENGTH, 3, 4), dt, -normal(3).abs(), normal(2, LENGTH, 5), normal(2, LENGTH, 5), normal(3)


def test_token_by_token_in_chunks_and_as_attention_are_the_library_s_scan(parts: tuple[Tensor, ...]) -> None:
    x, dt, a, into, out_of, skip = parts
    library = mamba2_chunk_scan(x, dt, a, into[:, :, None], out_of[:, :, None], scan.CHUNK, D=skip)
    seen = torch.einsum("bhls,bshp->blhp", scan.hidden_attention(dt, a, into, out_of), x) + skip[:, None] * x
    for ours in (scan.recurrent(*parts), scan.parallel(*parts), seen):
        torch.testing.assert_close(ours, library, atol=1e-4, rtol=1e-4)


def test_long_tokens_overflow_nothing(parts: tuple[Tensor, ...]) -> None:
    x, dt, a, into, out_of, skip = parts
    found = scan.parallel(x, dt * 1000, a, into, out_of, skip)
    torch.testing.assert_close(found, scan.recurrent(x, dt * 1000, a, into, out_of, skip), atol=1e-2, rtol=1e-3)
    assert found.isfinite().all()


def test_without_selection_a_text_is_one_convolution(parts: tuple[Tensor, ...]) -> None:
    layer = S4D(8, 12, 4)
    x = parts[0].flatten(2)
    with torch.no_grad():
        whole = convolved(x, layer.kernel(LENGTH)) + layer.skip * x
        torch.testing.assert_close(whole, layer.recurrent(x), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["mamba2", "s4", "hybrid", "attention"])
def test_what_comes_changes_nothing_before_it(name: str) -> None:
    network = getattr(model, name)().eval()
    ids = torch.randint(model.VOCABULARY, (1, 40), generator=torch.Generator().manual_seed(1))
    other = ids.clone()
    other[0, 30:] = 7
    with torch.inference_mode():
        one, two = (network(each, use_cache=False).logits[0] for each in (ids, other))
    torch.testing.assert_close(one[:30], two[:30], atol=1e-4, rtol=1e-4)
    assert not torch.allclose(one[30:], two[30:])


def test_all_of_them_are_about_as_large() -> None:
    sizes = [sum(p.numel() for p in getattr(model, n)().parameters()) for n in ("mamba2", "s4", "hybrid", "attention")]
    assert max(sizes) < 1.05 * min(sizes)
