"""The page of hybrids as a visitor and as a program use it."""

from __future__ import annotations

import pytest

from genai_demo.hybrids.music import files
from tests.pages.conftest import live

DECIDE, WEIGH, BETWEEN = "p-hybrids-decide", "p-hybrids-weigh", "p-hybrids-interpolate"


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


@pytest.mark.browser
def test_a_melody_is_played_in_interpolated_heard_and_kept(visit):
    page = visit("hybrids?run=hybrids/interpolate&between=3&search=0")
    live(page, BETWEEN)
    pad = page.locator("#tune-first .tunepad")
    pad.locator("[data-do=clear]").click()
    for key in (60, 64, 67):
        pad.locator(f"[data-pitch='{key}']").click()
    pad.locator("[data-length='4']").click()
    pad.locator("[data-pitch='66']").focus()
    page.keyboard.press("k")  # c, an octave above middle C
    assert pad.locator("textarea").input_value() == "C E G c2"
    pad.get_by_text("4 notes, 1 bar").wait_for()
    page.click(f"#{BETWEEN}-run")
    page.wait_for_function(
        "bench => { const told = document.querySelector(`#${bench}-strip .film`).told;"
        " return told.done && told.recipe.options.first === 'C E G c2'; }",
        arg=BETWEEN,
    )
    frames = page.evaluate(f"document.querySelector('#{BETWEEN}-strip .film').told.frames")
    assert [pitch for _, _, pitch in frames[0]["carried"]["heard"]["notes"]] == [60, 64, 67, 72]
    page.locator(f"#{BETWEEN}-strip [data-do=first]").click()
    page.click(f"#{BETWEEN} .tune-player [data-do=listen]")
    loud = page.wait_for_function(
        "bench => { const sound = document.querySelector(`#${bench} .tune-player`).buffer;"
        " return sound && Math.hypot(...sound.getChannelData(0).slice(0, 40000)) / 200; }",
        arg=BETWEEN,
    ).json_value()
    assert loud > 0.02, "what is played is not silence"
    page.locator(".tune-line").wait_for()
    page.click(f"#{BETWEEN} .tune-player [data-do=listen]")
    for kind, begins in (("wav", b"RIFF"), ("midi", b"MThd")):
        with page.expect_download() as given:
            page.click(f"#{BETWEEN} .tune-player [data-do={kind}]")
        assert given.value.path().read_bytes().startswith(begins)


@pytest.mark.browser
def test_a_midi_file_is_read_and_a_broken_one_loses_nothing(visit):
    page = visit("hybrids?run=hybrids/continue&bars=1", width=390, dark=True)
    live(page, "p-hybrids-continue")
    pad = page.locator("#tune-own .tunepad")
    before = pad.locator("textarea").input_value()
    file = pad.locator("input[type=file]")
    file.set_input_files({"name": "x.mid", "mimeType": "audio/midi", "buffer": b"no music"})
    pad.get_by_text("damaged or none").wait_for()
    assert pad.locator("textarea").input_value() == before
    made = files.as_file("E2 F2 G4", "midi")
    file.set_input_files({"name": "x.mid", "mimeType": "audio/midi", "buffer": made})
    page.wait_for_function("document.querySelector('#tune-own textarea').value === 'E2 F2 G4'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("hybrids_decide", {"ask": 1000}, "choose a number from -10 to 40"),
        ("hybrids_weigh", {"picture": "no picture"}, "picture"),
        ("hybrids_interpolate", {"first": "C"}, "First has 1 note"),
        ("hybrids_continue", {"melody": "[CEG] C"}, "Melody has 1 chord"),
        ("hybrids_compose", {"busier": 10}, "choose a number from -3 to 3"),
        ("hybrids_learn", {"weight": -1}, "choose a number from 0 to 1"),
    ],
)
def test_api_says_what_can_not_be(client, name, options, sentence):
    from gradio_client.exceptions import AppError

    with pytest.raises(AppError, match=sentence):
        client.predict(**options, api_name=f"/{name}")
