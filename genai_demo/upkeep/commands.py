"""The commands for who runs or ships the program: doctor, licences, gpu-check, readme, bench."""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path
from typing import Any

from genai_demo.core.errors import DemoError


def add(commands: Any, command: Any) -> None:
    """Makes them known. command(commands, name, do, help, example) makes one, and gives its parser."""
    command(commands, "doctor", _doctor, "say what could keep the program from running here, each in a line")
    command(commands, "licences", _licences, "write whose work the program is made of into docs/licences.md")
    help = "run everything on CUDA and on the processor, compare, and write docs/gpu.md"
    one = command(commands, "gpu-check", _gpu_check, help, "gpu-check diffusion/denoise")
    one.add_argument("names", metavar="NAME", nargs="*", help="runs; the page is written only where all are checked")
    command(commands, "readme", _readme, "write the tables of architectures, limits and reliability into README.md")
    command(commands, "bench", _bench, "run the benchmarks and print one table: name, ours, bare library, ratio")


def _doctor(given: argparse.Namespace) -> int:
    from genai_demo.upkeep import doctor

    broken = False
    for finding in doctor.examine():
        print(finding, flush=True)
        broken = broken or finding.state == "broken"
    return int(broken)


def _licences(given: argparse.Namespace) -> int:
    from genai_demo.upkeep import licences

    print(licences.fill())
    return 0


def _gpu_check(given: argparse.Namespace) -> int:
    from genai_demo.core.run import find_run
    from genai_demo.upkeep import gpu

    for name in given.names:
        find_run(name)  # raises where there is none
    checked = []
    for one in gpu.check(given.names):
        checked.append(one)
        print(f"{one.run}: {one.state}{f' ({one.note})' if one.note else ''}", flush=True)
    if all(one.state == "skipped" for one in checked):
        print(f"No CUDA device here, so that none of {len(checked)} runs was checked; run this on a machine with one.")
    elif not given.names:
        gpu.write(checked)
        print(gpu.PAGE)
    return int(any(one.state == "wrong" for one in checked))


def _readme(given: argparse.Namespace) -> int:
    from genai_demo.quality import readme

    print(readme.fill())
    return 0


def _bench(given: argparse.Namespace) -> int:
    root = Path(__file__).resolve().parents[2]
    if not (root / "benchmarks" / "__main__.py").exists():
        raise DemoError("benchmarks are not here; run this from a checkout of the project")
    sys.path.insert(0, str(root))
    runpy.run_module("benchmarks", run_name="__main__")
    return 0
