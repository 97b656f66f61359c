"""What a network costs: multiplications, each with its addition, counted as torch makes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

Shape = Sequence[int]


def _fused(query: Shape, key: Shape, value: Shape, *more: Any, **settings: Any) -> int:
    return int(sdpa_flop_count(query, key, value))


# a processor's own fused attention, which torch's counter passes over; those of other devices it counts
FUSED = {torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _fused}


def multiplications(call: Callable[[], Any]) -> int:
    """Of whatever `call` computes: the same on every device, those of attention among them."""
    with torch.inference_mode(), FlopCounterMode(display=False, custom_mapping=FUSED) as counter:
        call()
    return int(counter.get_total_flops()) // 2
