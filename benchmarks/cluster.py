"""Frames through Ray Serve against frames of this process: one run, many at once on two workers, one of nearly nothing.

It starts a Ray of its own on this machine, and ends it. Without Ray (requirements-cluster.txt) it says so.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from benchmarks import Row
from genai_demo import Recipe, ask_ray, run
from genai_demo.core import backend
from genai_demo.core.run import complete, size_of
from genai_demo.core.schedule import Schedule
from genai_demo.core.workers import APP

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {
    "RAY_AUTH_MODE": "disabled",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_AUTO_CONNECT": "0",
    "RAY_raylet_start_wait_time_s": "120",
    "PYTHONPATH": str(ROOT),
}
PORTS = ("port", "dashboard-agent-grpc-port", "dashboard-agent-listen-port", "runtime-env-agent-port")
PATIENCE = 120
RUN, MANY = Recipe("gan/points", {"steps": 200}), 12  # of one thread, and so the same here and there
SHORT = Recipe("ssm/signal")


def rows() -> list[Row]:
    """Seconds of one run, of MANY at once, and of a run that takes next to nothing; frames a second."""
    if importlib.util.find_spec("ray") is None:
        return [("cluster: Ray is not here (pip install -r requirements-cluster.txt)", "-", "-", None)]
    with ray_here() as place:
        there = {backend.VARIABLE: f"ray://{place}"}
        found = []
        for name, recipe, many in (
            ("one run", RUN, 1),
            (f"{MANY} runs at once, two workers", RUN, MANY),
            ("a run of next to nothing", SHORT, 1),
        ):
            _seconds(recipe, many, there)  # each worker has imported what it needs
            _seconds(recipe, many, {})
            away, frames = min(_seconds(recipe, many, there, seed=100 * turn) for turn in (1, 2))
            here, _ = min(_seconds(recipe, many, {}, seed=100 * turn) for turn in (1, 2))
            found.append((f"cluster: {name}, {frames} frames", f"{away:.2f} s", f"{here:.2f} s", away / here))
    return found


def _seconds(recipe: Recipe, many: int, setting: dict[str, str], seed: int = 1) -> tuple[float, int]:
    """(seconds until all of some runs at once have ended, their frames), as the app runs them: in fair turns."""
    os.environ.update({backend.VARIABLE: "", **setting})
    turns = Schedule()
    began = time.monotonic()
    wanted = [complete(Recipe(recipe.run, recipe.options, seed + each)) for each in range(many)]
    tickets = [turns.submit(one, lambda one=one: run(one), size=size_of(one)) for one in wanted]
    frames = sum(1 for ticket in tickets for _ in ticket)
    os.environ.pop(backend.VARIABLE)
    return time.monotonic() - began, frames


@contextlib.contextmanager
def ray_here(workers: int = 2) -> Iterator[str]:
    """HOST:PORT of a Ray on this machine with some workers of the class "single"; its processes end with the block.

    Each of its agents has a port that is given: else Ray waits but 15 seconds for the agents to find one.
    """
    os.environ.update(ENVIRONMENT)
    import ray
    from ray import serve

    from genai_demo.serve_ray import Sizes, application

    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", f"--num-cpus={workers}"]
        command += ["--include-dashboard=false", "--object-store-memory=150000000", f"--temp-dir={folder}"]
        command += [f"--{name}={port}" for name, port in zip(PORTS, _free_ports(len(PORTS)), strict=True)]
        with open(f"{folder}/log", "wb") as log:
            head = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
        try:
            place = f"{ray.util.get_node_ip_address()}:{_port(command)}"
            _connect(ray, place, head)
            serve.start(proxy_location="Disabled")
            serve.run(application(Sizes(only="single", least=workers)), name=APP, route_prefix=None)
            yield place
            ask_ray.forget()
            ray.shutdown()
        finally:
            for one in [*psutil.Process(head.pid).children(recursive=True), head]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
            head.wait()


def _port(command: list[str]) -> str:
    return next(one for one in command if one.startswith("--port=")).partition("=")[2]


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("", 0))
        return [one.getsockname()[1] for one in sockets]


def _connect(ray: Any, place: str, head: subprocess.Popen[bytes]) -> None:
    """Until it answers. Raises RuntimeError where it does not."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            ray.init(place, log_to_driver=False, logging_level="ERROR")
            return
        except (ConnectionError, RuntimeError):
            if head.poll() is not None or time.monotonic() > until:
                raise RuntimeError("Ray did not start") from None
