"""Runs of pages take their turn: equal ones are computed once, what is a visitor's own is shared with none."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import httpx
import orjson
import pytest

from genai_demo.core.frames import pack
from genai_demo.core.limits import RUNS_EACH
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import complete, is_own, run, visitor
from genai_demo.core.schedule import Schedule
from pages.parts import stream as module
from pages.parts.stream import stream
from tests.pages import dummy

pytestmark = pytest.mark.usefixtures("app")
MINE = "iVBORw0KGgo" + 60 * "A"


def whole(recipe: Recipe, **given: Any) -> dict[str, Any]:
    *_, last = stream(recipe, **given)
    return orjson.loads(orjson.dumps(last))  # as it is sent


def squares(seed: int, **options: Any) -> Recipe:
    return Recipe("dummy/squares", {"steps": 4, **options}, seed)


def steady(frames: list[Any]) -> list[Any]:
    """Packed frames without what was measured."""
    return [{**one, "numbers": [n for n in one["numbers"] if not n.get("measured")]} for one in frames]


def test_an_equal_request_is_computed_once_and_says_so() -> None:
    seed = 70_001
    films: list[Any] = []
    both = [threading.Thread(target=lambda: films.append(whole(squares(seed, pause_ms=50)))) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    films.append(whole(squares(seed, pause_ms=50)))
    assert dummy.CLOSED.count(seed) == 1
    assert films[0]["frames"] == films[1]["frames"] == films[2]["frames"]
    assert ["equal request" in film["note"] for film in films].count(True) == 2
    assert len({film["run"] for film in films}) == 3, "each is a film of its own in the browser"


@pytest.mark.parametrize(
    ("recipe", "own"),
    [
        (Recipe("vae/encode", {"picture": "sample:3"}), False),
        (Recipe("vae/encode", {"picture": MINE}), True),
        (Recipe("gan/edges"), False),  # the lines it opens on are a picture too
        (Recipe("rag/ask", {"question": "What is a diffusion model, and why does it need several steps?"}), False),
        (Recipe("rag/ask", {"hashes": 64 * "a"}), True),
        (Recipe("clip/search", {"library": "yours", "folder": 64 * "b"}), True),
        (Recipe("clip/similarity", {"pictures": f"world:12, mine:{MINE}"}), True),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_belongs_to_a_visitor_is_known_by_its_options(recipe: Recipe, own: bool) -> None:
    assert is_own(recipe) is own


def test_only_a_run_of_the_visitors_own_is_told_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def telling(recipe: Recipe) -> Iterator[Any]:
        told.append(visitor.get())
        return run(recipe)

    monkeypatch.setattr(module, "run", telling)
    for own in (False, True, True):
        monkeypatch.setattr(module, "is_own", lambda recipe, own=own: own)
        whole(squares(70_002), secret="mine alone")
    assert told == ["", "mine alone", "mine alone"]
    assert visitor.get() == ""


def test_who_leaves_frees_the_slot_at_the_next_frame() -> None:
    turns = Schedule(slots=1)
    with closing(stream(squares(70_003, steps=150, pause_ms=20), turns=turns)) as left:
        next(message for message in left if "append" in message)
    assert whole(squares(70_004), turns=turns)["done"]
    assert dummy.CLOSED.count(70_003) == 1
    assert not len(turns)


def test_who_waits_is_told_for_what(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_S", 0.02)
    turns = Schedule(slots=1)
    turns.estimates.learn(complete(squares(0, steps=150, pause_ms=300)), 1.0, 45.0)  # equal: who came first goes on
    with closing(stream(squares(70_005, steps=150, pause_ms=300), turns=turns)) as first:
        next(message for message in first if "append" in message)
        with closing(stream(squares(70_006, steps=150, pause_ms=300), turns=turns)) as second:
            assert re.fullmatch(r"One run goes before yours, for about \d+ s\.", next(second)["waiting"])


def test_a_visitor_with_too_many_runs_is_told_so() -> None:
    import gradio as gr

    turns, running = Schedule(slots=1), []
    for seed in range(RUNS_EACH.usual):
        running.append(stream(squares(70_010 + seed, steps=150, pause_ms=300), who="me", turns=turns))
        next(running[-1])
    with pytest.raises(gr.Error, match=f"the limit is {RUNS_EACH.usual}"):
        next(stream(squares(70_020), who="me", turns=turns))
    for one in running:
        one.close()


def test_frames_under_load_are_those_of_a_quiet_machine() -> None:
    asked = [
        Recipe("vae/encode", {}, 5),
        Recipe("gan/points", {"steps": 30}, 5),  # trains: nothing of it may leak into the others, nor theirs into it
        Recipe("gan/points", {"steps": 30}, 6),
        Recipe("diffusion/denoise", {"steps": 3, "samples": 2}, 5),
    ]
    quiet = [steady([pack(frame) for frame in run(complete(recipe))]) for recipe in asked]
    busy: dict[int, Any] = {}
    threads = [
        threading.Thread(target=lambda i=i, recipe=recipe: busy.update({i: whole(recipe)["frames"]}))
        for i, recipe in enumerate(asked)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, recipe in enumerate(asked):
        assert steady(busy[i]) == quiet[i], recipe.run


def test_a_film_goes_frame_by_frame_to_a_page_and_in_bunches_to_a_program_or_a_crowd() -> None:
    def messages(seed: int, **asked: Any) -> int:
        return sum(
            "append" in m and not m.get("done") for m in stream(squares(seed, steps=20), turns=Schedule(), **asked)
        )

    assert messages(70_030, whole=False) == 20
    assert messages(70_031, whole=True) < 20
    with ExitStack() as crowd:
        for _ in range(40):
            crowd.enter_context(module.READERS)
        assert messages(70_032, whole=False) < 20
        assert module.READERS.rate(False, 6) < module.READERS.rate(True, 30)
    assert module.READERS.rate(True, 30) == 30


def test_what_is_known_goes_to_a_program_in_one_message() -> None:
    turns = Schedule()
    first, again = (list(stream(squares(70_040), turns=turns)) for _ in range(2))
    assert len(again) == 1
    assert orjson.dumps(again[0]["frames"]) == orjson.dumps(first[-1]["frames"])


def test_a_finished_run_is_kept_by_what_is_sent_of_it() -> None:
    turns = Schedule()
    last = whole(squares(3), turns=turns)
    sent = sum(len(orjson.dumps(frame)) for frame in last["frames"])
    assert 0 < turns._kept.bytes - sent < 100 * len(last["frames"]), "texts and a little around each"


def test_those_who_wait_in_a_crowd_are_told_less_often() -> None:
    alone = module.READERS.pause()
    with ExitStack() as crowd:
        for _ in range(50):
            crowd.enter_context(module.READERS)
        assert module.READERS.pause() >= 50 / module.TOLD > module.TICK_S
    assert module.READERS.pause() == alone


def test_no_component_is_made_for_a_message(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    init = module.gr.HTML.__init__
    monkeypatch.setattr(
        module.gr.HTML, "__init__", lambda self, *args, **more: (made.append(self), init(self, *args, **more))[1]
    )
    film, status = client.predict(seed=70_041, steps=4, api_name="/dummy_squares")
    assert (len(film["frames"]), status, made) == (4, "", [])


def test_a_program_without_a_library_is_told_the_frames(base_url: str) -> None:
    at = f"{base_url}/gradio_api/call/dummy_squares"
    names = httpx.get(f"{base_url}/gradio_api/info").json()["named_endpoints"]["/dummy_squares"]["parameters"]
    usual = {name["parameter_name"]: name.get("parameter_default") for name in names}
    event = httpx.post(at, json={"data": list({**usual, "seed": 70_042, "steps": 4}.values())}).json()["event_id"]
    last = httpx.get(f"{at}/{event}", timeout=60).text.rpartition("event: complete\ndata: ")[2]
    assert [frame["index"] for frame in orjson.loads(last)[0]["frames"]] == [0, 1, 2, 3]
