"""The public face of the package: four names, imported when they are asked for; the example of the README runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import genai_demo

ROOT = Path(__file__).resolve().parent.parent
MARKS = ("<!-- example -->", "<!-- /example -->")


def example() -> str:
    """The example, which stands between its marks in the README."""
    text = (ROOT / "README.md").read_text()
    shown = text.split(MARKS[0])[1].split(MARKS[1])[0]
    return shown.split("```python\n")[1].split("```")[0]


def test_the_names_are_what_they_say() -> None:
    from genai_demo.core.errors import DemoError
    from genai_demo.core.load import load
    from genai_demo.core.recipe import Recipe
    from genai_demo.core.run import run

    assert (genai_demo.DemoError, genai_demo.load, genai_demo.Recipe, genai_demo.run) == (DemoError, load, Recipe, run)
    assert set(genai_demo.__all__) <= set(dir(genai_demo))
    with pytest.raises(AttributeError, match="no attribute walk"):
        genai_demo.walk  # noqa: B018


def test_a_model_is_loaded_by_its_key() -> None:
    assert genai_demo.load("vae/vae-2") is genai_demo.load("vae/vae-2")
    with pytest.raises(genai_demo.DemoError, match="vae/vae-2"):
        genai_demo.load("vae/vae-3")


@pytest.mark.parametrize("code", ["import genai_demo", "from genai_demo import DemoError, Recipe"])
def test_importing_it_is_cheap(code: str) -> None:
    tell = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{tell}"], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    assert {"torch", "pydantic", "numpy"}.isdisjoint(done.stdout.split())


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line for line in example().splitlines() if line.strip()]
    assert len(lines) <= 12, "about ten lines"
    monkeypatch.chdir(tmp_path)
    exec(compile(example(), "example", "exec"), {})
    (picture,) = tmp_path.glob("*.png")
    with Image.open(picture) as image:
        assert image.convert("L").getextrema()[1] > 100, "something is drawn"
