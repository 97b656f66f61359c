"""axe finds nothing against WCAG 2.1, A and AA, on any page and bench: light and dark, wide and narrow.

A page is loaded once; bench, theme and width change in place. Two looks have both themes and both widths: the first
bench of a page is looked at with the whole page around it, the others by themselves. The front page is looked at in
all four ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest

from pages import PAGES

pytestmark = pytest.mark.browser
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
WIDE, NARROW = 1280, 390
BOTH = ((WIDE, False), (NARROW, True))
ALL = (*BOTH, (NARROW, False), (WIDE, True))
STILL = "*, ::before, ::after { transition: none !important; animation: none !important; }"
SHOW = """async bench => {
  const tab = () => [...document.querySelectorAll('.runs button[role=tab]')].find(one => one.dataset.tabId === bench);
  for (let k = 0; bench && k < 200 && !tab(); k++) await new Promise(done => setTimeout(done, 20)); // a wide row again
  if (bench) tab().click();
  const seen = () => [...document.querySelectorAll('.bench')].find(one => one.offsetParent)?.querySelector('.film');
  for (let k = 0; k < 50 && seen()?.dataset.done !== 'true'; k++) await new Promise(done => setTimeout(done, 20));
}"""
# Of a long list, a text's tokens or the glossary's words, the first ones stand for all.
LOOK = """async ([whole, dark]) => {
  if (document.body.classList.contains('dark') !== dark) atlas.toggle();
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const bench = [...document.querySelectorAll('.bench')].find(one => one.offsetParent);
  const include = whole || !bench ? [document.documentElement] : [bench];
  const exclude = [['.film-tok:nth-child(n+12)'], ['.glossary details:nth-child(n+9)']];
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];
  const options = {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']};
  const {violations} = await axe.run({include, exclude}, options);
  return violations.flatMap(({id, nodes}) => nodes.map(({target, any, all, none}) =>
    [id, target.join(' '), [...any, ...all, ...none][0]?.message].join(' | ')));
}"""


@pytest.fixture
def look(chromium: Any, base_url: str) -> Iterator[Callable[[str], list[str]]]:
    """look("diffusion") -> what axe finds on that page, "bench, width, theme: rule | element | why" each."""
    context = chromium.new_context(viewport={"width": WIDE, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)

    def benches(path: str) -> list[str]:
        page.goto(f"{base_url}/{path}")
        page.wait_for_selector("h1")
        page.add_style_tag(content=STILL)
        page.evaluate(AXE)
        tabs = "[...new Set([...document.querySelectorAll('.runs button[role=tab]')].map(one => one.dataset.tabId))]"
        return [bench for bench in page.evaluate(tabs) if bench] or [""]

    def run(path: str) -> list[str]:
        found: list[str] = []
        for place, bench in enumerate(benches(path)):
            page.set_viewport_size({"width": WIDE, "height": 900})
            page.evaluate(SHOW, bench)
            for width, dark in BOTH if path else ALL:
                page.set_viewport_size({"width": width, "height": 900})
                about = f"{bench or path}, {width}, {'dark' if dark else 'light'}"
                found += [f"{about}: {line}" for line in page.evaluate(LOOK, [place == 0, dark])]
        return found

    yield run
    context.close()


@pytest.mark.parametrize("path", [page.path for page in PAGES if page.path != "dummy"])
def test_axe_finds_nothing(look, path):
    assert look(path) == []
