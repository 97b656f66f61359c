"""The VAE page as a visitor and as a program use it."""

from __future__ import annotations

import json
import subprocess
import sys

import nbformat
import pytest

PLANE = "#latent-plane"


@pytest.mark.browser
def test_the_plane_follows_the_cursor(visit):
    page = visit("vae")
    picture = "document.querySelector('#latent-plane .plane-picture canvas, #latent-plane .plane-picture img')"
    page.wait_for_selector(f"{PLANE} canvas")
    page.wait_for_function("document.querySelector('#latent-plane')?.innerText.match(/x 1\\.00, y .1\\.50/)")
    page.wait_for_function("document.querySelector('#latent-plane')?.innerText.includes('trouser')")
    shown = page.locator(PLANE).screenshot()
    box = page.locator(f"{PLANE} canvas").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.75)
    page.wait_for_function("document.querySelector('#latent-plane')?.innerText.match(/x .2\\.0/)")
    assert page.locator(PLANE).screenshot() != shown
    x = page.locator("#p-vae-decode-controls input[type=number]").first
    assert float(x.input_value()) == pytest.approx(-2, abs=0.15), picture


@pytest.mark.browser
def test_another_model_changes_the_plane(visit):
    page = visit("vae?run=vae/decode&model=vae/ae-2&x=1&y=-1")
    page.wait_for_function("document.querySelector('#latent-plane')?.innerText.match(/x 1\\.00, y .1\\.00/)")
    page.wait_for_function("document.querySelector('#p-vae-decode .chip').innerText.includes('Autoencoder')")


@pytest.mark.browser
def test_interpolate_from_a_link_and_scrub(visit, film):
    page = visit("vae?run=vae/interpolate&steps=7&start=sample:3&end=sample:90")
    strip = film(page, "p-vae-interpolate")
    strip.wait(7)
    strip.step(0)
    first = strip.pixels()
    strip.step(6)
    assert strip.pixels() != first
    strip.step(0)
    assert strip.pixels() == first


@pytest.mark.browser
def test_a_drawing_is_encoded_and_travels_in_the_link(visit, film):
    page = visit("vae?run=vae/encode&samples=3")
    strip = film(page, "p-vae-encode")
    strip.wait(3)
    before = strip.pixels()
    canvas = page.locator("#encode-picture canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 150, steps=8)
    page.mouse.up()
    page.wait_for_timeout(400)
    strip.generate()
    page.wait_for_function(
        "([old]) => { const c = document.querySelector('#p-vae-encode-strip .film-lane canvas'); "
        "return c && c.toDataURL() !== old }",
        arg=[before],
    )
    strip.wait(3)
    page.click("#p-vae-encode-copy")
    page.wait_for_function("location.search.includes('picture=')")
    again = visit(f"vae{page.evaluate('location.search')}")
    other = film(again, "p-vae-encode")
    other.wait(3)
    assert other.pixels() == strip.pixels()


@pytest.mark.browser
def test_training_live_draws_both_terms(visit):
    page = visit("vae?run=vae/train&steps=40")
    page.wait_for_function("document.querySelector('#p-vae-train-strip .film')?.dataset.done === 'true'")
    text = page.locator("#p-vae-train-strip").inner_text()
    assert "reconstruction" in text.lower()
    assert "kl" in text.lower()
    page.get_by_role("tab", name="Code", exact=True).click()
    page.wait_for_function("document.querySelector('.source')?.innerText.includes('def train')")


@pytest.mark.browser
def test_points_are_learnt(visit):
    page = visit("vae?run=vae/points&data=ring&train_steps=50&samples=20")
    strip = "document.querySelector('#p-vae-points-strip')"
    page.wait_for_function(f"{strip}?.innerText.includes('of 8')", timeout=60_000)  # the recording knows no Gaussians
    page.wait_for_function(f"{strip}.querySelector('.film').dataset.done === 'true'", timeout=60_000)
    assert page.locator("#p-vae-points-strip canvas").count() >= 3


def test_api_says_where_drawn_points_are_missing(client):
    from gradio_client.exceptions import AppError

    with pytest.raises(AppError, match="point"):
        client.predict(data="drawn", api_name="/vae_points")


def test_api_decodes_anywhere_and_refuses_elsewhere(client):
    from gradio_client.exceptions import AppError

    film = client.predict(x=1.5, y=-1, api_name="/vae_decode")[0]
    assert film["done"]
    assert json.loads(film["recipe"])["options"]["x"] == 1.5
    with pytest.raises(AppError, match="99"):
        client.predict(x=99, api_name="/vae_decode")


def test_a_figure_is_drawn_when_asked_for(visit):
    page = visit("vae")
    page.get_by_role("tab", name="Data and quality").click()
    assert page.locator("#figure .js-plotly-plot").count() == 0, "Plotly is fetched on demand"
    page.locator("#figure-draw").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#figure .js-plotly-plot .main-svg")
    names = page.locator("#figure").evaluate("one => one.querySelector('.js-plotly-plot').data.map(part => part.name)")
    assert len(names) == 10
    assert "Live" in page.locator("p.badge", has_text="of their variance").inner_text()
    page.locator(".atlas-dark").click()  # what is drawn takes the colours of the page
    page.wait_for_function(
        "document.querySelector('#figure .js-plotly-plot').layout.template.layout.paper_bgcolor === '#1a1d20'"
    )


@pytest.mark.browser
def test_the_run_on_screen_is_a_notebook_that_gives_the_same(visit, film, tmp_path):
    page = visit("vae?run=vae/interpolate&steps=3&start=sample:3&end=sample:90&seed=4")
    film(page, "p-vae-interpolate").wait(3)
    page.click("#p-vae-interpolate-strip .film-export summary")
    with page.expect_download() as found:
        page.click("#p-vae-interpolate-strip [data-as=ipynb]")
    found.value.save_as(tmp_path / found.value.suggested_filename)
    notebook = nbformat.read(tmp_path / "vae-interpolate-seed-4.ipynb", 4)
    nbformat.validate(notebook)
    assert "vae/interpolate" in notebook.cells[1].source
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    shown = [f"{part.rsplit(chr(10), 1)[0]}\nprint(({part.rsplit(chr(10), 1)[-1]}))" for part in code]
    done = subprocess.run([sys.executable, "-c", "\n".join(shown)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("(3, ")
    assert "identical" in done.stdout
    assert done.stdout.count("PIL.Image") == 2
    assert "'steps': (3, " in done.stdout  # what was set, with what it does
    assert "'title': {'text': 'std. dev.'}" in done.stdout  # a chart for each unit
