"""The deck: `make present` serves it. Screens from assets/decks over the engine; arrow keys, live runs, notes.

    streamlit run present.py -- my-decks        # a folder of own decks, as GENAI_DEMO_DECKS=my-decks

The link keeps the deck, the screen and the presenter's own order: ?deck=which-architecture&screen=3&order=1,3,2.
?notes=1&talk=... is the second window: it follows the talk of that name. No model is loaded until a live
run is asked for.
"""

from __future__ import annotations

import os
import secrets
import sys
import threading
import time
from pathlib import Path
from typing import Any

import streamlit as st

from genai_demo.core.errors import DemoError, sentence
from genai_demo.core.frames import pack
from genai_demo.core.run import run, size_of
from genai_demo.core.schedule import Schedule
from genai_demo.deck import draw, export, page, parse
from genai_demo.deck.parse import Deck, Screen

if len(sys.argv) > 1 and Path(sys.argv[1]).is_dir():
    os.environ[parse.OWN] = sys.argv[1]

MOST_TALKS = 200  # that the notes can follow; the oldest is forgotten
EACH_S = 0.05  # between two frames of a live run, at least
FRESH_S = 0.5  # how often the notes look where the talk is
PLACE = '<div class="place"></div>'
KEYS = """%s
export default function({ data, setTriggerValue }) {
  const typed = window.deckTyped ??= { digits: "" };
  if (window.deckKeys) removeEventListener("keydown", window.deckKeys, true);
  let at = data.at;
  window.deckKeys = event => {
    const to = asked(event, at, data.count, typed);
    if (to === null) return;
    event.stopPropagation();
    if (to !== at) { at = to; setTriggerValue("go", to); }
  };
  addEventListener("keydown", window.deckKeys, true);
}"""
FILM = """%s
export default function({ parentElement, data }) {
  const place = parentElement.querySelector(".place");
  if (place.told !== data.whole) { place.innerHTML = data.whole; place.told = data.whole; place.first = ""; }
  if (place.first === data.frames.join("").length) return;
  place.first = data.frames.join("").length;
  place.stop?.();
  place.stop = play(place.querySelector(".frame"), data.frames);
}"""


@st.cache_resource
def talks() -> dict[str, dict[str, Any]]:
    """What the notes follow: name of a talk -> deck, order, screen and when it began."""
    return {}


@st.cache_resource
def turns() -> Schedule:
    """The fair turns of all live runs of this server."""
    return Schedule()


def main() -> None:
    """One screen, or the notes."""
    st.set_page_config("GenAI Atlas, the deck", layout="wide", initial_sidebar_state="collapsed")
    st.html(f"<style>{page.style()}</style>")
    if st.query_params.get("notes"):
        notes(st.query_params.get("talk", ""))
        return
    try:
        deck, order = chosen()
    except DemoError as error:
        st.html(f'<div class="screen alone solo">{page.fault(sentence(str(error)))}</div>')
        return
    stage(deck, order)


def chosen() -> tuple[Deck, list[int]]:
    """The deck and the order of the link; a wrong order becomes all screens. Raises DemoError where a deck is wrong."""
    known = list(parse.names())
    deck = parse.load(st.query_params.get("deck") or ("what-is-generative-ai" if known else ""))
    try:
        return deck, export.order_of(st.query_params.get("order", ""), len(deck.screens))
    except DemoError as error:
        st.toast(sentence(str(error)))
        return deck, list(range(len(deck.screens)))


def place(count: int) -> int:
    """The place in the order, from 0, that the link names."""
    text = st.query_params.get("screen", "1")
    return min(count, max(1, int(text[:4]) if text.isascii() and text.isdigit() else 1)) - 1


def go(to: int) -> None:
    """Another screen: the link says which; what ran live belongs to the screen before."""
    st.query_params["screen"] = str(to + 1)
    st.session_state.pop("live", None)


def pressed() -> None:
    """A key asked for a screen."""
    to = getattr(st.session_state.get("keys"), "go", None)
    if isinstance(to, (int, float)):
        go(int(to))


def stage(deck: Deck, order: list[int]) -> None:
    """The screen, the bar below it, and what the notes are told."""
    at = place(len(order))
    screen = deck.screens[order[at]]
    talk = st.session_state.setdefault("talk", st.query_params.get("talk") or secrets.token_hex(4))
    st.query_params["talk"] = talk
    tell(talk, deck, order, at)
    st.html(f'<div class="progress" style="--done:{(at + 1) / len(order)}"></div>')
    keys = st.components.v2.component("deck_keys", js=KEYS % page.script())
    keys(key="keys", data={"at": at, "count": len(order)}, on_go_change=pressed)
    bar(deck, order, at, screen, talk)
    show(screen)
    ahead(deck.name, list(deck.screens))


def tell(talk: str, deck: Deck, order: list[int], at: int) -> None:
    """The notes window follows what is said here."""
    known = talks()
    began = known.pop(talk, {}).get("began", time.time())
    known[talk] = {"deck": deck, "order": order, "at": at, "began": began}
    while len(known) > MOST_TALKS:
        known.pop(next(iter(known)))


