"""Full captions of the picture world are read back as what they say; the halves of the world have nothing in common."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from genai_demo.data import world, world_splits, world_words
from genai_demo.data.world import COLOURS, Scene, Thing
from genai_demo.data.world_kinds import KINDS
from genai_demo.data.world_splits import held_out_scene, new_colour, new_in, new_relation, training_scene
from genai_demo.data.world_words import Asked, Verdict, Wanted, described, judge, parse, unknown

RIGHT = Verdict(things=True, colours=True, relations=True, sizes=True, background=True)


def scenes(count: int, seed: int = 0) -> list[Scene]:
    rng = np.random.default_rng(seed)
    return [world.random_scene(rng) for _ in range(count)]


def read(text: str) -> Wanted:
    wanted = parse(text)
    assert wanted is not None, text
    return wanted


def test_full_captions_are_true_and_name_every_thing() -> None:
    rng = np.random.default_rng(1)
    for scene in scenes(500):
        text = described(scene, rng)
        assert judge(read(text), scene) == RIGHT, (text, scene)
        assert sum(asked.count for asked in read(text).things) == len(scene.things)
        assert not unknown(text)


def test_captions_of_all_kinds_are_read() -> None:
    rng = np.random.default_rng(2)
    for scene in scenes(300):
        wanted = read(world.caption(scene, rng))
        assert {asked.kind for asked in wanted.things} <= {thing.kind for thing in scene.things}
        assert all(not asked.colour for asked in read(world.short_caption(scene, rng)).things)


def test_other_words_are_used_for_the_same() -> None:
    rng, scene = np.random.default_rng(3), next(s for s in scenes(50) if len(s.things) == 2 and not world.alike(s))
    assert len({described(scene, rng) for _ in range(40)}) > 10


def test_a_text_is_read_as_a_person_would() -> None:
    wanted = read("A small red house above a blue ball, and a star left of the ball on a dark blue background.")
    assert wanted.things == (Asked("house", "red", "small"), Asked("ball", "blue"), Asked("star"))
    assert wanted.relations == ((0, "above", 1), (2, "left of", 1))
    assert wanted.background == "dark blue"
    assert read("three green trees").things == (Asked("tree", "green", count=3),)
    assert read("a red cat at the top left").place == "at the top left"


@pytest.mark.parametrize("text", ["", "a", "red", "a red", "a purple elephant", "a cat above", "🙂", "a cat " * 5000])
def test_what_is_no_caption_is_not_read(text: str) -> None:
    assert parse(text) is None


def test_words_that_no_caption_has_are_named_once() -> None:
    assert unknown("A purple elephant, and an ELEPHANT under a tree 🙂") == ["elephant", "🙂"]


def test_exchanged_colours_and_mirrored_scenes_are_judged_wrong() -> None:
    one, other = Thing("cat", "red", "small", 0.2, 0.5, 0.12), Thing("cup", "blue", "large", 0.7, 0.5, 0.2)
    wanted = read("a small red cat to the left of a large blue cup on a grey background")
    assert judge(wanted, Scene((other, one), "grey")) == RIGHT
    swapped = (replace(one, colour="blue"), replace(other, colour="red"))
    assert judge(wanted, Scene(swapped, "grey")) == Verdict(True, False, False, False, False)
    mirrored = (replace(one, x=0.8), replace(other, x=0.3))
    assert judge(wanted, Scene(mirrored, "grey")) == replace(RIGHT, relations=False)
    assert judge(wanted, Scene((replace(one, size="large"), other), "white")) == replace(
        RIGHT, sizes=False, background=False
    )
    assert not judge(wanted, Scene((one, other, replace(one, y=0.9)), "grey")).things


def test_a_relation_of_many_holds_for_each() -> None:
    cup = Thing("cup", "blue", "small", 0.8, 0.5, 0.12)
    stars = tuple(Thing("star", "red", "small", 0.2, y, 0.12) for y in (0.2, 0.8))
    wanted = read("two red stars left of a blue cup")
    assert judge(wanted, Scene((cup, *stars), "white")).relations
    assert not judge(wanted, Scene((cup, stars[0], replace(stars[1], x=0.85)), "white")).relations


def test_the_halves_have_nothing_in_common() -> None:
    rng = np.random.default_rng(4)
    trained = [training_scene(rng) for _ in range(300)]
    assert not any(new_in(scene) for scene in trained)
    for new in ("colour", "relation"):
        assert all(new_in(held_out_scene(rng, new)) == {new} for _ in range(20))
    counted = Counter(thing.kind for scene in trained for thing in scene.things)
    assert set(counted) == set(KINDS)


def test_what_is_held_out_is_a_tenth_and_leaves_every_word() -> None:
    pairs = [(colour, kind) for colour in COLOURS for kind in KINDS]
    assert 0.05 < sum(new_colour(*pair) for pair in pairs) / len(pairs) < 0.2
    for kind in KINDS:
        assert sum(not new_colour(colour, kind) for colour in COLOURS) > len(COLOURS) / 2
    ways = [(a, where, b) for a in KINDS for where in world.OPPOSITE for b in KINDS if a != b]
    assert 0.05 < sum(new_relation(*way) for way in ways) / len(ways) < 0.2
    assert all(new_relation(a, where, b) == new_relation(b, world.OPPOSITE[where], a) for a, where, b in ways)


def test_the_cut_is_the_same_everywhere() -> None:
    """Weights are judged on scenes that another machine held out."""
    assert [kind for kind in KINDS if new_colour("green", kind)] == ["tree", "sun", "cat", "flower", "fish"]
    rng = np.random.default_rng(0)
    assert world_splits.training_scene(rng) == training_scene(np.random.default_rng(0))
    assert world_words.vocabulary() == tuple(sorted(world_words.vocabulary()))
