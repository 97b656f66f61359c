"""The encoder's page as a visitor and as a program use it."""

from __future__ import annotations

import pytest

from tests.pages.conftest import live
from tests.standins import stand_ins  # noqa: F401  the fixture replaces what would be fetched

INSIDE, SWAP = "p-encoder-inside", "p-encoder-swap"


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


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("encoder_inside", {"text": "a " * 1900}, "the model reads"),
        ("encoder_swap", {"word": "lake"}, "not in the text"),
        ("encoder_similar", {"sentences": "One."}, "write 2 to 24"),
    ],
)
def test_api_says_what_can_not_be(client, name, options, sentence):
    from gradio_client.exceptions import AppError

    with pytest.raises(AppError, match=sentence):
        client.predict(**options, api_name=f"/{name}")
