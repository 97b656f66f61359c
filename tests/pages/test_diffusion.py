"""The diffusion page as a visitor and as a program use it."""

from __future__ import annotations

import json

import pytest
from gradio_client.exceptions import AppError

BENCH = "p-diffusion-denoise"
SHORT = {"steps": 3, "samples": 1}


@pytest.mark.browser
def test_opens_on_a_recording_without_loading_a_model(visit, film):
    from genai_demo.results.recording import load_recording

    page = visit("diffusion")
    frames = load_recording("diffusion/denoise")["frames"]
    film(page, BENCH).wait(len(frames), badge="Recorded")


@pytest.mark.browser
def test_denoise_then_scrub_then_reload_the_link(visit, film):
    page = visit("diffusion?run=diffusion/denoise&label=ankle boot&samples=2&steps=5&seed=3")
    strip = film(page, BENCH)
    strip.wait(6)  # the noise, then five steps
    strip.step(0)
    noise = strip.pixels()
    strip.step(5)
    assert strip.pixels() != noise
    assert strip.pixels(0) == strip.pixels(1), "at the end the sample is the guess"
    page.click(f"#{BENCH}-copy")
    page.wait_for_function("location.search.includes('steps=5')")
    again = visit(f"diffusion{page.evaluate('location.search')}")
    other = film(again, BENCH)
    other.wait(6)
    assert other.pixels() == strip.pixels()


@pytest.mark.browser
def test_the_code_and_the_model_of_the_last_run_are_shown(visit, film):
    page = visit("diffusion?run=diffusion/compare&samples=2&steps=2&other_steps=2")
    film(page, "p-diffusion-compare").wait(3)
    _tab(page, "Code")
    page.wait_for_function("document.querySelector('.source')?.innerText.includes('def compare')")
    _tab(page, "Inside the model")
    page.wait_for_selector(".flow .box")
    assert page.locator(".blocks .b").count() > 20
    assert "(2, " not in page.locator(".flow").inner_text()
    assert page.locator(".flow .s").first.inner_text().startswith("2x"), "the batch of the last run"


@pytest.mark.browser
def test_equations_are_set_and_quality_is_read_from_the_card(visit):
    from genai_demo.core.spec import find_spec

    page = visit("diffusion")
    page.wait_for_selector(".prose-page .katex-display")
    _tab(page, "Data and quality")
    page.click(".card-facts summary")
    facts = page.wait_for_selector("table.facts").inner_text()
    card = find_spec("diffusion/fashion").card
    assert card["sha256"] in facts
    assert f"{card['quality']['coverage']:.3f}" in page.locator(".info-tabs").inner_text()
    page.wait_for_function(
        "[...document.querySelectorAll('img')].some(i => i.src.includes('sheets') && i.naturalWidth)"
    )


@pytest.mark.browser
def test_points_are_drawn_and_learnt(visit, film):
    page = visit("diffusion?run=diffusion/points&data=ring&train_steps=50&steps=3&samples=20")
    page.wait_for_function(
        "document.querySelector('#p-diffusion-points-strip .film')?.dataset.done === 'true'", timeout=60_000
    )
    assert page.locator("#p-diffusion-points-strip canvas").count() >= 2


def _tab(page, name):
    page.locator(".info-tabs .tab-container:not(.visually-hidden) button", has_text=name).click()


def test_api_streams_frames_and_repeats_itself(client):
    films = []
    for _ in range(2):
        job = client.submit(**SHORT, seed=5, api_name="/diffusion_denoise")
        films.append(job.result(timeout=120)[0])
    last = films[0]["frames"]
    assert len(last) == 4
    assert json.loads(films[0]["recipe"])["seed"] == 5
    assert json.dumps(last) == json.dumps(films[1]["frames"])


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"steps": 5000}, "5000"), ({"seed": -1}, "-1"), ({"label": "boat"}, "boat"), ({"samples": True}, "samples")],
)
def test_api_refuses_what_is_out_of_range_in_words(client, changed, words):
    with pytest.raises(AppError) as error:
        client.predict(**SHORT | changed, api_name="/diffusion_denoise")
    assert words.lower() in str(error.value).lower()
    assert "Traceback" not in str(error.value)
    assert client.predict(**SHORT, api_name="/diffusion_denoise")[0]["done"]


@pytest.mark.browser
def test_fork_here_takes_the_run_on_screen_to_two_branches(visit, film):
    page = visit("diffusion?run=diffusion/denoise&label=bag&samples=2&steps=4&seed=9")
    strip = film(page, BENCH)
    strip.wait(5)
    strip.step(2)
    page.wait_for_timeout(500)
    page.click("#fork-here")
    page.wait_for_url("**run=diffusion%2Ffork**")
    forked = film(page, "p-diffusion-fork")
    forked.wait(5)
    query = page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    assert (query["fork"], query["label"], query["seed"]) == ("2", "bag", "9")


@pytest.mark.browser
def test_the_main_button_is_in_sight_below_two_pads(visit):
    page = visit("diffusion?bench=diffusion-inpaint")
    page.wait_for_selector("#inpaint-mask canvas")
    page.wait_for_function(
        "(() => { const box = document.querySelector('#p-diffusion-inpaint-run').getBoundingClientRect();"
        " return box.height > 20 && box.bottom <= innerHeight; })()"
    )


@pytest.mark.browser
def test_the_bench_is_used_with_the_keys_alone(visit, film):
    page = visit("diffusion")
    page.wait_for_function(f"document.querySelector('#{BENCH}-strip .film')?.dataset.done === 'true'")
    press, passed = page.keyboard.press, []

    def to(wanted):
        for _ in range(60):
            press("Tab")
            passed.append(page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", passed[-1]
            if page.evaluate(f"document.activeElement.matches('{wanted}')"):
                return
        raise AssertionError("\n".join(passed))

    for name, value in (("Pictures", "1"), ("Steps", "3")):
        to(f"#{BENCH} input[type=number][aria-label$={name}]")
        press("Control+a")
        page.keyboard.type(value)
    to(f"#{BENCH}-run")
    press("Enter")
    film(page, BENCH).wait(4)  # the noise, then three steps
    press("Home")
    page.wait_for_function(f"document.querySelector('#{BENCH}-strip .film').dataset.step === '0'")
    to(f"#{BENCH}-strip [data-do=next]")
    press("Enter")
    page.wait_for_function(f"document.querySelector('#{BENCH}-strip .film').dataset.step === '1'")
