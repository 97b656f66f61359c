"""What the clients of benchmarks do to the app, one of each, and what they find out."""

from __future__ import annotations

import collections
from typing import Any

import httpx
import pytest

from benchmarks import soak
from benchmarks.classroom import COMPLETE, Asked, Caller
from benchmarks.classroom_all import SHARES, Client, events_of
from benchmarks.cold import loaded
from benchmarks.kinds import quiet
from tests.standins import stand_ins  # noqa: F401  the fixture replaces what would be fetched

KINDS: Any = (("vae_sample", {}), ("gan_points", {"steps": 2000, "every": 20}))


def test_a_restless_client_does_all_it_can_and_leaves_nothing_at_work(base_url: str) -> None:
    caller, found = Caller(base_url, KINDS), Asked()
    client = Client(caller, events_of(base_url), found, collections.Counter())
    for way in SHARES:
        getattr(client, way)()
    assert [kind in (0, 1) for kind, _ in found.took] == [True, True], "what it asked for, and once more after loading"
    assert found.refused == []
    assert client.secret
    assert len(client.sent) == 1
    assert quiet(caller, 60) < 60, "what it stopped or left is computed no more"


def test_who_waits_is_told_the_end_however_many_came_since(
    app: Any, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.demo._queue.pending_messages_per_session, "max_size", 3)
    caller = Caller(base_url, KINDS)
    with caller.asked(1, 77, "who waits") as (_, chunks):
        next(chunks)
        for seed in range(6):
            caller(0, seed)
        assert COMPLETE in b"".join(chunks)


def test_a_session_notes_what_it_was_given_and_a_frame_that_is_another_is_found(
    base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak, "RUNS", 2 * soak.SESSIONS)
    found = soak.Soaked()
    with httpx.Client(base_url=base_url, timeout=60) as opened:
        soak.session(0, Caller(base_url, KINDS[:1]), opened, found)
    assert len(found.waits) == 2
    assert found.refused == []
    assert soak.unlike_alone(found.answers) == 0
    recipe = next(iter(found.answers))
    found.answers[recipe]["another"] += 3
    assert soak.unlike_alone(found.answers) == 3


def test_loads_end_and_those_that_fail_are_told(base_url: str) -> None:
    found = loaded(base_url, [["/vae", "/parts.js", "/theme.css"]] * 3 + [["/vae", "/nothing.js"]])
    assert len(found.seconds) == 4
    assert found.bytes > 50_000
    assert found.failed == ["/nothing.js: status 404"]
