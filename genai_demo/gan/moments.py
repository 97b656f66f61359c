"""A bounded memory that all visitors share: moments of trainings under a key that says how each came to be.

What is kept is never changed by whoever reads it. Losing it costs time, never a bit of a result.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

import numpy as np
import torch

LIMIT = 64_000_000  # bytes
OVERHEAD = 500  # bytes of a Python object, about


class Moments:
    """key -> value, the least recently used dropped past `limit` bytes. Safe from several threads."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:
        """The value, None where there is none (any more)."""
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def put(self, key: Hashable, value: Any) -> None:
        """Keep the value, unless it is already there or larger than the limit."""
        size = weight(value)
        with self._lock:
            if key in self._kept or size > self.limit:
                return
            self._kept[key] = value, size
            self._size += size
            while self._size > self.limit:
                _, (_, dropped) = self._kept.popitem(last=False)
                self._size -= dropped

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._size = 0

    @property
    def size(self) -> int:
        """Bytes in use, about."""
        return self._size


def weight(value: Any) -> int:
    """Bytes of a value, about: its arrays and tensors, and a little for each object around them."""
    if isinstance(value, np.ndarray):
        return OVERHEAD + value.nbytes
    if isinstance(value, torch.Tensor):
        return OVERHEAD + value.numel() * value.element_size()
    if isinstance(value, dict):
        return OVERHEAD + sum(weight(part) for part in value.values())
    if isinstance(value, (list, tuple)):
        return OVERHEAD + sum(weight(part) for part in value)
    names = getattr(value, "__dataclass_fields__", None) or getattr(value, "__dict__", None)
    if names:
        return OVERHEAD + sum(weight(getattr(value, name)) for name in names)
    return 32


MOMENTS = Moments()
