"""The page of hybrids as a visitor and as a program use it."""

from __future__ import annotations

import pytest

from tests.pages.conftest import live

DECIDE, WEIGH = "p-hybrids-decide", "p-hybrids-weigh"


def number(frame, name):
    return next(one["value"] for one in frame["numbers"] if one["name"] == name)


@pytest.mark.browser
def test_a_return_is_asked_for_and_had_and_pictures_get_sharper(visit):
    page = visit("hybrids?run=hybrids/decide&ask=10", width=390, dark=True)
    last = live(page, DECIDE)[-1]
    assert number(last, "got") >= 8
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page = visit("hybrids?run=hybrids/weigh&picture=sample:12")
    frames = live(page, WEIGH)
    assert number(frames[-1], "sharp") > number(frames[0], "sharp")


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("hybrids_decide", {"ask": 1000}, "choose a number from -10 to 40"),
        ("hybrids_weigh", {"picture": "no picture"}, "picture"),
        ("hybrids_learn", {"weight": -1}, "choose a number from 0 to 1"),
    ],
)
def test_api_says_what_can_not_be(client, name, options, sentence):
    from gradio_client.exceptions import AppError

    with pytest.raises(AppError, match=sentence):
        client.predict(**options, api_name=f"/{name}")
