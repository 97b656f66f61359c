"""Which runs a crowd asks for: every run that the app has by name and that this machine computes in a moment.

A run is asked for with its page's own options where that takes less than DEAR_S, else with its smallest ones. Left out,
and said so: what takes longer even then, and what refuses, as models do that are not on this machine.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from benchmarks.classroom import Caller, Kind
from genai_demo.core.home import home, whole
from genai_demo.core.run import Run, all_runs
from pages import PAGES

DEAR_S = 1.5
SAID = {"decoder_chat": {"turns": "Say hello."}, "vlm_ask": {"turns": "What is on the left?"}}  # chats begin empty
LONGEST = 2_000  # bytes of the end of an answer, in which an error stands
PATIENCE_S = 60.0  # of a first call, which loads the model


@dataclass(frozen=True, slots=True)
class Kinds:
    """kinds: what is asked; small: how many of them have their smallest options; left: name -> why it is left out."""

    kinds: tuple[Kind, ...]
    small: int
    left: Mapping[str, str]

    @property
    def told(self) -> str:
        """As "112 of 137 runs, 40 of them at their smallest"."""
        return f"{len(self.kinds)} of {len(self.kinds) + len(self.left)} runs, {self.small} of them at their smallest"


def every(base: str, most_s: float = DEAR_S) -> Kinds:
    """Of the app that is served there, which has to be quiet; afterwards it has loaded the models.

    most_s: what takes longer with its page's options is asked at its smallest.

    What each run costs is measured once and kept in the cache folder; without its kinds.json it is measured anew.
    """
    path = home() / "kinds.json"
    names, known = _names(base), json.loads(path.read_text()) if path.exists() else {}
    found = {name: known[name] for name in names if name in known}
    for done, (name, options) in enumerate(names.items()):
        print(f"{time.strftime('%H:%M:%S')} {done + 1} of {len(names)}: {name}", file=sys.stderr, flush=True)
        ask = Caller(base, ((name, options), (name, SAID.get(name, {}))))
        if name not in found:
            found[name] = _tried(ask)
            with whole(path) as partial:
                partial.write_text(json.dumps({**known, **found}))
        elif isinstance(found[name], list):
            _alone(ask, int(not found[name][0] and found[name][1] <= most_s), 1, PATIENCE_S)
        ask.client.close()
    asked = {name: (one[0] or one[1] > most_s, one[1]) for name, one in found.items() if isinstance(one, list)}
    left = {name: one for name, one in found.items() if isinstance(one, str)}
    for name, why in left.items():
        print(f"left out: {name}: {why}", file=sys.stderr)
    kinds = tuple((name, names[name] if small else SAID.get(name, {})) for name, (small, _) in asked.items())
    made = Kinds(kinds, sum(small for small, _ in asked.values()), left)
    print(made.told, file=sys.stderr, flush=True)
    return made


def _tried(ask: Caller) -> list[Any] | str:
    """[whether it is asked at its smallest, seconds that it takes alone]; why it is left out."""
    try:
        _alone(ask, 0, 1, PATIENCE_S)
        usual = _alone(ask, 1, 2, DEAR_S)
        took = usual if usual < DEAR_S else _alone(ask, 0, 3, DEAR_S)
    except RuntimeError as error:
        return str(error).partition('"error":"')[2].partition('"')[0] or str(error)[:80]
    return [usual >= DEAR_S, took] if took < DEAR_S else f"{took:.1f} s or more at its smallest"


def run_of(name: str) -> Run:
    """The run behind an endpoint."""
    return next(entry for entry in all_runs().values() if entry.name.replace("/", "_") == name)


def page_of(name: str) -> str:
    """The path of the page that has the run of that endpoint."""
    architecture = run_of(name).name.partition("/")[0]
    return next(page.path for page in PAGES if page.architecture == architecture)


def _names(base: str) -> dict[str, dict[str, Any]]:
    """Every endpoint that is a run -> its smallest options."""
    from tests.standins import smallest

    found = httpx.get(f"{base}/gradio_api/info", timeout=60).json()["named_endpoints"]
    runs = {entry.name.replace("/", "_"): entry for entry in all_runs().values()}
    parameters = {name: {one["parameter_name"] for one in found[f"/{name}"]["parameters"]} for name in runs}
    return {
        name: {key: value for key, value in smallest(entry).items() if key in parameters[name]} | SAID.get(name, {})
        for name, entry in runs.items()
    }


def _alone(ask: Caller, kind: int, seed: int, most: float) -> float:
    """Seconds that it takes, or `most` where it is not done by then and was left; afterwards the app is quiet.

    seed: another each time, or what was computed before is given at once.
    """
    began = time.monotonic()
    last = b""
    with ask.asked(kind, seed) as (_, chunks):
        for chunk in chunks:
            last = (last + chunk)[-LONGEST:]
            if time.monotonic() - began > most:
                break
    took = time.monotonic() - began
    quiet(ask, PATIENCE_S)
    if b"event: error" in last:
        raise RuntimeError(last[last.rindex(b"event: error") :][:300].decode(errors="replace"))
    return min(took, most)


def quiet(ask: Caller, most: float) -> float:
    """Waits until nothing is computed and nothing waits; seconds that it took, `most` where it is not so by then."""
    began = time.monotonic()
    while time.monotonic() - began < most:
        told = ask.client.get(ask.base.replace("gradio_api/call", "healthz")).json()
        if not told["running"] + told["waiting"]:
            break
        time.sleep(0.02)
    return time.monotonic() - began
