"""The flow page as a visitor and as a program use it."""

from __future__ import annotations

import pytest

SMALL = "run=flow/points&steps=40&every=20&samples=40&width=8&layers=2&bins=4"
POINTS, LAYERS, INVERSE = "p-flow-points", "p-flow-layers", "p-flow-inverse"


def done(page, bench, steps=None):
    """Until a finished film is on the stage; its last frame is after that many training steps."""
    page.wait_for_function(
        """([bench, steps]) => {
            const film = document.querySelector(`#${bench}-strip .film`);
            const step = film?.shown?.numbers.find(entry => entry.name === 'step')?.value;
            return film?.dataset.done === 'true' && film.querySelector('.film-badge').textContent.trim() === 'Live'
                && (steps === null || step === steps);
        }""",
        arg=[bench, steps],
    )


@pytest.mark.browser
def test_train_go_back_and_branch(visit, film):
    page = visit(f"flow?{SMALL}")
    done(page, POINTS, 40)
    strip = film(page, POINTS)
    strip.step(1)
    page.locator(f"#{POINTS}").get_by_label("Learning rate").first.fill("0.02")
    page.locator(f"#{POINTS}").get_by_label("Learning rate").first.press("Tab")
    page.click("#training-branch")
    done(page, POINTS, 420)
    changes = page.evaluate(f"document.querySelector('#{POINTS}-strip .film').shown.recipe.options.changes")
    assert changes == "20: learning_rate=0.02"
    assert "without the change" in page.locator(f"#{POINTS}-strip").inner_text()
    page.click("#training-one")
    done(page, POINTS, 421)


@pytest.mark.browser
def test_layers_are_scrubbed_and_the_ledger_grows(visit, film):
    page = visit("flow?run=flow/layers&steps=40&width=8&layers=2&bins=4&smooth=1&samples=40")
    done(page, LAYERS)
    strip = film(page, LAYERS)
    page.wait_for_function(f"document.querySelector('#{LAYERS}-strip .film').innerText.includes('log N(z)')")
    last = strip.pixels()
    strip.step(2)
    page.wait_for_function(f"!document.querySelector('#{LAYERS}-strip .film').innerText.includes('log N(z)')")
    assert strip.pixels() != last


@pytest.mark.browser
def test_a_preset_explodes_and_says_where_to_look(visit):
    page = visit("flow?bench=flow-inverse")
    page.wait_for_function(f"document.querySelector('#{INVERSE}-strip .film')?.dataset.done === 'true'")
    page.click(f"#{INVERSE} #training-preset input")
    page.click("[role=option]:has-text('explodes: cure')")
    page.wait_for_selector(f"#{INVERSE} .notice >> text=/held within 2/")
    page.wait_for_function(f"document.querySelector('#{INVERSE}-strip .film')?.shown?.recipe?.options?.bound === 2")
    page.click(f"#{INVERSE}-stop")


@pytest.mark.browser
def test_the_pad_is_in_sight_only_where_it_is_used(visit):
    page = visit("flow?run=flow/matching&train_steps=20&steps=2&samples=20")
    done(page, "p-flow-matching")
    pad = page.locator("#p-flow-matching .pointpad")
    assert not pad.is_visible()
    page.locator("#p-flow-matching").get_by_label("Points", exact=True).first.click()
    page.click("[role=option]:has-text('Drawn') >> visible=true")
    pad.wait_for(state="visible")


@pytest.mark.browser
def test_a_picture_is_sorted_and_its_noise_decoded_as_every_class(visit):
    page = visit("flow?run=flow/classify&draws=2")
    done(page, "p-flow-classify")
    shown = page.locator("#p-flow-classify-strip .film").inner_text()
    assert "p(class | picture)" in shown
    assert "decoded as each class" in shown


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("flow_pictures", {"temperature": 7}, "Temperature is 7"),
        ("flow_likelihood", {"others": "cats"}, "cats"),
        ("flow_interpolate", {"start": "sample:100"}, "sample:99"),
        ("flow_classify", {"draws": 0}, "Draws is 0"),
        ("flow_points", {"data": "drawn"}, "point"),
        ("flow_points", {"layers": 99}, "Layers is 99"),
        ("flow_points", {"changes": "20: layers=3"}, "what can change is"),
        (
            "flow_layers",
            {"kind": "affine", "bound": 0, "learning_rate": 10, "clip": 1000, "layers": 8},
            "ran away at step",
        ),
        ("flow_layers", {"x": 7}, "X is 7"),
        ("flow_layers", {"data": "drawn"}, "point"),
        ("flow_inverse", {"learning_rate": 99}, "Learning_rate is 99"),
        ("flow_matching", {"data": "drawn"}, "point"),
        ("flow_matching", {"solver": "rk9"}, "rk9"),
    ],
)
def test_api_says_what_can_not_be(client, name, options, sentence):
    from gradio_client.exceptions import AppError

    with pytest.raises(AppError, match=sentence):
        client.predict(**options, api_name=f"/{name}")
