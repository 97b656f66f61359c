"""A class at once, as restless as one is: every run that is done in a moment, by clients that do not only ask.

CLASSROOM_SECONDS (180) is how long, CLASSROOM_CLIENTS (50) how many, as of `classroom`, whose 19 kinds of run only ask.
Here a client mostly asks for a run with one of few seeds; else it loads its page anew with the last run's link, stops a
run in the middle as the page's button does, sends a document and asks for the list of its own, or drops the connection
in mid-run. Runs that are stopped or left have seeds of their own, so that they are computed. Which runs are asked, and
which of them at their smallest, is said by kinds.py.
"""

from __future__ import annotations

import collections
import json
import random
import statistics
import sys
import time
import uuid
from collections.abc import Iterator, Mapping

import httpx

from benchmarks import Row
from benchmarks.classroom import CHECKED, CLIENTS, PAUSE_S, SECONDS, SEEDS, Asked, Caller, served, together
from benchmarks.keeping import Told
from benchmarks.kinds import every, page_of, quiet, run_of
from genai_demo import Recipe
from genai_demo.core.link import to_query

SHARES = {"ask": 70, "reload": 10, "stop": 8, "close": 8, "upload": 4}  # of a hundred
PATIENCE_S = 2.0  # of who stops or leaves, at most
SETTLED_S = 60.0  # until nothing may be computed any more
DOCUMENTS = 8  # of a client; then it deletes them
SENTENCE = "On day {day} the {what} wrote the number {number} into its book, and nobody knew why. "
WHATS = ("baker", "miller", "pilot", "diver", "clerk", "judge", "tailor", "shepherd")


def rows() -> list[Row]:
    """Waits and refusals, frames of a quiet machine, and how long runs that nobody waits for go on."""
    with served() as base:
        kinds = every(base)
        ask = Caller(base, kinds.kinds)
        found, did = Asked(), collections.Counter[str]()
        clients = [Client(ask, events_of(base), found, did) for _ in range(CLIENTS)]
        together([client.stay for client in clients])
        left = quiet(ask, SETTLED_S)
        sent = [took for client in clients for took in client.sent]
    unlike = ask.unlike()
    times = sorted(took for _, took in found.took)
    what = f"classroom: {CLIENTS} restless clients, {len(kinds.kinds)} kinds, {SECONDS} s"
    also = ", ".join(f"{did[name]} {name}" for name in SHARES)
    late = f"{times[int(0.95 * (len(times) - 1))]:.1f} s"
    return [
        (f"{what}, refused (none)", str(len(found.refused)), f"{len(times)} done", None),
        (f"{what}, what they did", also, kinds.told, None),
        (f"{what}, median (under 3 s)", f"{statistics.median(times):.1f} s", "-", None),
        (f"{what}, 95 % (under 12 s)", late, "-", None),
        (f"{what}, frames unlike a quiet machine's (none)", ", ".join(unlike) or "0", f"{len(ask.told)} kinds", None),
        (f"{what}, a document, median", f"{statistics.median(sent or [0]):.1f} s", f"{len(sent)} sent", None),
        (f"{what}, until nothing is computed when all have gone", f"{left:.1f} s", "-", None),
    ]


def told(found: list[Row]) -> Told:
    """For the README."""
    refused, did, median, late, unlike, _, left = found
    clients = refused[0].partition(": ")[2].rpartition(", ")[0]
    return (
        f"{clients}: {did[2]}; clients that ask, reload, stop in mid-run, drop the connection and send documents",
        f"{refused[1]} refused, {refused[2]}; waits {median[1]} (median), {late[1]} (95 %); frames unlike a quiet "
        f"machine's: {unlike[1]}; {did[1]}; nothing computed any more {left[1]} after the last left",
    )


