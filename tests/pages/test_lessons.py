"""A lesson in a browser: taken from its start to its end, on a phone, opened from a file, and with locked controls."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest

from pages import lessons

pytestmark = pytest.mark.browser
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text()
FOUND = """axe.run({runOnly: {type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}})
  .then(({violations}) => violations.flatMap(({id, nodes}) => nodes.map(one => `${id} ${one.target}`)))"""
NAME = "mamba-state"
FILE = Path(lessons.library.FOLDER / f"{NAME}.md")


def set_and_run(page, text):
    """Runs the step, and waits for what the guide then says."""
    page.click(".guide-run")
    page.locator(".guide-told", has_text=text).wait_for()


def test_a_lesson_is_taken_from_start_to_end(visit):
    lesson = lessons.find(NAME)
    page = visit("mamba")
    page.click(f"a[data-lesson={NAME}]")
    for number, step in enumerate(lesson.steps[:-1], 1):
        page.wait_for_function("title => document.activeElement.textContent === title", arg=step.title)
        assert f"lesson={NAME}&part={number}" in page.url
        right = next(k for k, one in enumerate(step.choices) if one.right)
        page.locator(".guide input").nth(right).check()
        assert step.shows not in page.locator(".guide").inner_text()
        set_and_run(page, step.shows)
        assert page.locator(".guide em").inner_text() == "as you expected"
        assert "run=ssm/signal" in page.url
        if number == 1:
            page.evaluate(AXE)
            assert page.evaluate(FOUND) == []
        page.click(".guide-next")
    set_and_run(page, "Not yet.")
    assert "kept" in page.locator(".guide-told li").first.inner_text()
    page.fill("#p-ssm-signal .option-delta input[type=number]", "0.02")
    page.keyboard.press("Tab")
    page.click("#p-ssm-signal-run")
    page.locator(".guide-told", has_text="Yes.").wait_for()
    box, stage = page.locator(".guide").bounding_box(), page.locator("#p-ssm-signal .panel-stage").bounding_box()
    assert stage["x"] + stage["width"] <= box["x"] + 1, "the stage is not covered"
    page.reload()
    page.locator(".guide-told", has_text="Yes.").wait_for()
    page.click(".guide-next")
    assert page.locator(".guide").count() == 0
    assert "lesson" not in page.url


def test_a_lesson_is_a_sheet_at_the_foot_of_a_phone(visit):
    lesson = lessons.find(NAME)
    page = visit(f"mamba?lesson={NAME}&part=2&lock=delta,seed,all", width=390, dark=True)
    page.locator(".guide h2", has_text=lesson.steps[1].title).wait_for()
    box = page.locator(".guide").bounding_box()
    assert box["y"] + box["height"] == 900
    assert box["height"] <= 900 / 2
    page.evaluate(AXE)
    assert page.evaluate(FOUND) == []
    assert page.locator("#p-ssm-signal .option-delta").evaluate("one => one.inert")
    assert page.locator(".locked").inner_text() == "Locked by the link: delta, seed."
    set_and_run(page, lesson.steps[1].shows)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator(".guide-scroll").focus()
    page.keyboard.press("Escape")
    assert page.locator(".guide").count() == 0


def test_a_teacher_opens_a_lesson_of_a_file_and_hands_it_on(visit):
    page = visit("class")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    text = FILE.read_text().replace("## Longer moments", "## <img src=x onerror=alert(1)>")
    with page.expect_download() as example:
        page.click(".own-lesson a[download]")
    assert example.value.path().read_text().startswith("---\ntitle: Two networks")
    file = page.locator(".own-lesson input")
    file.set_input_files({"name": "a.md", "mimeType": "text/markdown", "buffer": b"# nothing"})
    page.locator(".own-lesson [role=status]", has_text="Line 1: the head is missing").wait_for()
    file.set_input_files({"name": "a.md", "mimeType": "text/markdown", "buffer": text.encode()})
    page.locator(".own-sheet h2", has_text="<img src=x").wait_for()
    page.evaluate(AXE)
    assert page.evaluate(FOUND) == []
    page.locator(".own-sheet button", has_text="Copy link").click()
    page.locator(".own-sheet button", has_text="Link copied").wait_for()
    other = visit(page.evaluate("navigator.clipboard.readText()").split("/", 3)[3])
    other.locator(".guide h2", has_text="Follow").or_(other.locator(".guide h2")).first.wait_for()
    other.click(".guide-next")
    other.locator(".guide h2", has_text="<img src=x").wait_for()
    assert "lesson=own" in other.url
    assert "#" not in other.url


def test_a_lesson_that_is_not_there_says_so(visit):
    page = visit("mamba?lesson=nowhere")
    page.locator(".guide", has_text="There is no lesson of that name").wait_for()
    page.click(".guide-close")
    assert page.locator(".guide").count() == 0


def test_what_a_step_points_at_is_marked_and_in_sight_on_a_phone(visit):
    page = visit("clip?lesson=clip-space&part=2", width=390)
    page.locator(".guide h2", has_text="A word written on the picture").wait_for()
    set_and_run(page, "What is written")
    page.wait_for_function(
        """() => {
            const one = document.querySelector('#p-clip-typographic .film-lane.guide-pointed');
            const box = one?.getBoundingClientRect(), guide = document.querySelector('.guide').getBoundingClientRect();
            return box && box.top >= 0 && box.top + 100 < guide.top;
        }"""
    )
    names = page.locator(".guide-pointed").evaluate_all("found => found.map(one => one.dataset.name)")
    assert sorted(names) == ["probability", "zero-shot classes"]
    page.click(".guide-close")
    assert page.locator(".guide-pointed").count() == 0


def test_only_a_run_of_the_steps_own_settings_reveals_what_it_shows(visit):
    first, second = lessons.find(NAME).steps[:2]
    page = visit(f"mamba?lesson={NAME}&part=1")
    set_and_run(page, first.shows)
    page.click(".guide-next")
    page.locator(".guide h2", has_text=second.title).wait_for()
    page.reload()  # the address still brings back the run of the first step
    page.wait_for_function("document.querySelector('#p-ssm-signal-strip .film')?.told?.badge === 'live'")
    page.wait_for_timeout(500)
    assert second.shows not in page.locator(".guide").inner_text()
    page.fill("#p-ssm-signal .option-delta input[type=number]", "0.5")
    page.keyboard.press("Tab")
    page.click("#p-ssm-signal-run")
    page.locator(".guide-told", has_text="other settings").wait_for()
    assert second.shows not in page.locator(".guide").inner_text()
    set_and_run(page, second.shows)


def test_an_answer_names_controls_as_they_stand_there_in_german_too(visit):
    page = visit(f"mamba?lesson={NAME}&part=4&lang=de")
    page.locator(".guide h2", has_text="Selbst versuchen").wait_for()
    button, last, foot = (page.locator(f".guide-{name}").bounding_box() for name in ("run", "next", "foot"))
    assert last["x"] + last["width"] <= foot["x"] + foot["width"]
    assert button["x"] + button["width"] <= last["x"]
    page.click(".guide-run")
    page.locator(".guide-verdict", has_text="Noch nicht.").wait_for()
    kept, selection = page.locator(".guide-told li").all_inner_texts()
    assert kept.startswith("des alten Zustands bleibt erhalten: 36.79")
    assert kept.endswith("verlangt: mehr als 95\N{NO-BREAK SPACE}%")
    assert selection == "Selektion: ausgeschaltet"
    assert "Links eine Einstellung ändern und „Verfolgen“ drücken." in page.locator(".guide-told").inner_text()
    assert page.locator(".guide-next").inner_text() == "Beenden"


def test_beside_a_lesson_a_switch_leaves_the_tabs_and_a_pad_the_stage_alone(visit):
    page = visit("encoder?lesson=encoder-context&part=1&bench=encoder-masks")
    page.locator(".guide h2").wait_for()
    tabs, switch = page.locator(".runs > .tab-wrapper"), page.locator(".switch > .tab-wrapper >> visible=true")
    switch.first.wait_for()
    above, below = tabs.bounding_box(), switch.first.bounding_box()
    assert above["y"] + above["height"] <= below["y"]
    page = visit("diffusion?lesson=diffusion-edit&part=1&bench=diffusion-forward")
    page.locator(".guide h2").wait_for()
    tools = page.locator("#p-diffusion-forward .pad-tools button >> visible=true").last
    tools.wait_for()
    box, stage = tools.bounding_box(), page.locator("#p-diffusion-forward .panel-stage").bounding_box()
    assert box["x"] + box["width"] <= stage["x"]
