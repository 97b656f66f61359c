"""Prefetch: what runs fetch on first use is here afterwards, models and data, and was read once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from genai_demo.core import prefetch as module
from genai_demo.core.errors import DemoError
from genai_demo.core.prefetch import prefetch
from genai_demo.core.registry import families
from genai_demo.core.spec import Bundled, Hub, ModelSpec, Package
from genai_demo.data import emoji

PACKAGE = Package("tiny", "1", "tiny/model", "0")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys of the models that were read; nothing is fetched and none is real."""
    keys: list[str] = []

    class Info:
        source = "as it was found"

    def load_info(spec: ModelSpec) -> Any:
        keys.append(spec.key)
        return Info()

    specs = [
        ModelSpec("a/packaged", "A", (PACKAGE, Hub("a/b")), "", ""),
        ModelSpec("a/bundled", "B", (Bundled("a/b.safetensors"),), "", ""),
        ModelSpec("a/hub", "C", (Hub("a/b"),), "", ""),
        ModelSpec("a/needs", "D", (PACKAGE,), "", "", needs="no_such_package_as_this"),
    ]
    monkeypatch.setattr(module, "all_specs", lambda: {spec.key: spec for spec in specs})
    monkeypatch.setattr(module, "find_spec", {spec.key: spec for spec in specs}.__getitem__)
    monkeypatch.setattr(module, "locate", lambda source: Path("/cache") / source.file)
    monkeypatch.setattr(module, "load_info", load_info)
    return keys


def test_all_that_comes_as_packages_is_fetched_and_read(loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "families", dict)
    assert dict(prefetch()) == {"a/packaged": "/cache/tiny/model", "a/needs": "/cache/tiny/model"}
    assert loaded == ["a/packaged"], "what a package that is missing runs can't be read"


def test_models_that_are_named_may_come_from_the_hub(loaded: list[str]) -> None:
    assert dict(prefetch(["a/hub", "a/bundled"])) == {
        "a/hub": "as it was found",
        "a/bundled": "bundled a/b.safetensors",
    }
    assert loaded == ["a/hub"]


def test_damage_that_only_reading_shows_is_said(loaded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(spec: ModelSpec) -> Any:
        raise DemoError("it is damaged; fetch it again")

    monkeypatch.setattr(module, "load_info", damaged)
    with pytest.raises(DemoError, match="it is damaged"):
        list(prefetch(["a/packaged"]))


def test_data_that_families_name_is_fetched_too(
    loaded: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The emoji of CLIP are such data: afterwards they are here, without a network."""
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))
    fetched: list[Package] = []

    def locate(source: Package) -> Path:
        fetched.append(source)
        return Path("font.ttf")

    monkeypatch.setattr(emoji, "locate", locate)
    drawing = emoji.Drawing("fox", "1f98a", emoji.np.zeros((64, 64, 4), "uint8"))
    monkeypatch.setattr(emoji, "openmoji", lambda font: iter([drawing]))
    assert families()["clip"].data
    found = dict(prefetch())
    assert fetched == [emoji.OPENMOJI]
    assert Path(found["clip"]).exists()
    assert emoji.library_here()
    list(prefetch())
    assert len(fetched) == 1
