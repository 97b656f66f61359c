"""The front page: its film, the ways in, the map; search and presenting, which every page has."""

from __future__ import annotations

import re
import sys
import types
import urllib.request
from itertools import product
from urllib.parse import urlparse

import pytest

from pages import PAGES, Page, class_set, overview
from pages.parts.lead import Try
from pages.parts.search import index
from pages.parts.tour import tour
from tests.pages.test_axe import AXE
from tests.pages.test_shell import HIDDEN

# Lanes that cannot be seen whole over the transport, however far one scrolls.
CUT = """() => {
  const bench = [...document.querySelectorAll('.bench')].find(one => one.offsetParent);
  const foot = bench.querySelector('.film-foot');
  return [...bench.querySelectorAll('.film-lane')].filter(lane => {
    lane.scrollIntoView({block: 'start'});
    return lane.offsetParent && lane.getBoundingClientRect().bottom > foot.getBoundingClientRect().top + 1;
  }).map(lane => lane.querySelector('figcaption').textContent);
}"""
LINK = re.compile(r'href="(\./[^"#]*)"')


def test_the_newcomer_sees_a_film_at_once_and_is_led_to_its_bench(visit):
    page = visit("")
    film = page.locator(".hero")
    page.wait_for_function("+document.querySelector('.hero').dataset.step > 0")
    page.click(".hero-play")
    before = page.locator(".hero canvas").evaluate("canvas => canvas.toDataURL()")
    film.locator("input").fill("60")
    page.wait_for_function("document.querySelector('.hero output').textContent === 'step 60 of 60'")
    assert page.locator(".hero canvas").evaluate("canvas => canvas.toDataURL()") != before
    assert page.evaluate("!window.gradio_config"), "it is no page of Gradio's"
    href = page.locator(".hero a.button").get_attribute("href")
    assert href.startswith("./diffusion?run=diffusion/points")


def test_each_architecture_has_a_film_that_plays_when_it_comes_into_sight(visit):
    page = visit("", 390, True)
    reels = page.locator(".reel img")
    assert reels.count() == sum(bool(one.architecture) for one in PAGES if one.path != "dummy")
    assert page.locator(".reel.plays").count() == 0
    reels.last.scroll_into_view_if_needed()
    page.wait_for_selector(".reel.plays")
    assert reels.last.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_nothing_moves_for_who_wants_things_still(chromium, base_url):
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(base_url)
    page.wait_for_function("document.querySelector('.hero output').textContent.startsWith('step 60')")
    assert page.evaluate("document.getAnimations().length") == 0
    context.close()


def test_no_link_of_the_front_page_is_dead(base_url):
    addresses = {one.replace("&amp;", "&") for one in LINK.findall(overview.html())}
    routes = {f"./{page.path}" for page in PAGES}
    others = {one.partition("?")[0] for one in addresses if "parts.js" not in one} - routes
    assert others == {one.partition("?")[0] for one in addresses if one.startswith("./images/")} | {"./class"}
    for path in routes | {"./class"}:
        assert urllib.request.urlopen(f"{base_url}/{path[2:]}").status == 200


def test_the_deck_is_offered_where_it_is_and_linked_where_it_is_served(monkeypatch, tmp_path):
    monkeypatch.setattr(overview, "DECK", tmp_path / "present.py")
    assert "make present" not in overview.html()
    overview.DECK.touch()
    assert "<code>make present</code>" in overview.html()
    monkeypatch.setenv(overview.DECK_ADDRESS, "https://deck.example/?a=1")
    assert 'href="https://deck.example/?a=1">Open the deck' in overview.html()
    monkeypatch.setenv(overview.DECK_ADDRESS, "javascript:alert(1)")
    assert "javascript:" not in overview.html()


def test_the_tour_leads_on_and_back_and_stands_a_reload(visit):
    assert len(tour.stops()) == len(tour.ORDER)
    page = visit("")
    page.click("text=Take the tour")
    page.wait_for_selector(".tour")
    assert page.locator(".tour b").inner_text() == f"1 of {len(tour.ORDER)}"
    page.click(".tour a.next")
    page.wait_for_function("document.querySelector('.tour b')?.textContent.startsWith('2')")
    page.reload()
    page.wait_for_function("document.querySelector('.tour b')?.textContent.startsWith('2')")
    page.go_back()
    page.wait_for_function("document.querySelector('.tour b')?.textContent.startsWith('1')")


