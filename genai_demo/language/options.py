"""What a visitor asks of a language model, as plain data: how tokens are drawn, and the options that all runs share.

temperature, top_k, top_p, min_p, repetition_penalty: as in Transformers' generate. Imports no model library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from genai_demo.core.options import Options, option


@dataclass(frozen=True, slots=True)
class Sampling:
    """temperature 0 takes the likeliest token; top_k 0, top_p 1, min_p 0 and repetition_penalty 1 change nothing."""

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0


class SamplingOptions(Options):
    """How tokens are drawn."""

    temperature: float = option(
        0.2, "How much chance has a say; 0 always takes the likeliest token", at_least=0, at_most=2
    )
    top_k: int = option(
        40, "How many of the likeliest tokens may be taken; 0 for all", at_least=0, at_most=500, more=True
    )
    top_p: float = option(
        0.9, "The likeliest tokens that together reach this probability may be taken; 1 for all", at_least=0, at_most=1
    )
    min_p: float = option(
        0.0,
        "Tokens at least this many times as likely as the likeliest may be taken; 0 for all",
        at_least=0,
        at_most=1,
        more=True,
    )
    repetition_penalty: float = option(
        1.1,
        "How much less likely a token gets by having been there; 1 for not at all",
        at_least=0.5,
        at_most=2,
        more=True,
    )

    @property
    def sampling(self) -> Sampling:
        """What the loop takes."""
        return Sampling(self.temperature, self.top_k, self.top_p, self.min_p, self.repetition_penalty)


def rivals_option() -> Any:
    """How many candidates are listed for each token."""
    return option(8, "How many of the likeliest tokens are listed for each place", at_least=1, at_most=20, more=True)
