"""The app of the deck, without a browser: Streamlit's own AppTest."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[2] / "present.py"


def opened(**link: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    """All HTML on the screen."""
    return " ".join(str(one.proto.body) for one in app.get("html"))


def test_the_buttons_go_on_and_back_and_the_link_says_where() -> None:
    app = opened(deck="which-architecture")
    assert app.button(key="back").disabled
    app.button(key="next").click().run()
    assert app.query_params["screen"] == "2"
    assert "The map" in said(app)
    app.button(key="back").click().run()
    assert "Which architecture" in said(app)


def test_a_presenters_own_order_is_in_the_link() -> None:
    app = opened(deck="which-architecture", order="2,1")
    assert "The map" in said(app)
    assert "1 / 2" in said(app)
    app.text_input(key="order").set_value("1, 2, 3").run()
    assert app.query_params["order"] == "1,2,3"


@pytest.mark.parametrize("link", [{"deck": "nowhere"}, {"order": "9999"}, {"screen": "x" * 500}, {"screen": "-3"}])
def test_a_wrong_link_is_no_crash(link: dict[str, str]) -> None:
    app = opened(**link)
    assert "deck is nowhere".capitalize() in said(app) or "1 / 12" in said(app)


def test_the_notes_follow_the_talk() -> None:
    opened(deck="which-architecture", screen="2", talk="t1")
    app = opened(notes="1", talk="t1")
    assert "One line each" in said(app)
    assert "No talk" in said(opened(notes="1", talk="unknown"))


def test_a_live_run_streams_is_kept_and_gives_way_to_the_recording() -> None:
    app = opened(deck="what-is-generative-ai", screen="5")
    app.button(key="run").click().run()
    assert not app.exception
    assert len(app.session_state["live"]) > 1
    app.button(key="recording").click().run()
    assert "live" not in app.session_state


def test_the_deck_imports_neither_gradio_nor_the_pages() -> None:
    text = APP.read_text()
    assert "gradio" not in text
    assert "from pages" not in text
