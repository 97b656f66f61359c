"""The page that compares, as a visitor uses it."""

from __future__ import annotations

import pytest


@pytest.mark.browser
def test_a_bet_a_race_and_what_became_of_it(visit, film):
    page = visit("compare?run=compare/race&budget=0.5&moments=2&samples=50&data=ring&bet=gan")
    strip = film(page, "p-compare-race")
    strip.wait(2)
    page.wait_for_function("document.querySelector('#p-compare-race-strip').innerText.includes('You bet on GAN')")
    strip.step(0)
    assert "is nearest to the data so far" in strip.root.inner_text()
    assert page.locator("#p-compare-race-strip .film-lane canvas").count() >= 5


@pytest.mark.browser
def test_a_sentence_goes_through_every_kind(visit, film):
    page = visit("compare?run=compare/words&pieces=2&text=The package contains a")
    strip = film(page, "p-compare-words")
    strip.wait(7)
    page.wait_for_function("document.querySelector('#p-compare-words-strip').innerText.includes('writes it anew')")
    first = page.locator("#p-compare-words-strip .film-tokens").first
    assert "The package contains a" in first.inner_text().replace("\n", " ")
    strip.step(0)
    page.wait_for_function("!document.querySelector('#p-compare-words-strip').innerText.includes('writes it anew')")
    assert "pieces=2" in page.url
