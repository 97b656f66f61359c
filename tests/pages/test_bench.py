"""The bench: a run from click to film, its link, its errors, its end. Driven with the dummy runs."""

from __future__ import annotations

import re
import time

import pytest

from tests.pages import dummy

pytestmark = pytest.mark.browser
BENCH = "p-dummy-squares"


def test_generate_then_scrub_without_a_request(visit, film):
    page = visit("dummy")
    strip = film(page, BENCH)
    strip.generate()
    strip.wait(20)
    page.wait_for_timeout(1000)  # the tab Code follows the run with an event of its own
    seen = []
    page.on("request", lambda request: seen.append(request.url))
    first = {i: (strip.step(i), strip.pixels())[1] for i in (0, 7, 13)}
    assert len(set(first.values())) == 3
    page.keyboard.press("Home")  # the focus is on the button, no key was given to the film
    page.keyboard.press("ArrowRight")
    strip.wait_text("step 2 of 20")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Space")
    page.wait_for_function(f"document.querySelector('#{BENCH}-strip .film').dataset.playing === 'true'")
    page.keyboard.press("End")
    strip.wait_text("step 20 of 20")
    assert not [url for url in seen if not url.startswith(("data:", "blob:"))]


def test_a_run_that_is_computed_is_paused_and_followed_again(visit, film):
    page = visit("dummy?run=dummy/squares&steps=60&pause_ms=100&seed=44")
    strip = film(page, BENCH)
    shown = f"document.querySelector('#{BENCH}-strip .film')"
    page.wait_for_function(f"+{shown}?.dataset.painted >= 3 && {shown}.dataset.playing === 'true'")
    page.keyboard.press("Space")
    page.wait_for_function(f"{shown}.dataset.playing === 'false'")
    held, came = page.evaluate(f"[{shown}.dataset.painted, +{shown}.dataset.received]")
    page.wait_for_function(f"+{shown}.dataset.received > {came} + 5")
    assert page.evaluate(f"{shown}.dataset.painted") == held
    strip.root.get_by_role("button", name="Play").click()
    strip.wait(60)


def test_stop_keeps_what_was_drawn(visit, film):
    page = visit("dummy?run=dummy/squares&steps=100&pause_ms=100&seed=41")  # a link generates by itself
    page.wait_for_function(f"+document.querySelector('#{BENCH}-strip .film')?.dataset.received >= 4")
    assert page.locator(f"#{BENCH}-strip .film-work progress").is_visible()
    page.click(f"#{BENCH}-stop")
    page.wait_for_timeout(1500)
    assert re.search(r"Stopped at step \d+ of 100", page.locator(f"#{BENCH}-strip .film-note").inner_text())
    assert page.locator(f"#{BENCH}-strip .film-work").is_hidden()
    kept = int(page.locator(f"#{BENCH}-strip .film").get_attribute("data-received"))
    page.wait_for_timeout(700)
    assert 4 <= kept < 60
    assert int(page.locator(f"#{BENCH}-strip .film").get_attribute("data-received")) == kept
    film(page, BENCH).step(2)
    assert _closed(41)


def test_a_closed_tab_closes_its_run(visit):
    page = visit("dummy?run=dummy/squares&steps=150&pause_ms=200&seed=42")
    page.wait_for_function(f"+document.querySelector('#{BENCH}-strip .film')?.dataset.received >= 2")
    page.close()
    assert _closed(42)


def _closed(seed: int) -> bool:
    """Whether the run with that seed was closed, within a while."""
    for _ in range(100):
        if seed in dummy.CLOSED:
            return True
        time.sleep(0.1)
    return False


def test_a_copied_link_brings_controls_and_picture_back(visit, film):
    page = visit("dummy?run=dummy/squares&steps=9&seed=77&shape=disc&wrap=false")
    strip = film(page, BENCH)
    strip.wait(9)
    page.click(f"#{BENCH}-copy")
    page.wait_for_function(f"document.querySelector('#{BENCH}-copy').textContent.includes('Link copied')")
    query = page.evaluate("location.search")
    assert "shape=disc" in query
    assert "count" not in query, "defaults are left out"
    other = visit(f"dummy{query}")
    again = film(other, BENCH)
    again.wait(9)
    assert again.pixels() == strip.pixels()
    assert other.locator(f"#{BENCH}-seed input").input_value() == "77"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("run=dummy/squares&steps=900", "steps is 900"),
        ("run=dummy/squares&steps=nan", "steps"),
        ("run=dummy/squares&seed=-4", "seed is -4"),
        ("run=dummy/nothing", "not on this page"),
        ("run=dummy/squares&wings=2", "wings"),
        ("run=dummy/squares&model=llama", "model is llama"),
    ],
)
def test_a_wrong_link_is_followed_as_far_as_it_goes(visit, query, words):
    page = visit(f"dummy?{query}")
    notice = page.wait_for_selector(f"#{BENCH} .notice")
    assert words in notice.text_content()
    assert page.locator(f"#{BENCH}-run").is_enabled()


