"""Who imports whom, each seen in a fresh process: the engine knows no web, the app no model library."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "torchvision", "diffusers", "transformers", "open_clip", "plotly")
WEB = ("gradio", "streamlit", "plotly", "fastapi", "pages", "app")


def imported_by(code: str) -> set[str]:
    """Top-level names of the modules that are there after `code` has run in a new process."""
    tell = "\nimport json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", code + tell], capture_output=True, text=True, cwd=ROOT, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_app_is_built_without_model_libraries() -> None:
    found = imported_by("import app")
    assert {"gradio", "genai_demo"} <= found
    assert found.isdisjoint(HEAVY), found & set(HEAVY)


def test_what_can_be_run_is_known_without_model_libraries() -> None:
    code = "from genai_demo.core.run import all_runs; from genai_demo.core.spec import all_specs; import genai_demo.cli"
    found = imported_by(
        f"{code}\nassert all_runs() and all_specs()\n[r.options.describe() for r in all_runs().values()]"
    )
    assert found.isdisjoint({*HEAVY, *WEB}), found & {*HEAVY, *WEB}


def test_no_engine_imports_the_web() -> None:
    code = """
import importlib, pkgutil, genai_demo
for info in pkgutil.walk_packages(genai_demo.__path__, "genai_demo."):
    if not info.name.endswith("__main__"):
        importlib.import_module(info.name)
"""
    found = imported_by(code)
    assert "torch" in found, "the walk reached the engines"
    assert found.isdisjoint(WEB), found & set(WEB)


def test_architectures_do_not_import_each_other() -> None:
    """Only hybrids may, and retrieval, which asks a decoder; the data sets are shared."""
    from genai_demo.core.registry import packages

    for name in packages():
        if name in ("hybrids", "rag"):
            continue
        for path in Path(str(packages()[name].__file__)).parent.rglob("*.py"):
            text = path.read_text()
            for other in set(packages()) - {name}:
                assert f"genai_demo.{other}" not in text, f"{path.name} of {name} knows {other}"


def test_the_shared_language_loop_knows_no_architecture() -> None:
    from genai_demo.core.registry import packages

    for path in (ROOT / "genai_demo" / "language").glob("*.py"):
        for name in packages():
            assert f"genai_demo.{name}" not in path.read_text(), f"{path.name} of language knows {name}"


def test_retrieval_knows_of_decoders_only_what_their_package_says() -> None:
    for path in (ROOT / "genai_demo" / "rag").glob("*.py"):
        assert "genai_demo.decoder." not in path.read_text(), f"{path.name} looks into the decoder"
