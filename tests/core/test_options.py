"""Options of every run: any value at all gives options within their limits, or one sentence."""

from __future__ import annotations

import math
from typing import Any, Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from genai_demo.core.errors import DemoError
from genai_demo.core.options import Options, option
from genai_demo.core.run import all_runs

RUNS = all_runs()
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.binary(max_size=10)
    | st.builds(lambda: 10**5000)
    | st.sampled_from(
        [
            10**400,
            -(10**400),
            math.nan,
            math.inf,
            -math.inf,
            "nan",
            "inf",
            "1e999",
            "9" * 5000,
            "true",
            "²",
            "x" * 100_000,
            "\x00",
            "\ud800",
            "a\nb",
            "",
            " 5 ",
            "5.0",
            "0x10",
            1 + 2j,
            2**63,
            -(2**63) - 1,
            1e308,
        ]
    )
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


class Sample(Options):
    """One option of each kind."""

    count: int = option(4, "How many", at_least=1, at_most=9)
    share: float = option(0.5, "How much", at_least=0, at_most=1)
    way: Literal["left", "right"] = option("left", "Which way")
    size: Literal[2, 16] = option(2, "Which size")
    on: bool = option(True, "Whether")
    text: str = option("", "What", longest=10)


def sentence(error: DemoError | pytest.ExceptionInfo[DemoError]) -> str:
    text = str(error if isinstance(error, DemoError) else error.value)
    assert text == text.strip() != ""
    assert len(text) < 300, text
    assert len(text.splitlines()) == 1, text
    text.encode()
    return text


@pytest.mark.parametrize("name", RUNS)
@settings(max_examples=10)  # of each run; there are many
@given(st.data())
def test_any_value_is_within_limits_or_a_sentence(name: str, data: st.DataObject) -> None:
    cls = RUNS[name].options
    values = data.draw(st.dictionaries(st.sampled_from(list(cls.model_fields)), anything, min_size=1, max_size=3))
    try:
        parsed = cls.parse(values)
    except DemoError as error:
        said = sentence(error)
    else:
        said = " ".join(values)
        _within(parsed)
    assert any(field in said for field in values)


def _within(parsed: Options) -> None:
    for known in parsed.describe():
        value = getattr(parsed, known["name"])
        kinds = {"integer": int, "number": float, "string": str, "boolean": bool}
        assert isinstance(value, kinds[known["type"]])
        assert known["type"] == "boolean" or not isinstance(value, bool)
        assert "choices" not in known or value in known["choices"]
        assert "minimum" not in known or known["minimum"] <= value <= known["maximum"]  # false for NaN
        assert "longest" not in known or len(value) <= known["longest"]


@given(anything)
@example({"count": 1, "count ": 2})
@example({3: 4})
@example({"self": 1})
@example({"model_config": {}})
@example({"__init__": 1})
def test_any_mapping_is_options_or_a_sentence(values: Any) -> None:
    try:
        assert isinstance(Sample.parse(values), Sample)
    except DemoError as error:
        sentence(error)


@pytest.mark.parametrize("name", RUNS)
@given(st.text(max_size=200))
@settings(max_examples=20)
@example("steps\n")
@example("\ud800")
def test_an_unknown_name_is_a_sentence_with_the_choices(name: str, unknown: str) -> None:
    cls = RUNS[name].options
    if unknown in cls.model_fields:
        return
    with pytest.raises(DemoError, match="is not an option here; choose among") as error:
        cls.parse({unknown: 1})
    sentence(error)


@pytest.mark.parametrize("name", RUNS)
def test_defaults_hold_and_are_described(name: str) -> None:
    cls = RUNS[name].options
    parsed = cls.parse({})
    _within(parsed)
    assert {known["name"]: known["default"] for known in cls.describe()} == parsed.model_dump()
    assert cls.parse(parsed.model_dump()) == parsed


@pytest.mark.parametrize("name", RUNS)
def test_limits_are_where_they_are_said_to_be(name: str) -> None:
    cls = RUNS[name].options
    for known in cls.describe():
        if "minimum" not in known:
            continue
        step = 1 if known["type"] == "integer" else 1e-3
        for good in (known["minimum"], known["maximum"]):
            assert getattr(cls.parse({known["name"]: good}), known["name"]) == good
        for bad in (known["minimum"] - step, known["maximum"] + step):
            with pytest.raises(DemoError, match=f"^{known['name']} is .*; choose .* from .* to "):
                cls.parse({known["name"]: bad})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"count": 900}, "count is 900; choose a whole number from 1 to 9"),
        ({"count": True}, "count is True; choose a whole number from 1 to 9"),
        ({"count": 1.5}, "count is 1.5; choose a whole number from 1 to 9"),
        ({"count": None}, "count is None; choose a whole number from 1 to 9"),
        ({"count": ""}, "count is empty; choose a whole number from 1 to 9"),
        ({"count": [[1]]}, "count is [[1]]; choose a whole number from 1 to 9"),
        ({"count": 10**5000}, "count is a very long int; choose a whole number from 1 to 9"),
        ({"share": math.nan}, "share is nan; choose a number from 0 to 1"),
        ({"share": -math.inf}, "share is -inf; choose a number from 0 to 1"),
        ({"share": False}, "share is False; choose a number from 0 to 1"),
        ({"way": "up"}, "way is up; choose one of left, right"),
        ({"size": 3}, "size is 3; choose one of 2, 16"),
        ({"size": True}, "size is True; choose one of 2, 16"),
        ({"on": "perhaps"}, "on is perhaps; choose true or false"),
        ({"text": "x" * 100_000}, "text has 100000 characters; the limit is 10, shorten it"),
        ({"text": 5}, "text is 5; choose a text of at most 10 characters"),
        ({"many": 5}, "many is not an option here; choose among count, share, way, size, on, text"),
        (None, "options are None; give names with values"),
    ],
)
def test_the_sentence_says_value_limit_and_remedy(values: Any, said: str) -> None:
    with pytest.raises(DemoError) as error:
        Sample.parse(values)
    assert sentence(error) == said


def test_texts_from_a_link_are_read() -> None:
    texts = {"count": "9", "share": "0.25", "way": "right", "size": "16", "on": "false", "text": "7"}
    assert Sample.parse(texts) == Sample(count=9, share=0.25, way="right", size=16, on=False, text="7")


def test_options_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Sample.parse({}).count = 3  # type: ignore[misc]
