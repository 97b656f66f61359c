"""Figures that compare all families: in the 2-D laboratory, and by the size of their models. Read from records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import mean
from typing import TYPE_CHECKING, Any

from genai_demo.core.errors import DemoError
from genai_demo.core.registry import families, packages
from genai_demo.core.spec import Bundled
from genai_demo.quality import laboratory_table
from genai_demo.quality.charts import SYMBOLS, finished

if TYPE_CHECKING:
    from plotly import graph_objects as go

Score = Mapping[str, Any]


def figures() -> dict[str, Callable[[], go.Figure]]:
    """Title -> maker."""
    return {
        "All families on the same points: distance": distance,
        "All families on the same points: precision and coverage": precision_coverage,
        "Fréchet distance against size": size,
    }


def distance() -> go.Figure:
    """Distance to the data over its floor, a colour a family; bars reach from the best seed to the worst."""
    from plotly import graph_objects as go

    figure = go.Figure()
    for by, sets in _scores().items():
        ratios = {data: [one["distance"] / one["floor"] for one in scores] for data, scores in sets.items()}
        figure.add_scatter(
            x=list(ratios),
            y=[mean(values) for values in ratios.values()],
            error_y=_ends(list(ratios.values())),
            name=laboratory_table.title(by),
            mode="markers",
            marker={"size": 10},
        )
    figure.update_layout(scattermode="group", scattergap=0.5)
    figure.update_xaxes(title="data set")
    figure.update_yaxes(title="distance (MMD) over that of real points", rangemode="tozero")
    said = f"Mean over the seeds, from the best to the worst; 1: as near as real points. {_budget()}"
    return finished(figure, said, live=False)


def precision_coverage() -> go.Figure:
    """Both shares of each family on each data set, a colour a family, a sign a set; bars reach over the seeds."""
    from plotly import graph_objects as go

    figure = go.Figure()
    for by, sets in _scores().items():
        both = [[[one[what] for one in scores] for scores in sets.values()] for what in ("coverage", "precision")]
        figure.add_scatter(
            x=[mean(values) for values in both[0]],
            y=[mean(values) for values in both[1]],
            error_x=_ends(both[0]),
            error_y=_ends(both[1]),
            text=list(sets),
            hovertemplate="%{text}<br>coverage %{x:.1f} %<br>precision %{y:.1f} %",
            name=laboratory_table.title(by),
            mode="markers",
            marker={"size": 10, "symbol": [SYMBOLS[i % len(SYMBOLS)] for i in range(len(sets))]},
        )
    figure.update_xaxes(title="coverage, % of the held-out points")
    figure.update_yaxes(title="precision, % of the made points")
    signs = ", ".join(f"{data} {SYMBOLS[i % len(SYMBOLS)]}" for i, data in enumerate(next(iter(_scores().values()))))
    said = f"Best is the upper right corner. Lines reach from the worst to the best seed. Signs: {signs}. {_budget()}"
    return finished(figure, said, live=False)


def size() -> go.Figure:
    """Every bundled model whose card has a Fréchet distance, against its parameters; a colour a family."""
    from plotly import graph_objects as go

    figure, floors = go.Figure(), set[float]()
    for name, family in families().items():
        cards = {
            spec.key: spec.card
            for spec in packages()[name].SPECS
            if isinstance(spec.sources[0], Bundled) and "frechet" in spec.card.get("quality", {})
        }
        if cards:
            floors |= {card["quality"]["frechet_train"] for card in cards.values()}
            figure.add_scatter(
                x=[card["parameters"] for card in cards.values()],
                y=[card["quality"]["frechet"] for card in cards.values()],
                text=list(cards),
                hovertemplate="%{text}<br>%{x:,} parameters<br>Fréchet distance %{y:.1f}",
                name=family.title,
                mode="markers",
                marker={"size": 11},
            )
    figure.update_xaxes(title="parameters", type="log")
    figure.update_yaxes(title="Fréchet distance to the test split, in features of the judge", rangemode="tozero")
    least = ", ".join(f"{floor:.2f}" for floor in sorted(floors))
    said = f"Lower is better; as many training pictures in the place of samples have {least}. Read from the cards."
    return finished(figure, said, live=False)


def _scores() -> dict[str, dict[str, list[Score]]]:
    """Scores by family (and real points), then by data set. Raises DemoError where nothing was measured."""
    found: dict[str, dict[str, list[Score]]] = {}
    for score in laboratory_table.results()["scores"]:
        found.setdefault(score["by"], {}).setdefault(score["data"], []).append(score)
    if not found:
        raise DemoError("assets/laboratory.json is empty; `python -m genai_demo quality lab` measures it")
    return found


def _ends(values: list[list[float]]) -> dict[str, Any]:
    """Error bars from the least to the most of each, about its mean."""
    return {
        "array": [max(one) - mean(one) for one in values],
        "arrayminus": [mean(one) - min(one) for one in values],
        "thickness": 1.2,
    }


def _budget() -> str:
    found = laboratory_table.results()
    return f"{found['samples']} points each, {len(found['seeds'])} seeds, the default options of each run."
