"""Chat and code completion over any engine: what is refused, what folds away, where it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import pack
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run as run_recipe
from genai_demo.decoder.chat import ChatStep, CompleteStep, chat, complete, readable
from genai_demo.decoder.options import ChatOptions, CompleteOptions
from genai_demo.language.conversation import MOST_TURNS, read_turns
from genai_demo.language.engines import Choice, Local, Piece, Prompt
from genai_demo.language.fitting import fitted
from genai_demo.language.model import LanguageModel
from genai_demo.language.options import Sampling


class Said:
    """An engine that says what it is told to, a token at a time; remembers what it was asked."""

    context = 100

    def __init__(self, *texts: str, stop: bool = True) -> None:
        self.texts, self.stop, self.closed = texts, stop, False
        self.limits: list[int] = []

    def ask(self, messages: Sequence[dict[str, str]]) -> Prompt:
        return Prompt(sum(len(m["content"]) for m in messages), messages=tuple(messages))

    def begin(self, text: str) -> Prompt:
        return Prompt(len(text), text=text)

    def stream(self, prompt: Prompt, sampling: Sampling, *, seed: int, limit: int, top: int) -> Iterator[Piece]:
        self.limits.append(limit)
        try:
            for i, text in enumerate(self.texts[:limit]):
                yield Piece(Choice(i, text or "<F0>", 0.5), text, (Choice(i, text, 0.5), Choice(99, "x", 0.25)), 9)
            if self.stop and len(self.texts) < limit:
                yield Piece(Choice(2, "<|end|>", 0.9), "", (), 9, last=True)
        finally:
            self.closed = True


def answers(engine: Any, **options: Any) -> list[ChatStep]:
    return list(chat(engine, ChatOptions.parse(options), seed=0))


def turns_of(*texts: str) -> str:
    return json.dumps([["user" if i % 2 == 0 else "assistant", text] for i, text in enumerate(texts)])


@pytest.mark.parametrize("text", ["Hi", '"Hi"', "[1, 2]", "{}", "null", "[not json", '["user", "Hi"]', "[[unclosed"])
def test_plain_text_is_one_message(text: str) -> None:
    assert read_turns(text) == [("user", text)]


def test_a_conversation_is_read() -> None:
    assert read_turns(turns_of(" a\n", "b", "c")) == [("user", "a"), ("assistant", "b"), ("user", "c")]
    assert read_turns(turns_of("a", "", "c"))[1] == ("assistant", "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\n\t",
        "\u3000",
        '[["user", ""]]',
        '[["user", "  "]]',
        '[["assistant", "a"]]',
        '[["system", "a"]]',
        '[["user"]]',
        '[["user", "a", "b"]]',
        '[["user", 5]]',
        '[["user", null]]',
        '[[["user", "a"]]]',
        "[[]]",
        '[["user", "a"], 5]',
        '[["user", "a"], {"role": "user"}]',
        turns_of("a", "b"),
        turns_of("a", "b", ""),
        '[["user", "a"], ["user", "b"], ["user", "c"]]',
        turns_of(*["x"] * (MOST_TURNS + 1)),
    ],
)
def test_what_is_no_conversation_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(DemoError) as refused:
        read_turns(text)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 250
    assert "; " in str(refused.value)


def test_deeply_nested_text_is_plain_text() -> None:
    deep = "[" * 20_000
    assert read_turns(deep) == [("user", deep)]


def test_the_system_prompt_comes_first_and_blanks_are_none() -> None:
    assert ChatOptions(system=" Be brief. ").messages()[0] == {"role": "system", "content": "Be brief."}
    assert [m["role"] for m in ChatOptions(system="  ").messages()] == ["user"]


def test_an_answer_comes_token_by_token() -> None:
    frames = answers(Said("Hel", "lo", "", "😀"), turns="hi")
    assert "".join(frame.said for frame in frames) == "Hello😀"
    assert [frame.index for frame in frames] == list(range(5))
    assert frames[-1].index == frames[-1].total - 1
    assert [frame.answer[0].text for frame in frames] == ["Hel", "lo", "<F0>", "😀", "<|end|>"]
    assert all(frame.notice is None for frame in frames)
    assert all([tok.kind for tok in frame.likeliest].count("picked") == 1 for frame in frames)
    assert frames[0].surprise == 1.0
    assert frames[0].speed is None
    assert frames[2].speed


def test_an_answer_is_cut_at_the_length() -> None:
    frames = answers(Said(*"abcdef"), max_new_tokens=3)
    assert "".join(frame.said for frame in frames) == "abc"
    assert frames[-1].index == frames[-1].total - 1


@pytest.mark.parametrize("stop", [True, False])
def test_an_empty_answer_is_said(stop: bool) -> None:
    (frame,) = answers(Said(stop=stop))
    assert "ended its answer at once" in str(frame.notice)
    assert frame.said == ""
    assert (frame.index, frame.total) == (0, 1)
    json.dumps(pack(frame), allow_nan=False)


def test_stopping_closes_the_engine() -> None:
    engine = Said(*"abcdef")
    frames = chat(engine, ChatOptions(), seed=0)
    next(frames)
    assert not engine.closed
    frames.close()
    assert engine.closed


def test_the_answer_never_takes_more_than_half_of_the_context() -> None:
    engine = Said("a")
    answers(engine, turns="hi", max_new_tokens=1000)
    assert engine.limits == [50]


def test_the_oldest_turns_fold_away_and_the_page_is_told() -> None:
    engine = Said("ok")
    history = turns_of(*[f"{i}" * 10 for i in range(9)])
    frames = answers(engine, turns=history, max_new_tokens=50, system="s" * 5)
    assert frames[0].folded == 6
    assert "oldest 6 messages" in str(frames[0].notice)
    messages = ChatOptions(turns=history, system="s" * 5).messages()
    prompt, _ = fitted(engine, messages, 50)
    assert [m["content"] for m in prompt.messages] == ["s" * 5, "6" * 10, "7" * 10, "8" * 10]


def test_what_just_fits_is_left_whole() -> None:
    assert fitted(Said(), [{"role": "user", "content": "x" * 50}], 50)[1] == 0


@pytest.mark.parametrize("stop", [True, False])
def test_a_folded_conversation_that_ends_at_once_still_says_both(stop: bool) -> None:
    (frame,) = answers(Said(stop=stop), turns=turns_of("a" * 60, "b", "c"), max_new_tokens=50)
    assert frame.folded == 2
    assert "oldest 2 messages" in str(frame.notice)
    assert "ended its answer" in str(frame.notice)


@pytest.mark.parametrize(("system", "what"), [("", "your message makes"), ("be kind", "your message and the system")])
def test_a_message_too_long_for_itself_is_refused(system: str, what: str) -> None:
    with pytest.raises(DemoError, match=rf"^{what}.*\d+ tokens; the limit beside an answer of 50 is 50, shorten it$"):
        answers(Said("a"), turns=turns_of("a", "b", "c" * 60), system=system)


def test_the_model_itself_folds_and_answers(tiny: LanguageModel) -> None:
    history = turns_of(*[f"message {i}, which has some words" for i in range(41)])
    frames = answers(tiny, turns=history, max_new_tokens=5)
    assert frames[0].folded > 0
    assert frames[0].folded % 2 == 0
    assert frames[0].held + 5 <= Local(tiny).context + 1


def test_the_same_recipe_gives_the_same_answer_with_and_without_what_was_kept(tiny: LanguageModel) -> None:
    options = {"turns": turns_of("x" * 100, "y", "z"), "temperature": 1.5, "max_new_tokens": 20}
    first, again = answers(tiny, **options), answers(tiny, **options)
    assert [(f.said, f.answer, f.likeliest, f.surprise) for f in first] == [
        (f.said, f.answer, f.likeliest, f.surprise) for f in again
    ]
    assert again[0].reused > first[0].reused == 0


def test_markup_is_text() -> None:
    (frame,) = answers(Said("<script>alert(1)</script>", stop=False), turns="<img src=x onerror=alert(1)>")
    assert frame.said == "<script>alert(1)</script>"


def codes(engine: Any, text: str, **options: Any) -> list[CompleteStep]:
    return list(complete(engine, CompleteOptions.parse({"text": text, **options}), seed=0))


def test_code_ends_with_the_line() -> None:
    frames = codes(Said("\n", "  x", " = 1", "\ny", " = 2"), "a", until="line")
    assert frames[-1].code == "a\n  x = 1"
    assert frames[-1].index == frames[-1].total - 1
    assert len(frames) == 4


def test_code_ends_with_the_function() -> None:
    texts = ("\n    return 1\n", "\n    # more\n", "print", "(2)\n", "x")
    frames = codes(Said(*texts), "def f():\n", until="function")
    assert frames[-1].code == "def f():\n    return 1\n\n    # more\n"
    assert frames[-1].parses == "yes"


def test_code_that_has_not_begun_does_not_end() -> None:
    frames = codes(Said("\n", "\n", "x", "\n", "y", "z"), "a\n", until="function")
    assert frames[-1].code == "a\n\nx\n"


def test_code_goes_on_to_the_length() -> None:
    frames = codes(Said(*"a\nb\nc\nd"), "x=", until="length", max_new_tokens=5)
    assert frames[-1].code == "x=a\nb\nc"


def test_stopping_code_closes_the_engine() -> None:
    engine = Said("a\n", "b\n", "c")
    codes(engine, "x", until="line")
    assert engine.closed


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_no_code_is_refused(text: str) -> None:
    with pytest.raises(DemoError, match="text is empty"):
        codes(Said("a"), text)


def test_code_past_the_context_is_refused() -> None:
    with pytest.raises(DemoError, match=r"text makes 90 tokens; the limit here is 50, shorten it"):
        codes(Said("a"), "x" * 90)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("x = 1\n", "yes"),
        ("def f(:\n", "no: "),
        ("x = \x00", "no"),
        ("(" * 5000, "no"),
        ("", "yes"),
        ("\ud800", "no"),
        ("-" * 100_000 + "1", "no"),
    ],
)
def test_whether_python_can_read_it(code: str, found: str) -> None:
    assert readable(code).startswith(found)


@pytest.mark.parametrize("name", ["decoder/chat", "decoder/complete"])
def test_a_run_is_refused_before_its_first_frame(name: str) -> None:
    with pytest.raises(DemoError, match="temperature is 3"):
        run_recipe(Recipe(name, {"temperature": 3}))
