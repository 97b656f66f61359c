"""What could keep the program from running here, each in a line: `python -m genai_demo doctor`.

"ok": nothing to do; "look here": it runs, but not all of it, or not as it could; "broken": something does not work.
"""

from __future__ import annotations

import gzip
import os
import platform
import shutil
import socket
import sys
import tempfile
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from genai_demo.core import VERSION, limits
from genai_demo.core.backend import backend
from genai_demo.core.errors import DemoError, shown
from genai_demo.core.home import home
from genai_demo.core.run import all_runs
from genai_demo.core.spec import Bundled, Package, all_specs
from genai_demo.core.weights import is_here, locate
from genai_demo.results import recording

State = Literal["ok", "look here", "broken"]
ROOT = Path(__file__).resolve().parents[2]
LEAST, TESTED = (3, 11), (3, 11)  # Python: the oldest that can run it, the one the tests run on
DISK_MB, FETCHED_MB = 100, 1_000  # free: what work needs, and what all that may be fetched needs
MEMORY_MB = 2_000  # what the app needs with a few models
PATIENCE_S = 3.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look gave: a line."""

    state: State
    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.state:<9}  {self.what}: {self.text}"


def examine(looks: tuple[Callable[[], Iterator[Finding]], ...] | None = None) -> Iterator[Finding]:
    """Every look, one after the other. One that fails is a finding by itself, and keeps none of the others back."""
    for look in LOOKS if looks is None else looks:
        try:
            yield from look()
        except Exception as error:
            text = " ".join(str(error).split())[:200]
            yield Finding("broken", look.__name__, f"could not be examined ({type(error).__name__}: {text})")


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Iterator[Finding]:
    """Whether this Python can run the program."""
    text = ".".join(map(str, version))
    if version < LEAST:
        yield Finding("broken", "Python", f"{text}; install {'.'.join(map(str, LEAST))} or newer")
    elif version[:2] != TESTED:
        yield Finding("look here", "Python", f"{text}; the tests are run on {'.'.join(map(str, TESTED))} alone")
    else:
        yield Finding("ok", "Python", f"{text} for GenAI Atlas {VERSION}")


def packages(path: Path = ROOT / "requirements.txt") -> Iterator[Finding]:
    """Whether what the program needs is installed, in versions that it was made for."""
    from packaging.requirements import Requirement

    lines = [line.partition("#")[0].strip() for line in path.read_text().splitlines()]
    wanted = [Requirement(line) for line in lines if line and not line.startswith("-")]
    wanted = [one for one in wanted if one.marker is None or one.marker.evaluate()]
    wrong = 0
    for one in wanted:
        try:
            found = metadata.version(one.name)
        except metadata.PackageNotFoundError:
            wrong += 1
            yield Finding("broken", f"package {one.name}", f"is not installed; pip install -r {path.name}")
            continue
        if not one.specifier.contains(found, prereleases=True):
            wrong += 1
            yield Finding(
                "look here", f"package {one.name}", f"is {found}, wanted {one.specifier}; pip install -r {path.name}"
            )
    if not wrong:
        yield Finding("ok", "packages", f"all {len(wanted)} that {path.name} names")


def weights() -> Iterator[Finding]:
    """Whether the bundled weights are those of their cards, and which of the others are here."""
    bundled = [source for spec in all_specs().values() for source in spec.sources if isinstance(source, Bundled)]
    wrong = 0
    for source in bundled:
        try:
            locate(source)
        except DemoError as error:
            wrong += 1
            yield Finding("broken", "weights", str(error))
    if not wrong:
        size = sum(path.stat().st_size for path in {path for source in bundled for path in source.paths})
        yield Finding("ok", "weights", f"{len(bundled)} bundled models, {size / 1e6:.0f} MB, each as its card says")
    others = [spec for spec in all_specs().values() if any(isinstance(source, Package) for source in spec.sources)]
    missing = [spec.key for spec in others if not is_here(spec)]
    if missing:
        text = f"{', '.join(missing)} will be fetched when first asked for; `prefetch` does it now"
        yield Finding("look here", "models of others", text)
    else:
        yield Finding("ok", "models of others", f"all {len(others)} that come as Python packages are here")


def cache() -> Iterator[Finding]:
    """Whether the cache folder can be written to, and how much room is left."""
    place = os.environ.get("GENAI_DEMO_HOME") or "~/.cache/genai-demo"
    try:
        with tempfile.NamedTemporaryFile(dir=home()) as file:
            file.write(b"x")
        free = shutil.disk_usage(home()).free / 1e6
    except OSError as error:
        reason = error.strerror or type(error).__name__
        yield Finding("broken", "cache folder", f"{place} can't be written to ({reason}); set GENAI_DEMO_HOME")
        return
    state: State = "broken" if free < DISK_MB else "look here" if free < FETCHED_MB else "ok"
    text = f"{home()}, {free:,.0f} MB free"
    yield Finding(state, "cache folder", text if state == "ok" else f"{text}; make room or set GENAI_DEMO_HOME")


def port() -> Iterator[Finding]:
    """Whether the app could be served where it would be."""
    host, number = os.environ.get("HOST", "0.0.0.0"), os.environ.get("PORT", "7860")
    if not (number.isdigit() and 0 < int(number) < 65536):
        yield Finding("broken", "port", f"PORT is {shown(number)}; choose a whole number from 1 to 65535")
        return
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, int(number)))
        except OSError as error:
            text = f"{host}:{number} is not free ({error.strerror}); stop what serves there, or set PORT"
            yield Finding("look here", "port", text)
        else:
            yield Finding("ok", "port", f"{host}:{number} is free")


def machine() -> Iterator[Finding]:
    """Cores, threads and memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = os.environ.get("OMP_NUM_THREADS", "")
    text = f"{cores} cores, {platform.machine()}" + (f", OMP_NUM_THREADS={shown(threads)}" if threads else "")
    many = threads.isdigit() and int(threads) > cores
    remedy = f"; threads that are more than cores wait for each other, set it to {cores}"
    yield Finding("look here" if many else "ok", "processor", text + remedy * many)
    memory = memory_mb()
    if memory is None:
        return
    few = memory < MEMORY_MB
    text = f"{memory:,.0f} MB for the program"
    yield Finding(
        "look here" if few else "ok", "memory", text + f"; with less than {MEMORY_MB:,} set GENAI_DEMO_MEMORY_MB" * few
    )


