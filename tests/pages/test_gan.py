"""The GAN page as a visitor and as a program use it."""

from __future__ import annotations

import json

import pytest

from genai_demo.core import load as load_module
from tests.gan import stand_in
from tests.pages.conftest import live

BENCH = "p-gan-points"
BADGE = "document.querySelector('#{}-strip .film-badge').textContent.trim()"
SMALL = "run=gan/points&steps=60&every=20&samples=40&width=16"


def number(page, title, bench=BENCH):
    """A number under a film, by its title."""
    return page.evaluate(
        """([bench, title]) => {
            const film = document.querySelector(`#${bench}-strip .film`);
            return film?.shown?.numbers.find(entry => entry.title === title || entry.name === title)?.value ?? null;
        }""",
        [bench, title],
    )


def wait_for_steps(page, steps):
    """Until a finished film's last frame is that training step."""
    page.wait_for_function(
        f"""(steps) => {{
            const film = document.querySelector('#{BENCH}-strip .film');
            return film?.dataset.done === 'true' && film.querySelector('.film-badge').textContent.trim() === 'Live'
                && film.shown?.numbers.find(entry => entry.name === 'step')?.value === steps;
        }}""",
        arg=steps,
    )


@pytest.mark.browser
def test_train_go_back_and_branch(visit, film):
    page = visit(f"gan?{SMALL}")
    wait_for_steps(page, 60)
    strip = film(page, BENCH)
    strip.step(1)
    assert number(page, "step") == 20
    page.locator(f"#{BENCH}-controls input[type=number]").first.wait_for()
    page.get_by_label("D steps per G step").first.fill("3")
    page.get_by_label("D steps per G step").first.press("Tab")
    page.click("#training-branch")
    page.wait_for_function(
        f"document.querySelector('#{BENCH}-strip .film')?.shown?.recipe?.options?.changes === '20: d_steps=3'"
    )
    wait_for_steps(page, 420)
    text = page.locator(f"#{BENCH}-strip").inner_text()
    assert "without the change" in text
    page.click(f"#{BENCH}-copy")
    page.wait_for_function("location.search.includes('changes=')")


@pytest.mark.browser
def test_one_step_of_one_network_then_on(visit):
    page = visit(f"gan?{SMALL}")
    wait_for_steps(page, 60)
    page.click("#training-d")
    wait_for_steps(page, 61)
    page.click("#training-g")
    wait_for_steps(page, 62)
    changes = page.evaluate(f"document.querySelector('#{BENCH}-strip .film').shown.recipe.options.changes")
    assert changes == "60: only=d; 61: only=g"
    page.click("#training-on")
    wait_for_steps(page, 462)


@pytest.mark.browser
def test_nothing_to_branch_with_is_said(visit):
    page = visit(f"gan?{SMALL}")
    wait_for_steps(page, 60)
    page.click("#training-branch")
    page.wait_for_selector("text=/nothing to branch with/i")
    assert number(page, "step") == 60


@pytest.mark.browser
def test_the_recorded_training_is_scrubbed_by_its_curve(visit, film):
    page = visit("gan?run=gan/checkpoints&samples=4&steps=12")
    bench = "p-gan-checkpoints"
    page.wait_for_function(
        f"document.querySelector('#{bench}-strip .film')?.dataset.done === 'true' && {BADGE.format(bench)} === 'Live'"
    )
    strip = film(page, bench)
    last = strip.pixels()
    curve = page.locator(f"#{bench}-strip .film-chart canvas").first
    box = curve.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.5)
    page.wait_for_function(f"+document.querySelector('#{bench}-strip .film').dataset.step < 10")
    assert number(page, "step", bench) < 16000
    assert strip.pixels() != last


@pytest.mark.browser
def test_a_drawing_becomes_a_garment(visit, film):
    page = visit("gan?run=gan/edges&samples=2&steps=2")
    strip = film(page, "p-gan-edges")
    strip.wait(2)
    before = strip.pixels(1)
    box = page.locator("#edges-picture canvas").first.bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 30, box["y"] + 150, steps=8)
    page.mouse.up()
    page.wait_for_timeout(400)
    strip.generate()
    page.wait_for_function(
        "([old]) => { const c = document.querySelectorAll('#p-gan-edges-strip .film-lane canvas')[1]; "
        "return c && c.toDataURL() !== old }",
        arg=[before],
    )


@pytest.mark.browser
def test_the_timeline_opens_a_bench_and_a_preset_sets_the_controls(visit):
    page = visit("gan")
    page.click(".tries summary >> text=dresses that are all alike")
    page.wait_for_selector(".tries a[href*='truncation=0.3']", state="visible")
    page.click(".timeline >> text=CycleGAN")
    page.wait_for_selector("#p-gan-cycle-run", state="visible")
    page.wait_for_function("document.querySelector('#p-gan-cycle-strip .film')?.dataset.received > 0")
    page.click(".timeline a[data-run='gan/points']")
    page.wait_for_selector(f"#{BENCH}-run", state="visible")
    page.click("#training-preset input")
    page.click("[role=option]:has-text('Mode collapse') >> nth=0")
    page.wait_for_selector(f"#{BENCH} .notice >> text=/heap/")
    page.wait_for_function(f"document.querySelector('#{BENCH}-strip .film')?.shown?.recipe?.options?.lr_g === 0.005")