class Client:
    """One visitor's browser: a secret for documents, and what it asked last. sent: seconds that documents took."""

    def __init__(self, ask: Caller, events: Mapping[str, int], found: Asked, did: collections.Counter[str]) -> None:
        self.caller, self.events, self.found, self.did = ask, events, found, did
        self.base = ask.base.removesuffix("/gradio_api/call")
        self.secret, self.last = "", (0, CHECKED)
        self.sent: list[float] = []

    def stay(self) -> None:
        """For SECONDS: does something, waits for its end, looks at it a moment."""
        until = time.monotonic() + SECONDS
        time.sleep(random.random() * PAUSE_S)
        while time.monotonic() < until:
            (name,) = random.choices(list(SHARES), list(SHARES.values()))
            try:
                getattr(self, name)()
                self.did[name] += 1
            except (RuntimeError, httpx.HTTPError, KeyError, ValueError) as error:
                self.found.refused.append(f"{name}: {error}")
                print(f"{name} {self.last}: {type(error).__name__} {error!s:.200}", file=sys.stderr, flush=True)
            time.sleep(PAUSE_S)

    def ask(self) -> None:
        """A run with one of few seeds, to its end."""
        self.last = random.randrange(len(self.caller.kinds)), random.randrange(CHECKED, CHECKED + SEEDS)
        self.found.took.append((self.last[0], self.caller(*self.last)))

    def reload(self) -> None:
        """The page anew, by the link of the last run, which it then asks for."""
        kind, seed = self.last
        name, options = self.caller.kinds[kind]
        link = to_query(Recipe(run_of(name).name, options, seed))
        self.caller.client.get(f"{self.base}/{page_of(name)}?{link}").raise_for_status()
        self.found.took.append((kind, self.caller(kind, seed)))

    def stop(self) -> None:
        """As the page's Stop: Gradio is told which event of which session, and the stream comes to its end."""
        kind, session = random.randrange(len(self.caller.kinds)), uuid.uuid4().hex[:10]
        with self.caller.asked(kind, _own_seed(), session) as (event, chunks):
            _read_for(chunks, random.random() * PATIENCE_S)
            said = {"session_hash": session, "fn_index": self.events[self.caller.kinds[kind][0]], "event_id": event}
            self.caller.client.post(f"{self.base}/gradio_api/cancel", json=said).raise_for_status()

    def close(self) -> None:
        """The connection is dropped in mid-run."""
        with self.caller.asked(random.randrange(len(self.caller.kinds)), _own_seed()) as (_, chunks):
            _read_for(chunks, random.random() * PATIENCE_S)

    def upload(self) -> None:
        """A document through the shelf's own door; after DOCUMENTS of them all are deleted."""
        text = "".join(
            SENTENCE.format(day=day, what=random.choice(WHATS), number=random.randrange(10**6)) for day in range(12)
        )
        began = time.monotonic()
        head = {"x-visitor": self.secret, "x-name": "diary.txt"}
        answer = self.caller.client.post(f"{self.base}/documents", content=text.encode(), headers=head)
        last = json.loads(answer.text.strip().splitlines()[-1])
        if "secret" not in last:
            raise RuntimeError(last.get("error", answer.text[:200]))
        self.sent.append(time.monotonic() - began)
        self.secret, kept = last["secret"], len(last["documents"])
        if kept >= DOCUMENTS:
            head = {"x-visitor": self.secret}
            self.caller.client.delete(f"{self.base}/documents", headers=head).raise_for_status()


def events_of(base: str) -> dict[str, int]:
    """Endpoint -> the number that the page knows its event by."""
    found = httpx.get(f"{base}/config", timeout=60).json()["dependencies"]
    return {one["api_name"]: one["id"] for one in found if one["api_name"]}


def _own_seed() -> int:
    return random.randrange(1000, 2**31 - 1)


def _read_for(chunks: Iterator[bytes], seconds: float) -> None:
    """Reads what comes, until the first piece after that time."""
    until = time.monotonic() + seconds
    for _ in chunks:
        if time.monotonic() > until:
            return
