"""A button that turns a heat map of a film into a surface: drag it, or use the arrow keys; it follows the film.

    Surface(bench_id("ebm/points"), lane="the energy, and downhill", points="the chains, and the density")

Plotly's script, which draws it, is fetched at the first press, from the installed package.
"""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path

import gradio as gr
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from pages.parts.scripts import KEPT, call, literal

HEIGHT = "energy"  # what the vertical axis is named


class Surface(gr.HTML):
    """lane: title of the plane whose heat is the height; points: of the one whose generated points lie on it."""

    def __init__(self, bench: str, *, lane: str, points: str, words: str = "Turn the landscape") -> None:
        version = distribution("plotly").version
        super().__init__(
            html_template=f'<button type="button" class="surface-turn" aria-pressed="false">{literal(words)}</button>',
            js_on_load=call(
                "surface", bench=bench, lane=lane, points=points, height=HEIGHT, script=f"./plotly.js?{version}"
            ),
            apply_default_css=False,
            elem_classes="surface-place",
        )


async def _script(request: Request) -> Response:
    """Plotly's script as the installed package has it."""
    path = Path(str(distribution("plotly").locate_file("plotly/package_data/plotly.min.js")))
    return FileResponse(path, media_type="text/javascript", headers=KEPT)


ROUTE = Route("/plotly.js", _script)
