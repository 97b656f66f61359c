"""Small things a visitor brings, carried inside the recipe as text: a 28x28 grey picture, drawn 2-D points.

    picture  base64 of a 28x28 PNG (about 600 bytes), or "sample:37" for one of the bundled test pictures
    points   base64 of int8 pairs x, y in units of 1/84, so that -127..127 is about -1.5..1.5

`shrink` makes such a picture of any upload. `python -m genai_demo.inputs.pictures` makes the sheet of test pictures.
"""

from __future__ import annotations

import base64
import binascii
import functools
import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from genai_demo.core.errors import DemoError
from genai_demo.core.home import ASSETS

SIDE = 28  # pixels, both ways
LONGEST_PICTURE = 6000  # characters of base64
LONGEST_SIDE = 10_000  # pixels of an upload
MOST_PIXELS = 50_000_000
MOST_BYTES = 20_000_000
MOST_POINTS = 512
POINT_UNIT = 1 / 84
SAMPLES = 100
READ = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM")  # formats; none of them calls another program
SHEET = ASSETS / "images" / "fashion_test.png"


def decode_picture(text: str) -> np.ndarray:
    """The picture a recipe carries, (28, 28) uint8. Raises DemoError where it is none, too long or of another size."""
    if text.startswith("sample:"):
        number = text.removeprefix("sample:")
        if not (number.isascii() and number.isdigit() and len(number) <= 3):
            raise DemoError(f"picture is {text[:40]}; choose sample:0 to sample:{SAMPLES - 1}")
        return sample_picture(int(number))
    if not text:
        raise DemoError(f"picture is empty; draw one, or choose sample:0 to sample:{SAMPLES - 1}")
    if len(text) > LONGEST_PICTURE:
        raise DemoError(
            f"picture has {len(text)} characters; the limit is {LONGEST_PICTURE}, shrink it to {SIDE}x{SIDE}"
        )
    image = open_file(from_base64(text, "picture"))
    if image.size != (SIDE, SIDE):
        raise DemoError(f"picture is {image.width}x{image.height}; a recipe carries {SIDE}x{SIDE}, shrink it first")
    return np.array(_grey(image))  # no turning: what a recipe carries is upright


def encode_picture(picture: np.ndarray) -> str:
    """(28, 28) uint8 -> base64 of a PNG."""
    if picture.shape != (SIDE, SIDE):
        raise DemoError(f"picture has shape {picture.shape}; a recipe carries {SIDE}x{SIDE} grey pixels")
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture, np.uint8)).save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()


def decode_points(text: str) -> np.ndarray:
    """The points a recipe carries, (n, 2) float32, n from 1 to 512. Raises DemoError where they are none."""
    if len(text) > 4 * (2 * MOST_POINTS + 3):  # far past the limit: not even read
        raise DemoError(f"points have {len(text)} characters; draw at most {MOST_POINTS} points")
    raw = np.frombuffer(from_base64(text, "points"), np.int8)
    if len(raw) == 0 or len(raw) % 2 or len(raw) > 2 * MOST_POINTS:
        raise DemoError(f"points has {len(raw)} coordinates; draw 1 to {MOST_POINTS} points of two coordinates each")
    return raw.reshape(-1, 2).astype(np.float32) * np.float32(POINT_UNIT)


def encode_points(points: np.ndarray) -> str:
    """(n, 2) numbers in about -1.5..1.5 -> base64; rounded to 1/84, clipped at the border."""
    if points.ndim != 2 or points.shape[1] != 2 or not 1 <= len(points) <= MOST_POINTS:
        raise DemoError(f"points have shape {points.shape}; draw 1 to {MOST_POINTS} points of two coordinates each")
    steps = (np.clip(np.nan_to_num(points), -2, 2) / POINT_UNIT).round().clip(-127, 127).astype(np.int8)
    return base64.b64encode(steps.tobytes()).decode()


def shrink(upload: Image.Image | bytes) -> np.ndarray:
    """Any picture as (28, 28) uint8: first frame, upright, transparency over black, grey, whole, black at its sides.

    Raises DemoError where it is no picture or too large; the size is read before any pixel is decoded.
    """
    image = open_file(upload) if isinstance(upload, bytes) else upload
    check_size(image)
    image.draft("L", (8 * SIDE, 8 * SIDE))  # a JPEG is decoded at the size that is needed
    grey = _grey(image, turned=True)
    wide, high = (max(1, round(side * SIDE / max(grey.size))) for side in grey.size)  # one pixel at least
    page = Image.new("L", (SIDE, SIDE))
    page.paste(
        grey.resize((wide, high), Image.Resampling.LANCZOS), (round((SIDE - wide) / 2), round((SIDE - high) / 2))
    )
    return np.array(page)


