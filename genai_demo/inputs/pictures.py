"""A small picture that a visitor brings, carried inside the recipe as text: 28x28, grey.

It is base64 of a PNG (about 600 bytes), or "sample:37" for one of the bundled test pictures. `shrink` makes such a
picture of any upload.
"""

from __future__ import annotations

import base64
import functools
import io
import warnings

import numpy as np
from PIL import Image, ImageOps

from genai_demo.core.errors import DemoError
from genai_demo.core.home import ASSETS
from genai_demo.inputs.base64_text import from_base64

SIDE = 28  # pixels, both ways
LONGEST_PICTURE = 6000  # characters of base64
LONGEST_SIDE = 10_000  # pixels of an upload
MOST_PIXELS = 50_000_000
MOST_BYTES = 20_000_000
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
