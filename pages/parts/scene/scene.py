"""A picker of pictures whose fourth way is to build one: things of the picture world, dragged onto a canvas.

    one = ScenePicker("world:12", library=pictures, label="Picture", elem_id="one", most=1)

It has all of PicturePicker; a scene that was built is the text "built:small red house 25 60; grey" (data/world_built).
The builder's script, and what it draws with, are fetched when it is opened.
"""

from __future__ import annotations

import functools
import hashlib
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from genai_demo.data import world_built, world_svg
from genai_demo.data.world import BACKGROUNDS
from genai_demo.data.world_kinds import KINDS
from pages.parts.picker.picker import TOOLS, Library, PicturePicker
from pages.parts.scripts import KEPT, address

BUILD = ("build", "build", "Build")


class ScenePicker(PicturePicker):
    """As PicturePicker, with the builder; a scene that was picked is changed in it."""

    def __init__(self, value: str = "", *, library: Library, label: str, elem_id: str, **kwargs: Any) -> None:
        super().__init__(
            value,
            library=library,
            label=label,
            elem_id=elem_id,
            tools=(*TOOLS, BUILD),
            more={"scene": address("scene.js"), "things": things_address()},
            **kwargs,
        )


@functools.cache
def things() -> bytes:
    """What the builder draws with, as JSON: symbols of the kinds, colours, backgrounds, radii, the most of them."""
    drawn, colours = world_svg.symbols()
    return json.dumps(
        {
            "symbols": drawn,
            "kinds": list(KINDS),
            "colours": colours,
            "backgrounds": {name: "#{:02x}{:02x}{:02x}".format(*colour) for name, colour in BACKGROUNDS.items()},
            "radii": dict(world_built.RADII),
            "most": world_built.MOST,
        }
    ).encode()


def things_address() -> str:
    """Where they lie; it changes with the content."""
    return f"./things.json?{hashlib.sha256(things()).hexdigest()[:12]}"


async def _serve(request: Request) -> Response:
    return Response(things(), media_type="application/json", headers=KEPT)


ROUTE = Route("/things.json", _serve)