def test_a_class_gets_its_questions_as_one_link_and_a_sheet(visit):
    page = visit("")
    page.click("text=Choose questions")
    page.wait_for_selector(".asked")
    boxes = page.locator("input[name=set]")
    assert boxes.count() == len(class_set.questions())
    chosen = [boxes.nth(place) for place in (0, 12)]
    for one in chosen:
        one.check()
    first, second = [class_set.questions()[one.get_attribute("value")] for one in chosen]
    titles = page.locator(".set h2")
    page.evaluate(AXE)
    assert page.evaluate("axe.run().then(({violations}) => violations.map(one => one.id))") == []
    page.get_by_role("button", name="Make the set").click()
    page.wait_for_selector(".set")
    assert titles.all_inner_texts() == [first.asked.title, second.asked.title]
    page.get_by_role("link", name="Earlier").click()
    page.wait_for_function("title => document.querySelector('.set h2')?.textContent === title", arg=second.asked.title)
    page.reload()
    assert titles.all_inner_texts() == [second.asked.title, first.asked.title]
    page.evaluate(AXE)
    assert page.evaluate("axe.run().then(({violations}) => violations.map(one => one.id))") == []
    page.emulate_media(media="print")
    assert page.locator(".sheet").count() == page.locator(".sheet:visible").count() == 2
    assert page.locator("header.atlas").is_hidden()
    page.emulate_media(media="screen")
    page.locator(".set a", has_text="Set it up").first.click()
    page.wait_for_url(lambda url: f"/{second.page.path}?" in url)
    page.wait_for_selector(".bench >> visible=true")


@pytest.mark.parametrize("ids", [["nowhere"], ["<script>alert(1)</script>"], ["x" * 10_000], [""] * 500])
def test_a_set_of_nothing_known_says_so(ids):
    html = class_set.html(ids)
    assert "None of the questions of that link" in html
    assert ids[0] == "" or ids[0] not in html.replace('class="nowhere"', "")


def test_a_set_has_each_question_once_and_tells_what_is_gone():
    known = [*class_set.questions()][:60]
    html = class_set.html([known[1], known[0], known[1], "gone"])
    assert html.index(class_set.questions()[known[1]].asked.title) < html.index(
        class_set.questions()[known[0]].asked.title
    )
    assert html.count('class="sheet"') == 2
    assert "1 of the link is here no more" in html
    assert class_set.html(known).count('class="sheet"') == class_set.MOST


def test_front_door_and_class_grow_by_themselves(monkeypatch):
    """A page with a film still to be made, and questions, is added to PAGES, and nothing else is told."""
    module = types.ModuleType("pages.new")
    module.TRIES = (Try("Why is it new?", "run=gan/walk&seed=77", "See.", "It shows."),)
    monkeypatch.setitem(sys.modules, "pages.new", module)
    made = (overview._map, class_set.questions)
    for place in (overview, class_set):
        monkeypatch.setattr(place, "PAGES", (*PAGES, Page("new", "New one", "It is new.", "Text", (), "new")))
    for one in made:
        one.cache_clear()
    try:
        tiles = re.findall(r'class="whole" href="\./([^"]*)"', overview.html())
        assert sorted(tiles) == sorted([*(page.path for page in PAGES if page.group), "new"])
        assert "Why is it new?" in class_set.html([])
    finally:
        monkeypatch.undo()
        for one in made:
            one.cache_clear()


def test_search_finds_with_the_keys_alone(visit):
    page = visit("")
    page.evaluate("atlas.ready")
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search")
    page.wait_for_selector(".atlas-find li")
    assert page.locator(".atlas-find li").count() == len(PAGES), "with nothing asked: the pages"
    box.fill("difusion fork")  # a letter is missing
    page.wait_for_function("document.querySelector('.atlas-find li b').textContent === 'Diffusion: Fork'")
    page.keyboard.press("Escape")
    page.wait_for_selector(".atlas-find", state="hidden")
    page.wait_for_function("!document.activeElement.matches('input')")
    page.keyboard.press("/")
    box.fill("vae")
    page.wait_for_function("document.querySelector('.atlas-find li b').textContent === 'VAE'")
    page.keyboard.press("ArrowDown")
    second = page.locator(".atlas-find [aria-selected=true]").get_attribute("href")
    assert page.locator(".atlas-find a").nth(1).get_attribute("href") == second
    page.evaluate(AXE)
    assert (
        page.evaluate("axe.run({include: [['.atlas-find']]}).then(({violations}) => violations.map(one => one.id))")
        == []
    )
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.endswith(second[1:]))


