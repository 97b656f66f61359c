"""The small networks that learn points of the plane, whose first weights come from a stream of the caller's alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils import skip_init


def mlp(sizes: Sequence[int], activation: Callable[[], nn.Module], random: torch.Generator) -> nn.Sequential:
    """Linear layers between these sizes, an activation between two; first weights within PyTorch's own bounds."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layer = skip_init(nn.Linear, inputs, outputs)  # filled here, and not from the stream that all share
        bound = inputs**-0.5
        nn.init.uniform_(layer.weight, -bound, bound, generator=random)
        nn.init.uniform_(layer.bias, -bound, bound, generator=random)
        layers += [layer, activation()]
    return nn.Sequential(*layers[:-1])
