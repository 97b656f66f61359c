"""What goes wrong around the app, by the tests that do it to it: processes killed half way, files sent to hurt."""

from __future__ import annotations

import re
import subprocess
import sys

from benchmarks import Row
from benchmarks.keeping import Told
from benchmarks.start import ROOT

TESTS = {
    "processes killed while they write": ("tests/core/test_killed.py",),
    "hostile files sent through each door": ("tests/pages/test_uploads.py",),
    "workers killed, and visitors who leave in mid-run": ("tests/cluster/test_ray.py", "tests/pages/test_stop.py"),
}
COUNTED = re.compile(r"(\d+) (passed|failed|error|skipped)")


def rows() -> list[Row]:
    """Of each kind: tests that failed, and how many were run."""
    found: list[Row] = []
    for what, files in TESTS.items():
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *files]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
        counts = {name: int(count) for count, name in COUNTED.findall(said.strip().rpartition("\n")[2])}
        wrong = counts.get("failed", 0) + counts.get("error", 0)
        if not counts:
            raise RuntimeError(f"pytest {' '.join(files)} gave no count; it said {said[-200:]}")
        skipped = f", {counts['skipped']} skipped" if "skipped" in counts else ""
        found.append(
            (f"mishaps: {what}, failed (none)", str(wrong), f"{counts.get('passed', 0)} passed{skipped}", None)
        )
    return found


def told(found: list[Row]) -> Told:
    """For the README."""
    each = "; ".join(f"{row[0].removeprefix('mishaps: ').rpartition(',')[0]}: {row[2]}" for row in found)
    wrong = sum(int(row[1]) for row in found)
    return "mishaps, by the tests that bring them about", f"{f'{wrong} failed' if wrong else 'none failed'}; {each}"
