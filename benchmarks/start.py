"""Start of the app against an empty Gradio app with as many routes: the first answer, and resident memory; its end."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import httpx
import psutil

from benchmarks import Row, seconds
from benchmarks.keeping import Told
from pages import PAGES

ROOT = Path(__file__).resolve().parent.parent
TIMES = 3
PATIENCE = 180  # seconds until a server that does not answer is given up
LONG = "diffusion_points"  # a run that takes a while
HEAVY = ("torch", "diffusers", "transformers", "open_clip", "torchvision")

EMPTY = """
import os
import gradio as gr
demo = gr.Blocks(analytics_enabled=False)
for i in range({routes}):
    with demo if i == 0 else demo.route(f"Page {{i}}", f"page-{{i}}"):
        gr.Markdown("empty")
demo.launch(server_name="127.0.0.1", server_port=int(os.environ["PORT"]), ssr_mode=False, quiet=True)
"""

# Serves the app in this process, asks for every page once, then prints which heavy libraries are there.
LOOK = """
import os, sys, urllib.request
import app
from pages import PAGES
port = int(os.environ["PORT"])
app.demo.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, **app.launch_options())
for page in PAGES:
    urllib.request.urlopen(f"http://127.0.0.1:{{port}}/{{page.path}}", timeout=60).read()
print("LOADED", *(name for name in {heavy} if name in sys.modules))
app.demo.close()
"""


def rows() -> list[Row]:
    """Medians of three starts each, taken in turn; memory is that of the process and its children."""
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY.format(routes=len(PAGES)))
        measured: dict[str, list[tuple[float, float]]] = {"app.py": [], str(empty): []}
        start("app.py")  # warms the disk cache
        for _ in range(TIMES):
            for script, found in measured.items():
                found.append(start(script))
    (ours_s, ours_mb), (bare_s, bare_mb) = (
        tuple(statistics.median(part) for part in zip(*found)) for found in measured.values()
    )
    return [
        seconds("start: first HTTP 200 (at most 1.3)", ours_s, bare_s),
        ("start: resident memory (at most 1.3)", f"{ours_mb:.0f} MB", f"{bare_mb:.0f} MB", ours_mb / bare_mb),
        ("start: model libraries after every page was asked for (none wanted)", loaded(), "none", None),
        *ended(),
    ]


def told(found: list[Row]) -> Told:
    """For the README: how many times as long and as large as the empty app, and the end."""
    answer, memory, libraries, end, left = found
    return (
        f"start with all {len(PAGES)} pages against an empty Gradio app with as many; SIGTERM while runs are computed",
        f"first answer after {answer[1]}, {answer[3]:.2f} times as long; {memory[1]}, {memory[3]:.2f} times as much; "
        f"model libraries imported: {libraries[1]}; ends in {end[1]}, processes and temporary files left: {left[1]}",
    )


def ended() -> list[Row]:
    """SIGTERM while runs are computed and wait: how long it takes, and what is left."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as log:
        inside = {**environment(port), "TMPDIR": folder}
        process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=inside, stdout=log, stderr=log)
        try:
            if not answers(process, f"{base}/", time.perf_counter() + PATIENCE):
                raise RuntimeError("the app gave no answer")
            given = httpx.get(f"{base}/gradio_api/info", timeout=60).json()["named_endpoints"][f"/{LONG}"]["parameters"]
            usual = {one["parameter_name"]: one.get("parameter_default") for one in given}
            asked = [{"data": list({**usual, "seed": seed}.values())} for seed in range(3)]
            first, *_ = [httpx.post(f"{base}/gradio_api/call/{LONG}", json=each).json()["event_id"] for each in asked]
            with httpx.stream("GET", f"{base}/gradio_api/call/{LONG}/{first}", timeout=60) as answer:
                next(part for part in answer.iter_text() if "append" in part)  # its first frames
                children = psutil.Process(process.pid).children(recursive=True)
                began = time.perf_counter()
                process.terminate()
                process.wait(timeout=30)
                took = time.perf_counter() - began
        finally:
            process.kill()
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        left = len(files) + sum(child.is_running() for child in children)
    what = "start: SIGTERM while runs are computed"
    return [
        (f"{what}, its end (at most 5 s)", f"{took:.1f} s", "-", None),
        (f"{what}, processes and temporary files left (none)", str(left), "-", None),
    ]


def start(script: str) -> tuple[float, float]:
    """Seconds to the first HTTP 200 and MB resident then, of `python script`. Raises RuntimeError if none comes."""
    port = free_port()
    with tempfile.TemporaryFile() as log:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, script], cwd=ROOT, env=environment(port), stdout=log, stderr=log)
        try:
            if not answers(process, f"http://127.0.0.1:{port}/", began + PATIENCE):
                log.seek(0)
                said = log.read().decode(errors="replace").split("\n")
                raise RuntimeError(
                    f"python {script} gave no answer; it said {' '.join(said[-2:]).strip() or 'nothing'}"
                )
            took = time.perf_counter() - began
            one = psutil.Process(process.pid)
            return took, sum(each.memory_info().rss for each in (one, *one.children(recursive=True))) / 1e6
        finally:
            process.terminate()
            process.wait(timeout=30)


def loaded() -> str:
    """Which model libraries the app has imported once every page was asked for: their names, or none."""
    command = [sys.executable, "-c", LOOK.format(heavy=HEAVY)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(free_port()), capture_output=True, timeout=PATIENCE, check=False
    )
    lines = [line for line in done.stdout.decode().splitlines() if line.startswith("LOADED")]
    if not lines:
        raise RuntimeError(f"the app did not serve every page (exit code {done.returncode})")
    return ", ".join(lines[-1].split()[1:]) or "none"


def environment(port: int) -> dict[str, str]:
    """What a served app is told: where, and to ask nobody else."""
    settings = {"PORT": str(port), "HOST": "127.0.0.1", "GRADIO_ANALYTICS_ENABLED": "False", "PYTHONPATH": str(ROOT)}
    return {**os.environ, **settings}


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(process: subprocess.Popen[bytes], address: str, until: float) -> bool:
    """Waits until the address answers 200; False where the process ends or the time comes first."""
    while process.poll() is None and time.perf_counter() < until:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                if answer.status == 200:
                    return True
        except OSError:  # nobody listens there yet
            time.sleep(0.02)
    return False
