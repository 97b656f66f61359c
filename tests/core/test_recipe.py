"""Recipe: JSON both ways, and one sentence for whatever is none."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import FORMAT, LONGEST, MAX_SEED, Recipe, seed_of, versions
from genai_demo.core.run import all_runs, complete, find_run, run
from genai_demo.core.spec import all_specs, find_spec

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
options = st.dictionaries(st.text(max_size=12), plain, max_size=4)
names = st.text(min_size=1, max_size=80)
recipes = st.builds(
    Recipe,
    names,
    options,
    st.integers(0, MAX_SEED),
    st.none() | names,
    st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
)
anything = plain | st.floats() | st.binary(max_size=20) | st.builds(object) | st.just(10**5000) | st.just("x" * 100_000)


def sentence(error: DemoError | pytest.ExceptionInfo[DemoError]) -> str:
    """The error's text, which is one short line that can be shown."""
    text = str(error if isinstance(error, DemoError) else error.value)
    assert text == text.strip() != ""
    assert len(text) < 300
    assert len(text.splitlines()) == 1, text
    text.encode()
    return text


@given(recipes)
def test_json_brings_a_recipe_back(recipe: Recipe) -> None:
    assert Recipe.from_json(recipe.to_json()) == recipe


@given(recipes)
def test_json_is_one_line_of_strict_json(recipe: Recipe) -> None:
    text = recipe.to_json()
    assert "\n" not in text
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@given(st.text(max_size=60) | plain.map(json.dumps) | options.map(json.dumps))
@example("[" * 100_000)
@example("1" * 5000)
@example('{"run": "a", "seed": ' + "1" * 5000 + "}")
@example('{"run": "a", "seed": 1e999}')
@example('{"run": "a", "seed": NaN}')
@example('{"run": "a", "options": {"a": NaN}}')
@example('{"run": "a\\nb"}')
@example('{"run": "\\ud800"}')
@example('{"run": "a", "a\\nb\\ud800": 1}')
@example('{"run": {"a": 1}}')
@example('{"run": "a", "__class__": 1}')
def test_any_text_is_a_recipe_or_a_sentence(text: str) -> None:
    try:
        recipe = Recipe.from_json(text)
    except DemoError as error:
        sentence(error)
    else:
        assert isinstance(recipe, Recipe)


@given(
    st.fixed_dictionaries(
        {"run": anything},
        optional={"options": anything, "seed": anything, "model": anything, "versions": anything, "format": anything},
    )
)
def test_any_value_in_any_field_is_a_recipe_or_a_sentence(fields: dict[str, Any]) -> None:
    try:
        Recipe(**fields)
    except DemoError as error:
        sentence(error)


@given(options | st.dictionaries(st.text(max_size=5), anything, max_size=3))
@example({"a": math.nan})
@example({"a": [math.inf]})
@example({"a": {1, 2}})
def test_options_that_are_no_json_are_a_sentence(values: dict[str, Any]) -> None:
    try:
        json.loads(Recipe("a", values).to_json())
    except DemoError as error:
        sentence(error)


def test_options_nested_without_end_are_a_sentence() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(DemoError) as error:
        Recipe("a", {"a": deep}).to_json()
    sentence(error)
    while deep:  # taken apart by hand: freeing it at once could overflow the stack
        deep = deep[0]


@given(recipes, st.integers(FORMAT + 1, 10**9), options)
def test_a_recipe_of_a_newer_format_says_so(recipe: Recipe, newer: int, more: dict[str, Any]) -> None:
    plain = {**json.loads(recipe.to_json()), "format": newer, **{f"new {name}": value for name, value in more.items()}}
    with pytest.raises(DemoError, match="update the program"):
        Recipe.from_json(json.dumps(plain))


