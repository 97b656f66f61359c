"""Two folders: `ASSETS` of the project, and the cache, where fetched data sets and other people's weights live.

What goes into the cache is made in `making` or written in `whole`, so that nobody finds half of it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

ASSETS = Path(__file__).resolve().parents[2] / "assets"


def home() -> Path:
    """The cache folder, ``GENAI_DEMO_HOME`` or ``~/.cache/genai-demo``; made when first asked for."""
    folder = Path(os.environ.get("GENAI_DEMO_HOME") or "~/.cache/genai-demo").expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def making(name: str) -> Iterator[Path]:
    """An empty folder for what is being made under that name, by one thread of one process at a time: others wait.

    It is removed when it is left. What killed processes left behind, under any name, is removed when one is entered.
    """
    from filelock import FileLock

    root = home() / "making"
    root.mkdir(exist_ok=True)
    with FileLock(_lock(root, name)):
        _sweep(root, name)
        with tempfile.TemporaryDirectory(dir=root, prefix=f"{name}.", ignore_cleanup_errors=True) as folder:
            yield Path(folder)


def made_now(name: str) -> list[Path]:
    """The folders in which something is being made under that name."""
    return [folder for folder in _folders(home() / "making") if _name(folder) == name]


def _sweep(root: Path, mine: str) -> None:
    """Removes the folders whose lock nobody has; that of `mine` is ours."""
    from filelock import FileLock, Timeout

    for folder in _folders(root):
        with contextlib.suppress(Timeout):
            if _name(folder) == mine:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                with FileLock(_lock(root, _name(folder)), timeout=0):
                    shutil.rmtree(folder, ignore_errors=True)


def _folders(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []


def _name(folder: Path) -> str:
    return folder.name.rpartition(".")[0]


def _lock(root: Path, name: str) -> Path:
    return root / f"{name}.lock"


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to: it takes the place of `path` when all went well, and goes when not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial-{os.getpid()}-{threading.get_ident()}-{path.name}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
