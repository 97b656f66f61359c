"""Questions about the picture world: answers are the truth, as read here anew, and none gives itself away."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import numpy as np

from genai_demo.data import world, world_questions
from genai_demo.data.world import Scene, Thing
from genai_demo.data.world_kinds import KINDS, plural
from genai_demo.data.world_questions import Asked
from genai_demo.data.world_splits import new_colour, new_in
from genai_demo.data.world_words import judge, parse

NUMBERS = {"none": 0} | {word: i for i, word in enumerate(world.NUMBERS) if i}
ACROSS = {"to the left of": (-1, 0), "to the right of": (1, 0), "above": (0, -1), "below": (0, 1)}


def rounds(count: int, seed: int = 0) -> list[tuple[Scene, list[Asked]]]:
    rng = np.random.default_rng(seed)
    scenes = [world_questions.scene_to_ask(rng) for _ in range(count)]
    return [(scene, world_questions.asked(scene, rng, 12)) for scene in scenes]


def meant(scene: Scene, name: str) -> list[Thing]:
    """What "the house", "a red house", "red things", "houses" or "it" may be."""
    words = name.split()
    kinds = {kind: kind for kind in KINDS} | {plural(kind): kind for kind in KINDS}
    of_kind = [t for t in scene.things if words[-1] in ("things", "thing") or kinds.get(words[-1]) == t.kind]
    colours = [word for word in words if word in world.COLOURS]
    return [t for t in of_kind if not colours or t.colour == colours[0]]


def only(scene: Scene, name: str) -> Thing:
    found = meant(scene, name)
    assert len(found) == 1, (name, scene)
    return found[0]


def lies(one: Thing, way: str, other: Thing) -> bool:
    x, y = ACROSS[way]
    return (one.x - other.x) * x + (one.y - other.y) * y > 0


def true(scene: Scene, text: str, answer: str) -> bool | None:
    """Whether it is the right answer; None where it is not one of these questions."""
    if m := re.fullmatch(r"How many (.+?) are (?:there|in the picture)\?", text):
        return NUMBERS[answer] == len(meant(scene, m[1]))
    if re.fullmatch(r"Wh.+ colour .*background.*", text):
        return answer == scene.background
    if answer.startswith("there is no"):
        return not meant(scene, answer.removeprefix("there is no ")) and answer.split()[-1] in text
    if m := re.fullmatch(r"(?:Which colour is|What colour does) (the .+?)(?: have)?\?", text):
        return answer == only(scene, m[1]).colour
    if m := re.fullmatch(r"(?:Is (the .+) (?:small or large|large or small)|How large is (the .+))\?", text):
        return answer == only(scene, m[1] or m[2]).size
    if m := re.fullmatch(r"Where (?:in the picture )?is (the .+)\?", text):
        return answer == world.place_of(only(scene, m[1]))
    sides = "to the left or to the right of|to the right or to the left of|above or below|below or above"
    if m := re.fullmatch(rf"Is (the .+) (?:{sides}) (the .+)\?", text):
        way = answer if answer in ACROSS else f"{answer} of"
        return lies(only(scene, m[1]), way, only(scene, m[2]))
    if m := re.fullmatch(r"Is (the .+) (to the left of|to the right of|above|below) (the .+)\?", text):
        return lies(only(scene, m[1]), m[2], only(scene, m[3])) == (answer == "yes")
    if m := re.fullmatch(r"What is (to the left of|to the right of|above|below) (the .+)\?", text):
        return only(scene, answer) in [t for t in scene.things if lies(t, m[1], only(scene, m[2]))]
    if m := re.fullmatch(r"Is (?:there )?(an? .+?)(?: in the picture)?\?", text):
        return bool(meant(scene, m[1])) == (answer == "yes")
    if m := re.fullmatch(r"Is (the \w+) (\w+)\?", text):
        return (only(scene, m[1]).colour == m[2]) == (answer == "yes")
    if m := re.fullmatch(r"(?:What|Which thing) is (\w+)\?", text):
        return m[1] == "this" or only(scene, f"{m[1]} thing").kind == answer.split()[-1]
    if m := re.fullmatch(r"What is ((?:at|on|in) the .+)\?", text):
        return m[1] == "in the picture" or m[1] in [world.place_of(t) for t in meant(scene, answer)]
    return None


def test_answers_are_the_truth() -> None:
    read = Counter[str]()
    for scene, asked in rounds(400):
        for one in asked:
            if one.kind == "caption":
                wanted = parse(one.answer)
                assert wanted
                verdict = judge(wanted, scene)
                assert verdict.things
                assert verdict.colours
                assert verdict.background
                continue
            for turn in one.turns:
                said = true(scene, turn.text.replace(" it", f" {_subject(one)}"), turn.answer)
                assert said is not False, (turn, scene)
                read[one.kind] += said is not None
    assert set(read) == set(world_questions.ASKERS) - {"caption"}


def _subject(asked: Asked) -> str:
    """What "it" is: the thing of the first question."""
    first = asked.turns[0].text.rstrip("?").split()
    return f"the {next((word for word in first if word in KINDS), '')}"


def test_yes_is_as_frequent_as_no_and_no_answer_is_a_safe_guess() -> None:
    answers = defaultdict[str, Counter[str]](Counter)
    for _, asked in rounds(1500, seed=1):
        for one in asked:
            answers[one.kind][one.answer] += 1
    for kind in ("whether", "relation"):
        assert abs(answers[kind]["yes"] / answers[kind].total() - 0.5) < 0.05, kind
    for kind, counts in answers.items():
        most = 0.65 if kind in ("whether", "relation", "size") else 0.4
        assert max(counts.values()) / counts.total() < most, kind


def test_trainings_see_and_hear_nothing_of_what_is_held_out() -> None:
    for scene, asked in rounds(300, seed=2):
        assert not new_in(scene)
        for one in asked:
            for colour, kind in re.findall(rf"\b({'|'.join(world.COLOURS)}) (\w+)\b", one.text):
                assert kind not in KINDS or not new_colour(colour, kind), one


def test_scenes_to_ask_have_something_to_count_and_what_is_new_is_new() -> None:
    rng = np.random.default_rng(3)
    several = [s for s in (world_questions.scene_to_ask(rng) for _ in range(300)) if len(s.things) > 1]
    shared = [s for s in several if len({t.kind for t in s.things}) < len(s.things)]
    assert len(shared) > len(several) / 4
    for new in ("colour", "relation"):
        assert new_in(world_questions.scene_to_ask(rng, new)) == {new}


def test_an_empty_scene_can_be_asked_about() -> None:
    asked = world_questions.questions(Scene((), "grey"), np.random.default_rng(0))
    assert {"background", "caption", "absent"} <= {one.kind for one in asked}


def test_questions_of_every_kind_that_fits_come_at_once() -> None:
    scene = Scene(
        (Thing("house", "red", "large", 0.25, 0.5, 0.2), Thing("cat", "blue", "small", 0.8, 0.5, 0.12)), "grey"
    )
    kinds = [one.kind for one in world_questions.questions(scene, np.random.default_rng(0))]
    assert len(kinds) == len(set(kinds))
    assert set(kinds) >= set(world_questions.ASKERS) - {"what"}
