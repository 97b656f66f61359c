"""On a ZeroGPU Space every run is given a GPU, for the seconds that it asks for: tried with a stand-in for `spaces`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = """
import functools
lent = []
def GPU(duration):
    def decorate(function):
        @functools.wraps(function)
        def with_gpu(*given):
            lent.append((given[0], duration(*given)))
            yield from function(*given)
        return with_gpu
    return decorate
"""
TRY = """
import sys
import app
assert "torch" not in sys.modules, "spaces has to come first"
import spaces
from genai_demo import Recipe, run
for recipe in (Recipe("gan/points", {"steps": 20}), Recipe("vae/decode")):
    assert list(run(recipe))
assert [name for name, _ in spaces.lent] == ["gan/points", "vae/decode"], spaces.lent
assert all(isinstance(seconds, int) and 0 < seconds <= 120 for _, seconds in spaces.lent), spaces.lent
print("LENT")
"""


def test_a_run_is_lent_a_gpu_for_the_seconds_it_asks_for(tmp_path: Path) -> None:
    (tmp_path / "spaces.py").write_text(STAND_IN)
    inside = {**os.environ, "SPACES_ZERO_GPU": "true", "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", TRY], cwd=ROOT, env=inside, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.endswith("LENT\n"), done.stderr[-2000:]
