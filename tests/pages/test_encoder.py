"""The encoder's page as a visitor and as a program use it."""

from __future__ import annotations

import pytest

from tests.pages.conftest import live
from tests.standins import stand_ins  # noqa: F401  the fixture replaces what would be fetched

FILL, UNMASK, INSIDE, SWAP = "p-encoder-fill", "p-encoder-unmask", "p-encoder-inside", "p-encoder-swap"


@pytest.mark.browser
def test_a_click_hides_a_word_and_a_click_on_the_list_puts_one_in(visit):
    page = visit("encoder?run=encoder/fill&text=The cat sat on the [MASK].")
    assert len(live(page, FILL)[0]["lanes"]["what could stand there"]["stages"]) == 1
    words = page.locator(f"#{FILL} .gaps-words")
    words.get_by_role("button", name="hide “cat”").click()
    shows = "([bench, text]) => document.querySelector(`#${bench}-strip .film`).told?.recipe.options.text === text"
    page.wait_for_function(shows, arg=[FILL, "The [MASK] sat on the [MASK]."])
    first = live(page, FILL)[0]["lanes"]["what could stand there"]["stages"][1]["items"][0]["text"]
    page.locator(f"#{FILL}-strip .film-column").nth(1).locator("button.film-row").first.click()
    page.wait_for_function(shows, arg=[FILL, f"The [MASK] sat on the {first}."])
    live(page, FILL)
    words.get_by_role("button", name="a gap, where “cat” stood").click()
    assert page.locator(f"#{FILL} .gaps textarea").input_value() == f"The cat sat on the {first}."


@pytest.mark.browser
def test_gaps_are_filled_while_one_watches_and_the_film_goes_back(visit, film):
    page = visit("encoder?run=encoder/unmask&text=&masks=4")
    assert len(live(page, UNMASK)) == 5
    strip = film(page, UNMASK)
    strip.step(0)
    assert strip.root.inner_text().count("[MASK]") == 4
    strip.step(4)
    assert "[MASK]" not in " ".join(page.locator(f"#{UNMASK}-strip .film-tok").all_inner_texts())


@pytest.mark.browser
def test_attention_is_seen_layer_by_layer_and_start_and_end_come_on_demand(visit):
    page = visit("encoder?run=encoder/inside&text=the cat sat on the bank")
    frames = live(page, INSIDE)
    layers = len(frames) - 1
    names = ["the embedding", *(f"layer {k + 1} of {layers}" for k in range(layers))]
    assert [frame["numbers"][0]["value"] for frame in frames] == names
    page.locator(f"#{INSIDE}").get_by_label("Draw start and end").check()
    page.click(f"#{INSIDE}-run")
    page.wait_for_function(
        f"() => document.querySelector('#{INSIDE}-strip .film').told?.recipe.options.specials === true"
    )
    lane = live(page, INSIDE)[-1]["lanes"]["attention, each row looks at the columns"]
    assert lane["rows"][0] == "[CLS]"


@pytest.mark.browser
def test_a_swapped_word_moves_the_others_on_a_phone(visit, film):
    page = visit("encoder?run=encoder/swap&text=the cat sat on the bank&word=cat&other=dog", width=390, dark=True)
    live(page, SWAP)
    film(page, SWAP).step(0)
    shades = [
        float(tok.evaluate("tok => tok.style.getPropertyValue('--s')"))
        for tok in page.locator(f"#{SWAP}-strip .film-tok").all()
    ]
    assert [shade > 0 for shade in shades] == [False, True, False, False, False, False]
    film(page, SWAP).step(2)
    assert "cat → dog" in page.locator(f"#{SWAP}-strip").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_a_picture_is_read_patch_by_patch_and_a_neuron_has_its_words(visit):
    page = visit("encoder?run=encoder/patches&picture=sample:13&shuffle=true")
    frames = live(page, "p-encoder-patches")
    assert frames[-1]["lanes"]["what “whole” looks at, by head"]["n"] == 4
    assert "another order" in page.locator("#p-encoder-patches-strip").inner_text()
    page = visit("encoder?run=encoder/neurons&layer=1&neuron=5&sentences=20&text=no cat", width=390, dark=True)
    live(page, "p-encoder-neurons")
    assert "[" in page.locator("#p-encoder-neurons-strip").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_a_question_is_answered_from_the_text_or_refused(visit):
    page = visit("encoder?run=encoder/answer&question=what sat&text=the cat sat on the bank", width=390)
    last = live(page, "p-encoder-answer")[-1]
    best, nothing = last["lanes"]["stretches"]["items"][0], last["numbers"][-1]["value"]
    marked = page.locator("#p-encoder-answer-strip .film-tok[data-kind=best]").all_inner_texts()
    assert "".join(marked).strip() == ("" if nothing >= best["share"] else best["text"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("encoder_neurons", {"neuron": 4000}, "choose 0 to"),
        ("encoder_patches", {"picture": "sample:100"}, "choose sample:0 to sample:99"),
        ("encoder_fill", {"text": "No gap."}, r"no \[MASK\]"),
        ("encoder_unmask", {"masks": 400}, "is 400"),
        ("encoder_inside", {"text": "a " * 1900}, "the model reads"),
        ("encoder_swap", {"word": "lake"}, "not in the text"),
        ("encoder_similar", {"sentences": "One."}, "write 2 to 24"),
        ("encoder_answer", {"question": "?" * 401}, "400"),
        ("encoder_answer", {"text": "a " * 1900}, "the model reads"),
    ],
)
def test_api_says_what_can_not_be(client, name, options, sentence):
    from gradio_client.exceptions import AppError

    with pytest.raises(AppError, match=sentence):
        client.predict(**options, api_name=f"/{name}")
