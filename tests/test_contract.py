"""What every model and every run promises, whatever its architecture: found by themselves, none is named here."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import itertools
import json
import pickle
import re
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import TEXT_KINDS, arrays, pack
from genai_demo.core.load import load, load_info
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import Run, all_runs, complete, run, source
from genai_demo.core.spec import Bundled, Hub, ModelSpec, all_specs, resolve
from genai_demo.results.files import stacked, steady
from tests.standins import small, smallest, stand_ins  # noqa: F401  a fixture for all

LARGEST = 10_000_000  # bytes: a free Space refuses plain files above it
RUNS, SPECS = all_runs(), all_specs()
BUNDLED = [key for key, spec in SPECS.items() if any(isinstance(source, Bundled) for source in spec.sources)]

each_run = pytest.mark.parametrize("name", RUNS)
each_spec = pytest.mark.parametrize("key", SPECS)
each_bundled = pytest.mark.parametrize("key", BUNDLED)


def bundled(spec: ModelSpec) -> Bundled:
    return next(source for source in spec.sources if isinstance(source, Bundled))


@functools.cache
def kept(name: str) -> list[tuple[Any, dict[str, np.ndarray]]]:
    """The frames of the smallest run, each with a copy of its arrays taken as soon as it came."""
    return [(frame, {key: value.copy() for key, value in arrays(frame).items()}) for frame in run(small(name))]


def frames_of(name: str) -> list[Any]:
    return [frame for frame, _ in kept(name)]


def same(one: list[Any], other: list[Any]) -> bool:
    a, b = stacked(one), stacked(other)
    return (
        [steady(frame) for frame in one] == [steady(frame) for frame in other]
        and a.keys() == b.keys()
        and all(np.array_equal(a[key], b[key], equal_nan=a[key].dtype.kind == "f") for key in a)
    )


@each_spec
def test_a_model_says_what_it_is(key: str) -> None:
    spec = SPECS[key]
    assert spec.key == key
    assert key.count("/") == 1
    assert spec.title
    assert spec.licence
    assert spec.sources
    assert all(str(source) for source in spec.sources)
    assert spec.engine != "torch" or spec.example, "without an example its blocks can't be traced"


@each_bundled
def test_the_weights_are_those_of_their_card(key: str) -> None:
    for path in bundled(SPECS[key]).paths:
        raw = path.read_bytes()
        assert len(raw) < LARGEST
        assert json.loads(path.with_suffix(".json").read_text())["sha256"] == hashlib.sha256(raw).hexdigest()


@each_bundled
def test_the_card_says_how_the_weights_came_to_be(key: str) -> None:
    card = SPECS[key].card
    training = {**card, **card.get("training", {})}
    for name in ("data", "licence", "seed", "wall_seconds", "quality", "parameters"):
        assert training.get(name) is not None, f"the card of {key} has no {name}"
    assert training.get("steps") or training.get("epochs")
    assert training["data"]
    assert training["licence"]
    assert training["wall_seconds"] > 0
    assert training["quality"]
    assert not card.get("provisional")


@each_bundled
def test_the_card_counts_the_parameters_of_the_model(key: str) -> None:
    assert load_info(SPECS[key]).parameters == SPECS[key].card["parameters"]


@each_run
def test_a_run_explains_itself(name: str) -> None:
    entry = RUNS[name]
    assert entry.name == name
    assert entry.summary
    assert "def " in source(name)
    assert entry.seconds(entry.options.parse({})) > 0
    for known in entry.options.describe():
        assert known["help"], f"{name} does not explain {known['name']}"
        limited = {"integer": "minimum", "number": "minimum", "string": "longest"}.get(known["type"])
        assert limited is None or limited in known or "choices" in known, f"{name}: {known['name']} has no limit"
        assert ("minimum" in known) == ("maximum" in known)
    assert all(key in SPECS for key in entry.models)


@each_run
def test_the_smallest_run_gives_frames_that_travel(name: str) -> None:
    frames = frames_of(name)
    assert frames
    for frame in frames:
        back = pickle.loads(pickle.dumps(frame))
        assert type(back) is type(frame)
        assert same([back], [frame])
        json.dumps(pack(frame), allow_nan=False)
        with pytest.raises(AttributeError):  # frozen
            frame.index = 0
    assert any(pack(frame)["lanes"] for frame in frames), "nothing is drawn"


@each_run
def test_frames_are_counted(name: str) -> None:
    frames = frames_of(name)
    places = [frame.index for frame in frames]
    assert places == sorted(places)
    assert all(0 <= frame.index < frame.total for frame in frames)
    assert frames[-1].index == frames[-1].total - 1


@each_run
def test_frames_are_ready_to_draw(name: str) -> None:
    """Arrays of this process's memory, with the shapes that their way of drawing asks for."""
    for frame in frames_of(name):
        for field in type(frame).__dataclass_fields__.values():
            value, meta = getattr(frame, field.name), field.metadata
            if value is None or meta.get("draw") in (None, "number", "curve", "carried", "grown", *TEXT_KINDS):
                continue
            assert isinstance(value, np.ndarray)
            if meta["draw"] == "pictures":
                assert value.dtype == np.uint8
                assert value.ndim == 3 or (value.ndim == 4 and value.shape[3] == 3)
            elif meta["draw"] == "bars":
                assert value.ndim == 1
            else:
                assert value.ndim == {"paths": 3}.get(meta["layer"], 2)
                assert meta["layer"] == "heat" or value.shape[-1] == (4 if meta["layer"] == "vectors" else 2)


