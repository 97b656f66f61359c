"""The code travels light: what everybody has to fetch stays small, and so does every single file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from genai_demo.core.training import MOST_BYTES

ROOT = Path(__file__).resolve().parent.parent
LIGHT = 20_000_000  # bytes of everything but weights and recordings
MOST = 1_000_000  # bytes of one file
HEAVY = ("assets/weights/", "assets/recordings/")
EXCEPTIONS: dict[str, str] = {}  # path -> why it may be larger than MOST


@pytest.fixture(scope="module")
def sizes() -> dict[str, int]:
    """Path -> bytes, of every file under version control that is here."""
    done = subprocess.run(["git", "ls-files", "-z"], capture_output=True, cwd=ROOT, check=False)
    if done.returncode:  # an unpacked archive: everything that is no hidden file counts
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]
        names = [name for name in names if not any(part.startswith(".") for part in Path(name).parts)]
    else:
        names = done.stdout.decode().split("\0")[:-1]
    return {name: (ROOT / name).stat().st_size for name in names if (ROOT / name).is_file()}


def test_the_repository_without_weights_and_recordings_is_small(sizes: dict[str, int]) -> None:
    light = {name: size for name, size in sizes.items() if not name.startswith(HEAVY)}
    assert 0 < sum(light.values()) < LIGHT


def test_no_other_file_is_large_without_a_reason(sizes: dict[str, int]) -> None:
    large = {name for name, size in sizes.items() if size > MOST and not name.startswith(HEAVY)}
    assert large == set(EXCEPTIONS)


def test_every_file_of_weights_is_small_enough_and_has_its_card(sizes: dict[str, int]) -> None:
    weights = {name: size for name, size in sizes.items() if name.endswith(".safetensors") and name.startswith(HEAVY)}
    assert weights
    assert {name for name, size in weights.items() if size > MOST_BYTES} == set()
    assert {name for name in weights if name.replace(".safetensors", ".json") not in sizes} == set()
