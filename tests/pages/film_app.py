"""A tiny app with film strips on made-up frames, for the browser tests and for looking at the strip by eye.

Run: python -m tests.pages.film_app 7861
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from genai_demo.frames import bars, curve, number, pack, pictures, plane
from genai_demo.recipe import Recipe, versions
from pages._filmstrip import FilmStrip, final_value, live_value
from pages._parts import ROUTE, head

RECIPE = {"run": "dummy/film", "options": {"word": "Grüße", "steps": 20}, "seed": 7, "versions": versions()}


@dataclass(frozen=True, slots=True, eq=False)
class PictureStep:
    index: int
    total: int
    sigma: float = number("noise left", unit="sigma")
    mse: float = curve("error", unit="grey levels")
    x: np.ndarray = pictures("x_t, noisy")
    x0: np.ndarray = pictures("x0, best guess")
    eps: np.ndarray = pictures("predicted noise")


@dataclass(frozen=True, slots=True, eq=False)
class PlaneStep:
    index: int
    total: int
    train: float = curve("training", unit="nats", chart="loss")
    test: float = curve("test", unit="nats", chart="loss")
    field: np.ndarray | None = plane("samples", "heat")
    data: np.ndarray | None = plane("samples", "real")
    points: np.ndarray = plane("samples", "generated")
    rival: np.ndarray = plane("samples", "other")
    arrows: np.ndarray = plane("vector field", "vectors")
    paths: np.ndarray = plane("paths", "paths")
    kl: np.ndarray = bars("KL per dimension", unit="nats", note="Dimension 1 is used most.")


def picture_frames(steps: int = 20, count: int = 8) -> Iterator[PictureStep]:
    """Noise that turns into discs; grey pictures 28x28."""
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(count, 28, 28))
    y, x = np.mgrid[-1:1:28j, -1:1:28j]
    clean = np.stack([np.hypot(x - 0.1 * k % 0.3, y) < 0.2 + 0.08 * k for k in range(count)]) * 2.0 - 1
    for i in range(steps):
        share = 1 - (i + 1) / steps
        grey = [np.clip(127.5 + 127.5 * v, 0, 255).astype(np.uint8) for v in (
            np.sqrt(1 - share**2) * clean + share * noise, (1 - share**3) * clean, noise * 0.4)]  # fmt: skip
        yield PictureStep(i, steps, share, 100 * share**2 + 3, *grey)


def plane_frames(steps: int = 40) -> Iterator[PlaneStep]:
    """Points that fall onto a ring; heat and real data only in the first frame."""
    rng = np.random.default_rng(1)
    angle = rng.uniform(0, 2 * np.pi, 300)
    ring = np.stack([np.cos(angle), np.sin(angle)], 1) + rng.normal(0, 0.04, (300, 2))
    start = rng.normal(0, 0.7, (300, 2))
    y, x = np.mgrid[1.5:-1.5:32j, -1.5:1.5:32j]
    grid = np.stack(np.meshgrid(np.linspace(-1.2, 1.2, 9), np.linspace(-1.2, 1.2, 9)), -1).reshape(-1, 2)
    for i in range(steps):
        t = (i + 1) / steps
        points = (1 - t) * start + t * ring
        pull = grid * (1 - np.linalg.norm(grid, axis=1, keepdims=True)) * 0.3 * t
        trail = np.stack([(1 - s) * start[:40] + s * ring[:40] for s in np.linspace(0, t, 12)], 1)
        first = {"field": np.sin(3 * np.hypot(x, y)) - 0.3, "data": ring} if i == 0 else {"field": None, "data": None}
        yield PlaneStep(i, steps, 2 * np.exp(-3 * t) + 0.1, 2 * np.exp(-2 * t) + 0.3, points=points,
                        rival=0.5 * points[:60], arrows=np.concatenate([grid, pull], 1), paths=trail,
                        kl=np.exp(-np.arange(16) / 4) * t * 3, **first)  # fmt: skip


def streamed(frames: Iterator[Any], fps: float, pause_ms: float = 0.0) -> Iterator[dict[str, Any]]:
    run, sent, due = uuid.uuid4().hex, [], time.monotonic()
    for i, frame in enumerate(frames):
        sent.append(pack(frame))
        yield live_value(run, i, sent[-1], RECIPE, frame.total)
        due += 1 / fps + pause_ms / 1000
        time.sleep(max(0.0, due - time.monotonic()))
    yield final_value(run, sent, RECIPE, note="0.42 s, 11 ms per step")


def build() -> gr.Blocks:
    with gr.Blocks(title="Film strip") as demo:
        recorded = final_value("recorded-planes", [pack(frame) for frame in plane_frames()], RECIPE, "recorded")
        seen = gr.Textbox(elem_id="seen", label="seen", visible="hidden")
        pictures_ = FilmStrip(label="Pictures `${1+1}` {{x}}", elem_id="pictures")
        with gr.Row():
            go, slow = gr.Button("Start", elem_id="start"), gr.Button("Slowly", elem_id="slow")
            stop, ask = gr.Button("Stop", elem_id="stop"), gr.Button("Ask", elem_id="ask")
        planes = FilmStrip(recorded, label="Planes", elem_id="planes")
        event = go.click(lambda: (yield from streamed(picture_frames(60), 30)), None, pictures_, show_progress="hidden")
        other = slow.click(
            lambda: (yield from streamed(picture_frames(40), 8)), None, pictures_, show_progress="hidden"
        )
        stop.click(None, cancels=[event, other])
        ask.click(lambda value: str(value), pictures_, seen)
        planes.scrub(_scrubbed, None, seen)
    return demo


def bench(count: int, fps: float) -> gr.Blocks:
    """Only a strip and a button that streams `count` frames, for the benchmark."""
    with gr.Blocks(title="Film strip") as demo:
        strip, go = FilmStrip(label="Pictures", elem_id="pictures"), gr.Button("Start", elem_id="start")
        go.click(lambda: (yield from streamed(picture_frames(count), fps)), None, strip, show_progress="hidden")
    return demo


def _scrubbed(event: gr.EventData) -> str:
    return f"scrubbed {event.index}"


def launch_options() -> dict[str, Any]:
    return {"head": head(), "ssr_mode": False, "quiet": True, "app_kwargs": {"routes": [ROUTE]}}


if __name__ == "__main__":
    Recipe(**RECIPE)
    build().launch(server_port=int(sys.argv[1]) if len(sys.argv) > 1 else 7861, **launch_options())
