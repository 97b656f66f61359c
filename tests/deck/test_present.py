"""The app of the deck, without a browser: Streamlit's own AppTest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
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


def told(app: AppTest) -> dict[str, Any]:
    """What the stage in the browser is told."""
    (stage,) = app.get("bidi_component")
    found: dict[str, Any] = json.loads(stage.proto.json or stage.proto.mixed.json)
    return found


def shown(app: AppTest) -> str:
    """The HTML of the screen in sight, as the browser fetches it."""
    import present

    stage = told(app)
    answer = TestClient(Starlette(routes=present.ROUTES)).get("/" + stage["screens"][stage["at"]])
    assert answer.status_code == 200
    return str(answer.json()["article"])


def test_the_buttons_go_on_and_back_and_the_link_says_where() -> None:
    app = opened(deck="which-architecture")
    assert app.button(key="back").disabled
    app.button(key="next").click().run()
    assert app.query_params["screen"] == "2"
    assert "The map" in shown(app)
    app.button(key="back").click().run()
    assert "Which architecture" in shown(app)


def test_a_presenters_own_order_is_in_the_link() -> None:
    app = opened(deck="which-architecture", order="2,1")
    assert "The map" in shown(app)
    assert "1 / 2" in said(app)
    app.text_input(key="order").set_value("1, 2, 3").run()
    assert app.query_params["order"] == "1,2,3"


@pytest.mark.parametrize("link", [{"deck": "nowhere"}, {"order": "9999"}, {"screen": "x" * 500}, {"screen": "-3"}])
def test_a_wrong_link_is_no_crash(link: dict[str, str]) -> None:
    app = opened(**link)
    if link.get("deck"):
        assert "Deck is nowhere" in said(app)
        assert "?deck=which-architecture" in said(app), "a way out"
    else:
        assert "1 / 12" in said(app)


def test_a_broken_file_is_one_sentence_and_a_way_to_the_other_decks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mine.md").write_bytes(b"\xff\x00" * 1000)
    monkeypatch.setenv("GENAI_DEMO_DECKS", str(tmp_path))
    app = opened(deck="mine")
    assert "Mine.md is no text in UTF-8" in said(app)
    assert "?deck=which-architecture" in said(app)


def test_the_notes_follow_the_talk() -> None:
    opened(deck="which-architecture", screen="2", talk="t1")
    app = opened(notes="1", talk="t1")
    assert "One line each" in said(app)
    assert "No talk" in said(opened(notes="1", talk="unknown"))


def test_a_live_run_streams_is_kept_and_gives_way_to_the_recording() -> None:
    app = opened(deck="what-is-generative-ai", screen="5")
    app.button(key="run").click().run()
    assert not app.exception
    live = told(app)["live"]
    assert len(live["frames"]) > 1
    assert "Live" in live["label"]
    app.button(key="recording").click().run()
    assert told(app)["live"] is None


def test_a_screen_that_is_not_there_is_answered_with_a_sentence() -> None:
    import present

    client = TestClient(Starlette(routes=present.ROUTES))
    for address in ("/screens/99/x?deck=which-architecture", "/screens/0/x?deck=nowhere", "/screens/0/x"):
        answer = client.get(address)
        assert answer.status_code == 404
        assert answer.json()["error"].endswith(".")


def test_the_deck_imports_neither_gradio_nor_the_pages() -> None:
    text = APP.read_text()
    assert "gradio" not in text
    assert "from pages" not in text
