"""The encoder-decoder's page as a visitor uses it."""

from __future__ import annotations

import pytest

from tests.pages.conftest import live
from tests.standins import stand_ins  # noqa: F401  the fixture replaces what would be fetched

BEAM = "p-seq2seq-beam"


@pytest.mark.browser
def test_a_click_on_a_pruned_candidate_goes_on_from_it(visit, film):
    page = visit("seq2seq?run=seq2seq/beam&text=the cat&beams=2&most=5")
    frames = live(page, BEAM)
    rows = frames[1]["lanes"]["candidates of this step"]["items"]
    place = next(k for k, row in enumerate(rows) if row.get("kind") == "off")
    film(page, BEAM).step(1)
    page.locator(f"#{BEAM}-strip .film-row").nth(place).click()
    begin = page.locator(f"#{BEAM}").get_by_label("Begin with")
    page.wait_for_function("([at, text]) => at.value === text", arg=[begin.element_handle(), rows[place]["text"]])
    page.click(f"#{BEAM}-run")
    page.wait_for_function(f"() => document.querySelector('#{BEAM}-strip .film').told?.recipe.options.begin !== ''")
    assert all(
        row["text"].startswith(rows[place]["text"]) for row in live(page, BEAM)[-1]["lanes"]["finished"]["items"]
    )
