"""The page of text to picture as a visitor uses it."""

from __future__ import annotations

import pytest

from tests.pages.conftest import live
from tests.standins import stand_ins  # noqa: F401  the fixture replaces what would be fetched

GENERATE, FORK, GROW, WRITE, DIT = (
    f"p-text_to_image-{name}" for name in ("generate", "fork", "outpaint", "write", "dit")
)


@pytest.mark.browser
def test_a_prompt_becomes_pictures_with_a_map_of_each_word(visit, film):
    page = visit("text-to-image?bench=text_to_image/generate")
    box = page.locator(f"#{GENERATE}-prompt textarea")
    box.fill("a red zebra")
    assert "zebra" in page.locator(f"#{GENERATE}-prompt .prompt-said").inner_text()
    box.fill("a red cat")
    page.locator(f"#{GENERATE}-prompt .prompt-said").wait_for(state="hidden")
    page.get_by_role("spinbutton", name="number input for Steps").first.fill("2")
    page.click(f"#{GENERATE}-run")
    frames = live(page, GENERATE)
    heads = frames[0]["lanes"]["what each word looks at"]["names"]
    assert [head.split()[0] for head in heads] == ["red", "cat"]
    assert len(frames) == 3
    film(page, GENERATE).step(1)
    page.click("#fork-here")
    page.wait_for_function(f"() => document.querySelector('#{FORK}-strip .film')?.told?.recipe?.options.fork === 1")
    assert page.locator(f"#{FORK}-prompt textarea").input_value() == "a red cat"


@pytest.mark.browser
def test_emoji_have_words_of_their_own_and_stand_beside_the_nearest_of_the_training(visit):
    asked = "prompt=a blue banana, noto&steps=2&samples=1&model=text_to_image/emoji"
    page = visit(f"text-to-image?run=text_to_image/generate&{asked}")
    own = live(page, GENERATE)[-1]["lanes"]
    assert len(own["nearest in the training"]["names"]) == 1
    said = page.locator(f"#{GENERATE}-prompt .prompt-said")
    said.wait_for(state="hidden")
    page.locator(f"#{GENERATE}-prompt textarea").fill("a banana beside the zebrafish")
    assert "words of emoji: beside zebrafish" in " ".join(said.inner_text().split())


@pytest.mark.browser
def test_the_canvas_grows_on_a_phone(visit):
    page = visit("text-to-image?run=text_to_image/outpaint&steps=1&resample=1&times=2", width=390, dark=True)
    lane = live(page, GROW)[-1]["lanes"]["canvas"]
    assert (lane["w"], lane["h"]) == (128, 64)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_a_picture_is_written_code_by_code_and_one_code_exchanged(visit, film):
    page = visit("text-to-image?run=text_to_image/write&samples=1&guidance_scale=1")
    frames = live(page, WRITE)
    assert [frame["numbers"][0]["value"] for frame in frames] == list(range(65))
    film(page, WRITE).step(30)
    page.click("#exchange-here")
    page.wait_for_function(f"() => document.querySelector('#{WRITE}-strip .film')?.told?.recipe?.options.rank === 2")
    parts = live(page, WRITE)
    apart = [next(n["value"] for n in frame["numbers"] if n["name"] == "apart") for frame in parts]
    assert apart[:31] == [0] * 31
    assert apart[31] == 1


@pytest.mark.browser
def test_a_patch_that_is_clicked_asks_in_the_place_of_the_other(visit):
    page = visit("text-to-image?run=text_to_image/dit&samples=1&steps=1&place=0")
    first = live(page, DIT)[-1]
    assert {"U-Net", "transformer", "flow matching"} <= set(first["lanes"])
    assert first["lanes"]["what one looks at"]["names"] == ["row 1, column 1"]
    page.locator(f"#{DIT}-strip figure[data-name='its patches'] canvas").click()
    page.wait_for_function(f"() => document.querySelector('#{DIT}-strip .film')?.told?.recipe?.options.place > 0")
    own = live(page, DIT)[-1]["lanes"]
    assert own["transformer"] == first["lanes"]["transformer"], "who asks changes nothing of the picture"
    assert own["what one looks at"] != first["lanes"]["what one looks at"]