def memory_mb() -> float | None:
    """Megabytes that this process may have: what is free now, or a container's limit; None where that can't be told."""
    found = []
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        found += [int(line.split()[1]) / 1000 for line in lines if line.startswith("MemAvailable:")]
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        found += [int(limit) / 1e6] if limit.isdigit() else []
    except (OSError, ValueError, IndexError):
        pass
    return min(found, default=None)


def settings() -> Iterator[Finding]:
    """Whether what is set in the environment can be meant."""
    from genai_demo.core.load import budget

    try:
        limits.check()
        elsewhere = backend()
        memory = budget() / 2**20
    except DemoError as error:
        yield Finding("broken", "settings", str(error))
        return
    text = ", ".join(f"{limit.variable}={limit.value}" for limit in limits.ALL)
    where = f", runs are computed at {elsewhere.kind}://{elsewhere.place}" if elsewhere else ""
    yield Finding("ok", "settings", f"{text}, models in {memory:,.0f} MB{where}")


def gpu() -> Iterator[Finding]:
    """What torch sees, and what a run would use."""
    import torch

    from genai_demo.core.device import pick_device, pick_dtype

    try:
        device = pick_device()
    except DemoError as error:
        yield Finding("broken", "GPU", str(error))
        return
    used = f"runs use {device} in {str(pick_dtype(device)).removeprefix('torch.')}"
    if torch.cuda.is_available():
        about = torch.cuda.get_device_properties(0)
        yield Finding(
            "ok", "GPU", f"{about.name}, {about.total_memory / 1e9:.0f} GB, CUDA {torch.version.cuda}; {used}"
        )
    else:
        yield Finding("ok", "GPU", f"none that torch {torch.__version__} sees, which is fine; {used}")


def hub(patience: float = PATIENCE_S) -> Iterator[Finding]:
    """Whether models of the Hugging Face hub could be had; without it everything that is bundled works."""
    from huggingface_hub.constants import ENDPOINT, HF_HUB_OFFLINE

    without = "what is bundled works without it"
    if HF_HUB_OFFLINE:
        yield Finding("ok", "hub", f"not asked, as HF_HUB_OFFLINE is set; {without}")
        return
    try:
        urllib.request.urlopen(urllib.request.Request(ENDPOINT, method="HEAD"), timeout=patience).close()
    except urllib.error.HTTPError:
        pass  # it answered
    except (OSError, ValueError) as error:
        yield Finding("ok", "hub", f"not reached within {patience:g} s ({type(error).__name__}); {without}")
        return
    yield Finding("ok", "hub", "it answers: its models can be chosen")


def recordings() -> Iterator[Finding]:
    """Whether each run has the recording that its page opens on, and each can be read to its end."""
    wrong = 0
    for name in all_runs():
        path = recording.recording_path(name)
        again = f"`python -m genai_demo record {name}` makes it"
        if not path.exists():
            wrong += 1
            yield Finding("look here", "recording", f"{path.name} is not here, so that its page opens empty; {again}")
            continue
        try:
            with gzip.open(path) as file:
                begins = file.read(len(recording.BEGINS)).decode("utf-8", "replace")
                while file.read(2**20):
                    pass
        except (OSError, EOFError, ValueError, zlib.error) as error:
            begins = type(error).__name__
        if begins != recording.BEGINS:
            wrong += 1
            yield Finding("broken", "recording", f"{path.name} can't be read; {again} anew")
    if not wrong:
        yield Finding("ok", "recordings", f"all {len(all_runs())} can be read")


LOOKS = (python, packages, weights, cache, port, machine, settings, gpu, hub, recordings)
