"""Tables and charts of a deck, made from what the architectures declare and from the files of measured results."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from statistics import mean
from typing import Any

from genai_demo.core.errors import DemoError, among, shown
from genai_demo.core.registry import GROUPS, families, packages
from genai_demo.quality import laboratory_table
from genai_demo.results.recording import load_recording, recording_path

MEASURES = {
    "precision": "precision: made points that lie on the data, %",
    "coverage": "coverage: data that made points reach, %",
    "distance": "distance to the data (MMD); less is better",
}
COLOURS = ("#56b4e9", "#eda24d", "#35c49a", "#bb9fe4", "#f0e442", "#d55e00")  # after Okabe and Ito, on dark
REAL = {"size": 34, "symbol": "line-ns", "line": {"width": 6, "color": "#e9eaeb"}}  # a mark, not a rival
MOST_ROWS, MOST_PLAIN = {"architectures": 4}, 7  # of a table on one screen: with sentences in it, without


def facts(name: str) -> str:
    """What the program knows of an architecture, its runs and the size of its models."""
    package = packages()[name]
    sizes = sorted(spec.card["parameters"] for spec in getattr(package, "SPECS", ()) if spec.card.get("parameters"))
    runs = len(getattr(package, "RUNS", ()))
    said = f"{runs} {'run' if runs == 1 else 'runs'} to try"
    if not sizes:
        return f"{said}."
    least, most = (f"{size / 1e6:.2g} M" for size in (sizes[0], sizes[-1]))
    return f"{said}; models bundled here have {most if least == most else f'{least} to {most}'} parameters."


def in_order() -> list[str]:
    """Names of the architectures, by what they work on, then by title."""
    return sorted(families(), key=lambda name: (GROUPS.index(families()[name].group), families()[name].title))


def first_recorded(name: str) -> str:
    """The first run of an architecture that has a recording; "" where none has."""
    runs = [entry.name for entry in getattr(packages()[name], "RUNS", ())]
    return next((run for run in runs if recording_path(run).exists()), "")


def pages(of: str) -> int:
    """How many screens a table takes, whose rows a room can read. Raises DemoError where nothing was measured."""
    return -(-len(TABLES[of]()[1]) // MOST_ROWS.get(of, MOST_PLAIN))


def table(of: str, page: int = 0) -> str:
    """The HTML of a table, or of that part of it. Raises DemoError where nothing was measured or none has that name."""
    if of not in TABLES:
        raise DemoError(f"the table is of {shown(of)}; {among(of, TABLES)}")
    heads, rows = TABLES[of]()
    each = -(-len(rows) // pages(of)) if rows else 0
    rows = rows[page * each : (page + 1) * each]
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in heads)
    body = "".join(f"<tr><td>{html.escape(row[0])}</td>{_cells(heads, row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(heads: Sequence[str], row: Sequence[str]) -> str:
    """The cells after the first, which on a phone stand below each other, each with its heading."""
    pairs = zip(heads[1:], row[1:], strict=True)
    return "".join(f'<td data-head="{html.escape(head)}">{html.escape(cell)}</td>' for head, cell in pairs)


def _architectures() -> tuple[Sequence[str], list[Sequence[str]]]:
    known = [families()[name] for name in in_order()]
    return ("architecture", "works on", "what it does"), [(one.title, one.group, one.summary) for one in known]


def _laboratory() -> tuple[Sequence[str], list[Sequence[str]]]:
    """Means over all data sets and seeds, a row for each family."""
    rows: list[Sequence[str]] = [
        (laboratory_table.title(by), *(f"{_mean(by, name):.{digits}f}" for name, digits in _DIGITS))
        for by in _measured()
    ]
    return ("made by", "precision, %", "coverage, %", "distance (MMD)"), rows


_DIGITS = (("precision", 1), ("coverage", 1), ("distance", 3))
TABLES: dict[str, Callable[[], tuple[Sequence[str], list[Sequence[str]]]]] = {
    "architectures": _architectures,
    "laboratory": _laboratory,
}


def _measured() -> list[str]:
    return list(dict.fromkeys(score["by"] for score in laboratory_table.results()["scores"]))


def _mean(by: str, measure: str, data: str = "") -> float:
    scores = laboratory_table.results()["scores"]
    return float(mean(one[measure] for one in scores if one["by"] == by and (not data or one["data"] == data)))


def chart(of: str) -> dict[str, Any]:
    """A figure of Plotly as plain data. `of`: "laboratory coverage", or "run gan/points generator, discriminator".

    Raises DemoError where there is no such chart.
    """
    kind, _, rest = of.partition(" ")
    if kind not in CHARTS:
        raise DemoError(f"the chart is of {shown(of)}; {among(kind, CHARTS)}")
    return CHARTS[kind](rest.strip())


def _of_laboratory(measure: str) -> dict[str, Any]:
    if measure not in MEASURES:
        raise DemoError(f"the chart of the laboratory is of {shown(measure)}; {among(measure, MEASURES)}")
    data = list(dict.fromkeys(score["data"] for score in laboratory_table.results()["scores"]))
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": laboratory_table.title(by),
            "x": [_mean(by, measure, name) for name in data],
            "y": data,
            "marker": REAL if by == laboratory_table.REAL else {"size": 26, "color": COLOURS[i % len(COLOURS)]},
        }
        for i, by in enumerate(_measured())
    ]
    return _figure(traces, MEASURES[measure], "")


def _of_run(rest: str) -> dict[str, Any]:
    run, _, titles = rest.partition(" ")
    found = load_recording(run)
    if found is None:
        raise DemoError(f"{run} has no recording; make one with `python -m genai_demo record {run}`")
    frames = found["frames"]
    known = {one["title"]: one for frame in frames for one in frame["numbers"] if "chart" in one}
    wanted = [title.strip() for title in titles.split(",") if title.strip()]
    wrong = [title for title in wanted if title not in known]
    if wrong or not wanted:
        raise DemoError(f"{run} has no curve {shown(', '.join(wrong))}; {among(''.join(wrong[:1]), known)}")
    steps = [next((n["value"] for n in frame["numbers"] if n["title"] == "step"), None) for frame in frames]
    counted = None not in steps
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": title,
            "x": steps if counted else list(range(len(frames))),
            "y": [next((n["value"] for n in frame["numbers"] if n["title"] == title), None) for frame in frames],
            "line": {"width": 5, "color": COLOURS[i % len(COLOURS)]},
        }
        for i, title in enumerate(wanted)
    ]
    return _figure(traces, "step" if counted else "frame of the recording", known[wanted[0]]["unit"])


CHARTS: dict[str, Callable[[str], dict[str, Any]]] = {"laboratory": _of_laboratory, "run": _of_run}


def _figure(traces: list[dict[str, Any]], across: str, upwards: str) -> dict[str, Any]:
    font = {"size": 28, "color": "#e9eaeb", "family": "system-ui, sans-serif"}
    axis = {"gridcolor": "#2c3136", "zeroline": False, "automargin": True}
    layout = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": font,
        "margin": {"l": 20, "r": 30, "t": 20, "b": 20},
        "xaxis": {**axis, "title": {"text": across}, "nticks": 6},
        "yaxis": {**axis, "title": {"text": upwards}},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "showlegend": True,
    }
    return {"data": traces, "layout": layout}
