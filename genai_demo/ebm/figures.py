"""The landscape of an energy, as a surface to turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from genai_demo.quality.charts import finished

if TYPE_CHECKING:
    from plotly import graph_objects as go

SETS = ("moons", "ring")
STEPS = 300  # of the training that is looked at


def figures() -> dict[str, Callable[[], go.Figure]]:
    """Title -> maker, a data set each."""
    return {f"The energy of the {name}, to turn": partial(surface, name) for name in SETS}


def surface(data: str) -> go.Figure:
    """E above its lowest place after a short training, cut where the heat map is."""
    from plotly import graph_objects as go

    from genai_demo.core.device import threads
    from genai_demo.ebm import chains, learning
    from genai_demo.ebm.drawing import HIGH, heights
    from genai_demo.ebm.energy import CELLS, cells, landscape
    from genai_demo.ebm.options import TrainedOptions
    from genai_demo.quality.laboratory import SHOWN

    options = TrainedOptions.parse({"data": data, "steps": STEPS})
    with threads(1):
        learnt, kept, _ = learning.task(options, SHOWN, 0)
        energy = chains.known(options, 0, learnt)
        height, _ = landscape(energy)
        at = (energy(kept[:SHOWN]) - height.min()).clamp(max=HIGH)
    x, y = cells().reshape(CELLS, CELLS, 2).unbind(2)
    figure = go.Figure()
    figure.add_scatter3d(
        x=kept[:SHOWN, 0].tolist(),
        y=kept[:SHOWN, 1].tolist(),
        z=at.tolist(),
        name="held-out points",
        mode="markers",
        marker={"size": 2},
        hoverinfo="skip",
    )
    figure.add_surface(
        name="energy",
        x=x[0].tolist(),
        y=y[:, 0].tolist(),
        z=heights(height).tolist(),
        colorscale="Blues",
        showscale=False,
        hovertemplate="x %{x:.2f}, y %{y:.2f}<br>energy %{z:.1f}<extra></extra>",
    )
    titles = {"xaxis_title": "first coordinate", "yaxis_title": "second coordinate", "zaxis_title": "energy"}
    figure.update_scenes(**titles, aspectratio={"x": 1, "y": 1, "z": 0.5})
    said = (
        f"The energy after {STEPS} training steps, default options and seed 0, above its lowest place and cut at "
        f"{HIGH:g}. Points that were held out lie in its hollows."
    )
    return finished(figure, said, live=True)
