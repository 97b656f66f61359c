"""The CLIP page as a visitor and as a program use it, on the small model, over what is drawn on the spot."""

from __future__ import annotations

import io

import numpy as np
import pytest
from gradio_client.exceptions import AppError
from PIL import Image

from genai_demo.clip import folder as folders
from genai_demo.clip import pictures
from genai_demo.clip.pictures import MOST, carry, world_picture
from pages.clip import forgotten
from pages.parts.picker.folder import answering
from pages.parts.picker.picker import Known
from tests.pages.conftest import live

folder, shelf = answering(folders, forgotten), Known(pictures).answer

MATRIX, SEARCH, OCCLUDE, GAP = "p-clip-similarity", "p-clip-search", "p-clip-occlude", "p-clip-space"
BLUE = "a blue square"


def png(colour, side=40):
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(buffer, "PNG")
    return buffer.getvalue()


def number(frame, name):
    return next(one["value"] for one in frame["numbers"] if one["name"] == name)


@pytest.mark.browser
def test_all_matrices_of_a_row_end_over_the_transport(visit):
    page = visit("clip")
    page.wait_for_function(f"document.querySelector('#{MATRIX}-strip .film')?.dataset.done === 'true'")
    page.wait_for_function(
        f"""() => {{ const film = document.querySelector('#{MATRIX}-strip .film');
        const foot = film.querySelector('.film-foot').getBoundingClientRect().top;
        const found = [...film.querySelectorAll('.film-matrix .film-big canvas')];
        return found.length === 3 && found.every(one => one.getBoundingClientRect().bottom <= foot); }}"""
    )


@pytest.mark.browser
def test_a_matrix_from_uploads(visit):
    page = visit("clip")
    page.wait_for_function(f"document.querySelector('#{MATRIX}-strip .film')?.told?.badge === 'recorded'")
    assert page.locator(f"#{MATRIX}-pictures .picker-item").count() == 6
    for _ in range(4):
        page.locator(f"#{MATRIX}-pictures .picker-item button").last.click()
    files = [{"name": f"{name}_square.png", "mimeType": "image/png", "buffer": png(name)} for name in ("blue", "red")]
    page.set_input_files(f"#{MATRIX}-pictures input[type=file]", files)
    page.wait_for_function(f"document.querySelectorAll('#{MATRIX}-pictures .picker-item').length === 4")
    texts = page.locator(f"#{MATRIX}-controls textarea").first
    page.wait_for_function(f"document.querySelector('#{MATRIX}-controls textarea').value.includes('red square')")
    assert texts.input_value().splitlines()[2:] == ["blue square", "red square"], "texts follow their pictures"
    page.click(f"#{MATRIX}-run")
    last = live(page, MATRIX)[-1]
    assert last["lanes"]["cosines"]["shape"] == [1, 4, 4]
    assert number(last, "loss") is not None


@pytest.mark.browser
def test_a_file_that_is_no_picture_gets_a_sentence(visit):
    page = visit("clip", width=390, dark=True)
    page.locator(f"#{MATRIX}-pictures .picker-item").first.wait_for()
    page.set_input_files(
        f"#{MATRIX}-pictures input[type=file]", [{"name": "x.heic", "mimeType": "image/heic", "buffer": b"none"}]
    )
    page.wait_for_function(
        f"document.querySelector('#{MATRIX}-pictures .pad-status').textContent.includes('x.heic is no picture')"
    )
    assert page.locator(f"#{MATRIX}-pictures .picker-item").count() == 6


