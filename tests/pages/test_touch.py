"""A finger draws on pads at the width of a phone, and the page stays where it is; beside a pad it scrolls."""

from __future__ import annotations

import pytest

PADS = {
    "flow/points": "#p-flow-points .pointpad",
    "ebm/points": "#p-ebm-points .pointpad",
    "ebm/complete": "#p-ebm-complete .picturepad.masked",
}
DRAWN = """pad => { const canvas = pad.querySelector('.pad-frame canvas'); return canvas.toDataURL(); }"""


def swiped(touch, x, y, right, down):
    """One finger, from a place in the window."""
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for k in (1, 2, 3, 4):
        to = {"x": x + right * k / 4, "y": y + down * k / 4}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [to]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.browser
@pytest.mark.parametrize("run", PADS)
def test_a_finger_draws_and_the_page_stays(visit, run):
    path, name = run.split("/")
    page = visit(f"{path}?bench={path}-{name}", width=390)
    touch = page.context.new_cdp_session(page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    page.wait_for_function(f"document.querySelector('#p-{path}-{name}-strip .film')?.dataset.done === 'true'")
    pad = page.locator(PADS[run]).first
    if name == "points":
        page.click(f"#p-{path}-{name}-settings")
        page.locator(f"#p-{path}-{name}").get_by_label("Points", exact=True).first.click()
        page.click("[role=option]:has-text('Drawn') >> visible=true")
    pad.wait_for(state="visible")
    frame = pad.locator(".pad-frame")
    frame.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    before, at, box = pad.evaluate(DRAWN), page.evaluate("scrollY"), frame.bounding_box()
    swiped(touch, box["x"] + box["width"] / 4, box["y"] + box["height"] / 4, box["width"] / 2, box["height"] / 2)
    page.wait_for_timeout(500)
    assert pad.evaluate(DRAWN) != before, "it draws"
    assert page.evaluate("scrollY") == at, "and the page stays"