@functools.cache
def _sheet() -> np.ndarray:
    """(100, 28, 28) uint8, row by row; ten of each class, in the order of the classes."""
    with Image.open(SHEET) as image:
        pixels = np.asarray(image.convert("L"), np.uint8)
    rows = len(pixels) // SIDE
    return pixels.reshape(rows, SIDE, -1, SIDE).swapaxes(1, 2).reshape(-1, SIDE, SIDE)


def sample_picture(i: int) -> np.ndarray:
    """Bundled test picture i, (28, 28) uint8; its class is i // 10. Raises DemoError past the last one."""
    if not 0 <= i < SAMPLES:
        raise DemoError(f"picture is sample:{i}; choose sample:0 to sample:{SAMPLES - 1}")
    return np.array(_sheet()[i])


def from_base64(text: str, name: str) -> bytes:
    """Both alphabets, with or without a data URI's head or padding (links lose all of these now and then)."""
    text = text.partition(",")[2] if text.startswith("data:") else text
    text = text.strip().replace(" ", "+").translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise DemoError(f"{name} is no base64 text; draw it on the page, or leave it as it was copied") from None


def open_file(raw: bytes) -> Image.Image:
    """A picture from the bytes of its file, whole and not too large; raises DemoError where it is none."""
    if len(raw) > MOST_BYTES:
        raise DemoError(f"the file has {len(raw)} bytes; the limit is {MOST_BYTES}, choose a smaller picture")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # judged below, by our own limit
            image = Image.open(io.BytesIO(raw), formats=READ)
            check_size(image)
            if not getattr(image, "is_animated", False):
                image.verify()  # finds a file cut short; afterwards it has to be opened again
                image = Image.open(io.BytesIO(raw), formats=READ)
        return image
    except DemoError:
        raise
    except Image.DecompressionBombError:
        raise DemoError(f"the picture has more than {MOST_PIXELS} pixels; choose a smaller one") from None
    except Exception:  # on damaged files Pillow's readers raise whatever their code happens to
        raise DemoError("the file is no picture that can be read; choose a PNG or a JPEG") from None


def check_size(image: Image.Image) -> None:
    """Raises DemoError where the picture is empty or too large; no pixel is decoded."""
    width, height = image.size
    if min(width, height) < 1:
        raise DemoError(f"the picture is {width}x{height} pixels; choose one that is not empty")
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise DemoError(
            f"the picture is {width}x{height} pixels; choose one of at most {LONGEST_SIDE} a side "
            f"and {MOST_PIXELS // 1_000_000} million in all"
        )


def _grey(image: Image.Image, *, turned: bool = False) -> Image.Image:
    """The first frame in mode L, turned upright where asked. Raises DemoError where its pixels can't be read."""
    try:
        image.seek(0)
        return _flat(ImageOps.exif_transpose(image) if turned else image)
    except Exception as error:  # on damaged files Pillow's readers raise whatever their code happens to
        raise DemoError(f"the picture could not be read ({type(error).__name__}); choose another PNG or JPEG") from None


def _flat(image: Image.Image) -> Image.Image:
    """Mode L; transparent parts show black; deep grey is scaled from its own range."""
    if image.mode.startswith("I") or image.mode == "F":
        deep = np.asarray(image, np.float64)
        deep = np.where(np.isfinite(deep), deep, 0)
        low, high = deep.min(), deep.max()
        return Image.fromarray(((deep - low) / max(high - low, 1e-12) * 255).round().astype(np.uint8))
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, (0, 0, 0, 255)), layer)
    return image.convert("L")


def write_samples(seed: int = 0) -> Path:
    """Chooses ten test pictures of each class by `seed` and writes them as one sheet, a class a row."""
    from genai_demo.core.frames import sheet
    from genai_demo.data import fashion_mnist

    images, labels = fashion_mnist.load("test")
    random = np.random.default_rng(seed)
    picks = [random.choice(np.flatnonzero(labels == label), 10, replace=False) for label in range(10)]
    SHEET.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet(images[np.concatenate(picks)], 10)).save(SHEET, optimize=True)
    return SHEET


if __name__ == "__main__":
    print(write_samples())
