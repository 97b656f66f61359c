"""Caches: bounded in bytes, built once for all who ask, told by name, and gone with their owner."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from genai_demo.core import caches
from genai_demo.core.caches import Cache, PerOwner

WAIT = 20  # seconds until a test that hangs is given up


class Owner:
    """Something that a cache can belong to."""


def texts(limit: int, *, alone: bool = False) -> Cache[str, str]:
    return Cache("texts", limit, len, alone=alone)


def test_past_the_bytes_the_least_recently_used_goes() -> None:
    cache = texts(9)
    for key in "abc":
        cache.put(key, 3 * key)
    assert cache.get("a") == "aaa"
    cache.put("d", "dddd")
    assert [key for key in "abcd" if key in cache] == ["a", "d"]
    assert cache.bytes == 7


def test_a_value_in_the_place_of_an_older_one_counts_once() -> None:
    cache = texts(9)
    for text in ("aaa", "aaaaaaaa", "a"):
        cache.put("a", text)
    assert (cache.get("a"), cache.bytes, len(cache)) == ("a", 1, 1)


def test_what_is_larger_than_the_limit_is_kept_only_where_that_is_wanted() -> None:
    for alone in (False, True):
        cache = texts(5, alone=alone)
        cache.put("a", "aaa")
        cache.put("large", "123456")
        assert ("large" in cache) is alone
        assert ("a" in cache) is not alone
        assert cache.made("huge", lambda: "1234567") == "1234567", "it is had, kept or not"
    cache = texts(5)
    cache.put("a", "aaa")
    cache.put("a", "123456")
    assert cache.get("a") is None, "no older value is given for a newer one"


def test_a_limit_may_change() -> None:
    limit = 10
    cache: Cache[int, str] = Cache("texts", lambda: limit, len)
    for i in range(3):
        cache.put(i, "abc")
    limit = 4
    cache.put(3, "abc")
    assert list(cache) == [3]
    assert cache.limit == 4


def test_what_many_ask_for_at_once_is_built_once() -> None:
    cache, built, slow = texts(100), [], threading.Event()

    def build() -> str:
        built.append(1)
        slow.wait(0.2)
        return "x"

    with ThreadPoolExecutor(16) as pool:
        got = list(pool.map(lambda _: cache.made("a", build), range(16), timeout=WAIT))
    assert got == ["x"] * 16
    assert len(built) == 1
    assert not cache._building, "no lock stays behind"


def test_two_keys_are_built_at_the_same_time() -> None:
    cache, both = texts(100), threading.Barrier(2)

    def build() -> str:
        both.wait(WAIT)  # broken, were one to wait for the other
        return "x"

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda key: cache.made(key, build), "ab", timeout=WAIT)) == ["x", "x"]


def test_a_failure_is_raised_and_does_not_last() -> None:
    cache = texts(100)
    with pytest.raises(OSError, match="away"):
        cache.made("a", lambda: (_ for _ in ()).throw(OSError("away")))
    assert cache.made("a", lambda: "x") == "x"
    assert not cache._building


def test_what_is_dropped_is_built_again() -> None:
    cache = texts(100)
    for key in ("a1", "a2", "b1"):
        cache.put(key, key)
    cache.drop(lambda key: key.startswith("a"))
    assert list(cache) == ["b1"]
    cache.clear()
    assert (len(cache), cache.bytes) == (0, 0)


def test_from_many_threads_the_bytes_stay_right() -> None:
    cache = texts(50)

    def work(seed: int) -> None:
        for i in range(500):
            cache.made(f"{(seed * i) % 40}", lambda i=i: "x" * (i % 7 + 1))
            if i % 50 == seed:
                cache.drop(lambda key: key.endswith("1"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8), timeout=WAIT))
    values = [cache.get(key) for key in cache]
    assert cache.bytes == sum(len(value or "") for value in values) <= 50


def test_an_owner_takes_its_cache_along() -> None:
    each = PerOwner[str, str](lambda: texts(5))
    one, other = Owner(), Owner()
    each.of(one).put("a", "a")
    each.of(other).put("a", "b")
    assert each.of(one).get("a") == "a"
    each.drop(lambda key: key == "a")
    assert each.of(other).get("a") is None
    del other
    gc.collect()
    assert len(each) == 1
    assert one in each
    each.clear()
    assert one not in each


def test_every_cache_is_told_by_name() -> None:
    each = PerOwner[str, str](lambda: Cache("test of the report", 5, len))
    owners = [Owner(), Owner()]
    assert [each.of(owner).made("a", lambda: "abc") for owner in owners] == ["abc", "abc"]
    assert caches.Use("test of the report", 2, 2, 6, 10) in caches.report()
    owners.clear()
    gc.collect()
    assert "test of the report" not in [use.name for use in caches.report()]


def test_a_value_weighs_what_its_arrays_and_texts_weigh() -> None:
    @dataclass
    class Row:
        numbers: np.ndarray
        others: tuple[torch.Tensor, ...]

    row = Row(np.zeros((10, 100), np.float32), (torch.zeros(1000, dtype=torch.bfloat16),))
    assert 6000 < caches.weigh(row) < 6000 + 5 * caches.OVERHEAD
    assert caches.weigh({"a": row, "b": [row]}) > 2 * caches.weigh(row)
    assert 1000 < caches.weigh("x" * 1000) < 1000 + caches.OVERHEAD
