"""Plotly figures: built without a server, with named axes, in the colours of both looks."""

from __future__ import annotations

import importlib
import json
import math

import pytest

from genai_demo.core.registry import having, part
from genai_demo.quality import charts, laboratory_table

MODULES = ["genai_demo.quality.figures", *(str(part(name, "figures")) for name in having("figures"))]
MAKERS = {title: maker for name in MODULES for title, maker in importlib.import_module(name).figures().items()}


@pytest.mark.parametrize("title", MAKERS)
def test_a_figure_is_json_names_its_axes_and_says_what_it_shows(title: str) -> None:
    figure = MAKERS[title]()
    sent = json.loads(figure.to_json())
    assert len(sent["data"]) > 1
    axes = sent["layout"].get("scene", sent["layout"])
    named = [name for name in ("xaxis", "yaxis", "zaxis") if name in axes]
    assert len(named) == (3 if sent["data"][0]["type"] == "scatter3d" else 2)
    assert all(axes[name]["title"]["text"] for name in named)
    assert len(figure.layout.meta["said"]) > 40
    assert isinstance(figure.layout.meta["live"], bool)
    assert all(trace.name for trace in figure.data)


def test_dark_and_light_differ_in_ink_ground_and_colours() -> None:
    figure = next(iter(MAKERS.values()))()
    light = figure.layout.template.layout.to_plotly_json()
    dark = charts.painted(figure, dark=True).layout.template.layout.to_plotly_json()
    for name in ("font", "paper_bgcolor", "colorway"):
        assert light[name] != dark[name]


def test_the_comparison_shows_every_family_and_the_real_points_at_one() -> None:
    figure = MAKERS["All families on the same points: distance"]()
    names = {laboratory_table.title(by) for by in (*laboratory_table.families(), laboratory_table.REAL)}
    shown = {trace.name: trace for trace in figure.data}
    assert set(shown) == names
    assert all(math.isclose(value, 1) for value in shown[laboratory_table.REAL].y)
