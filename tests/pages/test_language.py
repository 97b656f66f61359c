"""The pages in another language: nothing of it is missing, and what a visitor writes stays as it is."""

from __future__ import annotations

import json

import pytest

from genai_demo.lessons import library
from pages.lessons import known, lessons
from pages.parts.language import language, sources

CODES = sorted(language.languages())
GERMAN = json.loads((language.FOLDER / "de.json").read_text())


@pytest.mark.parametrize("code", CODES)
def test_a_language_lacks_no_text_of_the_interface_and_no_refusal(code: str) -> None:
    found = json.loads((language.FOLDER / f"{code}.json").read_text())
    assert sources.interface() - set(found["interface"]) == set()
    assert sources.refusals() - set(found["sentences"]) == set()


@pytest.mark.parametrize("code", CODES)
def test_what_is_put_into_a_sentence_has_its_place_in_the_translation(code: str) -> None:
    found = json.loads((language.FOLDER / f"{code}.json").read_text())
    for texts in (found["interface"], found["sentences"]):
        for given, translated in texts.items():
            assert translated.strip(), given
            assert translated.count("{}") == given.count("{}"), given


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", [one.name for one in lessons()])
def test_a_lesson_does_the_same_in_another_language(code: str, name: str) -> None:
    given = next(one for one in lessons() if one.name == name)
    spoken = library.translated(given, code, known())
    assert spoken.title != given.title
    assert (spoken.page, spoken.level, len(spoken.steps)) == (given.page, given.level, len(given.steps))
    for one, other in zip(given.steps, spoken.steps, strict=True):
        assert (one.query, one.check, one.holds) == (other.query, other.check, other.holds)
        assert [choice.right for choice in one.choices] == [choice.right for choice in other.choices]


def test_an_unknown_language_is_english() -> None:
    given = lessons()[0]
    assert library.translated(given, "../..", known()) == given
    assert library.translated(given, "xx", known()) == given


@pytest.mark.browser
def test_a_page_is_read_in_german_and_what_a_visitor_writes_stays(visit):
    page = visit("vae?lang=de")
    page.get_by_role("tab", name=GERMAN["interface"]["Sample"], exact=True).wait_for()
    assert page.evaluate("document.documentElement.lang") == "de"
    page.goto(page.url.split("vae?")[0] + "moe?run=moe/force&text=Settings&off=1 2 3 4 5 6 7 8")
    page.get_by_text("übrig").first.wait_for()  # it was chosen for this browser, and refusals are told in it too
    assert page.locator("#p-moe-force textarea").first.input_value() == "Settings"
    unit = GERMAN["interface"]["mean weight of the first expert"]
    page.locator(".film dd", has_text=unit).first.wait_for(state="attached")
    page.locator(".atlas-language").first.select_option("en")
    page.wait_for_function("document.documentElement.lang === 'en'")
    page.get_by_role("tab", name="Off or forced", exact=True).wait_for()


@pytest.mark.browser
def test_a_menu_and_the_meaning_of_a_word_are_german_and_the_recipe_is_not(visit, film):
    page = visit("compare?run=compare/race&budget=0.5&moments=2&samples=50&data=moons&lang=de")
    german = GERMAN["interface"]
    menu = page.locator("#p-compare-race .option-data input")
    film(page, "p-compare-race").wait(2, badge=german["Live"])
    assert menu.input_value() == german["Moons"] != "Moons"
    menu.click()
    page.get_by_role("option", name=german["Grid"]).click()
    assert menu.input_value() == german["Grid"] != "Grid"
    page.click("#p-compare-race-run")
    page.wait_for_function("location.search.includes('data=grid')")
    page.locator(".prose-page a[href*='glossary#gan']").first.hover()
    assert page.locator("#term-tip").inner_text().startswith("Ein Generative Adversarial Network")


@pytest.mark.browser
def test_on_a_phone_the_choice_of_a_language_has_room_and_a_lesson_is_german(visit):
    page = visit("gan?lang=de&lesson=gan-game&part=1", width=390)
    title = library.translated(next(one for one in lessons() if one.name == "gan-game"), "de", known()).steps[0].title
    page.get_by_text(title).first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