@pytest.mark.browser
def test_benches_of_one_tab_have_a_switch(visit):
    page = visit("gan?bench=gan-walk")  # the second of its tab
    page.wait_for_selector("#p-gan-walk-run", state="visible")
    switch = page.get_by_role("tablist", name="Sample")
    assert switch.get_by_role("tab", selected=True).inner_text() == "Walk"
    switch.get_by_role("tab", name="Walk").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#p-gan-arithmetic-run", state="visible")
    page.wait_for_function("location.search === '?bench=gan-arithmetic'")
    page.click(".timeline a[data-run='gan/cycle']")  # the second of another tab, opened in place
    page.wait_for_selector("#p-gan-cycle-run", state="visible")
    page.wait_for_function("location.search === '?bench=gan-cycle'")
    _expect_and_run(page, "Pullover - t-shirt + dress", "Dresses with sleeves")
    live(page, "p-gan-arithmetic")
    assert page.get_by_role("tab", selected=True).all_inner_texts()[:2] == ["Sample", "Arithmetic"]
    asked = page.locator(".posed:visible")
    assert asked.get_by_label("I expect").input_value() == "Dresses with sleeves"
    assert asked.locator(".shows p").is_hidden()
    asked.locator(".shows summary").press("Enter")
    asked.locator(".shows p >> text=/long sleeves/").wait_for()


def _expect_and_run(page, question, words):
    """Writes what is expected of a question's run and starts it, with the keys alone."""
    page.locator(".tries summary", has_text=question).press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type(words)
    page.keyboard.press("Enter")


@pytest.mark.browser
def test_faces_open_on_their_recording(visit):
    page = visit("gan?bench=gan-mix")
    page.wait_for_function("document.querySelector('#p-gan-mix-strip .film')?.dataset.done === 'true'")
    assert page.locator("#p-gan-mix-strip .film-badge").inner_text().strip() == "Recorded"


def test_api_trains_and_branches(client):
    found = client.predict(
        steps=20, every=10, samples=20, changes="10: lr_d=0.01", beside=True, api_name="/gan_points"
    )[0]
    assert found["done"]
    assert json.loads(found["recipe"])["options"]["changes"] == "10: lr_d=0.01"
    steps = [next(entry["value"] for entry in frame["numbers"] if entry["name"] == "step") for frame in found["frames"]]
    assert steps == [0, 10, 20]


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("gan_points", {"changes": "20: width=3"}, "width"),
        ("gan_points", {"data": "drawn"}, "point"),
        ("gan_points", {"lr_d": 99}, "99"),
        ("gan_points", {"steps": 7000}, "7000"),
        ("gan_sample", {"truncation": 9}, "Truncation is 9"),
        ("gan_opinion", {"picture": "sample:500"}, "sample"),
        ("gan_train", {"objective": "none"}, "none"),
    ],
)
def test_api_says_what_can_not_be(client, name, options, sentence):
    from gradio_client.exceptions import AppError

    with pytest.raises(AppError, match=sentence):
        client.predict(**options, api_name=f"/{name}")
    assert client.predict(samples=1, steps=1, api_name="/gan_sample")[0]["done"], "the app goes on"


def test_the_buttons_read_nothing_they_should_not():
    from genai_demo.core.errors import DemoError
    from genai_demo.gan.points_options import PointsOptions
    from pages.parts.rewind import read

    good = {"options": {"steps": 40}, "seed": 3, "step": 20}
    parsed, at, seed = read(json.dumps(good), PointsOptions)
    assert (parsed.steps, at, seed) == (40, 20, 3)
    worse = [{**good, **part} for part in ({"step": 41}, {"step": None}, {"options": {"steps": -1}}, {"options": 3})]
    for bad in ("", "{}", "[]", "null", "x" * 30_000, 7, *map(json.dumps, worse)):
        with pytest.raises(DemoError):
            read(bad, PointsOptions)


@pytest.mark.browser
def test_wgan_gp_is_given_a_critic_that_keeps_up(visit):
    page = visit("gan?bench=gan-train")
    bench = page.locator("#p-gan-train")
    bench.get_by_label("Objective").click()
    page.click("[role=option]:has-text('WGAN-GP')")
    page.wait_for_function(
        "document.querySelector('#p-gan-train [aria-label=\"number input for D steps per G step\"]').value === '3'"
    )
    assert bench.get_by_label("Rate of D").input_value() == "0.003"


@pytest.mark.browser
def test_two_faces_are_mixed(visit, film, monkeypatch):
    real = load_module._build

    def build(spec):
        if spec.key != "gan/mobile-stylegan":
            return real(spec)
        return load_module.Loaded(stand_in.faces(), spec.sources[0], 0.0, 0, 0, "cpu", "float32")

    monkeypatch.setattr(load_module, "_build", build)
    load_module.clear()
    try:
        page = visit("gan?run=gan/mix&other_seed=5&size=256")
        page.wait_for_function(
            "document.querySelector('#p-gan-mix-strip .film')?.dataset.done === 'true' && "
            f"{BADGE.format('p-gan-mix')} === 'Live'"
        )
        strip = film(page, "p-gan-mix")
        last = strip.pixels()
        strip.step(0)
        assert strip.pixels() != last, "A alone is not A with B's layers"
    finally:
        load_module.clear()  # nobody else is given the stand-in
