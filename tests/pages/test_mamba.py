"""The page of state spaces as a visitor and as a program use it."""

from __future__ import annotations

import pytest

from tests.pages.conftest import live
from tests.standins import stand_ins  # noqa: F401  the fixture replaces what would be fetched

SIGNAL, STATE, TASKS = "p-ssm-signal", "p-ssm-state", "p-ssm-tasks"


@pytest.mark.browser
def test_a_signal_is_followed_or_kept_and_a_text_leaves_its_state(visit, film):
    page = visit("mamba?run=ssm/signal&delta=5", width=390, dark=True)
    assert len({number["value"] for number in live(page, SIGNAL)[-1]["numbers"] if number["name"] == "delta"}) == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page = visit("mamba?run=ssm/state&text=the file of the library&layer=2&head=3")
    frames = live(page, STATE)
    strip = film(page, STATE)
    strip.step(1)
    marked = page.locator(f"#{STATE}-strip .film-tok[data-kind=best]").all_inner_texts()
    assert [text.strip() for text in marked] == [frames[1]["numbers"][-2]["value"].strip()]
    assert frames[1]["lanes"]["the state"]["shape"] == [1, 32, 32]


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("ssm_state", {"text": ""}, "empty"),
        ("ssm_state", {"layer": 12}, "choose 1 to 8"),
        ("ssm_state", {"text": "file " * 700}, "the limit here is 512"),
        ("ssm_hidden", {"text": " "}, "empty"),
        ("ssm_compare", {"text": "file " * 700}, "the limit here is 512"),
        ("ssm_signal", {"delta": 9}, "choose a number from 0.01 to 5"),
    ],
)
def test_api_says_what_can_not_be(client, name, options, sentence):
    from gradio_client.exceptions import AppError

    with pytest.raises(AppError, match=sentence):
        client.predict(**options, api_name=f"/{name}")
