"""Token by token: what each was chosen from; another branch from any of them."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import pack
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run as run_recipe
from genai_demo.decoder.options import MOST_GIVEN, TokensOptions
from genai_demo.decoder.tokens import TokenStep, write
from genai_demo.language import prefixes
from genai_demo.language.distributions import entropy
from genai_demo.language.model import LanguageModel
from genai_demo.language.samplers import draw, final, stages

ALL = {"temperature": 1.4, "top_k": 12, "top_p": 0.9, "min_p": 0.05, "repetition_penalty": 1.3}


def frames_of(model: LanguageModel, seed: int = 0, **options: Any) -> list[TokenStep]:
    return list(write(model, TokensOptions.parse({**ALL, "max_new_tokens": 10, **options}), seed=seed))


def given(path: tuple[int, ...]) -> str:
    return ", ".join(map(str, path))


def test_the_text_grows_to_what_the_path_says(tiny: LanguageModel) -> None:
    frames = frames_of(tiny, text="the cat")
    shown = [tok for frame in frames for tok in frame.text]
    prompt = [tok.id for tok in shown if tok.kind == "prompt"]
    assert prompt == tiny.encode("the cat")
    assert tuple(tok.id for tok in shown if tok.kind != "prompt") == frames[-1].path
    for frame in frames:
        assert frame.path == frames[-1].path[: frame.index + 1]
        assert frame.text[-1].id == frame.path[-1]
        json.dumps(pack(frame), allow_nan=False)


@pytest.mark.parametrize("at", [0, 1, 4, 9])
def test_another_branch_begins_as_the_one_it_left(tiny: LanguageModel, at: int) -> None:
    free = frames_of(tiny)
    other = next(tok.id for tok in free[at].likeliest if tok.id not in tiny.stops | {free[at].path[-1]})
    assert other is not None
    path = (*free[at].path[:-1], other)
    branch = frames_of(tiny, given=given(path), max_new_tokens=5)
    assert branch[-1].path[: at + 1] == path
    assert [frame.seen_before for frame in branch] == [frame.index <= at for frame in branch]
    for old, new in zip(free[:at], branch):
        assert new.path == old.path
        assert [tok.id for tok in new.text] == [tok.id for tok in old.text]
        assert [tok.id for tok in new.likeliest] == [tok.id for tok in old.likeliest]
        assert new.surprise == pytest.approx(old.surprise, abs=1e-3)
        assert new.entropy == pytest.approx(old.entropy, abs=1e-3)
        assert new.left == old.left
    assert branch[at].left == free[at].left
    assert branch[at].text[-1].id == other
    assert {tok.id for tok in branch[at].likeliest} >= {tok.id for tok in free[at].likeliest if tok.kind != "picked"}
    assert branch[-1].total == at + 1 + 5


def test_walking_back_gives_what_was_there(tiny: LanguageModel) -> None:
    """The path of any frame, given, goes on as it did."""
    free = frames_of(tiny)
    again = frames_of(tiny, given=given(free[3].path), max_new_tokens=6)
    assert again[-1].path == free[-1].path


def test_the_same_recipe_gives_the_same_bits_whatever_was_kept(tiny: LanguageModel) -> None:
    recipe = {"text": "the ring " * 30, "given": "70, 71"}
    first, again = frames_of(tiny, **recipe), frames_of(tiny, **recipe)
    assert prefixes._kept
    assert first == again or [(f.path, f.likeliest, f.funnel, f.entropy) for f in first] == [
        (f.path, f.likeliest, f.funnel, f.entropy) for f in again
    ]


def test_the_funnel_is_that_of_the_samplers(tiny: LanguageModel) -> None:
    options = TokensOptions.parse({**ALL, "text": "on the other"})
    ids = tiny.encode(options.text)
    with torch.inference_mode():
        logits = tiny(torch.tensor([ids]))[0, -1]
    (frame, *_) = write(tiny, options, seed=0)
    found = stages(logits, ids, options.sampling)
    assert [column.name for column in frame.funnel] == list(found)
    for column in frame.funnel:
        left = dict(zip(found[column.name].ids.tolist(), found[column.name].probabilities.tolist(), strict=True))
        for tok in column.items:
            assert tok.share == pytest.approx(left.get(tok.id, 0.0), abs=1e-5)
            assert (tok.kind == "off") == (tok.id not in left)
    assert frame.left == len(final(logits, ids, options.sampling).ids)


def test_the_same_tokens_stand_in_each_column_and_the_one_taken_is_marked_in_the_last(tiny: LanguageModel) -> None:
    for seed in range(5):
        for frame in frames_of(tiny, seed):
            columns = [[tok.id for tok in column.items] for column in frame.funnel]
            assert all(column == columns[0] for column in columns)
            assert [tok.id for tok in frame.funnel[-1].items if tok.kind == "picked"] == [frame.path[-1]]
            alive = [tok.kind != "off" for tok in frame.funnel[-1].items]
            assert sum(alive) == min(frame.left, len(alive)), "those that are left come before those that are not"


def test_once_off_always_off(tiny: LanguageModel) -> None:
    for frame in frames_of(tiny):
        for before, after in zip(frame.funnel, frame.funnel[1:]):
            assert {t.id for t in before.items if t.kind == "off"} <= {t.id for t in after.items if t.kind == "off"}


def test_a_given_token_that_the_samplers_dropped_is_shown_as_dropped(tiny: LanguageModel) -> None:
    free = frames_of(tiny)
    last = free[0].likeliest[-1].id
    (frame, *_) = frames_of(tiny, given=str(last), top_k=1)
    column = {tok.id: tok for tok in frame.funnel[-1].items}
    assert column[last].kind == "off"
    assert frame.path == (last,)


def test_numbers_of_a_distribution(tiny: LanguageModel) -> None:
    assert entropy(torch.full((8,), 1 / 8)) == pytest.approx(3)
    assert entropy(torch.tensor([1.0, 0.0])) == 0
    for frame in frames_of(tiny):
        assert 0 <= frame.left_entropy <= math.log2(frame.left) + 1e-6
        assert 0 <= frame.entropy <= math.log2(tiny.network.config.vocab_size)
        assert frame.surprise == pytest.approx(-math.log2(frame.text[-1].share), abs=1e-4)
        assert [tok.kind for tok in frame.likeliest].count("picked") == 1
        shares = [tok.share for tok in frame.likeliest[:8]]
        assert shares == sorted(shares, reverse=True)


def test_the_token_is_the_one_the_number_of_its_place_draws(tiny: LanguageModel) -> None:
    chances = torch.rand(10, generator=torch.Generator().manual_seed(7), dtype=torch.float64).tolist()
    options = TokensOptions.parse({**ALL, "text": "the", "max_new_tokens": 10})
    seen = tiny.encode("the")
    for frame in write(tiny, options, seed=7):
        with torch.inference_mode():
            logits = tiny(torch.tensor([seen]))[0, -1]
        assert frame.path[-1] == draw(final(logits, seen, options.sampling), chances[frame.index])
        seen.append(frame.path[-1])


def test_as_a_message_it_is_answered(tiny: LanguageModel) -> None:
    (frame, *_) = frames_of(tiny, text="the", chat=True)
    assert [tok.id for tok in frame.text[:-1]] == tiny.chat([{"role": "user", "content": "the"}])


@pytest.mark.parametrize("text", ["-1", "1.5", "x", "384000", "٣", "1 2", "1;2", "9" * 12, "0x10", "1,,x"])
def test_what_is_no_token_is_refused_in_a_sentence(tiny: LanguageModel, text: str) -> None:
    with pytest.raises(DemoError, match=r"^given has .*; write token numbers from 0 to \d+, as in 504, 2520$"):
        frames_of(tiny, given=text)


def test_bounds_of_what_is_given(tiny: LanguageModel) -> None:
    assert frames_of(tiny, given=" 70 ,71,, ")[1].path == (70, 71)
    with pytest.raises(DemoError, match=rf"given has {MOST_GIVEN + 1} tokens; the limit is {MOST_GIVEN}"):
        frames_of(tiny, given=given((7,) * (MOST_GIVEN + 1)))
    with pytest.raises(DemoError, match=r"text makes \d+ tokens; the limit here is \d+, shorten it"):
        frames_of(tiny, text="x" * 300, given=given((7,) * MOST_GIVEN))


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_no_text_is_refused(tiny: LanguageModel, text: str) -> None:
    with pytest.raises(DemoError, match="text is empty; write a few words"):
        frames_of(tiny, text=text)


@pytest.mark.parametrize("text", ["\ud83d", "\x00", "<|im_end|>", "שלום", "👨‍👩‍👧‍👦"])
def test_odd_texts_are_gone_on_with(tiny: LanguageModel, text: str) -> None:
    for frame in frames_of(tiny, text=text, max_new_tokens=2):
        json.dumps(pack(frame), allow_nan=False).encode()


def test_closing_early_is_safe(tiny: LanguageModel) -> None:
    frames = write(tiny, TokensOptions.parse({}), seed=0)
    next(frames)
    frames.close()
    assert list(frames) == []


def test_a_bad_option_is_refused_before_the_first_frame() -> None:
    with pytest.raises(DemoError, match="max_new_tokens is 0"):
        run_recipe(Recipe("decoder/tokens", {"max_new_tokens": 0}))