@pytest.mark.browser
def test_pictures_from_the_library_and_a_changed_temperature(visit):
    page = visit("clip?run=clip/similarity&pictures=world:3&texts=a house&steps=2")
    live(page, MATRIX)
    page.click(f"#{MATRIX}-pictures [data-do=choose]")
    page.locator(f"#{MATRIX}-pictures .cell").nth(5).click()
    page.click(f"#{MATRIX}-pictures .picker-library .pad-close")
    page.wait_for_function(f"document.querySelectorAll('#{MATRIX}-pictures .picker-item').length === 2")
    first = page.evaluate(f"document.querySelector('#{MATRIX}-strip .film').told.run")
    slider = page.locator(f"#{MATRIX}-controls input[type=range]").first
    slider.focus()
    page.keyboard.press("End")
    slider.dispatch_event("pointerup")
    page.wait_for_function(
        f"""(told => told.done && told.run !== '{first}')(document.querySelector('#{MATRIX}-strip .film').told)"""
    )
    last = live(page, MATRIX)[-1]
    assert number(last, "temperature") == 1
    assert last["lanes"]["cosines"]["shape"] == [1, 2, 2], "its caption came with the picture"


@pytest.mark.browser
def test_search_goes_on_from_what_was_found(visit):
    page = visit("clip?run=clip/search&query=a red house&pictures=100")
    found = live(page, SEARCH)[-1]["carried"]["names"]
    page.locator(f"#{SEARCH}-strip button.film-row").first.click()
    near = asked_with(page, found[0])
    assert near[0] == found[0], "a picture is nearest to itself"
    sheet = page.locator(f"#{SEARCH}-strip canvas.pickable")
    box = sheet.bounding_box()
    sheet.click(position={"x": box["width"] * 1.5 / 6, "y": box["height"] / 4})  # the second of six in the first row
    assert asked_with(page, near[1])[0] == near[1]


def asked_with(page, picture):
    """The names found, once the search with that picture has ended."""
    page.wait_for_function(
        f"""(told => told.done && told.recipe.options.way === 'picture to pictures' &&
            told.recipe.options.picture === '{picture}')(document.querySelector('#{SEARCH}-strip .film').told)"""
    )
    return live(page, SEARCH)[-1]["carried"]["names"]


@pytest.mark.browser
def test_pairs_of_ones_own_are_mapped_in_their_order(visit):
    page = visit("clip?run=clip/space&scenes=4&steps=2")
    live(page, GAP)
    texts = page.locator(f"#{GAP}-controls textarea")
    assert not texts.is_visible(), "drawn scenes have captions"
    page.click(f"#{GAP}-pictures [data-do=choose]")
    for k in range(3):
        page.locator(f"#{GAP}-pictures .cell").nth(k).click()
    page.click(f"#{GAP}-pictures .picker-library .pad-close")
    before = page.locator(f"#{GAP}-pictures .picker-item img").evaluate_all("all => all.map(one => one.alt)")
    texts.wait_for(state="visible")
    assert texts.input_value().splitlines() == before
    page.locator(f"#{GAP}-pictures .picker-item button").first.press("Shift+ArrowRight")
    after = page.locator(f"#{GAP}-pictures .picker-item img").evaluate_all("all => all.map(one => one.alt)")
    assert after == [before[1], before[0], before[2]]
    page.click(f"#{GAP}-run")
    page.wait_for_function(
        f"""(told => told.done && told.recipe.options.pictures)(document.querySelector('#{GAP}-strip .film').told)"""
    )
    assert live(page, GAP)[-1]["lanes"]["what is shown"]["text"].startswith("3 pictures")


@pytest.mark.browser
def test_own_pictures_are_searched_and_the_link_does_not_tell_the_secret(visit):
    page = visit("clip")
    page.get_by_role("tab", name="Search").click()
    page.locator(f"#{SEARCH}-controls").get_by_role("combobox", name="Library").click()
    page.get_by_role("option", name="Your own pictures").click()
    page.get_by_role("button", name="Choose files").wait_for()
    files = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": png((n * 8, 90, 200))} for n in range(30)]
    page.locator(f"#{SEARCH} .folder input[type=file]").nth(1).set_input_files(files)
    page.wait_for_function(
        f"document.querySelector('#{SEARCH} .folder .pad-status').textContent.startsWith('30 pictures')"
    )
    page.click(f"#{SEARCH}-run")
    assert number(live(page, SEARCH)[-1], "searched") == 30
    told = page.evaluate(f"JSON.stringify(document.querySelector('#{SEARCH}-strip .film').told.recipe)")
    secret = page.evaluate("localStorage.getItem('atlas-pictures')")
    assert len(secret) > 40
    assert secret not in told


