"""Emoji that come as SVG drawings: Iconify's packages of Fluent flat, Noto as it was up to 2017, and Firefox OS.

They are drawn once, by resvg (requirements-dev.txt), and serve training alone.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from genai_demo.core.errors import DemoError

Draw = Callable[[str, int], bytes]  # SVG, side in pixels -> PNG


def pictures(
    archive: tarfile.TarFile, concepts: Sequence[tuple[str, str]], side: int, draw: Draw | None = None
) -> Iterator[tuple[str, np.ndarray]]:
    """(code, (side, side, 4) uint8, RGBA) of each concept that the package draws. concepts: (code, name) each.

    Raises DemoError where resvg is not installed, KeyError where the package is made in another way.
    """
    draw = draw or _resvg()
    icons = _json(archive, "icons.json")
    codes = {name: code for code, name in _json(archive, "chars.json").items()}
    named = _by_name(concepts)
    known = {code for code, _ in concepts}
    drawn = set()
    for name, icon in _icons(icons):
        code = codes.get(name, "")
        code = code if code in known else named.get(squeezed(name), "")
        if code and code not in drawn:
            drawn.add(code)
            picture = Image.open(io.BytesIO(draw(_svg(icon, icons), side))).convert("RGBA")
            yield code, np.asarray(picture.resize((side, side)))


def squeezed(name: str) -> str:
    """Small letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _by_name(concepts: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Names as packages spell them, CLDR's and Unicode's, -> code."""
    found: dict[str, str] = {}
    for code, name in concepts:
        found.setdefault(squeezed(name), code)
        if "-" not in code:
            found.setdefault(squeezed(unicodedata.name(chr(int(code, 16)), code)), code)
    return found


def _icons(package: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every name with its drawing, other names of the same last."""
    yield from package["icons"].items()
    for name, alias in package.get("aliases", {}).items():
        if alias["parent"] in package["icons"]:
            yield name, package["icons"][alias["parent"]]


def _svg(icon: Mapping[str, Any], package: Mapping[str, Any]) -> str:
    left, top, width, height = (
        icon.get(key, package.get(key, usual))
        for key, usual in (("left", 0), ("top", 0), ("width", 16), ("height", 16))
    )
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {spaces} viewBox="{left} {top} {width} {height}">{icon["body"]}</svg>'


def _resvg() -> Draw:
    try:
        import resvg_py
    except ImportError:
        raise DemoError("resvg-py, which draws SVG emoji, is not installed; install requirements-dev.txt") from None
    return lambda svg, side: bytes(resvg_py.svg_to_bytes(svg_string=svg, width=side, height=side))


def _json(archive: tarfile.TarFile, name: str) -> Any:
    file = archive.extractfile(f"package/{name}")
    if file is None:
        raise KeyError(name)
    return json.loads(file.read())