@pytest.mark.parametrize(
    ("fail", "words"), [("kindly", "Count is too much here; choose fewer."), ("badly", "Something went")]
)
def test_a_failing_run_says_one_sentence_and_the_page_goes_on(visit, film, fail, words):
    page = visit(f"dummy?run=dummy/squares&fail={fail}")
    toast = page.wait_for_selector(".toast-body")
    assert words in toast.inner_text()
    assert not re.search('Traceback|File "', page.content())
    page.wait_for_function(f"!document.querySelector('#{BENCH}').classList.contains('running')")
    assert page.locator(f"#{BENCH}-status").inner_text().strip() == ""
    page.goto(page.url.partition("?")[0])
    strip = film(page, BENCH)
    page.wait_for_selector(f"#{BENCH}-run")
    strip.generate()
    strip.wait(20)


def test_dice_gives_a_seed_that_the_run_takes(visit, film):
    page = visit("dummy")
    page.wait_for_selector(f"#{BENCH}-run")
    seen = set()
    for _ in range(3):
        page.click(f"#{BENCH}-dice")
        seen.add(page.locator(f"#{BENCH}-seed input").input_value())
    assert len(seen) > 1
    strip = film(page, BENCH)
    strip.generate()
    strip.wait(20)
    assert (
        str(strip.root.evaluate("film => film.told.recipe.seed")) == page.locator(f"#{BENCH}-seed input").input_value()
    )


def test_two_visitors_get_their_own_pictures(visit, film):
    pages = [visit(f"dummy?run=dummy/squares&seed={seed}&steps=40&pause_ms=20") for seed in (1, 2)]
    strips = [film(page, BENCH) for page in pages]
    for strip in strips:
        strip.wait(40)
    assert strips[0].pixels(1) != strips[1].pixels(1)
    lone = visit("dummy?run=dummy/squares&seed=1&steps=40")
    strip = film(lone, BENCH)
    strip.wait(40)
    assert strip.pixels(1) == strips[0].pixels(1)


def test_settings_unfold_on_a_phone(visit):
    page = visit("dummy", width=390)
    page.wait_for_selector(f"#{BENCH}-settings")
    assert page.locator(f"#{BENCH}-seed").is_hidden()
    page.click(f"#{BENCH}-settings")
    page.wait_for_selector(f"#{BENCH}-seed")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("scrollTo(0, 0)")
    page.click(f"#{BENCH}-run")
    stage = f"document.querySelector('#{BENCH} .panel-stage').getBoundingClientRect().top"
    page.wait_for_function(f"{stage} < innerHeight / 3")


def test_g_generates(visit, film):
    page = visit("dummy")
    page.wait_for_selector(f"#{BENCH}-run")
    page.keyboard.press("g")
    film(page, BENCH).wait(20)


def test_the_address_follows_bench_and_run(visit, film):
    page = visit("dummy")
    strip = film(page, BENCH)
    strip.generate()
    strip.wait(20)
    page.wait_for_function("location.search === '?run=dummy/squares&seed=0'")
    page.click(".runs button[role=tab] >> text=Again")
    page.wait_for_function("location.search === '?bench=dummy-other'")
    page.reload()
    page.wait_for_selector("#p-dummy-other-run")
    assert page.locator("#p-dummy-other-strip .film").get_attribute("data-received") == "0", "it was opened, not run"
    page.click(".runs button[role=tab] >> text=Squares")
    page.wait_for_function("location.search === '?bench=dummy-squares'")


def test_a_list_that_the_tabulator_opened_closes_again(visit):
    page = visit("dummy")
    box = page.locator(f"#{BENCH} input[role=combobox]").first
    box.focus()
    page.wait_for_function("document.activeElement.getAttribute('aria-expanded') === 'true'")
    page.keyboard.press("Tab")
    page.wait_for_function("!document.querySelector('[role=combobox][aria-expanded=true]')")
    assert box.input_value() == "Square"
