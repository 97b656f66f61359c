"""Bounded memories that all visitors share. Losing what is in one costs time, never a bit of a result.

Each is known by name, so that what the program holds can be told at any time (`report`).
"""

from __future__ import annotations

import contextlib
import math
import sys
import threading
import weakref
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cachetools import LRUCache

OVERHEAD, SMALL = 500, 32  # bytes of a Python object that holds others, and of a number, about
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_all: weakref.WeakSet[Cache[Any, Any]] = weakref.WeakSet()
_all_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Use:
    """What the caches of one name hold: how many there are, their entries, their bytes and the most these may be."""

    name: str
    caches: int
    entries: int
    bytes: int
    limit: int


def report() -> list[Use]:
    """What every cache of the program holds now, by name."""
    with _all_lock:
        here = list(_all)
    named: dict[str, list[Cache[Any, Any]]] = {}
    for cache in sorted(here, key=lambda cache: cache.name):
        named.setdefault(cache.name, []).append(cache)
    return [
        Use(name, len(group), sum(map(len, group)), sum(c.bytes for c in group), sum(c.limit for c in group))
        for name, group in named.items()
    ]


def weigh(value: Any) -> int:
    """Bytes of a value, about: its arrays, tensors and texts, and a little for each object around them."""
    if isinstance(bytes_ := getattr(value, "nbytes", None), int):
        return OVERHEAD + bytes_
    if isinstance(value, (str, bytes)):
        return sys.getsizeof(value)
    if isinstance(value, Mapping):
        return OVERHEAD + sum(weigh(key) + weigh(part) for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return OVERHEAD + sum(map(weigh, value))
    names = getattr(value, "__dataclass_fields__", None) or getattr(value, "__dict__", None)
    if names:
        return OVERHEAD + sum(weigh(getattr(value, name)) for name in names)
    return SMALL


class Cache(Generic[K, V]):
    """key -> value, the least recently used dropped past `limit` bytes. Safe from several threads.

    weigh: bytes of a value; limit: a number, or a function that tells it whenever something is put in. A value larger
    than the limit is not kept; with `alone` it is, and everything else goes.
    """

    def __init__(
        self, name: str, limit: int | Callable[[], int], weigh: Callable[[V], int], *, alone: bool = False
    ) -> None:
        self.name, self.alone = name, alone
        self._limit = limit
        self._kept: LRUCache[K, V] = LRUCache(math.inf, weigh)
        self._lock = threading.RLock()
        self._building: dict[K, tuple[threading.Lock, int]] = {}  # a lock, and how many want it
        with _all_lock:
            _all.add(self)

    @property
    def limit(self) -> int:
        """The most bytes."""
        return self._limit() if callable(self._limit) else self._limit

    @property
    def bytes(self) -> int:
        """Bytes in use, about."""
        with self._lock:
            return int(self._kept.currsize)

    def get(self, key: K) -> V | None:
        """The value, which is now the one used last; None where there is none (any more)."""
        with self._lock:
            return self._kept.get(key)

    def put(self, key: K, value: V) -> None:
        """Keep the value in the place of an older one."""
        limit = self.limit
        with self._lock:
            if not self.alone and self._kept.getsizeof(value) > limit:
                self._kept.pop(key, None)
                return
            self._kept[key] = value
            while len(self._kept) > 1 and self._kept.currsize > limit:
                self._kept.popitem()

    def made(self, key: K, build: Callable[[], V]) -> V:
        """The value; where it is not here it is built, once for all who ask meanwhile. Raises what `build` raises."""
        if (found := self.get(key)) is not None:
            return found
        with self.turn(key):
            if (found := self.get(key)) is None:
                found = build()
                self.put(key, found)
            return found

    @contextlib.contextmanager
    def turn(self, key: K) -> Iterator[None]:
        """Inside, one at a time for each key, kept or not; the lock goes with the last who wants it."""
        with self._lock:
            lock, wanted = self._building.get(key, (threading.Lock(), 0))
            self._building[key] = lock, wanted + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                _, wanted = self._building.pop(key)
                if wanted > 1:
                    self._building[key] = lock, wanted - 1

    def __iter__(self) -> Iterator[K]:
        """The keys that are here now: what comes and goes meanwhile disturbs nobody, and nothing counts as used."""
        with self._lock:
            return iter(list(self._kept))

    def drop(self, where: Callable[[K], bool]) -> None:
        """Forget what has such a key."""
        with self._lock:
            for key in [key for key in self._kept if where(key)]:
                del self._kept[key]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: object) -> bool:
        return key in self._kept


class PerOwner(Generic[K, V]):
    """A cache for each owner (a model, a visitor's documents), made by `make`; it goes when its owner goes."""

    def __init__(self, make: Callable[[], Cache[K, V]]) -> None:
        self._make, self._lock = make, threading.Lock()
        self._caches: weakref.WeakKeyDictionary[Any, Cache[K, V]] = weakref.WeakKeyDictionary()

    def of(self, owner: Any) -> Cache[K, V]:
        """That of the owner, empty where it is new."""
        with self._lock:
            if owner not in self._caches:
                self._caches[owner] = self._make()
            return self._caches[owner]

    def drop(self, where: Callable[[K], bool]) -> None:
        """Forget what has such a key, whose ever it is."""
        with self._lock:
            caches = list(self._caches.values())
        for cache in caches:
            cache.drop(where)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._caches.clear()

    def __len__(self) -> int:
        """How many owners have one."""
        return len(self._caches)

    def __contains__(self, owner: object) -> bool:
        return owner in self._caches
