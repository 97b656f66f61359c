"""A screen as HTML: its text on the left, its film, table or chart beside it; for the app and the exported file."""

from __future__ import annotations

import functools
import html
import json
from dataclasses import dataclass
from typing import Any

from genai_demo.core.caches import Cache, weigh
from genai_demo.core.errors import DemoError, sentence
from genai_demo.core.home import ASSETS
from genai_demo.core.registry import families
from genai_demo.deck import blocks, draw
from genai_demo.deck.parse import Screen
from genai_demo.results.recording import load_recording

STYLE, SCRIPT = ASSETS / "decks" / "deck.css", ASSETS / "decks" / "deck.js"
DRAWN = Cache[str, "Visual"]("screens of decks", 64_000_000, weigh)
MOST_FRAMES = 40  # of a film on a screen; a longer recording is thinned evenly


@dataclass(frozen=True, slots=True)
class Visual:
    """What stands beside the text: kind "film" (fragments of HTML), "table" (html), "chart" (figure) or "" (nothing).

    error: the sentence that stands there instead.
    """

    kind: str = ""
    frames: tuple[str, ...] = ()
    label: str = ""
    html: str = ""
    figure: dict[str, Any] | None = None
    error: str = ""


def shown_lanes(screen: Screen) -> tuple[list[str], list[str]]:
    """Titles of the lanes and of the numbers that a screen's recipe block names, split at |."""
    said = screen.block.said if screen.block else {}
    lanes, numbers = (
        [one.strip() for one in said.get(name, "").split("|") if one.strip()] for name in ("show", "numbers")
    )
    return lanes, numbers


def visual(screen: Screen) -> Visual:
    """What stands beside the text of a screen; a run shows its recording. It is kept: never change it."""
    key = repr(screen)
    found = DRAWN.get(key)
    if found is None:
        found = _visual(screen)
        DRAWN.put(key, found)
    return found


def _visual(screen: Screen) -> Visual:
    if screen.error or screen.block is None:
        return Visual()
    try:
        if screen.block.kind == "table":
            return Visual("table", html=blocks.table(screen.block.said["of"], int(screen.block.said.get("page", 0))))
        if screen.block.kind == "chart":
            return Visual("chart", figure=blocks.chart(screen.block.said["of"]))
        return recorded(screen)
    except DemoError as error:
        return Visual(error=sentence(str(error)))


def recorded(screen: Screen) -> Visual:
    """The film of the recording of a screen's run. Raises DemoError where it has none, or a lane is not in it."""
    assert screen.recipe is not None
    run = screen.recipe.run
    found = load_recording(run)
    if found is None:
        raise DemoError(f"{run} has no recording; run it live")
    lanes, numbers = shown_lanes(screen)
    drawable = {title for frame in found["frames"] for title in (*frame["lanes"], *frame["bars"])}
    readings = {one["title"] for frame in found["frames"] for one in frame["numbers"]}
    for wanted, known, called in ((lanes, drawable, "lanes"), (numbers, readings, "numbers")):
        wrong = [title for title in wanted if title not in known]
        if wrong:
            raise DemoError(f"{run} shows no {wrong[0]!r}; its {called} are {', '.join(sorted(known)) or 'none'}")
    drawn = thinned(list(draw.fragments(found["frames"], lanes, numbers)))
    label = f"Recorded, seed {found['recipe']['seed']}"
    return Visual("film", tuple(drawn), label)


def thinned(frames: list[str]) -> list[str]:
    """At most MOST_FRAMES, evenly, with the first and the last."""
    if len(frames) <= MOST_FRAMES:
        return frames
    last = len(frames) - 1
    return [frames[round(i * last / (MOST_FRAMES - 1))] for i in range(MOST_FRAMES)]


def words(screen: Screen) -> str:
    """The text of a screen, or its one sentence where something is wrong with it."""
    if not screen.error:
        return screen.html
    return f"<h1>{html.escape(screen.title)}</h1>{fault(screen.error)}"


def fault(said: str) -> str:
    """The one sentence that stands where something is wrong; nothing for ""."""
    return f'<p class="fault">{html.escape(said)}</p>' if said else ""


def colour(screen: Screen) -> str:
    """The name of the family's colour, as in the app: "images-and-text"."""
    family = families().get(screen.family)
    return family.group.lower().replace(" ", "-") if family else "none"


def article(screen: Screen, seen: Visual, classes: str = "") -> str:
    """The HTML of a screen: words, and a place for its film or chart, which the script fills; classes: more of them."""
    parts = {
        "film": f'<div class="film"><div class="frame">{seen.frames[-1] if seen.frames else ""}</div>'
        f'<p class="label {classes}">{html.escape(seen.label)}</p></div>',
        "table": seen.html,
        "chart": '<div class="chart"></div>',
        "": fault(seen.error),
    }
    beside = f'<div class="beside">{parts[seen.kind]}</div>' if parts[seen.kind] else ""
    alone = "" if beside else " alone"
    return (
        f'<article class="screen{alone} with-{seen.kind or "words"} {classes}" data-family="{colour(screen)}">'
        f'<div class="words">{words(screen)}</div>{beside}</article>'
    )


def moving(seen: Visual) -> dict[str, Any]:
    """What the script fills the place with: {"frames": fragments of a film, "figure": of Plotly or None}."""
    return {"frames": seen.frames, "figure": seen.figure}


@functools.cache
def style() -> str:
    """The deck's CSS."""
    return STYLE.read_text()


@functools.cache
def script() -> str:
    """The deck's JavaScript, an ES module that exports `play` and `keys`."""
    return SCRIPT.read_text()


def as_script(value: Any) -> str:
    """A value as JSON that can stand inside <script>: nothing in it ends the element."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c").replace("\u2028", "\\u2028")
