"""The latent plane above the film of vae/decode: move on it, and what lies there is decoded."""

from __future__ import annotations

import base64
import functools
import io
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import pack, png_uri
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.spec import find_spec
from genai_demo.results.recording import load_recording, recorded_recipe
from pages.parts.bench import Panel
from pages.parts.plane.plane import LatentPlane, plane_update
from pages.parts.stream import kind, last_frame
from pages.parts.wiring import ASIDE

LIMIT = 4.0  # standard deviations shown on each side, as in vae/manifold's recording
SIDE = 17  # cells of the backdrop on a side; odd, so that one lies in the middle
START = {
    "x": 1.0,
    "y": -1.5,
}  # a place on a cell of the backdrop that decodes to a plain boot; the middle is a grey blur


def decode(x: float, y: float, model: str = "") -> str:
    """The decoding at a place, as a data URI. Raises DemoError where the place or the model is not to be had."""
    return png_uri(last_frame(Recipe("vae/decode", {"x": x, "y": y}, model=model or None)).decoded[0])


def latent_plane() -> LatentPlane:
    """The component, opening on the recorded plane."""
    recorded = _recorded()
    return LatentPlane(
        decode,
        START,
        limit=LIMIT,
        backdrop=_smaller(recorded),
        picture=_at_start(recorded),
        elem_id="latent-plane",
        render=False,
        label="Latent plane",
        info="Live: click or drag, and the decoder draws what lies there.",
    )


def wire(panel: Panel) -> None:
    """Plane and controls of the bench follow each other; a change of model changes the plane."""
    plane, model, x, y = panel.stage, panel.model, panel.controls["x"], panel.controls["y"]
    assert model is not None
    plane.input(None, plane, [x, y], js="(place) => [+place.x.toFixed(2), +place.y.toFixed(2)]")
    gr.on([x.input, y.input], None, [x, y], plane, js="(x, y) => ({x, y})")
    gr.on(fn=_of, inputs=[model, x, y], triggers=[model.change], outputs=plane, **ASIDE)
    panel.also[plane] = lambda options: {"x": options["x"], "y": options["y"]}
    app = gr.context.Context.root_block
    assert app is not None
    app.load(_opens, [model, x, y], plane, **ASIDE)


@kind
def _of(model: Any, x: Any, y: Any) -> Any:
    """The plane of a model: its test codes by class, its manifold behind them, its picture at the cursor."""
    key = str(model)
    if find_spec(key).architecture != "vae":
        raise DemoError(f"model is {key[:40]}; choose one of the menu")
    points, labels, axes, backdrop = _background(key)
    return plane_update(
        LIMIT,
        points=points,
        labels=labels,
        axes=axes,
        backdrop=backdrop,
        context=key,
        picture=decode(float(x or 0), float(y or 0), key),
    )


@kind
def _opens(model: Any, x: Any, y: Any) -> Any:
    """The same as the page opens, without the backdrop where the page has that of this model already."""
    update: dict[str, Any] = _of(model, x, y)
    try:
        recipe = recorded_recipe("vae/manifold") or {}
    except DemoError:
        return update
    if _recorded() and recipe.get("model") == str(model):
        del update["backdrop"]
    return update


@functools.lru_cache(maxsize=16)
def _background(key: str) -> tuple[Any, Any, list[str], str]:
    from genai_demo.vae.latent_plane import background

    found = background(load(find_spec(key)))
    last = last_frame(Recipe("vae/manifold", {"size": SIDE, "extent": LIMIT}, model=key))
    axes = [f"z{found.across}", f"z{found.upwards}"]
    return found.points, found.labels, axes, _sheet(pack(last))


@functools.cache
def _recorded() -> str:
    try:
        found = load_recording("vae/manifold")
    except DemoError:
        return ""
    return _sheet(found["frames"][-1]) if found and found["recipe"]["options"]["size"] == SIDE else ""


def _smaller(uri: str) -> str:
    """A backdrop as WebP, since it travels with the page at each visit; "" stays."""
    if not uri:
        return ""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) as picture:
        picture.save(buffer, "WEBP", quality=80, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()


def _at_start(backdrop: str) -> str:
    """The cell of the recorded plane that is the decoding at START."""
    if not backdrop:
        return ""
    with Image.open(io.BytesIO(base64.b64decode(backdrop.partition(",")[2]))) as sheet:
        cell = sheet.width // SIDE
        across, down = (round((LIMIT + way) / (2 * LIMIT) * (SIDE - 1)) * cell for way in (START["x"], -START["y"]))
        return png_uri(np.asarray(sheet.crop((across, down, across + cell, down + cell))))


def _sheet(packed: Any) -> str:
    """The data URI of the grid in a packed frame of vae/manifold."""
    return next(str(lane["src"]) for lane in packed["lanes"].values() if lane["kind"] == "pictures")