@pytest.mark.browser
def test_a_patch_is_moved_over_the_picture(visit):
    page = visit("clip?run=clip/occlude&stride=16&patch=20")
    live(page, OCCLUDE)
    field = page.locator(f"#{OCCLUDE} .patches-field")
    field.click(position={"x": 20, "y": 20})
    covered = page.locator(f"#{OCCLUDE} .patches-covered").inner_text()
    field.press("ArrowRight")
    field.press("ArrowDown")
    page.wait_for_function(
        f"document.querySelector('#{OCCLUDE} .patches-covered').textContent.trim() !== '{covered.strip()}'"
    )


def test_programs_compare_too(client):
    film, *_ = client.predict(
        pictures="world:17, world:54", texts="three green cars\na red bird", api_name="/clip_similarity"
    )
    last = film["frames"][-1]
    assert last["lanes"]["cosines"]["shape"] == [1, 2, 2]
    assert number(last, "right_text") == 100


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"pictures": ""}, "picture"),
        ({"pictures": ", ".join(["world:1"] * 200)}, f"limit is {MOST}"),
        ({"texts": "\n".join(["a house"] * 200)}, f"limit is {MOST}"),
        ({"texts": "x" * 100_000}, "limit"),
        ({"pictures": "mine:AAAA"}, "no picture"),
        ({"pictures": "a house"}, "world:12"),
        ({"template": "a picture"}, "template"),
        ({"temperature": -1}, "Temperature is -1; choose a number from 0 to 1"),
    ],
    ids=["none", "200 pictures", "200 texts", "100 kB", "no picture", "words", "no place", "below 0"],
)
def test_bad_input_gets_one_sentence(client, options, sentence):
    with pytest.raises((AppError, ValueError), match=sentence):
        client.predict(**options, api_name="/clip_similarity")


def test_odd_but_good_input_works(client):
    clear = np.zeros((300, 20, 4), np.uint8)
    pictures = ", ".join([carry(Image.fromarray(clear)), "world:3", "world:3"])
    film, *_ = client.predict(pictures=pictures, texts="ein Haus\nбольшой дом\n家", api_name="/clip_similarity")
    assert film["frames"][-1]["lanes"]["cosines"]["shape"] == [1, 3, 3]


def test_somebody_elses_pictures_are_not_found(client):
    kept = folder({"add": [["mine", carry(world_picture(1).pixels)]]})
    named = {"library": "yours", "folder": kept["folder"], "api_name": "/clip_search"}
    film, *_ = client.predict(**named, picture_secret=kept["secret"])
    assert number(film["frames"][-1], "searched") == 1
    for secret in ("", "x" * 43):
        with pytest.raises(AppError, match="not here"):
            client.predict(**named, picture_secret=secret)
    folder({"secret": kept["secret"], "forget": True})
    with pytest.raises(AppError, match="not here"):
        client.predict(**named, picture_secret=kept["secret"])


@pytest.mark.parametrize("asked", [None, 3, {"add": "x"}, {"add": [["a"]]}, {"add": [["a", "mine:none"]]}, {}])
def test_what_is_no_list_of_pictures_is_not_kept(asked):
    assert set(folder(asked)) <= {"error"} or folder(asked)["count"] == 0


@pytest.mark.parametrize("asked", [None, [], {"see": 4}, {"see": ["emoji:nothing", 7]}, {"world": -5}, {"world": "x"}])
def test_the_shelf_takes_anything(asked):
    answer = shelf(asked)
    assert "found" in answer or answer.get("here") is False or "error" in answer
