"""A class at once: raw clients that ask for runs of many kinds, each as a new visitor, through the app's own server.

CLASSROOM_SECONDS (180) is how long, CLASSROOM_CLIENTS (50) how many. Few seeds: much is asked for twice. Each seed
another: nothing is. One link: all clients open it at the same moment.

Real clients are other machines: these share one pool of connections, and read of an answer no more than how it ends.
"""

from __future__ import annotations

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil

from benchmarks import Row
from benchmarks.start import PATIENCE, ROOT, answers, environment, free_port
from genai_demo import Recipe, run
from genai_demo.results.comparing import compare_packed
from genai_demo.results.recording import thinned

SECONDS, CLIENTS = (
    int(os.environ.get(f"CLASSROOM_{name}", usual)) for name, usual in (("SECONDS", 180), ("CLIENTS", 50))
)
CHECKED = 10  # the seed whose frames are compared with those of a quiet machine
LIMITS = httpx.Limits(max_connections=2 * CLIENTS, keepalive_expiry=2)  # the server closes what was idle for 5 s
PLAIN = {"accept-encoding": "identity"}
COMPLETE, ERROR = b"event: complete", b"event: error"
SEEDS, ONE_LINK, QUICK_S, PAUSE_S = 3, 40, 0.5, 1.0
Kind = tuple[str, dict[str, Any]]  # the name of an endpoint, and the options that are not the page's own
KINDS: tuple[Kind, ...] = (
    ("vae_encode", {}),
    ("vae_decode", {}),
    ("vae_sample", {}),
    ("vae_manifold", {"size": 9}),
    ("vae_interpolate", {}),
    ("vae_dimensions", {}),
    ("gan_sample", {}),
    ("gan_walk", {}),
    ("gan_arithmetic", {}),
    ("gan_opinion", {}),
    ("gan_edges", {}),
    ("gan_cycle", {}),
    ("gan_points", {"steps": 400}),
    ("diffusion_denoise", {"steps": 10}),
    ("diffusion_denoise", {"steps": 50}),
    ("diffusion_forward", {}),
    ("diffusion_inpaint", {"steps": 20}),
    ("diffusion_points", {"train_steps": 300}),
    ("rag_chunk", {}),
)


