"""Every page fits its window and axe finds nothing against WCAG 2.1, A and AA, on any bench: wide and light, narrow and
dark.

axe's cost is one for a document, whatever part of it is asked about. So a page is loaded once, each of its benches is
opened once, and then all of them stand below one another while theme and width change in place.
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
LOOKS = [(1280, False), (390, True)]  # each width and each theme once: what differs in a theme are colours alone
STILL = """*, ::before, ::after { transition: none !important; animation: none !important; }
.runs [role=tabpanel] { display: block !important; }"""
SHOW = """async bench => {
  const tab = row => [...document.querySelectorAll(`${row} > .tab-wrapper button`)]
    .find(one => one.dataset.tabId.split(' ').includes(bench));
  tab('.runs').click();
  for (let k = 0; k < 200 && tab('.runs').dataset.tabId !== bench && !tab('.switch'); k++)
    await new Promise(done => setTimeout(done, 20));
  tab('.switch')?.click();
  const films = () => [...document.querySelectorAll('.runs .film')];
  for (let k = 0; k < 50 && !films().every(one => one.dataset.done === 'true'); k++)
    await new Promise(done => setTimeout(done, 20));
}"""
# Of a long list, a text's tokens or the glossary's words, the first ones stand for all.
LOOK = """async dark => {
  if (document.body.classList.contains('dark') !== dark) atlas.toggle();
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  const exclude = [['.film-tok:nth-child(n+12)'], ['.glossary details:nth-child(n+9)']];
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];
  const options = {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']};
  const {violations} = await axe.run({include: [document.documentElement], exclude}, options);
  return violations.flatMap(({id, nodes}) => nodes.map(({target, any, all, none}) =>
    [id, target.join(' '), [...any, ...all, ...none][0]?.message].join(' | ')));
}"""
MISFITS = """() => [
  document.documentElement.scrollWidth > innerWidth && `${document.documentElement.scrollWidth} pixels wide`,
  [...document.querySelectorAll('footer')].some(one => one.offsetParent) && 'a footer of Gradio',
  document.title.includes('GenAI Atlas') || `the title is ${document.title}`,
].filter(one => one && one !== true)"""
BENCHES = "[...document.querySelectorAll('.runs > .tab-wrapper button')].flatMap(one => one.dataset.tabId.split(' '))"


@pytest.fixture
def look(chromium: Any, base_url: str) -> Iterator[Callable[[str], list[str]]]:
    """look("diffusion") -> what is wrong on that page, "width, theme: rule | element | why" each."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)

    def run(path: str) -> list[str]:
        page.goto(f"{base_url}/{path}")
        page.wait_for_selector("h1")
        page.add_style_tag(content=STILL)
        page.evaluate(AXE)
        benches = page.evaluate(BENCHES)
        for bench in benches:
            page.evaluate(SHOW, bench)
        assert page.locator(".runs .bench:visible").count() == len(benches)
        found: list[str] = []
        for width, dark in LOOKS:
            page.set_viewport_size({"width": width, "height": 900})
            about = f"{width}, {'dark' if dark else 'light'}"
            found += [f"{about}: {line}" for line in page.evaluate(LOOK, dark)]
            found += [f"{about}: {line}" for line in page.evaluate(MISFITS)]
        return found

    yield run
    context.close()


@pytest.mark.parametrize("path", [page.path for page in PAGES if page.path != "dummy"])
def test_a_page_fits_and_axe_finds_nothing(look, path):
    assert look(path) == []
