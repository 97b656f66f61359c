"""python -m benchmarks [NAME...] [--keep]: every module of this folder, or those named, in one table.

--keep: what those have found that say it in a line (keeping.py) goes to the README's table of reliability, which
`python -m genai_demo readme` writes.

Exit code 0: all were measured; 1: one failed; 2: a name is none of ours.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

from benchmarks import Row
from benchmarks.keeping import command, keep

KEEP = "--keep"
NONE = ("__main__", "keeping", "kinds")  # modules that measure nothing


def main(names: list[str], keeps: bool = False) -> int:
    """Run the benchmarks of these names, all where none is given; print the table; the exit code."""
    here = [info.name for info in pkgutil.iter_modules([str(Path(__file__).parent)]) if info.name not in NONE]
    unknown = [name for name in names if name not in here]
    if unknown:
        print(f"benchmark is {unknown[0][:60]}; choose among {', '.join(here)}", file=sys.stderr)
        return 2
    rows: list[Row] = []
    failed = False
    for name in names or here:
        print(f"{name} ...", file=sys.stderr)
        try:
            module = importlib.import_module(f"benchmarks.{name}")
            found = module.rows()
            if keeps and hasattr(module, "told"):
                keep(name, module.told(found), command(name))
            rows += found
        except Exception as error:  # one benchmark that fails does not take the others with it
            rows.append((f"{name} failed: {' '.join(str(error).split()) or type(error).__name__}", "-", "-", None))
            failed = True
    print(table(rows))
    return int(failed)


def table(rows: list[Row]) -> str:
    """The rows, aligned, under a heading; ratios with two digits."""
    cells = [("name", "ours", "bare library", "ratio")]
    cells += [(name, ours, bare, "" if ratio is None else f"{ratio:.2f}") for name, ours, bare, ratio in rows]
    wide = [max(len(row[i]) for row in cells) for i in range(4)]
    lines = ["  ".join((row[0].ljust(wide[0]), *(row[i].rjust(wide[i]) for i in (1, 2, 3)))) for row in cells]
    return "\n".join((lines[0], "-" * len(lines[0]), *lines[1:]))


if __name__ == "__main__":
    sys.exit(main([one for one in sys.argv[1:] if one != KEEP], KEEP in sys.argv[1:]))