@dataclass
class Asked:
    """What the clients saw: (kind, seconds) of runs that came to their end, and sentences of those that did not."""

    took: list[tuple[int, float]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def rows() -> list[Row]:
    """Waits and refusals with few seeds, with every seed another, and of one link that all open at once."""
    with served() as base:
        ask = Caller(base)
        alone = [ask(kind, 0) and ask(kind, 1) for kind in range(len(KINDS))]  # the first loads the model
        few = crowd(ask, lambda: random.randrange(CHECKED, CHECKED + SEEDS))
        every = crowd(ask, lambda: random.randrange(1000, 2**31 - 1))
        once = ask(14, 5)
        together = gathered(ask, 14, 6, ONE_LINK)
    unlike = ask.unlike()
    quick = [took for kind, took in every.took if alone[kind] < QUICK_S]
    times = sorted(took for _, took in few.took)
    what = f"classroom: {CLIENTS} clients, {len(KINDS)} kinds, {SECONDS} s"
    return [
        (f"{what}, refused (none)", str(len(few.refused)), f"{len(times)} done", None),
        (f"{what}, median (under 3 s)", f"{statistics.median(times):.1f} s", "-", None),
        (f"{what}, 95 % (under 12 s)", f"{times[int(0.95 * (len(times) - 1))]:.1f} s", "-", None),
        (f"{what}, frames unlike a quiet machine's (none)", ", ".join(unlike) or "0", f"{len(ask.told)} kinds", None),
        (f"{what}, every seed another, refused", str(len(every.refused)), f"{len(every.took)} done", None),
        (f"{what}, every seed another, quick runs, median (under 4 s)", _median(quick), f"{len(quick)} runs", None),
        (
            f"classroom: {ONE_LINK} open one link, the last (at most 1.5)",
            f"{together:.1f} s",
            f"{once:.1f} s",
            together / once,
        ),
    ]


class Caller:
    """Asks the served app for a run as a new visitor, or one of a session, and waits for its end.

    told: the last message of each kind of run with the seed CHECKED, of whoever asked last.
    """

    def __init__(self, base: str, kinds: Sequence[Kind] = KINDS) -> None:
        self.base, self.kinds = f"{base}/gradio_api/call", kinds
        self.client = httpx.Client(timeout=600, limits=LIMITS, headers=PLAIN)
        found = self.client.get(f"{base}/gradio_api/info", timeout=60).json()["named_endpoints"]
        self.usual = {
            name: {one["parameter_name"]: one.get("parameter_default") for one in found[f"/{name}"]["parameters"]}
            for name, _ in kinds
        }
        self.told = dict[int, bytes]()

    def __call__(self, kind: int, seed: int) -> float:
        """Seconds to the last frame. Raises RuntimeError with what the app said."""
        began = time.monotonic()
        last = self.answer(kind, seed)
        if seed == CHECKED:
            self.told[kind] = last
        return time.monotonic() - began

    def answer(self, kind: int, seed: int, session: str | None = None) -> bytes:
        """The last message, which has all frames. Raises RuntimeError with what the app said."""
        with self.asked(kind, seed, session) as (_, chunks):
            last = b"".join(_last(chunks))
        if not last.startswith(COMPLETE):
            raise RuntimeError(last[:200].decode(errors="replace"))
        return last

    @contextmanager
    def asked(self, kind: int, seed: int, session: str | None = None) -> Iterator[tuple[str, Iterator[bytes]]]:
        """(what the event is called, pieces of its messages as they come); leaving closes the stream."""
        name, options = self.kinds[kind]
        data = list({**self.usual[name], **options, "seed": seed}.values())
        body = {"data": data, "session_hash": session}
        event = self.client.post(f"{self.base}/{name}", json=body).json()["event_id"]
        with self.client.stream("GET", f"{self.base}/{name}/{event}") as answer:
            yield event, answer.iter_raw()

    def unlike(self) -> list[str]:
        """The kinds that were told other frames than the same recipe gives here, alone, and where they differ."""
        films = {kind: film(last) for kind, last in self.told.items()}
        found = {
            self.kinds[kind][0]: compare_packed(list(run(Recipe.from_json(one["recipe"]))), thinned(one["frames"]))
            for kind, one in films.items()
        }
        return [f"{name}: {difference.where}" for name, difference in found.items() if not difference.identical]


def film(last: bytes) -> dict[str, Any]:
    """What the last message of a run says: its recipe as JSON, its frames, packed."""
    return dict(json.loads(last.partition(b"data: ")[2])[0])


def _last(chunks: Iterator[bytes]) -> list[bytes]:
    """The pieces of the last message of a stream of events; the messages before it are not looked at."""
    kept = list[bytes]()
    for chunk in chunks:
        seam = kept[-1][-len(COMPLETE) :] if kept else b""
        at = max((seam + chunk).rfind(end) for end in (COMPLETE, ERROR))
        if at >= 0:
            kept = [(seam + chunk)[at:]]
        elif kept and kept[0].startswith((COMPLETE, ERROR)):
            kept.append(chunk)
        else:
            kept = [chunk]
    return kept


def crowd(ask: Caller, seed: Callable[[], int]) -> Asked:
    """CLIENTS threads for SECONDS: each asks, waits for the end, looks at it a moment, and asks again."""
    found, until = Asked(), time.monotonic() + SECONDS

    def client() -> None:
        time.sleep(random.random() * PAUSE_S)
        while time.monotonic() < until:
            kind = random.randrange(len(ask.kinds))
            try:
                found.took.append((kind, ask(kind, seed())))
            except (RuntimeError, httpx.HTTPError, KeyError, ValueError) as error:
                found.refused.append(str(error))
            time.sleep(PAUSE_S)

    together([client] * CLIENTS)
    return found


def gathered(ask: Caller, kind: int, seed: int, clients: int) -> float:
    """Seconds until the last of some clients that ask for the same at the same time has it."""
    began = time.monotonic()
    together([lambda: ask(kind, seed)] * clients)
    return time.monotonic() - began


def together(work: list[Callable[[], Any]]) -> None:
    """All at the same time, each in a thread, to the last one's end."""
    threads = [threading.Thread(target=one, daemon=True) for one in work]  # SIGTERM needn't wait for them
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _median(times: list[float]) -> str:
    return f"{statistics.median(times):.1f} s" if times else "none"


@contextmanager
def served(**given: str) -> Iterator[str]:
    """The app in a process of its own; its address. Raises RuntimeError where it does not answer.

    Ended by SIGTERM, this process ends the app too. given: variables of its environment.
    """
    port = free_port()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # as Ctrl-C: what is open is closed
    with tempfile.TemporaryFile() as log:
        inside = {**environment(port), **given}
        process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=inside, stdout=log, stderr=log)
        try:
            if not answers(process, f"http://127.0.0.1:{port}/", time.perf_counter() + PATIENCE):
                raise RuntimeError("the app gave no answer")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def serving() -> psutil.Process:
    """The process of the app that is served now."""
    return next(child for child in psutil.Process().children() if "app.py" in child.cmdline())
