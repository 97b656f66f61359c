from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genai_demo.core.errors import DemoError
from genai_demo.rag.chunks import HOWS, count, cut, headings, sentences

TEXT = "# One\n\nFirst it rains. Then, at 3.5 degrees, it snows! Does it?\n\n## Two\n\nLast words."


@pytest.mark.parametrize("how", HOWS)
@given(
    text=st.text(st.sampled_from("aB1 .!?\n#`你é\u0301-\x00"), max_size=300),
    size=st.integers(8, 30),
    half=st.booleans(),
)
@settings(max_examples=60)
def test_chunks_are_pieces_of_the_text_and_lose_no_token(how: str, text: str, size: int, half: bool) -> None:
    chunks = cut(text, how, size, size // 2 if half else 0)
    covered = set()
    for number, chunk in enumerate(chunks):
        assert chunk.number == number
        assert text[chunk.start : chunk.end] == chunk.text == chunk.text.strip()
        assert 0 < count(chunk.text) <= size or (not count(chunk.text) and chunk.text)
        covered |= set(range(chunk.start, chunk.end))
    assert all(place in covered for place, letter in enumerate(text) if letter.isalnum())
    assert [chunk.start for chunk in chunks] == sorted(chunk.start for chunk in chunks)


def test_tokens_overlap_by_as_many_as_asked() -> None:
    words = [f"w{i}" for i in range(30)]
    parts = [chunk.text.split() for chunk in cut(" ".join(words), "tokens", 10, 4)]
    assert parts[:2] == [words[:10], words[6:16]]
    assert parts[-1][-1] == "w29"
    assert [len(part) for part in parts] == [10, 10, 10, 10, 6]


def test_sentences_stay_whole_and_overlap_whole() -> None:
    text = "A b c d. E f g h. I j k l. M n o p."
    assert [chunk.text for chunk in cut(text, "sentences", 10)] == ["A b c d. E f g h.", "I j k l. M n o p."]
    assert [chunk.text for chunk in cut(text, "sentences", 10, 5)] == [
        "A b c d. E f g h.",
        "E f g h. I j k l.",
        "I j k l. M n o p.",
    ]


def test_a_sentence_ends_before_a_capital_not_within_a_number() -> None:
    found = [TEXT[start:end] for start, end in sentences(TEXT)]
    assert found == ["# One", "First it rains.", "Then, at 3.5 degrees, it snows!", "Does it?", "## Two", "Last words."]


def test_headings_make_sections_and_code_has_none() -> None:
    assert [(chunk.heading, chunk.text) for chunk in cut(TEXT, "headings")] == [
        ("One", TEXT[: TEXT.index("\n\n## Two")]),
        ("Two", "## Two\n\nLast words."),
    ]
    assert headings("## A title ##  ") == [(0, "A title")]
    assert headings("```\n# not this\n```\n# this") == [(19, "this")]


def test_marks_take_the_place_of_markdown() -> None:
    chunks = cut("page one. page two.", "headings", marks=[(0, "p. 1"), (10, "p. 2")])
    assert [(chunk.heading, chunk.text) for chunk in chunks] == [("p. 1", "page one."), ("p. 2", "page two.")]


def test_scripts_without_spaces_are_counted_by_character() -> None:
    assert count("生成模型") == 4
    assert count("a" * 100) == 5
    assert len(cut("模" * 100, "sentences", 20)) == 5


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_nothing_has_no_chunks(text: str) -> None:
    assert all(cut(text, how) == [] for how in HOWS)


@pytest.mark.parametrize(
    ("how", "size", "overlap", "named"),
    [
        ("pages", 100, 0, "how is pages"),
        ("tokens", 7, 0, "size is 7"),
        ("tokens", 513, 0, "512"),
        ("tokens", 100, 51, "overlap is 51"),
        ("tokens", 100, -1, "overlap"),
    ],
)
def test_what_is_out_of_range_is_refused(how: str, size: int, overlap: int, named: str) -> None:
    with pytest.raises(DemoError, match=named):
        cut("a", how, size, overlap)


@pytest.mark.parametrize(
    "text",
    [
        "# a" + " " * 300_000 + "b",
        "." * 300_000,
        "\n" * 300_000,
        "```\n" * 50_001,
        "# a\n\nb c d.\n\n" * 10_000,
        "a." + "'" * 300_000,
        "." + " " * 300_000,
        "#" * 300_000,
        "# x #" + "# " * 100_000,
    ],
    ids=range(9),
)
def test_large_and_odd_texts_take_time_by_their_length(text: str) -> None:
    """Where the time grew with its square, this would not end."""
    for how in HOWS:
        assert all(text[chunk.start : chunk.end] == chunk.text for chunk in cut(text, how, 512))
