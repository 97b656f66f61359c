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
    page.locator(f"#{BEAM}-strip .film-long").first.locator(".film-row").nth(place).click()
    begin = page.locator(f"#{BEAM}").get_by_label("Begin with")
    page.wait_for_function("([at, text]) => at.value === text", arg=[begin.element_handle(), rows[place]["text"]])
    page.wait_for_function(f"() => document.querySelector('#{BEAM}-strip .film').told?.recipe.options.begin !== ''")
    assert all(
        row["text"].startswith(rows[place]["text"]) for row in live(page, BEAM)[-1]["lanes"]["finished"]["items"]
    )


@pytest.mark.browser
def test_a_click_in_the_tree_searches_on_from_all_that_leads_there(visit, film):
    page = visit("seq2seq?run=seq2seq/beam&text=the cat&beams=2&most=5", width=390, dark=True)
    frames = live(page, BEAM)
    film(page, BEAM).step(3)
    piece = frames[3]["lanes"]["the last steps of the tree"]["stages"][1]["items"][-1]
    column = page.locator(f"#{BEAM}-strip .film-tree .film-column").nth(1)
    assert column.locator("svg path[d]").count() == len(
        frames[3]["lanes"]["the last steps of the tree"]["stages"][1]["items"]
    )
    column.locator("button.film-row").last.click()
    begun = "([bench, text]) => document.querySelector(`#${bench}-strip .film`).told?.recipe.options.begin === text"
    page.wait_for_function(begun, arg=[BEAM, piece["note"]])
    assert live(page, BEAM)[-1]["lanes"]["what happens"]["text"] != frames[-1]["lanes"]["what happens"]["text"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_words_are_hidden_and_what_is_put_in_is_seen(visit):
    page = visit("seq2seq?run=seq2seq/mend&text=the cat sat&way=spans&most=4")
    page.locator("#p-seq2seq-mend .gaps-words").get_by_role("button", name="hide “cat”").click()
    page.click("#p-seq2seq-mend-run")
    frames = live(page, "p-seq2seq-mend")
    assert "<x1>" in [
        item["text"].strip() for item in frames[0]["lanes"]["what is read, shaded where the new piece looks"]["items"]
    ]
    assert page.locator("#p-seq2seq-mend-strip .film-matrix").is_visible()


@pytest.mark.browser
def test_the_length_penalty_ranks_anew_without_a_run(visit):
    page = visit("seq2seq?run=seq2seq/beam&text=the cat&beams=3&most=5")
    last = live(page, BEAM)[-1]
    before, ended = last["lanes"]["finished"]["items"], last["carried"]["ended"]
    run = page.evaluate(f"document.querySelector('#{BEAM}-strip .film').told.run")
    page.locator(f"#{BEAM}").get_by_label("number input for Length penalty").fill("0")
    page.wait_for_function(
        f"() => document.querySelector('#{BEAM}-strip .film-note').textContent.includes('penalty 0')"
    )
    told = page.evaluate(f"document.querySelector('#{BEAM}-strip .film').told")
    after = told["frames"][-1]["lanes"]["finished"]["items"]
    assert told["run"] == run
    assert sorted(item["text"] for item in after) == sorted(item["text"] for item in before)
    assert [item["value"] for item in after] == pytest.approx(sorted((weight for weight, _ in ended), reverse=True))
    rows = page.locator(f"#{BEAM}-strip .film-lane:has(figcaption:has-text('finished')) .film-row .value")
    assert len(set(rows.all_inner_texts())) > 1


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("seq2seq_translate", {"text": " "}, "Text is empty"),
        ("seq2seq_translate", {"text": "word " * 10_000}, "the limit is 4000"),
        ("seq2seq_beam", {"beams": 90}, "Beams is 90; choose a whole number from 1 to 8"),
        ("seq2seq_beam", {"most": 1}, "Most is 1"),
        ("seq2seq_mend", {"text": "no gap"}, "Text has no"),
        ("seq2seq_exact", {"text": "cat"}, "give a number of up to nine digits or a date"),
    ],
)
def test_api_says_what_can_not_be(client, name, options, sentence):
    from gradio_client.exceptions import AppError

    with pytest.raises(AppError, match=sentence):
        client.predict(**options, api_name=f"/{name}")
