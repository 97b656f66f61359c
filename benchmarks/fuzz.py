"""Calls that nobody would make on purpose: wrong kinds, wrong sizes, wrong shapes, through run(recipe) and the server.

    python -m benchmarks.fuzz --calls 10000     # or FUZZ_CALLS=10000 python -m benchmarks fuzz

Options are drawn from what each run says of its own: right ones at their smallest, so that a call is cheap, and wrong
ones. What is counted as a fault: an exception that is no DemoError, a status of 500 or more, a traceback in an answer
or in the log, a refusal that is no single short sentence, a call that has no end. Language models and the like are
small stand-ins, as in the tests; what is bundled is real.
"""

from __future__ import annotations

import argparse
import collections
import gc
import json
import logging
import os
import random
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

import httpx
import psutil

from benchmarks import Row
from benchmarks.keeping import Told, keep

CALLS = int(os.environ.get("FUZZ_CALLS", "1000"))
FRAMES = 3  # of a run that is right; the rest is left
COSTLY_S = 6.0  # a run that has cost so much in all is asked wrongly only
PATIENCE_S = 60.0  # a call that computes longer, or is answered later, has no end
LONGEST = 700  # characters of a refusal: it may list the names of all that could be chosen
MOST_MB = 150  # that the second half of the calls may leave

