"""A tiny app with the pads and a made-up latent plane, for the browser tests and for looking at them by eye.

Run: python -m tests.pages.pads_app 7861
"""

from __future__ import annotations

import base64
import io
import json
import sys
import time
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from genai_demo.core.errors import DemoError
from pages.parts.pads.pads import PicturePad, PointPad
from pages.parts.plane.plane import LatentPlane, plane_update
from pages.parts.scripts import ROUTES
from pages.parts.theme import ROOT, looks

CALLS: list[tuple[float, float]] = []  # what the plane asked for, in order
AT_ONCE = [0, 0]  # decodings in progress now, and the most there have been
DELAY_S = [0.0]  # how long a made-up decoding takes


def uri(picture: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def disc(x: float, y: float) -> np.ndarray:
    """A disc that moves and grows with the place, (28, 28) uint8."""
    v, u = np.mgrid[-1:1:28j, -1:1:28j]
    far = np.hypot(u - x / 8, v + y / 8) - 0.4 - 0.05 * x
    return np.clip(127 - 900 * far, 0, 255).astype(np.uint8)


def decode(x: float, y: float, context: str = "") -> str:
    CALLS.append((x, y))
    AT_ONCE[:] = [AT_ONCE[0] + 1, max(AT_ONCE[1], AT_ONCE[0] + 1)]
    time.sleep(DELAY_S[0])
    AT_ONCE[0] -= 1
    if x > 3.9 and y > 3.9:
        raise DemoError("x is past 3.9; stay within the plane")
    return uri(disc(x, y) if context != "negative" else 255 - disc(x, y))


def codes() -> tuple[np.ndarray, np.ndarray]:
    """1,000 made-up codes in ten clouds: (1000, 2) and labels (1000,)."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(10), 100)
    angle, far = labels * 2 * np.pi / 10, 1.2 + 0.9 * (labels % 2)
    centres = np.stack([far * np.cos(angle), far * np.sin(angle)], 1)
    return centres + rng.normal(0, 0.35, (1000, 2)), labels


def manifold() -> str:
    rows = [np.concatenate([disc(x, y) for x in np.linspace(-4, 4, 12)], 1) for y in np.linspace(4, -4, 12)]
    return uri(np.concatenate(rows))


def build() -> gr.Blocks:
    with gr.Blocks(title="Pads") as demo:
        with gr.Row(elem_classes="page"):
            with gr.Column(elem_classes="panel-controls", min_width=280, scale=0):
                picture = PicturePad(label="Picture", info="The picture to encode", elem_id="picture")
                mask = PicturePad("", label="Paint anew", mask=True, backdrop_from="picture", elem_id="mask")
                points = PointPad(label="Your points", elem_id="points")
            with gr.Column(elem_classes="panel-stage", min_width=320):
                spots, labels = codes()
                plane = LatentPlane(
                    decode,
                    {"x": 0.5, "y": -0.5},
                    points=spots,
                    labels=labels,
                    backdrop=manifold(),
                    elem_id="plane",
                    picture=uri(disc(0.5, -0.5)),
                )
                seen = gr.Textbox(elem_id="seen", label="seen")
                link = gr.Textbox(elem_id="link", label="link")
                with gr.Row():
                    restore = gr.Button("Restore", elem_id="restore")
                    other = gr.Button("Negative", elem_id="other")
                    empty = gr.Button("Empty event", elem_id="empty")
        with gr.Tabs():
            gr.Tab("First")
            with gr.Tab("Later"):
                later = PicturePad("sample:5", label="In a tab", elem_id="later")
        demo.load(gr.skip, None, later, queue=False)  # reaches it before it is on the page
        pads = [picture, mask, points, plane]
        gr.on([pad.input for pad in pads], _seen, pads, seen, queue=False, show_progress="hidden")
        restore.click(_restored, link, [*pads, seen], queue=False, show_progress="hidden")
        other.click(lambda: plane_update(context="negative"), None, plane, queue=False)
        empty.click(lambda: None, None, None, queue=False)
    return demo


def _seen(*values: Any) -> str:
    return json.dumps(dict(zip(("picture", "mask", "points", "plane"), values, strict=True)))


def _restored(text: str) -> list[Any]:
    *texts, place = json.loads(text)
    return [*texts, plane_update(value=place, context=""), ""]


def launch_options() -> dict[str, Any]:
    images = Mount("/images", StaticFiles(directory=ROOT / "assets" / "images"))
    return {**looks(), "ssr_mode": False, "quiet": True, "app_kwargs": {"routes": [images, *ROUTES]}}


if __name__ == "__main__":
    build().launch(server_port=int(sys.argv[1]) if len(sys.argv) > 1 else 7861, **launch_options())
