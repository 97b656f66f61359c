"""The picture world and the scenes of emoji: captions and answers are true, pictures show what the scene says."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from genai_demo.data import scenes, world
from genai_demo.data.emoji import Concept, Emoji
from genai_demo.data.world import COLOURS, Scene, Thing
from genai_demo.data.world_kinds import KINDS, plural

WHERE = re.compile(r" (to the left of|to the right of|above|below) ")
NUMBERS = {word: i for i, word in enumerate(world.NUMBERS)}


def some(count: int, seed: int = 0, most: int = 3) -> list[Scene]:
    rng = np.random.default_rng(seed)
    return [world.random_scene(rng, most) for _ in range(count)]


def matching(scene: Scene, words: str) -> list[Thing]:
    """The things "a small red house" or "red houses" may mean, read word by word."""
    wanted = [word for word in words.split() if word not in ("a", "an")]
    kinds = {kind: kind for kind in KINDS} | {plural(kind): kind for kind in KINDS}
    found = [t for t in scene.things if t.kind == kinds[wanted[-1]] and t.colour in wanted]
    sizes = [word for word in wanted if word in world.SIZES]
    return [t for t in found if not sizes or t.size == sizes[0]]


def holds(scene: Scene, text: str) -> bool:
    """An independent reading of a caption: whether it is true of the scene."""
    text = re.sub(r"^a (picture|drawing) of ", "", text)
    if ending := re.search(r" on an? ([a-z ]+) background$", text):
        if ending.group(1) != scene.background:
            return False
        text = text[: ending.start()]
    if place := re.search(
        r" (in|on|at) the (middle|left|right|top left|top right|bottom left|bottom right|top|bottom)$", text
    ):
        one = next(iter(matching(scene, text[: place.start()])), None)
        if one is None:
            return False
        low, high = {"left": (0, 0.36), "right": (0.64, 1)}, {"top": (0, 0.36), "bottom": (0.64, 1)}
        words = place.group(2).split()
        x = next((low[w] for w in words if w in low), (0.36, 0.64))
        y = next((high[w] for w in words if w in high), (0.36, 0.64))
        return x[0] <= one.x <= x[1] and y[0] <= one.y <= y[1]
    if text.split()[0] in NUMBERS:
        return len(matching(scene, text)) == NUMBERS[text.split()[0]] == len(scene.things)
    parts = re.split(r", | and ", text)
    for part in parts:
        if related := WHERE.search(part):
            one, other = (matching(scene, side) for side in WHERE.split(part)[::2])
            across = {"to the left of": 1, "to the right of": -1}.get(related.group(1))
            down = {"above": 1, "below": -1}.get(related.group(1))
            if not any(
                (b.x - a.x) * across > 0 if across else (b.y - a.y) * (down or 0) > 0 for a in one for b in other
            ):
                return False
        elif not matching(scene, part):
            return False
    return True


def test_captions_are_true_of_their_scene() -> None:
    rng = np.random.default_rng(1)
    for scene in some(600):
        for _ in range(3):
            text = world.caption(scene, rng)
            assert holds(scene, text), (text, scene)


def test_short_captions_name_kinds_that_are_there_and_no_colour() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        scene = world.random_scene(rng)
        words = set(world.short_caption(scene, rng).replace(",", "").split()) - {"a", "an", "and", "picture", "of"}
        assert words
        assert words <= {thing.kind for thing in scene.things}


def test_captions_are_false_of_most_other_scenes() -> None:
    rng, many = np.random.default_rng(2), some(200, seed=5)
    wrong = sum(holds(other, world.caption(one, rng)) for one, other in itertools.pairwise(many))
    assert wrong <= 5


def test_a_reversed_relation_and_exchanged_colours_are_false() -> None:
    rng = np.random.default_rng(3)
    pairs = [
        (scene, pair)
        for scene in some(400)
        for pair in (world.relation_caption(scene, rng), world.colour_caption(scene))
        if pair
    ]
    assert len(pairs) > 150
    for scene, (true, false) in pairs:
        assert holds(scene, true), true
        assert not holds(scene, false), false
        assert sorted(true.replace("an ", "a ").split()) == sorted(false.replace("an ", "a ").split()) or any(
            word in true for word in ("left", "right", "above", "below")
        )


def test_things_lie_inside_and_apart() -> None:
    for scene in some(300, most=5):
        for i, one in enumerate(scene.things):
            assert one.radius <= one.x <= 1 - one.radius
            assert one.radius <= one.y <= 1 - one.radius
            for other in scene.things[:i]:
                assert max(abs(one.x - other.x), abs(one.y - other.y)) > one.radius + other.radius


def test_relations_have_their_opposite() -> None:
    for scene in some(200):
        found = {(a, r, b) for a, r, b in world.relations(scene)}
        assert all((b, world.OPPOSITE[r], a) in found for a, r, b in found)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_where_it_lies_in_its_colour(kind: str) -> None:
    for colour in COLOURS:
        picture = world.draw(Scene((Thing(kind, colour, "large", 0.25, 0.25, 0.2),), "grey"), 96).astype(int)
        close = np.abs(picture - COLOURS[colour]).sum(-1) < 40
        assert close.mean() > 0.01, (kind, colour)
        ground = np.abs(picture - world.BACKGROUNDS["grey"]).sum(-1) == 0
        assert ground[50:, :].all()
        assert ground[:, 50:].all()


def test_no_two_kinds_look_the_same() -> None:
    drawn = np.stack([world.draw(Scene((Thing(kind, "red", "large", 0.5, 0.5, 0.4),), "white"), 32) for kind in KINDS])
    flat = drawn.reshape(len(drawn), -1).astype(float)
    apart = np.abs(flat[:, None] - flat[None]).mean(-1) + 1e3 * np.eye(len(flat))
    assert apart.min() > 2


def test_same_seed_same_scene_and_sizes_of_pictures() -> None:
    assert some(20, seed=7) == some(20, seed=7)
    assert some(20, seed=7) != some(20, seed=8)
    assert world.draw(some(1)[0], 40).shape == (40, 40, 3)
    assert world.draw(some(1)[0]).dtype == np.uint8


def made_up(count: int = 12) -> Emoji:
    """Emoji that are squares of one colour each."""
    words = ("fox", "cactus", "tea cup", "piano", "boat", "kite", "drum", "moon", "key", "pear", "ant", "owl")
    concepts = tuple(Concept(f"{i:x}", words[i], (), "Objects") for i in range(count))
    pictures = np.zeros((count, 64, 64, 4), np.uint8)
    for i in range(count):
        pictures[i, 4:60, 4:60] = (20 * i, 255 - 20 * i, 60, 255)
    return Emoji(concepts, {"noto": pictures}, {"noto": np.ones(count, bool)})


def test_captions_of_emoji_scenes_are_true() -> None:
    emoji, rng = made_up(), np.random.default_rng(4)
    for _ in range(400):
        scene = scenes.random_scene(range(12), "noto", rng)
        names = [emoji.concepts[item.concept].name for item in scene.items]
        text = scenes.caption(scene, emoji, rng).removeprefix("a picture of ")
        if len(set(names)) == 1 and len(names) > 1:
            assert text.split()[0] == world.NUMBERS[len(names)]
            continue
        if related := WHERE.search(text):
            one, other = (part.split(" ", 1)[1].split(" and ")[0] for part in WHERE.split(text)[::2])
            a, b = (next(i for i in scene.items if emoji.concepts[i.concept].name == n) for n in (one, other))
            assert {"to the left of": b.x - a.x, "to the right of": a.x - b.x, "above": b.y - a.y, "below": a.y - b.y}[
                related.group(1)
            ] > 0
        else:
            assert all(name in text for name in names)


def test_an_emoji_is_drawn_where_the_scene_says() -> None:
    emoji, rng = made_up(), np.random.default_rng(5)
    for _ in range(50):
        scene = scenes.random_scene(range(12), "noto", rng, most=2)
        picture = scenes.draw(scene, emoji, 96)
        for item in scene.items:
            found = picture[int(item.y * 96), int(item.x * 96)].astype(int)
            assert np.abs(found - emoji.pictures["noto"][item.concept, 32, 32, :3]).max() <= 2


def test_answers_are_the_truth() -> None:
    emoji, rng = made_up(), np.random.default_rng(6)
    kinds = set()
    for _ in range(300):
        scene = scenes.random_scene(range(12), "noto", rng)
        names = [emoji.concepts[item.concept].name for item in scene.items]
        for asked in scenes.questions(scene, emoji, rng):
            kinds.add(asked.text.split()[0])
            if asked.text.startswith("How many emoji"):
                assert NUMBERS[asked.answer] == len(names)
            elif match := re.fullmatch(r"How many times is the (.+) there\?", asked.text):
                assert NUMBERS[asked.answer] == names.count(match.group(1))
            elif match := re.fullmatch(r"Is there an? (.+)\?", asked.text):
                assert (asked.answer == "yes") == (match.group(1) in names)
            elif match := re.fullmatch(r"What is (to the left of|above) the (.+)\?", asked.text):
                one, other = (scene.items[names.index(name)] for name in (asked.answer, match.group(2)))
                assert one.x < other.x if "left" in match.group(1) else one.y < other.y
    assert kinds == {"How", "Is", "What"}
