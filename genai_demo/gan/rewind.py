"""A training on points taken up again at a step: go on with both networks, or one step. Options in, options out.

`at` is the step that is on screen. What came after it is forgotten: its changes are dropped, and since a training
follows from its options, the frames up to it are those that were seen.
"""

from __future__ import annotations

from typing import Literal

from genai_demo.core import changes
from genai_demo.gan.points_options import PointsOptions

Who = Literal["both", "d", "g"]


def go_on(options: PointsOptions, at: int) -> PointsOptions:
    """The same training for SPAN more steps, both networks learning. Raises DemoError at the last step there can be."""
    return changes.go_on(options, at, only="both")


def one_step(options: PointsOptions, at: int, who: Who) -> PointsOptions:
    """One more step of both networks or of one. Raises DemoError at the last step there can be."""
    return changes.go_on(options, at, 1, only=who)