@pytest.mark.parametrize("changed", [{"seed": "7"}, {"model": {"key": "a"}}, {"options": [1]}, {"format": 10**3000}])
def test_a_newer_format_is_named_before_fields_that_changed_with_it(changed: dict[str, Any]) -> None:
    with pytest.raises(DemoError, match="update the program") as error:
        Recipe.from_json(json.dumps({"run": "a", "format": FORMAT + 1, **changed}))
    sentence(error)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"run": ""}, "run"),
        ({"run": "x" * 81}, "run"),
        ({"run": 3}, "run"),
        ({"run": "a", "seed": -1}, "seed is -1"),
        ({"run": "a", "seed": MAX_SEED + 1}, f"{MAX_SEED}"),
        ({"run": "a", "seed": True}, "seed is True"),
        ({"run": "a", "seed": 1.0}, "seed is 1.0"),
        ({"run": "a", "options": []}, "options"),
        ({"run": "a", "model": 5}, "model"),
        ({"run": "a", "versions": "1"}, "versions"),
        ({"run": "a", "format": 0}, "format is 0"),
        ({"run": "a", "format": True}, "format is True"),
        ({"run": "a", "sed": 1}, "unknown field sed"),
        ({"seed": 1}, "no field run"),
        ([], "no field run"),
        (None, "no field run"),
    ],
)
def test_a_changed_field_is_named(fields: Any, said: str) -> None:
    with pytest.raises(DemoError, match=said) as error:
        Recipe.from_json(json.dumps(fields))
    sentence(error)


def test_a_text_without_end_is_not_even_read() -> None:
    with pytest.raises(DemoError, match=str(LONGEST)):
        Recipe.from_json('{"run": "' + "x" * LONGEST + '"}')


@given(names)
@example("a\nb")
@example("\ud800")
@example("diffusion/denoise ")
def test_an_unknown_run_or_model_is_a_sentence_with_the_choices(name: str) -> None:
    assume(name not in {**all_runs(), **all_specs()})  # some generators try what stands in the sources
    for use in (
        find_run,
        find_spec,
        lambda name: complete(Recipe("vae/encode", {}, 0, name)),
        lambda name: run(Recipe("vae/encode", {}, 0, name)),
        lambda name: complete(Recipe(name)),
    ):
        with pytest.raises(DemoError, match=r"choose one of .*/") as error:
            use(name)
        sentence(error)


def test_the_nearest_names_are_offered() -> None:
    with pytest.raises(DemoError, match="choose one of diffusion/denoise,"):
        find_run("difusion/denoize")
    with pytest.raises(DemoError, match="vae/beta4-16"):
        find_spec("vae/beta4_16")


@given(names, anything)
def test_an_unknown_option_is_a_sentence(name: str, value: Any) -> None:
    for use in (complete, run):
        with pytest.raises(DemoError, match="is not an option here") as error:
            use(Recipe("diffusion/denoise", {f"no {name}": value}))
        sentence(error)


def test_a_run_without_models_takes_none() -> None:
    with pytest.raises(DemoError, match="leave it out"):
        complete(Recipe("vae/train", {}, 0, "vae/vae-2"))


@given(anything | st.sampled_from(["07", " 7 ", "7.0", "-1", "²", "９", "1e3", "", "2147483648"]))
def test_a_seed_is_a_whole_number_or_a_sentence(value: Any) -> None:
    try:
        seed, said = seed_of(value), "seed is fine"
    except DemoError as error:
        seed, said = 0, sentence(error)
    assert 0 <= seed <= MAX_SEED
    assert said.startswith("seed is")


@pytest.mark.parametrize(("value", "seed"), [(7, 7), ("7", 7), (" 07 ", 7), (7.0, 7), (MAX_SEED, MAX_SEED), (0, 0)])
def test_seeds_are_read(value: Any, seed: int) -> None:
    assert seed_of(value) == seed


def test_versions_are_known_without_importing() -> None:
    assert {"genai_demo", "python", "torch", "numpy", "diffusers"} <= set(versions())