@each_run
def test_a_recipe_gives_the_same_frames_beside_another_visitor(name: str) -> None:
    """Two runs taken in turns, with different seeds, each as if it were alone; the shared model stays as it was."""
    models = [load(SPECS[key]) for key in RUNS[name].models[:1]]
    before = [_fingerprint(model) for model in models]
    mine, others = run(small(name)), run(small(name, seed=1))
    together = [frame for frame, _ in itertools.zip_longest(mine, others) if frame is not None]
    assert same(together, frames_of(name))
    assert [_fingerprint(model) for model in models] == before
    assert not any(model.training for model in models)


def _fingerprint(model: Any) -> str:
    digest = hashlib.sha256()
    for name, value in model.state_dict().items():
        digest.update(name.encode() + value.float().cpu().numpy().tobytes())
    return digest.hexdigest()


@each_run
def test_a_frame_kept_from_early_on_still_shows_what_it_showed(name: str) -> None:
    for frame, then in kept(name):
        for key, value in arrays(frame).items():
            assert np.array_equal(value, then[key], equal_nan=value.dtype.kind == "f"), key


@each_run
def test_the_defaults_start_and_can_be_stopped(name: str) -> None:
    options = {key: value for key, value in smallest(RUNS[name]).items() if key == "samples"}  # few are enough
    frames = run(Recipe(name, options))
    assert next(frames).total >= 1
    frames.close()
    assert list(frames) == []


@each_run
def test_what_is_a_time_says_that_it_was_measured(name: str) -> None:
    """Or two runs of one recipe would never be equal. The unit of a measured field is text for a visitor, no more."""
    for kind in frame_classes(RUNS[name]):
        for field in dataclasses.fields(kind):
            units = re.split(r"[/ ]", field.metadata.get("unit", ""))
            timed = not TIMES.isdisjoint(units) or re.search(r"_(ms|s|seconds)$", field.name)
            assert not timed or field.metadata.get("measured"), f"{kind.__name__}.{field.name} is a time"


TIMES = {"h", "hours", "min", "minutes", "s", "second", "seconds", "ms", "us", "µs", "ns"}


def frame_classes(entry: Run) -> list[type[Any]]:
    """What the run says that it yields."""
    (yielded,) = get_args(get_type_hints(resolve(entry.start))["return"])
    kinds = [kind for kind in get_args(yielded) or (yielded,) if dataclasses.is_dataclass(kind)]
    assert kinds, f"{entry.start} does not say which frames it yields"
    return kinds


@each_run
def test_a_run_refuses_before_the_first_frame(name: str) -> None:
    with pytest.raises(DemoError):
        run(Recipe(name, {"no such option": 1}))
    with pytest.raises(DemoError):
        run(Recipe(name, {}, 0, "no/such-model"))


@each_run
def test_a_completed_recipe_says_everything(name: str) -> None:
    full = complete(Recipe(name, {}, 3))
    assert set(full.options) == {known["name"] for known in RUNS[name].options.describe()}
    assert full.model == (RUNS[name].models[0] if RUNS[name].models else None)
    assert {"genai_demo", "torch", "numpy"} <= set(full.versions)
    assert Recipe.from_json(full.to_json()) == full
    assert complete(full) == full


@each_run
def test_a_link_brings_the_recipe_back(name: str) -> None:
    from urllib.parse import parse_qsl

    from genai_demo.core.link import from_query, to_query

    options = smallest(RUNS[name]) | {
        known["name"]: known["choices"][-1] for known in RUNS[name].options.describe() if "choices" in known
    }
    model = RUNS[name].models[-1] if RUNS[name].models else None
    recipe = complete(Recipe(name, options, 2**31 - 1, model))
    back, notice = from_query(dict(parse_qsl(to_query(recipe), keep_blank_values=True)), [name])
    assert notice == ""
    assert back is not None
    assert complete(back) == recipe


def test_models_from_the_hub_are_an_addition() -> None:
    """What a run uses by default works offline."""
    for entry in RUNS.values():
        if entry.models:
            assert not isinstance(SPECS[entry.models[0]].sources[0], Hub)
