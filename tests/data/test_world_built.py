"""Scenes as visitors write them: what is read, what is written again, what is refused and how."""

from __future__ import annotations

import numpy as np
import pytest

from genai_demo.core.errors import DemoError
from genai_demo.data import world, world_built

BOTH = "small red house 25 60; large blue ball 70 40; light blue"


def test_a_scene_says_where_its_things_lie_and_how_large_they_are() -> None:
    house, ball = world_built.read(BOTH).things
    assert (house.kind, house.colour, house.size, house.x, house.y) == ("house", "red", "small", 0.25, 0.6)
    assert world.SIZES["small"][0] < house.radius < world.SIZES["small"][1] < ball.radius
    assert world_built.read(BOTH).background == "light blue"
    assert world_built.read("grey") == world.Scene((), "grey")


@pytest.mark.parametrize("text", [BOTH, "grey", "large pink cat 0 100; black"])
def test_what_was_read_is_written_again(text: str) -> None:
    assert world_built.written(world_built.read(text)) == text
    assert world_built.written(world_built.read(f"  {text.upper().replace(';', ' ;;  ')} ")) == text


def test_a_scene_of_the_world_is_taken_over_nearly() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        scene = world.random_scene(rng, 5)
        again = world_built.read(world_built.written(scene))
        assert [t.words for t in again.things] == [t.words for t in scene.things]
        for one, other in zip(scene.things, again.things, strict=True):
            assert max(abs(one.x - other.x), abs(one.y - other.y)) <= 0.0051
        assert np.abs(world.draw(scene).astype(float) - world.draw(again)).mean() < 8


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "background, its last part, is empty; choose one of white, grey"),
        ("small red house 25 60", "background, its last part, is small red house 25 60; choose one of"),
        ("red house 25 60; grey", "a thing of the scene is red house 25 60; write size, colour, kind, x and y"),
        ("tiny red house 25 60; grey", "has tiny in it; choose one of small, large"),
        ("small teal house 25 60; grey", "has teal in it; choose one of red"),
        ("small red dog 25 60; grey", "has dog in it; choose one of"),
        ("small red cat 25 101; grey", "lies at 101; choose whole percents from 0 to 100"),
        ("small red cat -5 10; grey", "lies at -5; choose whole percents"),
        ("small red cat 5.5 10; grey", "lies at 5.5; choose whole percents"),
        ("small red cat ² 10; grey", "choose whole percents"),
        ("small red cat 1 1;" * 6 + "grey", "the scene has 6 things; the limit is 5"),
    ],
)
def test_what_is_no_scene_is_said_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(DemoError) as error:
        world_built.read(text)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOTH, "a red house and a blue ball"),
        ("small red house 25 60; large red house 70 40; small pink star 50 10; grey", "two red houses and a pink star"),
        ("small red fish 1 1; small red fish 50 50; small blue cat 1 90; small orange cat 9 9; grey",
         "two red fish, a blue cat and an orange cat"),
        ("light blue", "a light blue background"),
    ],
)  # fmt: skip
def test_a_caption_names_all_that_is_there(text: str, said: str) -> None:
    assert world_built.caption(world_built.read(text)) == said
