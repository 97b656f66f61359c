"""What a benchmark leaves in the README's table of reliability: a line for each, which its own command wrote.

A benchmark that has one says it: `told(rows) -> (what was tried, what came of it)`, of the rows that it measured.
Variables of the environment that set it begin with the first word of its name, as SOAK_RUNS does; they stand in the
line where they are set.
"""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path

from genai_demo.core.home import whole
from genai_demo.quality.readme import TRIED

Told = tuple[str, str]


def command(name: str) -> str:
    """What was typed to measure that benchmark, with the variables that were set for it."""
    begins = f"{name.partition('_')[0].upper()}_"
    given = [f"{key}={value}" for key, value in sorted(os.environ.items()) if key.startswith(begins)]
    return " ".join((*given, f"python -m benchmarks {name} --keep"))


def keep(name: str, told: Told, typed: str, path: Path = TRIED) -> None:
    """A line in the place of an older one of the same benchmark; the others stay as they are, all by name."""
    what, found = told
    line = {"name": name, "what": what, "found": found, "command": typed, "date": datetime.date.today().isoformat()}
    lines = json.loads(path.read_text()) if path.exists() else []
    kept = [*(one for one in lines if one["name"] != name), line]
    with whole(path) as partial:
        partial.write_text(json.dumps(sorted(kept, key=lambda one: str(one["name"])), indent=1) + "\n")
