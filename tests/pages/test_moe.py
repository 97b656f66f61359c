"""The page of mixtures of experts as a visitor uses it."""

from __future__ import annotations

import pytest

from tests.pages.conftest import live

ROUTE, FORCE = "p-moe-route", "p-moe-force"
COLOURED = "your text, in the colour of each token's first expert"


@pytest.mark.browser
def test_an_own_text_is_seen_in_the_colours_of_its_experts_layer_by_layer(visit, film):
    page = visit("moe?run=moe/route&text=Dieses Paket enthält die Bibliothek. for file in self.files:")
    frames = live(page, ROUTE)
    assert [frame["numbers"][0]["value"] for frame in frames] == [
        f"{k + 1} of {len(frames)}" for k in range(len(frames))
    ]
    groups = [{item["group"] for item in frame["lanes"][COLOURED]["items"]} for frame in frames]
    assert len(groups[0]) > 1, "one expert takes all"
    assert any(frame["lanes"]["the load so far looks like that of"]["items"] for frame in frames)
    film(page, ROUTE).step(0)
    shown = page.locator(f"#{ROUTE}-strip .film-tok.grouped")
    assert shown.count() == len(frames[0]["lanes"][COLOURED]["items"])
    colours = shown.evaluate_all("all => new Set(all.map(one => getComputedStyle(one).backgroundColor)).size")
    assert colours > 1
    assert page.locator(f"#{ROUTE}-strip .film-groups i").count() > 1


@pytest.mark.browser
def test_experts_are_switched_off_on_a_phone_and_none_left_is_a_sentence(visit):
    page = visit("moe?run=moe/force&text=This package&off=1 2 3&max_new_tokens=2", width=390, dark=True)
    assert live(page, FORCE)[0]["lanes"]["next token, changed"]["items"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(f"#{FORCE}-settings").click()
    page.locator(f"#{FORCE}").get_by_label("Experts off").fill("1 2 3 4 5 6 7 8")
    page.click(f"#{FORCE}-run")
    page.get_by_text("off leaves none of the 8 experts").first.wait_for()
