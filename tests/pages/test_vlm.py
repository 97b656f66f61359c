"""The page of vision-language models as a visitor and as a program use it."""

from __future__ import annotations

import re

import pytest
from gradio_client.exceptions import AppError

from tests.pages.conftest import live

ASK, REST = "p-vlm-ask", "p-vlm-rest"


def number(frame, name):
    return next(one["value"] for one in frame["numbers"] if one["name"] == name)


def words(frames):
    return "".join(frame.get("grown", {}).get("said", "") for frame in frames).strip()


def told(page, bench, path, value):
    """Waits until a film has ended whose recipe has that option."""
    page.wait_for_function(
        f"""value => (told => told?.done && told.recipe.options.{path} === value)
            (document.querySelector('#{bench}-strip .film').told)""",
        arg=value,
    )


@pytest.mark.browser
def test_a_scene_is_built_and_asked_and_the_chat_goes_on(visit):
    page = visit("vlm")
    page.wait_for_function(f"document.querySelector('#{ASK}-strip .film')?.told?.badge === 'recorded'")
    own = page.locator(f"#{ASK}-picture")
    own.locator("[data-do=build]").click()
    own.get_by_role("button", name=re.compile("^large red house at ")).wait_for()
    own.get_by_role("button", name="Clear").click()
    own.get_by_role("button", name="cat", exact=True).press("Enter")
    own.get_by_role("button", name=re.compile("cat at ")).wait_for()
    own.get_by_role("button", name="Take it").locator("visible=true").click()
    page.wait_for_function(f"document.querySelector('#{ASK}-picture .picker-item img').alt.includes('cat')")
    box = page.locator(f"#{ASK} .chat-form textarea")
    box.fill("Is there a cat?")
    box.press("Enter")
    frames = live(page, ASK)
    assert words(frames) == "yes"
    box.fill("Which colour is it?")
    box.press("Enter")
    page.wait_for_function(
        f"document.querySelector('#{ASK}-strip .film').told.recipe.options.turns.includes('colour is it')"
    )
    assert len(words(live(page, ASK)).split()) == 1
    assert page.locator(f"#{ASK} .chat-turn").count() == 4


@pytest.mark.browser
def test_the_control_stands_beside_the_answer(visit):
    page = visit("vlm?run=vlm/ask&turns=Which colour is the house?", width=390, dark=True)
    frames = live(page, ASK)
    assert words(frames) == "red"
    assert number(frames[-1], "seeing") > 0.5 > number(frames[-1], "blind")
    said = page.locator(f"#{ASK}-strip").get_by_text("With a grey picture it says").first
    said.wait_for()
    assert frames[-1]["lanes"]["asked of a grey picture"]["items"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_a_patch_is_dropped_and_put_back(visit):
    page = visit("vlm?run=vlm/rest&question=Which colour is the house?")
    before = live(page, REST)[-1]
    canvas = page.locator(f"#{REST} .drop-field canvas")
    best = max(range(64), key=before["carried"]["drops"].__getitem__)
    side = canvas.bounding_box()["width"] / 8
    canvas.hover(position={"x": (best % 8 + 0.5) * side, "y": (best // 8 + 0.5) * side})
    page.locator(f"#{REST} .drop-here").get_by_text(f"Patch {best + 1}: row").wait_for()
    canvas.click(position={"x": (best % 8 + 0.5) * side, "y": (best // 8 + 0.5) * side})
    told(page, REST, "dropped", str(best + 1))
    after = live(page, REST)[-1]
    assert after["carried"]["gone"] == [best + 1]
    assert number(after, "chance") != number(before, "chance")
    field = page.locator(f"#{REST} .drop-field")
    field.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    told(page, REST, "dropped", " ".join(map(str, sorted((best + 1, min(best // 8 * 8 + 7, best + 1) + 1)))))
    live(page, REST)
    page.locator(f"#{REST} .drop").get_by_role("button", name="Put all back").click()
    told(page, REST, "dropped", "")
    assert number(live(page, REST)[-1], "chance") == pytest.approx(number(before, "chance"), abs=1e-3)


@pytest.mark.browser
def test_a_word_that_it_was_never_taught_is_told_and_nothing_is_lost(visit):
    page = visit("vlm?run=vlm/ask&turns=Where is the elephant?", width=390)
    page.get_by_text("a word that the model was never taught").first.wait_for()
    page.goto(page.url.split("?")[0] + "?run=vlm/ask&turns=Where is the house?&picture=nonsense")
    page.get_by_text("world:12").first.wait_for()


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("vlm_ask", {"turns": ""}, "no question|is empty"),
        ("vlm_ask", {"turns": " ?? "}, "no question"),
        ("vlm_move", {"questions": " "}, "no question; write 1 to 12"),
        ("vlm_ask", {"turns": "house " * 10_000}, "makes 10067 tokens; the limit"),
        ("vlm_ask", {"picture": "no picture", "turns": "Where is it?"}, "picture"),
        ("vlm_rest", {"dropped": "65"}, "from 1 to 64"),
        ("vlm_rest", {"question": "Where is the elephant?"}, "never taught"),
        ("vlm_erase", {"word": "elephant"}, "name a kind of thing or a colour"),
        ("vlm_move", {"thing": 4}, "the scene has 2"),
        ("vlm_move", {"picture": "emoji:grinning face"}, "no scene"),
        ("vlm_invent", {"scenes": 0}, "choose a whole number from 1 to 100"),
    ],
)
def test_api_says_what_can_not_be(client, name, options, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(**options, api_name=f"/{name}")
