"""What the header says a browser may do, and that a browser does no more."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from pages.parts import policy
from tests.pages.conftest import leave, newcomer

PLANT = """async () => {
  window.hits = [];
  window.refused = [];
  document.addEventListener('securitypolicyviolation', event => refused.push(event.effectiveDirective));
  const place = document.body.appendChild(document.createElement('div'));
  place.innerHTML = '<img src="x" onerror="hits.push(1)"><a id=planted href="javascript:hits.push(2)">x</a>';
  const script = place.appendChild(document.createElement('script'));
  script.textContent = 'hits.push(3)';
  document.getElementById('planted').click();
  const frame = place.appendChild(document.createElement('iframe'));
  frame.srcdoc = '<script>parent.hits.push(4)<' + '/script>';
  new Image().src = 'http://127.0.0.2:9/secret';
  await fetch('http://127.0.0.2:9/secret').catch(() => 0);
  await new Promise(done => setTimeout(done, 500));
  return [hits, [...new Set(refused)].sort()];
}"""


@pytest.mark.browser
@pytest.mark.parametrize("path", ["", "vae"])
def test_what_is_planted_does_not_run_and_nothing_is_sent_elsewhere(chromium: Any, base_url: str, path: str) -> None:
    page = newcomer(chromium, base_url)
    try:
        page.goto(f"{base_url}/{path}")
        page.wait_for_selector("header.atlas")
        hits, refused = page.evaluate(PLANT)
    finally:
        leave(page)
    assert hits == []
    assert {"connect-src", "img-src", "script-src-attr", "script-src-elem"} <= set(refused)


def test_every_answer_that_may_be_shown_as_a_page_has_it(base_url: str) -> None:
    for path in ("", "vae", "class", "healthz", "no/such/page", "images/screenshot.png", "gradio_api/info", "parts.js"):
        for method in ("GET", "HEAD"):
            head = httpx.request(method, f"{base_url}/{path}", timeout=60).headers
            assert "default-src 'self'" in head["content-security-policy"], path
            assert "'unsafe-inline'" not in head["content-security-policy"].partition("script-src")[2].partition(";")[0]
            assert head["x-content-type-options"] == "nosniff"


def test_gradios_scripts_and_fonts_which_are_no_pages_travel_without_it(base_url: str) -> None:
    page = httpx.get(f"{base_url}/vae", timeout=60).text
    (script, *_) = re.findall(r'src="\./(assets/[^"]+\.js)"', page)
    for path, wanted in ((script, False), (f"gradio_api/file=/tmp/{script}", True), (f"{script}.svg", True)):
        head = httpx.get(f"{base_url}/{path}", timeout=60).headers
        assert ("content-security-policy" in head) == wanted, path
        assert head["x-content-type-options"] == "nosniff"


def test_only_the_programs_own_pages_may_hold_scripts() -> None:
    page = b"<html><script>a()</script><script src='x.js'></script><SCRIPT type=module>\nb()\n</SCRIPT></html>"
    assert len(policy.hashes(page)) == 2
    assert policy.policy(page).count("'sha256-") >= 2
    assert "'sha256-" not in policy.policy()
    assert policy.is_own("/vae")
    assert not policy.is_own("/gradio_api/file=/tmp/gradio/x.html")
