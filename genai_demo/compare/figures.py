"""Quality against cost, measured now: the trained models of clothes, and the language models, each a point."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.quality.cards import card
from genai_demo.quality.charts import finished

if TYPE_CHECKING:
    from plotly import graph_objects as go

DRAWN = 10  # pictures of each


def figures() -> dict[str, Callable[[], go.Figure]]:
    """Title -> maker."""
    return {
        "Clothes: distance against milliseconds a picture": pictures,
        "Text: bits a byte against milliseconds a token": text,
    }


def pictures() -> go.Figure:
    """Every trained model of clothes, a colour each: Fréchet distance of its card against time measured now."""
    from plotly import graph_objects as go

    from genai_demo.compare import clothes

    figure, last = go.Figure(), _last("compare/clothes", samples=DRAWN)
    for one in clothes.MODELS:
        figure.add_scatter(
            x=[getattr(last, f"{one.name}_ms")],
            y=[card(one.key)["quality"][f"frechet{one.at}"]],
            name=one.title,
            hovertemplate="%{x:.2f} ms<br>Fréchet distance %{y:.1f}",
            mode="markers",
            marker={"size": 12},
        )
    figure.update_xaxes(title="milliseconds a picture, on this machine", type="log")
    figure.update_yaxes(title="Fréchet distance to test pictures, from the card", rangemode="tozero")
    floor = card(clothes.MODELS[0].key)["quality"]["frechet_train"]
    said = f"Best is the lower left corner; training pictures have {floor:.2f}. {DRAWN} pictures of each, drawn now."
    return finished(figure, said, live=True)


def text() -> go.Figure:
    """Those that go on with a text: bits a byte of text held out against the time of a token, measured now."""
    from plotly import graph_objects as go

    from genai_demo.compare import words

    figure, last = go.Figure(), _last("compare/words")
    for one in (kind for kind in words.KINDS if not kind.run):
        figure.add_scatter(
            x=[getattr(last, f"{one.name}_ms")],
            y=[card(one.key)["quality"]["bits_per_byte"]],
            name=one.title,
            hovertemplate="%{x:.1f} ms<br>%{y:.3f} bits a byte",
            mode="markers",
            marker={"size": 12},
        )
    figure.update_xaxes(title="milliseconds a token, on this machine", rangemode="tozero")
    figure.update_yaxes(title="bits a byte of text held out, from the card")
    said = "Best is the lower left corner. All learnt the same text for as many steps; one sentence, gone on with now."
    return finished(figure, said, live=True)


def _last(name: str, **options: object) -> Any:
    """The last frame of a run."""
    return deque(run(Recipe(name, options)), maxlen=1)[0]