@pytest.mark.parametrize(
    "asked", ["a" * 10_000, "\u6269\u6563\u6a21\u578b", "<img src=x onerror=alert(1)>", "()[]{}*", "\U0001f600"]
)
def test_search_stays_calm(visit, asked):
    page = visit("", 390)
    page.click(".atlas-search")
    page.wait_for_selector(".atlas-find li")
    page.get_by_role("combobox", name="Search").fill(asked)
    page.wait_for_function(
        "document.querySelector('.atlas-find .said').textContent.startsWith('Nothing here has that')"
    )
    assert page.locator(".atlas-find li").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_everything_that_is_found_has_an_address():
    entries = index.entries()
    paths = {page.path for page in PAGES}
    assert {urlparse(one["href"]).path.removeprefix("./") for one in entries} <= paths
    assert {one["kind"] for one in entries} == {"page", "bench", "question", "word"}
    assert not [one for one in entries if not one["title"] or not one["text"]]


def test_presenting_shows_the_bench_alone_and_enlarged(visit):
    page = visit("gan?bench=gan-walk")
    page.wait_for_selector("#p-gan-walk-strip .film[data-done=true]")
    size = "+getComputedStyle(document.querySelector('#p-gan-walk .film-at')).fontSize.slice(0, -2)"
    page.click(".atlas-present")
    assert "present=1" in page.url
    page.wait_for_selector(".present-end")
    for hidden in ("header.atlas", ".info-tabs", ".lead"):
        assert page.locator(hidden).first.is_hidden()
    assert page.locator("#p-gan-walk-strip .film").is_visible()
    assert page.evaluate(f"document.querySelector('.page').currentCSSZoom * {size}") > 16
    assert page.evaluate(HIDDEN, "p-gan-walk")[0] <= 0, "the transport covers no picture"
    page.evaluate(AXE)
    page.add_style_tag(content="*, ::before, ::after { transition: none !important; }")
    found = "axe.run().then(({violations}) => violations.flatMap(one => [one.id, ...one.nodes.map(node => node.html)]))"
    for _ in range(2):  # in the light and in the dark
        page.evaluate("atlas.toggle()")
        assert page.evaluate(found) == []
    page.keyboard.press("Home")
    page.wait_for_function("document.querySelector('#p-gan-walk-strip .film').dataset.painted === '0'")
    page.reload()
    page.wait_for_selector(".present-end")
    page.wait_for_selector("#p-gan-walk-strip .film[data-done=true]")
    film, button = (f"document.querySelector('#p-gan-walk-{what}')" for what in ("strip .film", "copy"))
    page.evaluate(f"() => {{ {film}.told.link = 'run=gan/walk&seed=3'; {button}.click(); }}")
    page.wait_for_function("location.search.includes('seed=3')")
    assert "present=1" in page.url
    page.keyboard.press("Escape")
    page.wait_for_selector("header.atlas", state="visible")
    assert "present" not in page.url


@pytest.mark.parametrize("path", ["clip", "rag", "decoder?bench=decoder-tokens"])
def test_presented_every_lane_can_be_seen_whole_over_the_transport(visit, path):
    page = visit(path)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.wait_for_selector(".bench:visible .film[data-done=true]")
    page.evaluate("atlas.ready")
    page.keyboard.press("p")
    page.wait_for_selector(".present-end")
    page.evaluate("new Promise(done => setTimeout(done, 200))")
    assert page.evaluate(CUT) == []


def test_the_map_has_no_holes_however_many_architectures_there_are():
    for text, images, systems in product((1, 2, 3), range(1, 10), (0, 1, 2, 4)):
        counts = sorted(filter(None, (text, images, 1, systems)), reverse=True)
        row = 0
        for count, width in zip(counts, overview.shared(counts), strict=True):
            row = row % overview.WIDE + width
            assert row <= overview.WIDE
            for columns in (width, overview.NARROW):
                sizes = overview.cells(count, columns)
                assert sum(sizes) % columns == 0
                assert len(sizes) == count
        assert row == overview.WIDE
