"""The builder of scenes: things dragged, tapped and moved by keys become the text of a picture, which a run takes."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image

from genai_demo.clip import pictures
from genai_demo.data import world, world_built
from genai_demo.data.world_kinds import KINDS
from pages.parts import scripts
from pages.parts.picker.picker import Known
from pages.parts.scene.scene import ScenePicker, things, things_address
from tests.pages.conftest import live
from tests.pages.test_axe import AXE, LOOK

ATTEND = "p-text_to_image-attend"
VALUE = "() => document.querySelector('#p-text_to_image-attend-picture .picker-item img').alt"


def test_what_the_builder_draws_with_is_of_every_kind_and_colour() -> None:
    found = json.loads(things())
    assert re.findall(r'id="thing-(\w+)"', found["symbols"]) == list(KINDS) == found["kinds"]
    assert set(found["colours"]) == set(world.COLOURS)
    used = set(re.findall(r"var\(--t(\d)\)", found["symbols"]))
    assert all({str(i) for i in range(len(values))} == used for values in found["colours"].values())
    assert len(things()) < 16_000


def test_a_picker_says_where_its_builder_lies_and_pages_without_one_bring_none_of_it() -> None:
    made = ScenePicker("world:12", library=pictures, label="Picture", elem_id="one", most=1)
    assert things_address() in str(made.js_on_load)
    assert scripts.address("scene.js") in str(made.js_on_load)
    assert "scene-field" not in scripts.bundle("main.js")
    assert "scene-field" in scripts.bundle("scene/begin.js", beside=("main.js",))


def test_a_scene_to_be_changed_is_told_as_text() -> None:
    known = Known(pictures)
    assert known.answer({"change": "world:17"}) == {"built": pictures.to_build("world:17")}
    assert "no scene" in known.answer({"change": "mine:abc"})["error"]
    assert known.answer({"see": ["built:small red house 25 60;grey"]})["found"][0]["about"] == "a red house"
    assert known.answer({"see": ["built:nothing"]}) == {"found": []}


@pytest.mark.browser
def test_shapes_in_the_browser_are_those_of_the_engine(chromium: Any) -> None:
    given, page = json.loads(things()), chromium.new_page(viewport={"width": 600, "height": 600})
    style = "; ".join(f"--t{i}: {css}" for i, css in enumerate(given["colours"]["blue"]))
    page.set_content(
        f"<style>body {{ margin: 0; background: {given['backgrounds']['grey']} }}</style>{given['symbols']}"
    )
    for kind in KINDS:
        page.evaluate(
            """([symbols, kind, style]) => { document.body.innerHTML = `<svg hidden width=0 height=0>${symbols}</svg>
            <svg width=128 height=128 viewBox="-1 -1 2 2" style="${style}; position: absolute; left: 0; top: 0">
            <use href="#thing-${kind}" x="-1" y="-1" width="2" height="2"/></svg>`; }""",
            [given["symbols"], kind, style],
        )
        shot = page.screenshot(clip={"x": 0, "y": 0, "width": 128, "height": 128})
        seen = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"), float)
        drawn = world.draw(world.Scene((world.Thing(kind, "blue", "large", 0.5, 0.5, 0.5),), "grey"), 128)
        assert np.abs(seen - drawn).mean() < 3, kind
    page.close()


@pytest.mark.browser
def test_things_are_put_and_moved_and_a_run_takes_the_scene(visit):
    page = visit("text-to-image?bench=text_to_image/attend")
    own = page.locator(f"#{ATTEND}-picture")
    own.locator("[data-do=build]").click()
    own.get_by_role("button", name=re.compile("^large yellow star at ")).wait_for()
    own.get_by_role("button", name="Clear").click()
    own.get_by_role("button", name="house", exact=True).press("Enter")  # by keys: to a free place
    thing = own.get_by_role("button", name="large red house at 50, 50 percent")
    thing.press("ArrowRight")
    thing = own.get_by_role("button", name="large red house at 52, 50 percent")
    thing.press("-")
    own.get_by_role("button", name="small red house at 52, 50 percent").press("ArrowUp")
    own.locator(".scene-field").click(position={"x": 4, "y": 4})  # nothing is selected any more
    own.get_by_role("group", name="Colour").get_by_role("button", name="blue", exact=True).click()
    own.get_by_role("group", name="Background").get_by_role("button", name="light blue").click()
    field = own.locator(".scene-field").bounding_box()
    own.get_by_role("button", name="ball", exact=True).drag_to(
        own.locator(".scene-field"), target_position={"x": field["width"] * 0.25, "y": field["height"] * 0.75}
    )
    own.get_by_role("button", name=re.compile("^small blue ball at 2[3-7], 7[3-7] percent$")).wait_for()
    page.evaluate(AXE)
    assert page.evaluate(LOOK, False) == []
    assert page.evaluate(LOOK, True) == []
    own.get_by_role("button", name="Take it").locator("visible=true").click()
    page.wait_for_function(f"({VALUE})() === 'a red house and a blue ball'")
    page.get_by_role("spinbutton", name="number input for Noise levels").fill("2")
    page.click(f"#{ATTEND}-run")
    page.wait_for_function(
        f"document.querySelector('#{ATTEND}-strip .film').told?.recipe?.options.picture.startsWith('built:')"
    )
    live(page, ATTEND)
    taken = page.evaluate(f"document.querySelector('#{ATTEND}-strip .film').told.recipe.options.picture")
    house, ball = world_built.read(taken.removeprefix("built:")).things
    assert (house.words, house.size, house.x, house.y) == ("red house", "small", 0.52, 0.48)
    assert (ball.words, ball.size) == ("blue ball", "small")
    assert pictures.one(taken).about == "a red house and a blue ball"


@pytest.mark.browser
def test_on_a_phone_a_thing_is_tapped_and_deleted(visit):
    page = visit("text-to-image?bench=text_to_image/attend", width=390, dark=True)
    own = page.locator(f"#{ATTEND}-picture")
    own.get_by_role("button", name=re.compile("^Change this scene, ")).click()
    own.get_by_role("button", name="cat", exact=True).click()
    own.locator(".scene-field").click(position={"x": 70, "y": 70})
    cat = own.get_by_role("button", name=re.compile("^large red cat at "))
    cat.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    cat.press("Delete")
    assert own.locator(".scene-thing").count() == 2
    own.get_by_role("button", name="Leave").locator("visible=true").click()
    page.wait_for_function(f"({VALUE})().includes('apple')")
