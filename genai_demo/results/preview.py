"""Frames as plain pictures for the command line: one image a frame, its lanes side by side, its numbers below.

Drawn from the same field metadata as the film strip (frames.py), with Pillow alone.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, PngImagePlugin

from genai_demo.core.frames import PHOTO, TEXT_KINDS, Frame, arrays, colours, sheet
from genai_demo.results.preview_text import WIDE, plain_signs, text_image

LANE = 280  # pixels a side, at most, of one lane; pictures are scaled by whole numbers
LANES = ("plane", "bars", "pictures")  # kinds of fields that get a lane
GAP, LINE, CURVES_HIGH = 12, 16, 90
INK, PAPER, HAIR = (24, 28, 32), (255, 255, 255), (208, 212, 216)
COLOURS = {
    "real": (150, 154, 158),
    "generated": (213, 94, 0),
    "other": (0, 114, 178),
    "paths": (90, 94, 98),
    "vectors": (0, 114, 178),
}
LINES = ((213, 94, 0), (0, 114, 178), (0, 158, 115), (204, 121, 167), (86, 180, 233))  # Okabe and Ito
MOST_FRAMES = 100  # in a GIF
MS_PER_FRAME = 80


def write(frames: Sequence[Frame], folder: Path, recipe_json: str) -> Path | None:
    """preview.png for one frame, preview.gif for several, with the recipe inside; None where nothing is drawn."""
    pictures = draw(frames)
    if not pictures:
        return None
    if len(pictures) == 1:
        info = PngImagePlugin.PngInfo()
        info.add_text("recipe", recipe_json)
        pictures[0].save(folder / "preview.png", pnginfo=info)
        return folder / "preview.png"
    small = [_few_colours(picture, photographs=_has_photographs(frames[0])) for picture in pictures]
    waits = [MS_PER_FRAME] * (len(small) - 1) + [12 * MS_PER_FRAME]
    path = folder / "preview.gif"
    small[0].save(path, save_all=True, append_images=small[1:], duration=waits, loop=0, comment=recipe_json.encode())
    return path


def _has_photographs(frame: Frame) -> bool:
    return any(value.ndim == 4 and min(value.shape[1:3]) >= PHOTO for value in arrays(frame).values())


def _few_colours(picture: Image.Image, *, photographs: bool) -> Image.Image:
    """At most 256 colours: plain ones for drawings, mixed from dots for photographs."""
    if not photographs:
        return picture.quantize(128, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    palette = picture.quantize(256, Image.Quantize.MEDIANCUT)
    return picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)


def draw(frames: Sequence[Frame]) -> list[Image.Image]:
    """One picture a frame, at most MOST_FRAMES of them, all of one size; [] where no field says how it is drawn."""
    if not frames or not _meta(frames[0]):
        return []
    shown = (
        frames
        if len(frames) <= MOST_FRAMES
        else [frames[round(i * (len(frames) - 1) / (MOST_FRAMES - 1))] for i in range(MOST_FRAMES)]
    )
    kept: dict[tuple[str, str], Any] = {}
    texts = _texts(frames, shown)
    sizes = _lane_sizes(shown)
    text_sizes = {title: _largest([one[title] for one in texts]) for title in (texts[0] if texts else {})}
    drawn = []
    for i, frame in enumerate(shown):
        lanes = [(title, _lane(frame, title, kept).resize(size, 0)) for title, size in sizes.items()]
        said = [(title, _padded(texts[i][title], *size)) for title, size in text_sizes.items()]
        rows = [*_in_rows(said), lanes, _curves(shown[: i + 1], len(shown))]
        drawn.append(_page(rows, _numbers(frame)))
    return [_padded(picture, *_largest(drawn)) for picture in drawn]


def _largest(pictures: Sequence[Image.Image]) -> tuple[int, int]:
    width, height = (max(sides) for sides in zip(*(picture.size for picture in pictures)))
    return width, height


def _texts(frames: Sequence[Frame], shown: Sequence[Frame]) -> list[dict[str, Image.Image]]:
    """For each shown frame its text lanes by title; growing ones have the tokens of all frames so far."""
    wanted = {id(frame) for frame in shown}
    metas = {name: meta for name, meta in _meta(frames[0]).items() if meta["draw"] in TEXT_KINDS}
    last: dict[str, Any] = {}
    found = []
    for frame in frames:
        for name, meta in metas.items():
            value = getattr(frame, name)
            if value is not None:
                last[name] = (*last.get(name, ()), *value) if meta.get("grows") else value
        if id(frame) in wanted:
            blank = Image.new("RGB", (1, 1), PAPER)
            found.append(
                {
                    meta["title"]: text_image(meta["draw"], last[name], meta) if name in last else blank
                    for name, meta in metas.items()
                }
            )
    return found


def _meta(frame: Frame) -> dict[str, Mapping[str, Any]]:
    """Field name -> how it is drawn, of the fields that are: what is only carried has no title."""
    return {field.name: field.metadata for field in dataclasses.fields(frame) if "title" in field.metadata}


def _lane_sizes(frames: Sequence[Frame]) -> dict[str, tuple[int, int]]:
    """Lane title -> (width, height): the largest it gets in any frame, so that nothing jumps."""
    sizes: dict[str, tuple[int, int]] = {}
    for frame in frames:
        for name, meta in _meta(frame).items():
            value, title = getattr(frame, name), meta["title"]
            if meta["draw"] in ("plane", "bars"):
                if value is not None:
                    sizes[title] = (LANE, LANE)
            elif meta["draw"] == "pictures" and value is not None and len(value):
                high, wide = sheet(value, meta["columns"]).shape[:2]
                times = max(1, LANE // max(high, wide))
                width, height = sizes.get(title, (0, 0))
                sizes[title] = (max(width, wide * times), max(height, high * times))
    return sizes


def _lane(frame: Frame, title: str, kept: dict[tuple[str, str], Any]) -> Image.Image:
    """The lane of that title; layers real and heat stay as last shown, held in `kept`."""
    parts = [(name, m) for name, m in _meta(frame).items() if m["title"] == title and m["draw"] in LANES]
    kind = parts[0][1]["draw"]
    if kind == "plane":
        layers = []
        for name, meta in parts:
            value = getattr(frame, name)
            if meta["layer"] in ("real", "heat"):
                value = kept[title, name] = kept.get((title, name)) if value is None else value
            layers.append((meta["layer"], value, meta["limit"]))
        return _plane(layers)
    value = getattr(frame, parts[0][0])
    if value is None or not len(value):
        return Image.new("RGB", (1, 1), PAPER)
    if kind == "bars":
        return _bars(np.asarray(value, np.float64), parts[0][1]["limit"])
    return Image.fromarray(sheet(value, parts[0][1]["columns"])).convert("RGB")


def _plane(layers: Sequence[tuple[str, Any, float]]) -> Image.Image:
    image = Image.new("RGB", (LANE, LANE), PAPER)
    pen = ImageDraw.Draw(image)
    for layer, value, limit in sorted(layers, key=lambda part: part[0] != "heat"):  # heat lies below
        if value is None:
            continue
        if layer == "heat":
            image.paste(Image.fromarray(colours(value)).resize((LANE, LANE)))
            continue
        at = _pixels(value[..., :2], limit)
        if layer == "paths":
            for path in at:
                pen.line([tuple(point) for point in path], fill=COLOURS[layer])
        elif layer == "vectors":
            for start, end in zip(at, _pixels(value[:, :2] + value[:, 2:], limit)):
                pen.line([tuple(start), tuple(end)], fill=COLOURS[layer])
        else:
            for x, y in at:
                pen.ellipse((x - 1.5, y - 1.5, x + 1.5, y + 1.5), fill=COLOURS[layer])
    pen.rectangle((0, 0, LANE - 1, LANE - 1), outline=HAIR)
    return image


def _pixels(points: np.ndarray, limit: float) -> np.ndarray:
    """Coordinates in -limit..limit, y up -> pixels of a lane, y down."""
    share = np.clip(np.nan_to_num(np.asarray(points, np.float64)) / limit, -4, 4)
    return np.asarray((share * np.array([1, -1]) + 1) * (LANE - 1) / 2)


def _bars(value: np.ndarray, limit: float | None) -> Image.Image:
    image = Image.new("RGB", (LANE, LANE), PAPER)
    pen = ImageDraw.Draw(image)
    value = np.nan_to_num(value)
    top = limit or float(np.abs(value).max(initial=0)) or 1.0
    base, unit = (LANE - 1, LANE - 1) if value.min(initial=0) >= 0 else (LANE // 2, LANE // 2 - 1)
    step = LANE / max(1, len(value))
    for i, share in enumerate(np.clip(value / top, -1, 1)):
        y = base - share * unit
        pen.rectangle((i * step + 1, min(y, base), (i + 1) * step - 1, max(y, base)), fill=COLOURS["generated"])
    pen.line((0, base, LANE, base), fill=HAIR)
    return image


def _curves(frames: Sequence[Frame], total: int) -> list[tuple[str, Image.Image]]:
    """One chart for each name of a chart: the curves so far, the frame's place marked by where they end."""
    charts: dict[str, list[str]] = {}
    for name, meta in _meta(frames[0]).items():
        if meta["draw"] == "curve":
            charts.setdefault(meta["chart"], []).append(name)
    return [(title, _chart(frames, names, total)) for title, names in charts.items()]


