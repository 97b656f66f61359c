"""Every run, none named here, in the precision that a GPU gives its models: in a process of its own, as models and what
is made with them are kept."""

from __future__ import annotations

import subprocess
import sys

CODE = """if True:
    import torch
    from genai_demo.core import load
    load.pick_dtype = lambda device: torch.bfloat16
    from genai_demo.core.run import all_runs, run
    from tests import standins
    load._build = standins.standing_in(load._build)
    for name in all_runs():
        try:
            assert list(run(standins.small(name)))
        except Exception as error:
            print("fails:", name, type(error).__name__, error)
    print("tried", len(all_runs()))
"""


def test_every_run_works_in_half_precision() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=900, check=False)
    assert "tried" in done.stdout, done.stderr[-1000:]
    assert "fails:" not in done.stdout, done.stdout
