"""A deck as one HTML file: films and charts inside, no network needed; prints one screen a page."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from genai_demo.core.errors import DemoError, shown
from genai_demo.deck.page import Visual, article, as_script, moving, script, style, visual
from genai_demo.deck.parse import Deck, Screen


def order_of(text: str, count: int) -> list[int]:
    """ "3,1,2" -> places from 0; "" for all, in their order. Raises DemoError where a number is no screen."""
    if not text.strip():
        return list(range(count))
    parts = [part.strip() for part in text.split(",") if part.strip()][:500]
    wrong = [part for part in parts if not (part.isascii() and part.isdigit() and 1 <= int(part[:6]) <= count)]
    if wrong or not parts:
        raise DemoError(f"the order names screen {shown(wrong[0] if wrong else text)}; give numbers from 1 to {count}")
    return [int(part) - 1 for part in parts]


def page(deck: Deck, *, notes: bool = False, order: str = "") -> str:
    """The file's text. notes: whether the speaker's notes go along. Raises DemoError where the order is none."""
    screens = [deck.screens[at] for at in order_of(order, len(deck.screens))]
    seen = [visual(screen) for screen in screens]
    articles = "".join(
        article(screen, one) + (_notes(screen) if notes else "") for screen, one in zip(screens, seen, strict=True)
    )
    data = [moving(one) for one in seen]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(deck.title)}</title><style>{style()}</style>{_plotly(seen)}</head>"
        f'<body class="exported"><main class="stage">{articles}</main>'
        '<nav class="foot"><button data-go="-1" aria-label="Previous screen">‹</button><output></output>'
        '<button data-go="1" aria-label="Next screen">›</button></nav><div class="progress"></div>'
        f'<script type="application/json" id="data">{as_script(data)}</script>'
        f'<script type="module">{script()}\nstand();</script></body></html>'
    )


def write(deck: Deck, out: Path, *, notes: bool = False, order: str = "") -> Path:
    """The file. Raises DemoError where it can't be written."""
    text = page(deck, notes=notes, order=order)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DemoError(f"{out} can't be written ({error.strerror}); choose another --out") from None
    return out


def _notes(screen: Screen) -> str:
    return f'<aside class="notes">{html.escape(screen.notes)}</aside>' if screen.notes else ""


def _plotly(seen: Sequence[Visual]) -> str:
    """Plotly's own script, once, and only where a chart is shown."""
    return f"<script>{plotly()}</script>" if any(one.kind == "chart" for one in seen) else ""


def plotly() -> str:
    """Plotly's own script, as its package has it."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())
