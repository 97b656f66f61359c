"""A tiny app with film strips on made-up frames, for the browser tests and for looking at the strip by eye.

Run: python -m tests.pages.film_app 7861
"""

from __future__ import annotations

import re
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np

from genai_demo.core.frames import (
    Stage,
    Tok,
    bars,
    curve,
    listing,
    matrix,
    number,
    pack,
    pictures,
    plane,
    prose,
    ranked,
    stages,
    tokens,
)
from genai_demo.core.recipe import Recipe, versions
from pages.parts.film.strip import FilmStrip, final_value, live_value
from pages.parts.scripts import ROUTES, head

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
        grey = [
            np.clip(127.5 + 127.5 * v, 0, 255).astype(np.uint8)
            for v in (np.sqrt(1 - share**2) * clean + share * noise, (1 - share**3) * clean, noise * 0.4)
        ]
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
        yield PlaneStep(
            i,
            steps,
            2 * np.exp(-3 * t) + 0.1,
            2 * np.exp(-2 * t) + 0.3,
            points=points,
            rival=0.5 * points[:60],
            arrows=np.concatenate([grid, pull], 1),
            paths=trail,
            kl=np.exp(-np.arange(16) / 4) * t * 3,
            **first,
        )


@dataclass(frozen=True, slots=True, eq=False)
class TextStep:
    """A token of a made-up language model, with all kinds of text lanes."""

    index: int
    total: int
    labels: tuple[str, ...]
    heads: tuple[str, ...]
    entropy: float = curve("entropy", unit="bits")
    answer: tuple[Tok, ...] = tokens("answer", grows=True)
    choices: tuple[Tok, ...] = ranked("next token", unit="probability", pick=True)
    funnel: tuple[Stage, ...] = stages("from logits to the choice", unit="probability")
    attention: np.ndarray | None = matrix("attention", rows="labels", columns="labels", names="heads", triangle=True)
    change: np.ndarray | None = matrix("change", rows="labels", columns="heads", signed=True)
    line: str = listing("code")
    said: str = prose("what happens")


TOLD = (
    "The lighthouse keeper wrote <script>document.title='no'</script> in her book:\n\nTonight the fog came in from the"
    " west, and nobody could see the pier. I rang the bell 24 times (twice an hour) until morning.\n"
)
CODE = "weights = softmax(q @ k.T / head ** 0.5)  # (n, n)\nvalue = weights @ v"
RIVALS = (" the", " a", "\n", " bell", " <b>no</b>", " fog", " שלום", " antidisestablishmentarianism")


def text_frames(steps: int = 40) -> Iterator[TextStep]:
    """A prompt, then a token a frame, its rivals, how it was drawn, what it looked at."""
    rng = np.random.default_rng(2)
    parts = re.findall(r" ?\w+| ?[^\w\s]|\s", TOLD)
    prompt = tuple(Tok(text, None, "prompt", i) for i, text in enumerate(("Write", " a", " short", " diary", ".\n")))
    seen = [tok.text for tok in prompt]
    for i in range(steps):
        text = parts[i % len(parts)]
        seen.append(text)
        share = np.sort(rng.dirichlet(np.full(len(RIVALS) + 1, 0.35)))[::-1]
        taken = 0 if rng.random() < 0.7 else 1
        names = [*RIVALS[:taken], text, *RIVALS[taken:]]
        new = Tok(text, float(share[taken]), "", 100 + i, "drawn at random" if taken else "the most likely one")
        n = min(len(seen), 24)
        weights = np.tril(rng.dirichlet(np.full(n, 0.2), (6, n)))
        choices = [Tok(names[k], float(share[k]), "picked" if k == taken else "", 300 + k) for k in range(len(names))]
        yield TextStep(
            i,
            steps,
            tuple(seen[:24]),
            tuple(f"head {k + 1}" for k in range(6)),
            float(-share @ np.log2(share + 1e-9)),
            (*(prompt if i == 0 else ()), new),
            tuple(choices),
            _funnel(names, share, taken),
            weights if i % 2 == 0 else None,
            rng.normal(size=(n, 6)),
            CODE,
            f"Token {i + 1} is drawn: {text!r}.",
        )


def _funnel(names: list[str], share: np.ndarray, taken: int) -> tuple[Stage, ...]:
    def column(name: str, note: str, p: np.ndarray, keep: int, logits: np.ndarray | None = None) -> Stage:
        def kind(k: int) -> Any:
            return "off" if k >= keep else "picked" if name == "choice" and k == taken else ""

        toks = [
            Tok(names[k], float(p[k]), kind(k), 300 + k, "", None if logits is None else float(logits[k]))
            for k in range(len(names))
        ]
        return Stage(name, note, tuple(toks))

    cold = share**1.4 / (share**1.4).sum()
    three = np.where(np.arange(len(share)) < 5, cold, 0)
    last = np.where(np.arange(len(share)) < 3, cold, 0)
    return (
        column("logits", "as the network gives them", share / share[0], 9, np.log(share + 1e-4) + 9),
        column("temperature 0.7", "sharper", cold, 9),
        column("top-k 5", "four are dropped", three / three.sum(), 5),
        column("top-p 0.9", "two more are dropped", last / last.sum(), 3),
        column("choice", "drawn with the seed", last / last.sum(), 3),
    )


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
        FilmStrip(recorded, label="Planes", elem_id="planes")
        texts = FilmStrip(
            final_value("recorded-texts", [pack(frame) for frame in text_frames()], RECIPE, "recorded"),
            label="Texts",
            elem_id="texts",
        )
        fast = gr.Button("Tokens", elem_id="fast")
        fast.click(lambda: (yield from streamed(text_frames(200), 60)), None, texts, show_progress="hidden")
        texts.pick(_picked, None, seen)
        event = go.click(lambda: (yield from streamed(picture_frames(60), 30)), None, pictures_, show_progress="hidden")
        other = slow.click(
            lambda: (yield from streamed(picture_frames(40), 8)), None, pictures_, show_progress="hidden"
        )
        stop.click(None, cancels=[event, other])
        ask.click(lambda value: str(value), pictures_, seen)
    return demo


def bench(count: int, fps: float) -> gr.Blocks:
    """Only a strip and a button that streams `count` frames, for the benchmark."""
    with gr.Blocks(title="Film strip") as demo:
        strip, go = FilmStrip(label="Pictures", elem_id="pictures"), gr.Button("Start", elem_id="start")
        go.click(lambda: (yield from streamed(picture_frames(count), fps)), None, strip, show_progress="hidden")
    return demo


def _picked(event: gr.EventData) -> str:
    return f"picked {event.lane}, frame {event.frame}, item {event.item}, id {event.id}, {event.text!r}"


CSS = "#texts { --family: #0072b2; } .dark #texts { --family: #56b4e9; }"


def launch_options() -> dict[str, Any]:
    return {"head": head(), "css": CSS, "ssr_mode": False, "quiet": True, "app_kwargs": {"routes": ROUTES}}


if __name__ == "__main__":
    Recipe(**RECIPE)
    build().launch(server_port=int(sys.argv[1]) if len(sys.argv) > 1 else 7861, **launch_options())
