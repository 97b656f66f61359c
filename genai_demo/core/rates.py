"""How a learning rate goes in the course of a training."""

from __future__ import annotations

import math


def cosine(most: float, step: int, steps: int, warmup: int, least: float = 0.02) -> float:
    """A straight line up to `most`, then half a cosine down to `least` of it. step: from 0."""
    if step < warmup:
        return most * (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return most * (least + (1 - least) * 0.5 * (1 + math.cos(math.pi * done)))


def trapezoid(most: float, step: int, steps: int, warmup: int, falling: float = 0.2) -> float:
    """A straight line up, then `most`, then a straight line down to 0: more steps only put off the end.

    step: from 0; falling: the share of the steps in which it falls.
    """
    return most * min(1.0, (step + 1) / warmup, (steps - step) / (falling * steps))
