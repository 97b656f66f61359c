"""What all Plotly figures share: colours for light and dark, named axes, a sentence on what is shown.

A figures.py has `figures() -> dict[str, Callable[[], go.Figure]]`, title -> maker. Makers import plotly when called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plotly import graph_objects as go

COLOURS = {  # Okabe and Ito; lighter on a dark ground
    False: ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B88A00", "#3C9BDB", "#7A7A7A"),
    True: ("#56B4E9", "#F08A4B", "#2FBF97", "#E5A0C6", "#F0B840", "#8CCBF0", "#A6A6A6"),
}
INK = {False: ("#1b1d1f", "#ffffff", "#d5d6d0"), True: ("#e9eaeb", "#1a1d20", "#3a4046")}  # text, ground, lines
SYMBOLS = ("circle", "diamond", "square", "cross", "square-open", "circle-open")  # known to plane and space
HEIGHT = 560  # pixels
EYE = {"x": 1.75, "y": 1.75, "z": 1.1}  # of who looks at a space: far enough for the names of its axes


def finished(figure: go.Figure, said: str, *, live: bool) -> go.Figure:
    """A figure as all look, in light colours. said: what it shows; live: computed now, else read from a record."""
    figure.update_layout(
        meta={"said": said, "live": live},
        height=HEIGHT,
        margin={"l": 8, "r": 8, "t": 16, "b": 8},
        legend={"orientation": "h", "yanchor": "top", "y": -0.2, "itemsizing": "constant"},
    )
    return painted(figure, dark=False)


def painted(figure: go.Figure, *, dark: bool) -> go.Figure:
    """The same figure in the colours of the light or the dark look; traces take theirs from the colourway."""
    ink, ground, line = INK[dark]
    axis = {"gridcolor": line, "zerolinecolor": line, "linecolor": line, "automargin": True}
    space: dict[str, Any] = {name: {**axis, "backgroundcolor": ground} for name in ("xaxis", "yaxis", "zaxis")}
    for each in space.values():
        del each["automargin"]
        each["title"] = {"font": {"size": 12}}
    layout = {
        "colorway": COLOURS[dark],
        "font": {"color": ink, "family": "system-ui, sans-serif", "size": 13},
        "paper_bgcolor": ground,
        "plot_bgcolor": ground,
        "xaxis": axis,
        "yaxis": axis,
        "scene": {**space, "camera": {"eye": EYE}},
    }
    return figure.update_layout(template={"layout": layout})
