"""What whoever runs the program may set for a class or a small machine: environment variables, each a whole number.

They are read when they are asked for, and all together as the app starts, so that a wrong one is said at once.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from genai_demo.core.errors import DemoError, shown


@dataclass(frozen=True, slots=True)
class Limit:
    """An environment variable, what it means, its usual value and between which two it lies."""

    variable: str
    meaning: str
    usual: int
    least: int
    most: int

    @property
    def value(self) -> int:
        """As set, else the usual one. Raises DemoError where what is set is no whole number or out of range."""
        text = os.environ.get(self.variable, "").strip()
        if not text:
            return self.usual
        if not (text.isascii() and text.isdigit() and len(text) < 12 and self.least <= int(text) <= self.most):
            raise DemoError(
                f"{self.variable} is {shown(text)}; choose a whole number from {self.least} to {self.most}, "
                f"or leave it out for {self.usual}"
            )
        return int(text)


RUNS_EACH = Limit("GENAI_DEMO_RUNS_EACH", "runs of one visit that are computed or wait", 3, 1, 100)
RUNS_WAITING = Limit("GENAI_DEMO_RUNS_WAITING", "runs of all visitors that are computed or wait", 120, 1, 10_000)
UPLOAD_MB = Limit("GENAI_DEMO_UPLOAD_MB", "megabytes of one file that a visitor sends", 20, 1, 20)
DOCUMENTS_EACH = Limit("GENAI_DEMO_DOCUMENTS_EACH", "documents of one visitor that are kept", 20, 1, 100)
ALL = (RUNS_EACH, RUNS_WAITING, UPLOAD_MB, DOCUMENTS_EACH)


def check() -> None:
    """Raises DemoError for the first limit that is set wrongly."""
    for limit in ALL:
        assert limit.value
