"""The page of energy-based models as a visitor and as a program use it."""

from __future__ import annotations

import pytest

SMALL = "run=ebm/points&steps=40&every=20&samples=40&width=8&walk=2&batch_size=32"
POINTS, CHAINS, HOPFIELD = "p-ebm-points", "p-ebm-chains", "p-ebm-hopfield"


def done(page, bench, step=None):
    """Until a finished film is on the stage; its last frame is after that many steps."""
    page.wait_for_function(
        """([bench, step]) => {
            const film = document.querySelector(`#${bench}-strip .film`);
            const at = film?.shown?.numbers.find(entry => entry.name === 'step')?.value;
            return film?.dataset.done === 'true' && film.querySelector('.film-badge').textContent.trim() === 'Live'
                && (step === null || step === at);
        }""",
        arg=[bench, step],
    )


@pytest.mark.browser
def test_an_alarm_goes_back_and_a_branch_from_there_goes_on(visit):
    page = visit(f"ebm?{SMALL}&learning_rate=10")
    done(page, POINTS, 0)
    assert "Stopped at step" in page.locator(f"#{POINTS}-strip").inner_text()
    rate = page.locator(f"#{POINTS}").get_by_label("Learning rate").first
    rate.fill("0.001")
    rate.press("Tab")
    page.click(f"#{POINTS} #training-branch")
    done(page, POINTS, 400)
    assert "Stopped at step" not in page.locator(f"#{POINTS}-strip").inner_text()
    assert page.evaluate(f"document.querySelector('#{POINTS}-strip .film').shown.recipe.options.changes") == (
        "0: learning_rate=0.001"
    )


@pytest.mark.browser
def test_the_landscape_turns_by_keys_follows_the_film_and_goes_flat_again(visit, film):
    page = visit("ebm")
    film(page, POINTS).step(1)
    assert not page.evaluate("Boolean(globalThis.Plotly)"), "fetched only when asked for"
    page.click(f"#{POINTS} .surface-turn")
    surface = page.locator(f"#{POINTS} .surface")
    page.wait_for_selector(f"#{POINTS} .surface[data-frame='1'] canvas")
    eye = "document.querySelector('.surface')._fullLayout.scene.camera.eye.x"
    before = page.evaluate(eye)
    surface.press("ArrowLeft")
    page.wait_for_function(f"Math.abs({eye} - {before}) > 0.01")
    film(page, POINTS).step(0)
    page.wait_for_selector(f"#{POINTS} .surface[data-frame='0']")
    _swiped_on_and_beside(page, surface)
    surface.press("Escape")
    surface.wait_for(state="detached")
    assert page.locator(f"#{POINTS} .surface-turn").get_attribute("aria-pressed") == "false"


def _swiped_on_and_beside(page, surface):
    """A finger on the landscape turns it, and leaves the page where it is; beside it, it scrolls the page."""
    page.set_viewport_size({"width": 390, "height": 700})
    touch = page.context.new_cdp_session(page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    surface.scroll_into_view_if_needed()
    eye = "Object.values(document.querySelector('.surface')._fullLayout.scene._scene.getCamera().eye)"

    def swiped(x, y, right, down):
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for k in (1, 2, 3, 4):
            to = {"x": x + right * k / 4, "y": y + down * k / 4}
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [to]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    box, before, at = surface.bounding_box(), page.evaluate(eye), page.evaluate("scrollY")
    swiped(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, 60, 20)
    page.wait_for_function(f"seen => Math.abs({eye}[0] - seen) > 0.1", arg=before[0])
    assert page.evaluate("scrollY") == at
    swiped(box["x"] + box["width"] / 2, box["y"] - 20, 0, 200 if at > 200 else -200)
    page.wait_for_function("seen => Math.abs(scrollY - seen) > 50", arg=at)


@pytest.mark.browser
def test_chains_go_back_to_a_step_and_lose_their_noise(visit, film):
    page = visit("ebm?run=ebm/chains&train_steps=20&steps=40&chains=20&every=20")
    done(page, CHAINS, 40)
    film(page, CHAINS).step(1)
    noise = page.locator(f"#{CHAINS}").get_by_label("Noise").first
    noise.fill("0")
    noise.press("Tab")
    page.click(f"#{CHAINS} #training-branch")
    done(page, CHAINS, 420)
    assert "without the change" in page.locator(f"#{CHAINS}-strip").inner_text()


@pytest.mark.browser
def test_half_a_boot_is_recalled_and_it_is_attention(visit):
    page = visit("ebm?run=ebm/hopfield")
    done(page, HOPFIELD)
    said = page.locator(f"#{HOPFIELD}-strip").inner_text()
    assert "scaled_dot_product_attention" in said
    assert "the one asked for" in said


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("ebm_points", {"data": "drawn"}, "point"),
        ("ebm_points", {"walk": 0}, "Walk is 0"),
        ("ebm_points", {"changes": "20: walk=3"}, "what can change is"),
        ("ebm_points", {"learning_rate": 99}, "Learning_rate is 99"),
        ("ebm_chains", {"data": "drawn"}, "point"),
        ("ebm_chains", {"train_steps": 60, "learning_rate": 10}, "ran away at step"),
        ("ebm_partition", {"learning_rate": 9}, "Learning_rate is 9"),
        ("ebm_chains", {"temperature": -1}, "Temperature is -1"),
        ("ebm_hopfield", {"picture": "sample:500"}, "sample:500"),
        ("ebm_capacity", {"stored": 150}, "there are 100 pictures"),
        ("ebm_partition", {"hidden": 40}, "Hidden is 40"),
        ("ebm_pictures", {"others": "cats"}, "cats"),
    ],
)
def test_api_says_what_can_not_be(client, name, options, sentence):
    from gradio_client.exceptions import AppError

    with pytest.raises(AppError, match=sentence):
        client.predict(**options, api_name=f"/{name}")
