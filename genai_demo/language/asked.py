"""What a decoder is asked for, as plain data: messages, sampling, what is switched off. Imports no library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CONTEXT = 2048  # tokens of a conversation at most, whatever the model could hold: memory is shared by all visitors
Message = dict[str, str]  # {"role": "system" | "user" | "assistant", "content": text}


@dataclass(frozen=True, slots=True)
class Sampling:
    """temperature 0 takes the likeliest token; top_k 0, top_p 1, min_p 0 and repetition_penalty 1 change nothing."""

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0


@dataclass(frozen=True, slots=True)
class Off:
    """What is switched off: heads of a layer, whole layers; all counted from 0."""

    heads: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    layers: frozenset[int] = frozenset()