def _chart(frames: Sequence[Frame], names: Sequence[str], total: int) -> Image.Image:
    image = Image.new("RGB", (LANE, CURVES_HIGH), PAPER)
    pen = ImageDraw.Draw(image)
    runs = [[getattr(frame, name) for frame in frames] for name in names]
    known = [value for run in runs for value in run if value is not None and math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    for colour, run in zip(LINES, runs):
        points = [
            (i * (LANE - 1) / max(1, total - 1), (CURVES_HIGH - 3) * (1 - (value - low) / ((high - low) or 1)) + 1)
            for i, value in enumerate(run)
            if value is not None and math.isfinite(value)
        ]
        if points:
            pen.line(points, fill=colour, width=2)
    pen.rectangle((0, 0, LANE - 1, CURVES_HIGH - 1), outline=HAIR)
    return image


def _numbers(frame: Frame) -> str:
    parts = [f"{frame.index + 1} / {frame.total}"]
    for name, meta in _meta(frame).items():
        value = getattr(frame, name)
        if meta["draw"] in ("number", "curve") and value is not None:
            parts.append(f"{meta['title']} {readable(value, meta['digits'])} {meta['unit']}".rstrip())
    return "   ".join(parts)


def readable(value: Any, digits: int) -> str:
    """The value as the film strip says it: a number with `digits` that count, none of those before the point lost."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return str(value)
    if value == round(value) and abs(value) < 1e7:
        return f"{value:,.0f}"
    size = math.floor(math.log10(abs(value)))
    if size >= 7 or size < -4:
        return f"{value:.{max(0, digits - 1)}e}"
    return f"{value:.{max(0, min(8, digits - 1 - min(size, digits - 1)))}f}"


def _in_rows(lanes: list[tuple[str, Image.Image]]) -> list[list[tuple[str, Image.Image]]]:
    """Text lanes beside each other as far as two of the widest have room."""
    rows: list[list[tuple[str, Image.Image]]] = []
    for lane in lanes:
        used = sum(image.width + GAP for _, image in rows[-1]) if rows else 0
        if rows and used + lane[1].width <= 2 * WIDE + GAP:
            rows[-1].append(lane)
        else:
            rows.append([lane])
    return rows


def _page(rows: list[list[tuple[str, Image.Image]]], text: str) -> Image.Image:
    """Rows of lanes and charts with their titles above, then the numbers, wrapped."""
    drawn = [[_titled(title, image) for title, image in row] for row in rows if row]
    wide = max([LANE, *(sum(image.width + GAP for image in row) - GAP for row in drawn)])
    lines = _wrap(plain_signs(text), wide // 6)
    high = sum(max(image.height for image in row) + GAP for row in drawn) + LINE * len(lines)
    page = Image.new("RGB", (wide + 2 * GAP, high + 2 * GAP), PAPER)
    pen, y = ImageDraw.Draw(page), GAP
    for row in drawn:
        x = GAP
        for image in row:
            page.paste(image, (x, y))
            x += image.width + GAP
        y += max(image.height for image in row) + GAP
    for line in lines:
        pen.text((GAP, y), line, fill=INK)
        y += LINE
    return page


def _titled(title: str, image: Image.Image) -> Image.Image:
    """The picture below its title, as wide as both need."""
    title = plain_signs(title)
    wide = round(ImageDraw.Draw(image).textlength(title))
    page = Image.new("RGB", (max(wide, image.width), image.height + LINE), PAPER)
    ImageDraw.Draw(page).text((0, 0), title, fill=INK)
    page.paste(image, (0, LINE))
    return page


def _wrap(text: str, width: int) -> list[str]:
    lines = [""]
    for part in text.split("   "):
        if lines[-1] and len(lines[-1]) + len(part) + 3 > width:
            lines.append("")
        lines[-1] = f"{lines[-1]}   {part}".strip()
    return lines


def _padded(picture: Image.Image, width: int, height: int) -> Image.Image:
    page = Image.new("RGB", (width, height), PAPER)
    page.paste(picture)
    return page
