"""Who imports whom, each seen in a fresh process: the engine knows no web, the app no model library."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from genai_demo.core.registry import packages

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "torchvision", "diffusers", "transformers", "open_clip", "plotly")
SYSTEMS = (
    ("rag", "text_to_image", "hybrids"),
    ("vlm",),  # whose eye is the detector of text_to_image
)  # those that may import other architectures, and systems that stand before them
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


LAYERS = (
    ("core",),
    ("inputs",),
    ("data",),
    ("language", "results"),
    ("quality",),
    ("deck",),
)  # each may import those before it


def layer_of(module: str) -> int | None:
    """How high a module of the program stands; None for what is no part of it. Architectures stand above LAYERS."""
    top, _, rest = module.partition(".")
    if top == "pages":
        return len(LAYERS) + 5
    if top != "genai_demo" or not rest or rest[0].isupper() or rest.startswith("_"):
        return None
    package = rest.partition(".")[0]
    below = next((i for i, names in enumerate(LAYERS) if package in names), None)
    if below is not None:
        return below
    if package in ("cli", "__main__"):
        return len(LAYERS) + 4
    if package not in packages():
        return len(LAYERS) + 3
    return len(LAYERS) + next((i for i, names in enumerate(SYSTEMS, 1) if package in names), 0)


def house(module: str) -> list[str]:
    """The folder whose inside is its own affair: a package of the engine, all of pages."""
    return module.split(".")[: 1 if module.startswith("pages") else 2]


def imports_of(path: Path) -> Iterator[str]:
    """Modules that a file imports, those inside functions too; names imported from a package count as its modules."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_import_runs_back_up() -> None:
    """core, data, inputs, language and results, quality, the architectures, systems of several, the front ends."""
    wrong = []
    for path in sorted([*(ROOT / "genai_demo").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        mine = layer_of(module)
        for other in imports_of(path):
            theirs = layer_of(other)
            if None not in (mine, theirs) and house(other) != house(module) and theirs >= mine:
                wrong.append(f"{module} imports {other}")
    assert not wrong, "\n".join(wrong)


def test_retrieval_knows_of_decoders_only_what_their_package_says() -> None:
    for path in (ROOT / "genai_demo" / "rag").glob("*.py"):
        assert "genai_demo.decoder." not in path.read_text(), f"{path.name} looks into the decoder"
