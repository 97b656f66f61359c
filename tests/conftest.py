"""What every test needs: no network, no cache folder of the user's, properties tried in the same order each time."""

from __future__ import annotations

import os
import tempfile

from hypothesis import settings

_home = tempfile.TemporaryDirectory(prefix="genai-demo-tests-")
os.environ.setdefault("GENAI_DEMO_TRUE_HOME", os.environ.get("GENAI_DEMO_HOME", "~/.cache/genai-demo"))
os.environ |= {"GENAI_DEMO_HOME": _home.name, "HF_HOME": f"{_home.name}/hf", "HF_HUB_OFFLINE": "1"}
os.environ["PIP_NO_INDEX"] = "1"  # what comes as a package must be here already
os.environ.setdefault("GENAI_DEMO_DEVICE", "cpu")
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # several workers: threads that spin would wait for each other

settings.register_profile("project", deadline=None, derandomize=True, database=None)
settings.load_profile("project")