def bar(deck: Deck, order: list[int], at: int, screen: Screen, talk: str) -> None:
    """What a presenter can touch."""
    with st.container(key="bar", horizontal=True, horizontal_alignment="left", gap="small"):
        st.button("‹", key="back", on_click=go, args=(max(0, at - 1),), disabled=at == 0)
        st.html(f'<span class="at">{at + 1} / {len(order)}</span>', width="content")
        st.button("›", key="next", on_click=go, args=(min(len(order) - 1, at + 1),), disabled=at == len(order) - 1)
        if screen.recipe is not None:
            st.button("Run live", key="run", shortcut="L", on_click=lambda: st.session_state.update(live=[]))
            if "live" in st.session_state:
                st.button("Recording", key="recording", on_click=lambda: st.session_state.pop("live", None))
        st.link_button("Notes", f"?notes=1&talk={talk}")
        with st.popover("Deck"):
            choose(deck, order)


def choose(deck: Deck, order: list[int]) -> None:
    """Another deck, a presenter's own order, the exported file."""
    names = list(parse.names())
    st.selectbox("Deck", names, names.index(deck.name), key="deck", on_change=other_deck)
    told = st.query_params.get("order", "")
    st.text_input("Screens, in this order", told, key="order", placeholder="all, or as in 1,3,2", on_change=reorder)
    st.caption("  \n".join(f"{i + 1}  {one.title}" for i, one in enumerate(deck.screens)))
    with_notes = st.checkbox("Export with notes", key="with_notes")
    kept = ",".join(str(one + 1) for one in order)
    st.download_button(
        "Export one HTML file",
        lambda: export.page(deck, notes=with_notes, order=kept),
        f"{deck.name}.html",
        "text/html",
    )


def other_deck() -> None:
    """The deck that was chosen, from its start and in its own order."""
    st.query_params["deck"] = st.session_state["deck"]
    st.query_params.pop("order", None)
    go(0)


def reorder() -> None:
    """The order that was typed goes into the link."""
    st.query_params["order"] = st.session_state["order"].replace(" ", "")
    go(0)


@st.cache_resource(max_entries=8, show_spinner=False)
def ahead(name: str, _screens: list[Screen]) -> None:
    """Draws the screens of a deck while the first is looked at."""
    threading.Thread(target=lambda: list(map(page.visual, _screens)), daemon=True).start()


def show(screen: Screen) -> None:
    """The screen: words, and its film, chart or table."""
    seen = page.visual(screen)
    if seen.kind == "chart":
        left, right = st.columns([5, 8], vertical_alignment="center")
        left.html(whole(screen, ""))
        right.plotly_chart(seen.figure, theme=None, height=640, config={"displayModeBar": False}, key="chart")
    elif seen.kind == "film":
        film(screen, seen)
    else:
        st.html(whole(screen, seen.html or page.fault(seen.error), seen.kind))


def whole(screen: Screen, beside: str, kind: str = "words") -> str:
    """The HTML of a screen."""
    alone = "" if beside else " alone"
    return (
        f'<div class="screen solo{alone} with-{kind or "words"}" data-family="{page.colour(screen)}">'
        f'<div class="words">{page.words(screen)}</div>{beside and f"<div>{beside}</div>"}</div>'
    )


def film(screen: Screen, seen: page.Visual) -> None:
    """The recording, or a live run while it computes and after."""
    frames, label = list(seen.frames), seen.label
    mark = "live" if "live" in st.session_state else ""
    if mark:
        if not st.session_state["live"] and not live(screen):
            return
        frames, label = st.session_state["live"], "Live, computed here just now"
    player = st.components.v2.component("deck_film", html=PLACE, js=FILM % page.script(), isolate_styles=False)
    drawn = whole(
        screen, f'<div class="film"><div class="frame"></div><p class="label {mark}">{label}</p></div>', "film"
    )
    player(key=f"film{mark}", data={"frames": frames, "whole": drawn})


def live(screen: Screen) -> bool:
    """Stream the run of a screen; whether it came to its end, which is then kept as `live`."""
    assert screen.recipe is not None
    lanes, numbers = page.shown_lanes(screen)
    recipe = screen.recipe
    made: list[str] = []
    box = st.empty()
    box.html(whole(screen, '<p class="label live">Live: the model is made ready</p>', "film"))
    try:
        with turns().submit(recipe, lambda: run(recipe), size=size_of(recipe)) as ticket:
            for fragment in draw.fragments((pack(frame) for frame in ticket), lanes, numbers):
                made.append(fragment)
                box.html(whole(screen, f'<div class="film">{fragment}<p class="label live">Live</p></div>', "film"))
                time.sleep(EACH_S)
    except DemoError as error:
        box.html(whole(screen, page.fault(sentence(str(error)))))
        return False
    st.session_state["live"] = page.thinned(made)
    box.empty()
    return bool(made)


@st.fragment(run_every=FRESH_S)
def notes(talk: str) -> None:
    """What to say now, what comes next, and how long the talk has lasted."""
    told = talks().get(talk)
    if told is None:
        st.html('<p class="speaker">No talk of that name runs here; open the notes from the deck.</p>')
        return
    deck, order, at = told["deck"], told["order"], told["at"]
    screen = deck.screens[order[at]]
    after = deck.screens[order[at + 1]].title if at + 1 < len(order) else "the end"
    minutes, seconds = divmod(int(time.time() - told["began"]), 60)
    st.html(f'<p class="clock">{minutes}:{seconds:02} &nbsp; screen {at + 1} of {len(order)}</p>')
    st.html(f'<div class="words"><h1>{page.html.escape(screen.title)}</h1></div>{page.fault(screen.error)}')
    st.html(f'<p class="speaker">{page.html.escape(screen.notes or "No notes.")}</p>')
    st.html(f'<p class="clock">Next: {page.html.escape(after)}</p>')


main()
