"""The deck: `make present` serves it. Screens from assets/decks over the engine; arrow keys, live runs, notes.

    streamlit run present.py -- my-decks        # a folder of own decks, as GENAI_DEMO_DECKS=my-decks

Served, this file is two things: an app of Starlette's that has the screens as files (ROUTES), which the browser fetches
ahead and shows at a key, and the script that Streamlit runs for each visitor.
The link keeps the deck, the screen and the presenter's own order: ?deck=which-architecture&screen=3&order=1,3,2.
?notes=1&talk=... is the second window: it follows the talk of that name. No model is loaded until a live
run is asked for.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from streamlit.starlette import App

from genai_demo.core.errors import DemoError, sentence
from genai_demo.core.frames import pack
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run, size_of
from genai_demo.core.schedule import Schedule
from genai_demo.deck import draw, export, page, parse
from genai_demo.deck.parse import Deck, Screen

if len(sys.argv) > 1 and Path(sys.argv[1]).is_dir():
    os.environ[parse.OWN] = sys.argv[1]

MOST_TALKS = 200  # that the notes can follow; the oldest is forgotten
EACH_S = 0.05  # between two frames of a live run, at least
FRESH_S = 0.5  # how often the notes look where the talk is
LIVE = "live now"  # classes of a screen while its run is computed
STAGE = """%s
export default function({ parentElement, data, setTriggerValue }) {
  follow(parentElement.querySelector(".stage"), data, wanted => setTriggerValue("go", wanted));
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
        others = "".join(
            f'<li><a href="?deck={quote(name)}" target="_self">{name}</a></li>' for name in parse.shipped()
        )
        said = f"{page.fault(sentence(str(error)))}<ul>{others}</ul>"
        st.html(f'<div class="stage"><div class="screen alone now"><div class="words">{said}</div></div></div>')
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
    """A key has shown a screen or asks for its run; the browser says which, and how many times it asked."""
    wanted = getattr(st.session_state.get("stage"), "go", None)
    if isinstance(wanted, Mapping) and all(isinstance(wanted.get(name), (int, float)) for name in ("to", "asked")):
        st.session_state["asked"] = int(wanted["asked"])
        go(int(wanted["to"]))
        if wanted.get("live"):
            st.session_state["live"] = {}


def stage(deck: Deck, order: list[int]) -> None:
    """The screen, the bar below it, and what the notes are told."""
    at = place(len(order))
    screen = deck.screens[order[at]]
    talk = st.session_state.setdefault("talk", st.query_params.get("talk") or secrets.token_hex(4))
    st.query_params["talk"] = talk
    tell(talk, deck, order, at)
    st.html(f'<div class="progress" style="--done:{(at + 1) / len(order)}"></div>')
    if screen.recipe is None:
        st.session_state.pop("live", None)
    live = st.session_state.get("live")  # absent; {}, until the run has ended; what it made
    told = {
        "screens": [address(deck, one) for one in order],
        "at": at,
        "asked": st.session_state.get("asked", 0),
        "away": live == {},
        "live": live or None,
    }
    show = st.components.v2.component(
        "deck_stage", html='<div class="stage"></div>', js=STAGE % page.script(), isolate_styles=False
    )
    show(key="stage", data=told, on_go_change=pressed)
    bar(deck, order, at, screen, talk)
    ahead(deck.name, list(deck.screens))
    if live == {} and screen.recipe is not None:
        with st.container(key="live"):
            st.session_state["live"] = stream(screen, screen.recipe)
        st.rerun()


def address(deck: Deck, at: int) -> str:
    """Where the browser fetches a screen; it changes with what the screen shows."""
    changed = hashlib.sha256(repr(deck.screens[at]).encode()).hexdigest()[:12]
    return f"screens/{at}/{changed}?deck={quote(deck.name)}"


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
            st.button("Run live", key="run", shortcut="L", on_click=lambda: st.session_state.update(live={}))
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


def stream(screen: Screen, recipe: Recipe) -> dict[str, Any]:
    """Show the run of a screen as it is computed; -> what the stage then plays in place of the recording."""
    lanes, numbers = page.shown_lanes(screen)
    made: list[str] = []
    error = ""
    box = st.empty()
    box.html(page.article(screen, page.Visual("film", label="Live: the model is made ready"), LIVE))
    try:
        with turns().submit(recipe, lambda: run(recipe), size=size_of(recipe)) as ticket:
            for fragment in draw.fragments((pack(frame) for frame in ticket), lanes, numbers):
                made.append(fragment)
                box.html(page.article(screen, page.Visual("film", (fragment,), "Live"), LIVE))
                time.sleep(EACH_S)
    except DemoError as failed:
        error = sentence(str(failed))
    label = "" if error else "Live, computed here just now"
    return {"id": secrets.token_hex(4), "frames": page.thinned(made), "label": label, "error": error}


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


def _screen(request: Request) -> Response:
    """A screen as the browser keeps it; what the address says last only makes it new."""
    try:
        deck = parse.load(request.query_params.get("deck", ""))
    except DemoError as error:
        return JSONResponse({"error": sentence(str(error))}, 404)
    at = int(request.path_params["at"])
    if at >= len(deck.screens):
        return JSONResponse({"error": f"The deck has {len(deck.screens)} screens."}, 404)
    seen = page.visual(deck.screens[at])
    return JSONResponse({"article": page.article(deck.screens[at], seen), **page.moving(seen)})


def _plotly(request: Request) -> Response:
    return Response(export.plotly(), media_type="text/javascript", headers={"Cache-Control": "max-age=86400"})


ROUTES = [Route("/screens/{at:int}/{changed}", _screen), Route("/plotly.js", _plotly)]

if __name__ == "__main__":  # so Streamlit runs its script; what serves it imports this file
    main()
else:
    app = App(__file__, routes=ROUTES)