MARKUP = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
TEXTS = (
    *("", " ", "\x00", "\ud800", "\u202etxt.exe", "é" * 5000, "x" * 300_000, MARKUP, "{{7*7}}", "${7*7}", "%s%n"),
    *("../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "C:\\x", "A" * 64, "0" * 64, "mine:" + "A" * 400),
    *("nan", "inf", "-0", "1e400", "0x10", "٣", "1_000", "9" * 5000, "true", "None", "__class__", "sample:99999"),
    *("iVBORw0KGgo=", "====", "sample:-1", "points:", "'; DROP TABLE runs; --", "\r\nX-Injected: 1"),
)
OTHERS: tuple[Any, ...] = (
    *(None, True, False, [], {}, [[]], {"a": {"b": [1]}}, [None] * 200, -1, 2**63, -(2**63), 1e308, 0.5, 10**30),
    *({"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, {"__type__": "update", "value": 1}),
    *({"url": "http://127.0.0.1:9/x", "path": None}, ["../../etc/passwd"], {"": ""}, {"__class__": "x"}),
)


@dataclass
class Tally:
    """What came of the calls."""

    faults: list[str] = field(default_factory=list)
    kinds: collections.Counter[str] = field(default_factory=collections.Counter)
    spent: collections.Counter[str] = field(default_factory=collections.Counter)  # seconds that the right ones cost

    def fault(self, what: str) -> None:
        """One more that should not be; said at once, as a long fuzz may be broken off."""
        self.faults.append(what[:600])
        print(f"fault: {what[:600]!a}", file=sys.stderr, flush=True)

    def refused(self, said: Any, of: str) -> None:
        """A refusal; a fault where it is no single short sentence."""
        self.kinds["refused"] += 1
        fair = isinstance(said, str) and 10 <= len(said) <= LONGEST and said.isprintable()
        if not fair or "Traceback" in said or "fault in" in said or "noted as fault" in said:
            self.fault(f"{of}: no sentence: {said!r}")


def deep(rng: random.Random) -> Any:
    """A value of any shape that JSON has."""
    value: Any = rng.choice((*TEXTS, *OTHERS))
    for _ in range(rng.choice((0, 0, 1, 3, 60))):
        value = rng.choice(([value], {"a": value}, [value, value][:1]))
    return value


def wrong(known: dict[str, Any], rng: random.Random) -> Any:
    """A value that the option may not have, mostly."""
    near = [known[end] + step for end, step in (("minimum", -1), ("maximum", 1)) if end in known]
    if "longest" in known:
        near.append("x" * (known["longest"] + 1))
    return rng.choice(near) if near and rng.random() < 0.3 else deep(rng)


def right(known: dict[str, Any], rng: random.Random) -> Any:
    """A value that it may have and that costs no more than the smallest: another choice, a switch, another fraction."""
    if "choices" in known and not all(isinstance(one, int) for one in known["choices"]):
        return rng.choice(known["choices"])
    if known["type"] == "boolean":
        return rng.random() < 0.5
    if known["type"] == "number" and "minimum" in known:
        return rng.choice((known["minimum"], known["maximum"], rng.uniform(known["minimum"], known["maximum"])))
    return None


def drawn(rng: random.Random, tally: Tally) -> tuple[str, dict[str, Any], Any, bool]:
    """(run, options, seed, whether they may all be right)."""
    from genai_demo.core.run import all_runs
    from tests.standins import smallest

    entry = rng.choice(list(all_runs().values()))
    options, known = smallest(entry), entry.options.describe()
    for one in rng.sample(known, min(len(known), rng.randrange(3))):
        if (value := right(one, rng)) is not None:
            options[one["name"]] = value
    fair = rng.random() < 0.3 and tally.spent[entry.name] < COSTLY_S
    seed: Any = rng.choice((0, 1, 2**31 - 1))
    if not fair:
        for one in rng.sample(known, min(len(known), rng.randrange(1, 3))):
            options[one["name"]] = wrong(one, rng)
        if not known or rng.random() < 0.1:
            seed = deep(rng)
    return entry.name, options, seed, fair


def through_run(calls: int, rng: random.Random, tally: Tally) -> None:
    """Recipes as objects and as JSON, the frames of those that are right packed."""
    from genai_demo.core.errors import DemoError
    from genai_demo.core.frames import pack
    from genai_demo.core.link import to_query
    from genai_demo.core.recipe import Recipe
    from genai_demo.core.run import run

    for _ in range(calls):
        name, options, seed, _ = drawn(rng, tally)
        began, said = time.process_time(), f"run {name} {options!r:.200} seed {seed!r:.40}"
        try:
            recipe = _recipe(Recipe, name, options, seed, rng)
            frames = run(recipe)
            try:
                for frame in islice(frames, FRAMES):
                    json.dumps(pack(frame), allow_nan=False)
            finally:
                frames.close()
            to_query(recipe)
            tally.kinds["computed"] += 1
        except DemoError as error:
            tally.refused(str(error), said)
        except Exception as error:
            tally.fault(f"{said}: {type(error).__name__}: {error}")
        took = time.process_time() - began  # however busy the machine is
        tally.spent[name] += took
        if took > PATIENCE_S:
            tally.fault(f"{said}: {took:.0f} s")


def _recipe(kind: Any, name: str, options: Any, seed: Any, rng: random.Random) -> Any:
    """The recipe as it may come: an object, JSON, or JSON in which something is out of shape."""
    plain: Any = {"run": name, "options": options, "seed": seed}
    way = rng.random()
    if way < 0.4:
        return kind(**plain)
    if way > 0.8:
        plain[rng.choice(("run", "options", "seed", "model", "versions", "format", "more"))] = deep(rng)
    text = json.dumps(plain if way < 0.97 else deep(rng))
    return kind.from_json(text if way < 0.985 else text[: rng.randrange(len(text) + 1)])


class Server:
    """Asks a served app, wrongly, and looks at what it answers."""

    def __init__(self, base: str, rng: random.Random, tally: Tally) -> None:
        self.base, self.rng, self.tally = base, rng, tally
        # No connection is kept: the server may close one that was idle just as it is taken up again.
        self.client = httpx.Client(base_url=base, timeout=PATIENCE_S, headers={"connection": "close"})
        self.points = self.client.get("/gradio_api/info").json()["named_endpoints"]

    def call(self) -> None:
        """One of the ways: a run by its name mostly, else another of its doors."""
        way = self.rng.random()
        door = self.named if way < 0.75 else self.shapeless if way < 0.85 else self.page if way < 0.93 else self.files
        try:
            door()
        except httpx.TimeoutException:
            self.tally.fault(f"{door.__name__}: no answer within {PATIENCE_S:.0f} s")
        except httpx.NetworkError as error:
            self.tally.fault(f"{door.__name__}: {type(error).__name__}: {error}")
        except (httpx.InvalidURL, httpx.LocalProtocolError):
            self.tally.kinds["can't be sent"] += 1

    def named(self) -> None:
        """A run's endpoint with its parameters in their order."""
        name, options, seed, _ = drawn(self.rng, self.tally)
        point = f"/{name.replace('/', '_')}"
        if point not in self.points:
            return
        values = {one["parameter_name"]: one.get("parameter_default") for one in self.points[point]["parameters"]}
        values |= {key: value for key, value in {**options, "seed": seed}.items() if key in values}
        data: Any = list(values.values())
        if self.rng.random() < 0.05:
            data = self.rng.choice((data[:-1], [*data, 1], {}, None, "x", [data]))
        began = time.monotonic()
        self.event(point, {"data": data}, f"{point} {data!r:.300}")
        self.tally.spent[name] += time.monotonic() - began

    def event(self, point: str, body: Any, of: str) -> None:
        """Asks and reads to the end."""
        answer = self.client.post(f"/gradio_api/call{point}", content=as_json(body), headers=JSON)
        self.looked(answer, of)
        if answer.status_code != 200 or "event_id" not in answer.json():
            return
        told = self.client.get(f"/gradio_api/call{point}/{answer.json()['event_id']}").text
        last = told.rstrip().rpartition("\n\n")[2]
        kind, _, text = last.partition("\ndata: ")
        if "error" in kind:
            said = json.loads(text)
            self.tally.refused(said.get("error") if isinstance(said, dict) else said, of)
        elif "complete" in kind:
            self.tally.kinds["computed"] += 1
        else:
            self.tally.fault(f"{of}: no end: {last!r:.200}")

    def shapeless(self) -> None:
        """Bodies that are none of those that the protocol knows."""
        point = self.rng.choice(list(self.points))
        path = self.rng.choice(
            (
                f"/gradio_api/call{point}",
                "/gradio_api/queue/join",
                "/gradio_api/run/predict",
                "/lessons/read",
                "/documents",
            )
        )
        body: Any = self.rng.choice(
            (deep(self.rng), {"data": deep(self.rng)}, {"data": [], "fn_index": deep(self.rng)}, {"fn_index": 0})
        )
        if isinstance(body, dict) and self.rng.random() < 0.5:
            body = {**body, "session_hash": deep(self.rng), "event_data": deep(self.rng)}
        content = as_json(body)
        cut = self.rng.random() < 0.2
        head = {**JSON, "x-visitor": "x" * self.rng.choice((0, 43, 5000)), "x-name": "..%2F..%2Fetc%2Fpasswd%00"}
        self.looked(
            self.client.post(path, content=content[:-1] if cut else content, headers=head), f"{path} {body!r:.300}"
        )

    def page(self) -> None:
        """Addresses of pages, with queries that no link has."""
        from pages import PAGES

        name, options, seed, _ = drawn(self.rng, self.tally)
        query = {"run": name, "seed": seed, **options, "lang": deep(self.rng), "lesson": deep(self.rng)}
        path = self.rng.choice([page.path for page in PAGES] + ["class", "lessons/x.json", "sheets/x.png", "healthz"])
        pairs = {key: str(value)[:3000].encode("utf-8", "replace").decode() for key, value in query.items()}
        self.looked(self.client.get(f"/{path}", params=pairs), f"/{path} {pairs!r:.300}")

    def files(self) -> None:
        """Paths that lead out of a folder, and files by addresses of this machine."""
        out = self.rng.choice(
            (
                "../../../../etc/passwd",
                "..%2f..%2f..%2fetc%2fpasswd",
                "%2e%2e/%2e%2e/etc/passwd",
                "/etc/passwd",
                "....//x",
            )
        )
        before = self.rng.choice(
            ("images/", "sheets/", "lessons/", "recorded/", "documents/", "gradio_api/file=", "language/", "assets/",
             "static/", "gradio_api/upload_progress?upload_id=", "surface/", "theme.css?", "component_server/", "")
        )  # fmt: skip
        path = f"/{before}{out}{self.rng.choice(('', '.json', '.png', '%00.png'))}"
        answer = self.client.request(self.rng.choice(("GET", "HEAD", "DELETE", "PUT")), f"{self.base}{path}")
        self.looked(answer, path)
        if b"root:" in answer.content:
            self.tally.fault(f"{path}: a file of this machine")

    def looked(self, answer: httpx.Response, of: str) -> None:
        """No status of 500 or more, no traceback."""
        self.tally.kinds[f"status {answer.status_code}"] += 1
        if answer.status_code >= 500 and "Queue is full" not in answer.text:
            self.tally.fault(f"{of}: status {answer.status_code}: {answer.text!r:.200}")
        elif "Traceback (most recent" in answer.text:
            self.tally.fault(f"{of}: a traceback")


JSON = {"content-type": "application/json"}


def as_json(value: Any) -> bytes:
    """JSON, of halves of characters too."""
    return json.dumps(value).encode()


class Tracebacks(logging.Handler):
    """Notes every traceback that is logged."""

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self.tally = tally

    def emit(self, record: logging.LogRecord) -> None:
        """One line of the log."""
        if record.exc_info and record.exc_info[0] is not None:
            self.tally.fault(f"logged: {record.getMessage()}: {record.exc_info[0].__name__}: {record.exc_info[1]}")


@contextmanager
def watched(tally: Tally) -> Iterator[None]:
    """Inside, what is logged with a traceback is a fault."""
    handler = Tracebacks(tally)
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)


@contextmanager
def served() -> Iterator[str]:
    """The app in this process, with stand-ins for what would be fetched and a cache folder of its own."""
    from genai_demo.core import load as load_module
    from tests.standins import standing_in

    with tempfile.TemporaryDirectory() as home, socket.socket() as free:
        os.environ |= {"GENAI_DEMO_HOME": home, "HF_HUB_OFFLINE": "1", "PIP_NO_INDEX": "1"}
        os.environ["GENAI_DEMO_RUNS_EACH"] = "100"
        load_module._build = standing_in(load_module._build)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        import app

        app.demo.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, **app.launch_options())
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            app.demo.close()


def fuzz(calls: int, seed: int = 0, tell: Callable[[str], None] = lambda text: None) -> tuple[Tally, float, float]:
    """(what came of it, seconds, MB that the second half of the calls left)."""
    tally, rng, began = Tally(), random.Random(seed), time.monotonic()
    memory: list[float] = []
    with served() as base, watched(tally):
        server = Server(base, rng, tally)
        for part in range(10):
            through_run(calls // 20, rng, tally)
            for _ in range(calls // 20):
                server.call()
            gc.collect()
            memory.append(psutil.Process().memory_info().rss / 1e6)
            took = time.monotonic() - began
            tell(f"{(part + 1) * 10} % in {took:.0f} s: {memory[-1]:.0f} MB, {len(tally.faults)} faults")
    return tally, time.monotonic() - began, memory[-1] - memory[4]


def rows() -> list[Row]:
    """Faults, and what is left in memory."""
    return _rows(CALLS, *fuzz(CALLS, tell=partial(print, file=sys.stderr, flush=True)))


def _rows(calls: int, tally: Tally, took: float, grown: float) -> list[Row]:
    what = f"fuzz: {calls:,} wrong calls in {took / 60:.0f} min"
    came = f"{tally.kinds['refused']:,} refused in a sentence, {tally.kinds['computed']:,} computed"
    return [
        (f"{what}, faults (none)", str(len(tally.faults)), came, None),
        (f"{what}, memory that their second half left (at most {MOST_MB} MB)", f"{grown:.0f} MB", "-", grown / MOST_MB),
    ]


def told(found: list[Row]) -> Told:
    """For the README."""
    faults, grown = found
    counted = faults[0].removeprefix("fuzz: ").rpartition(",")[0].replace(" wrong", " wrong or odd")
    came = "no fault" if faults[1] == "0" else f"{faults[1]} faults"
    half = f"{grown[1]} more in their second half (at most {MOST_MB} MB)"
    return f"{counted}, half to `run(recipe)`, half to the server", f"{came}; {faults[2]}; {half}"


def main() -> int:
    """As a command; the exit status is 1 where there was a fault."""
    parser = argparse.ArgumentParser("python -m benchmarks.fuzz", description=str(__doc__).partition("\n")[0])
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", action="store_true", help="write what came of it for the README's table")
    given = parser.parse_args()
    tally, took, grown = fuzz(given.calls, given.seed, partial(print, file=sys.stderr, flush=True))
    for what in sorted(set(tally.faults)):
        print(what.encode("utf-8", "backslashreplace").decode())
    if given.keep:
        typed = f"python -m benchmarks.fuzz --calls {given.calls} --seed {given.seed} --keep"
        keep("fuzz", told(_rows(given.calls, tally, took, grown)), typed)
    print(f"{given.calls} calls in {took:.0f} s: {len(tally.faults)} faults; {dict(tally.kinds)}; {grown:+.0f} MB")
    return int(bool(tally.faults))


if __name__ == "__main__":
    sys.exit(main())
