"""What the films on the front page are cut from: the recordings, unpacked again. No model is needed.

Each function takes a run and the title of a lane and gives what the frames have there, in their order; frames without
that lane are left out. Raises DemoError where the run has no recording.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from PIL import Image

from genai_demo.core.errors import DemoError
from genai_demo.core.wire import PackedFrame
from genai_demo.results.recording import load_recording


def frames(run: str) -> Sequence[PackedFrame]:
    """The frames of a run's recording, shared: do not change them."""
    found = load_recording(run)
    if found is None:
        raise DemoError(f"{run} has no recording; make one with `python -m genai_demo record {run}`")
    return found["frames"]


def _lanes(run: str, title: str) -> Iterator[Any]:
    return (frame["lanes"][title] for frame in frames(run) if title in frame["lanes"])


def pictures(run: str, title: str) -> Iterator[np.ndarray]:
    """(n, height, width) or (n, height, width, 3) uint8."""
    for lane in _lanes(run, title):
        whole = np.asarray(Image.open(io.BytesIO(base64.b64decode(lane["src"].partition(",")[2]))))
        high, wide, columns = lane["h"], lane["w"], lane["columns"]
        places = [divmod(k, columns) for k in range(lane["n"])]
        yield np.stack([whole[y * high : (y + 1) * high, x * wide : (x + 1) * wide] for y, x in places])


def points(run: str, title: str, kind: str) -> Iterator[np.ndarray]:
    """The layers "real", "generated" or "other", (n, 2), from -1 to 1 across the plane."""
    for lane in _lanes(run, title):
        for layer in lane["layers"]:
            if layer["as"] == kind:
                yield _int16(layer["data"]).reshape(layer["shape"]) * 2


def matrices(run: str, title: str) -> Iterator[np.ndarray]:
    """(k, rows, columns), as the run gave them."""
    for lane in _lanes(run, title):
        yield _int16(lane["data"]).reshape(lane["shape"]) * lane["scale"]


def _int16(data: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(data), "<i2") / np.float32(32767)
