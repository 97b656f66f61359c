"""What is wrong with a machine is found, said in a line with what to do, and only what is broken ends with 1."""

from __future__ import annotations

import gzip
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from genai_demo import cli
from genai_demo.core import spec
from genai_demo.results import recording
from genai_demo.upkeep import doctor
from genai_demo.upkeep.doctor import Finding


def states(findings: Iterator[Finding]) -> list[str]:
    found = list(findings)
    for one in found:
        assert "\n" not in str(one)
        assert one.state == "ok" or one.what == "models of others" or ";" in one.text, "what to do is said"
    return [one.state for one in found]


def linked(folder: Path, to: Path) -> Path:
    """The same files in another folder, by links."""
    for path in folder.rglob("*"):
        if path.is_file():
            (to / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            (to / path.relative_to(folder)).symlink_to(path)
    return to


def replaced(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


def test_a_python_too_old_or_never_tried() -> None:
    assert states(doctor.python((3, 10, 13))) == ["broken"]
    assert states(doctor.python((3, 11, 0))) == ["ok"]
    assert states(doctor.python((3, 12, 12))) == ["look here"]


def test_packages_that_are_missing_or_of_another_version(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text("# comment\nnumpy>=1\n\nno-such-thing>=1  # why\npillow>=900\ntorch>1; sys_platform == 'plan9'\n")
    found = list(doctor.packages(path))
    assert [(one.state, one.what) for one in found] == [
        ("broken", "package no-such-thing"),
        ("look here", "package pillow"),
    ]
    path.write_text("numpy>=1\n")
    assert states(doctor.packages(path)) == ["ok"]
    assert states(doctor.packages()) == ["ok"], "this machine has what the program needs"


def test_weights_that_are_damaged_or_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = linked(spec.WEIGHTS, tmp_path)
    monkeypatch.setattr(spec, "WEIGHTS", here)
    assert next(doctor.weights()).state == "ok"
    flipped = bytearray((here / "vae/ae-2.safetensors").read_bytes())
    flipped[-1] ^= 1
    replaced(here / "vae/ae-2.safetensors", flipped)
    (here / "gan/pix2pix.json").unlink()
    replaced(here / "flow/glow.json", b"{")
    found = [one.text for one in doctor.weights() if one.state == "broken"]
    assert len(found) == 3
    for name in ("vae/ae-2", "gan/pix2pix", "flow/glow"):
        assert any(name in text and "restore assets/weights" in text for text in found)


def test_a_cache_folder_that_is_none_or_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert states(doctor.cache()) == ["ok"]
    usage = shutil.disk_usage(tmp_path)
    for free, state in ((50_000_000, "broken"), (500_000_000, "look here")):
        monkeypatch.setattr(shutil, "disk_usage", lambda place, free=free: usage._replace(free=free))
        assert states(doctor.cache()) == [state]
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path / "file" / "cache"))
    assert states(doctor.cache()) == ["broken"]


def test_a_port_that_is_taken_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "127.0.0.1")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        monkeypatch.setenv("PORT", str(one.getsockname()[1]))
        assert states(doctor.port()) == ["look here"]
    assert states(doctor.port()) == ["ok"]
    monkeypatch.setenv("PORT", "http")
    assert states(doctor.port()) == ["broken"]


def test_more_threads_than_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4000")
    assert next(doctor.machine()).state == "look here"
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert next(doctor.machine()).state == "ok"
    monkeypatch.setattr(doctor, "memory_mb", lambda: 900.0)
    assert states(doctor.machine()) == ["ok", "look here"]


@pytest.mark.parametrize("name", ["GENAI_DEMO_MEMORY_MB", "GENAI_DEMO_RUNS_EACH", "GENAI_DEMO_BACKEND"])
def test_settings_that_can_not_be_meant(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert states(doctor.settings()) == ["ok"]
    monkeypatch.setenv(name, "much")
    assert states(doctor.settings()) == ["broken"]


def test_a_device_that_is_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    assert states(doctor.gpu()) == ["ok"]
    monkeypatch.setenv("GENAI_DEMO_DEVICE", "cuda:77")
    assert states(doctor.gpu()) == ["broken"]


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "no address"])
def test_a_hub_that_does_not_answer_is_nothing_broken(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert states(doctor.hub()) == ["ok"], "offline, as the tests are"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    (found,) = doctor.hub(0.5)
    assert found.state == "ok"
    assert "not reached" in found.text


def test_recordings_that_are_damaged_or_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = linked(recording.RECORDINGS, tmp_path)
    monkeypatch.setattr(recording, "RECORDINGS", here)
    assert states(doctor.recordings()) == ["ok"]
    whole = (here / "vae-decode.json.gz").read_bytes()
    middle = bytearray(whole)
    middle[len(whole) // 2] ^= 255
    replaced(here / "vae-decode.json.gz", middle)
    replaced(here / "vae-encode.json.gz", b"no archive")
    replaced(here / "gan-sample.json.gz", (here / "gan-sample.json.gz").read_bytes()[:-100])
    replaced(here / "flow-points.json.gz", gzip.compress(b"{}"))
    (here / "gan-walk.json.gz").unlink()
    assert sorted(states(doctor.recordings())) == [*["broken"] * 4, "look here"]


def test_a_look_that_fails_keeps_no_other_back() -> None:
    def faulty() -> Iterator[Finding]:
        yield Finding("ok", "first", "fine")
        raise ValueError("two\nlines")

    found = list(doctor.examine((faulty, doctor.python)))
    assert [one.state for one in found][:2] == ["ok", "broken"]
    assert "faulty: could not be examined (ValueError: two lines)" in str(found[1])
    assert found[2].what == "Python"


@pytest.mark.parametrize(("state", "code"), [("ok", 0), ("look here", 0), ("broken", 1)])
def test_the_exit_status_is_1_only_for_what_is_broken(
    state: doctor.State, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "LOOKS", (lambda: iter([Finding(state, "thing", "text; do this")]),))
    assert cli.main(["doctor"]) == code
    assert capsys.readouterr().out == f"{state:<9}  thing: text; do this\n"
