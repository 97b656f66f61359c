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
HIDDEN = """() => Math.max(...[...document.querySelector('.film').querySelectorAll('figure:not(.film-chart) canvas')]
  .map(one => one.getBoundingClientRect().bottom)) - document.querySelector('.film-foot').getBoundingClientRect().top"""


def test_a_page_that_opens_moves_little_and_shows_its_pictures_whole(visit):
    page = visit()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.add_init_script(SHIFTS)
    page.goto(page.url + "diffusion")
    page.wait_for_function("document.querySelector('.film')?.dataset.received > 0")
    page.wait_for_selector(".film-stage canvas")
    assert page.evaluate("moved") < 0.05
    assert page.evaluate(HIDDEN) <= 0


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
    page.wait_for_selector("#p-gan-points .panel-head")
    before = page.url
    page.evaluate(f"atlas.copyLink('p-gan-points', {{link: 'run=vae/x&start=' + 'a'.repeat({LONGEST})}})")
    said = page.locator("#p-gan-points .panel-head .said").text_content()
    assert f"{LONGEST + len('vae/x'):,}" in said
    assert f"{LONGEST:,}" in said
    assert page.url == before


def test_keys_are_listed(visit):
    page = visit("diffusion")
    page.wait_for_selector("h1")
    page.keyboard.press("?")
    page.wait_for_selector(".atlas-keys[open]")
