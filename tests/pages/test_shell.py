"""Routes, header, look and links of every page."""

from __future__ import annotations

import re
import urllib.error
import urllib.request

import pytest

from genai_demo.core.link import LONGEST

pytestmark = pytest.mark.browser
SHIFTS = """window.moved = 0; new PerformanceObserver(list => { for (const one of list.getEntries()) {
  if (!one.hadRecentInput) window.moved += one.value; } }).observe({type: 'layout-shift', buffered: true});"""
HIDDEN = """bench => { const film = document.querySelector(`#${bench}-strip .film`);
  const foot = film.querySelector('.film-foot').getBoundingClientRect();
  const low = drawn => Math.max(...[...film.querySelectorAll(drawn)].map(one => one.getBoundingClientRect().bottom));
  return [low('.film-lane:not(.film-chart) canvas') - foot.top, low('.film-lane canvas') - foot.top,
    foot.bottom - innerHeight]; }"""
# After a press of the tabulator: what has the focus is marked; where it is, whether the focus is seen, its element.
NEXT = """() => { const now = document.activeElement;
  now.dataset.reached = 'yes';
  const where = now === document.body ? 'end' : now.closest('.info-tabs') ? 'below' : 'on the way';
  return [where, getComputedStyle(now).outlineStyle !== 'none', now.outerHTML.slice(0, 120)]; }"""
MISSED = """() => { const bench = [...document.querySelectorAll('.bench')].find(one => one.offsetParent);
  const group = one => [...bench.querySelectorAll(`input[name="${one.name}"]`)];
  return [...bench.querySelectorAll('button, input, select, textarea, summary, [tabindex="0"]')].filter(one =>
    one.checkVisibility({visibilityProperty: true}) && !one.disabled && one.tabIndex >= 0
    && !one.dataset.reached && !(one.type === 'radio' && group(one).some(other => other.dataset.reached)))
    .map(one => one.outerHTML.slice(0, 120)); }"""


def test_a_page_that_opens_moves_little_and_shows_its_pictures_whole(visit):
    page = visit()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.add_init_script(SHIFTS)
    page.goto(page.url + "diffusion")
    page.wait_for_function("document.querySelector('.film')?.dataset.received > 0")
    page.wait_for_selector(".film-stage canvas")
    assert page.evaluate("moved") < 0.05
    assert max(page.evaluate(HIDDEN, "p-diffusion-denoise")) <= 0


def test_pictures_and_charts_stand_over_the_transport(visit):
    page = visit("gan")
    page.set_viewport_size({"width": 1280, "height": 800})
    for run in ("sample", "faces"):  # a strip with charts below it; a photograph of more pixels than there is room
        page.wait_for_selector(f".runs button[data-tab-id^='gan/{run}']").click()
        page.wait_for_function(
            "id => document.querySelector(`#${id}-strip .film`)?.dataset.done === 'true'", arg=f"p-gan-{run}"
        )
        page.wait_for_selector(f"#p-gan-{run}-strip .film-lane canvas")
        page.wait_for_timeout(300)  # the numbers under the transport have their lines
        assert max(page.evaluate(HIDDEN, f"p-gan-{run}")) <= 0, run


def test_every_control_is_reached_with_the_tabulator_alone(visit):
    page = visit("gan")
    page.wait_for_function("document.querySelector('#p-gan-points-strip .film')?.dataset.done === 'true'")
    asked: list[str] = []
    page.on("request", lambda request: "queue/join" in request.url and asked.append(request.post_data))
    for _ in range(150):
        page.keyboard.press("Tab")
        where, seen, name = page.evaluate(NEXT)
        assert seen, f"the focus is not to be seen: {name}"
        if where in ("end", "below"):
            break
    page.wait_for_function("!document.querySelector('[role=combobox][aria-expanded=true]')")
    assert where == "below", f"the way ends at {name}"
    assert not page.evaluate(MISSED)
    assert not asked, "what is only passed changes nothing"


def test_the_chat_has_its_place_before_it_comes(visit):
    page = visit()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.add_init_script(SHIFTS)
    page.goto(page.url + "decoder")
    page.wait_for_selector(".chat-turn")
    assert page.evaluate("moved") < 0.1


def test_the_current_page_is_marked(visit):
    page = visit("vae")
    assert page.locator("header.atlas [aria-current=page]").all_text_contents() == ["VAE"]


def test_navigation_by_keyboard(visit):
    page = visit("")
    page.locator("header.atlas summary", has_text=re.compile("^Images$")).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Diffusion"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/diffusion")


def test_dark_is_kept_on_the_next_page(visit):
    page = visit("")
    page.click(".atlas-dark")
    assert page.evaluate("document.body.classList.contains('dark')")
    page.click(".tile a.whole[href='./diffusion']")
    page.wait_for_selector(".page-diffusion h1")
    page.wait_for_function("document.body.classList.contains('dark')")


def test_an_unknown_page_says_so(base_url):
    request = urllib.request.Request(f"{base_url}/nowhere", headers={"Accept": "text/html"})
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request)
    text = error.value.read().decode()
    assert error.value.code == 404
    assert "There is no such page" in text
    assert "Traceback" not in text


def test_a_link_that_would_not_open_is_not_copied(visit):
    page = visit("gan")
    page.wait_for_selector("#p-gan-points-strip .film[data-done=true]")
    before = page.url
    link = f"'run=vae/x&start=' + 'a'.repeat({LONGEST})"
    film, button = (f"document.querySelector('#p-gan-points-{what}')" for what in ("strip .film", "copy"))
    page.evaluate(f"() => {{ {film}.told.link = {link}; {button}.click(); }}")  # at once: a film that plays tells anew
    said = page.locator("#p-gan-points .panel-head .said").text_content()
    assert f"{LONGEST + len('vae/x'):,}" in said
    assert f"{LONGEST:,}" in said
    assert page.url == before


def test_keys_are_listed(visit):
    page = visit("diffusion")
    page.wait_for_selector("h1")
    page.keyboard.press("?")
    page.wait_for_selector(".atlas-keys[open]")
