"""The steps of a transformer: merges that end at the tokens, numbers that are the network's, code that is what ran."""

from __future__ import annotations

import ast
import inspect
import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import pack
from genai_demo.decoder import attention
from genai_demo.decoder.attention import parts, through
from genai_demo.decoder.merges import first_words, joined, merging, ranks
from genai_demo.decoder.options import StepsOptions
from genai_demo.decoder.step import Step, source
from genai_demo.decoder.steps import MOST, shortened, steps
from genai_demo.language.model import LanguageModel

TEXT = "then the other rain"
NAMES = [
    "token numbers",
    "embedding",
    "norm",
    "query, key, value",
    "angles",
    "positions",
    "scores",
    "mask",
    "softmax of scores",
    "weighted values",
    "heads joined",
    "feed-forward",
    "stack",
    "logits",
    "softmax",
    "append",
]


def frames_of(model: LanguageModel, **options: Any) -> list[Step]:
    return list(steps(model, StepsOptions(**{"text": TEXT, **options}), seed=0))


def named(frames: list[Step], name: str) -> Step:
    return next(frame for frame in frames if frame.name == name)


def test_all_steps_come_in_their_order(tiny: LanguageModel) -> None:
    frames = frames_of(tiny)
    assert [frame.index for frame in frames] == list(range(frames[0].total))
    assert [frame.name for frame in frames if frame.name not in ("text", "bytes", "merge")] == NAMES
    assert [frame.name for frame in frames][:3] == ["text", "bytes", "merge"]
    for frame in frames:
        assert frame.said
        assert frame.code
        assert frame.pieces
        assert len(frame.said) < 250
        json.dumps(pack(frame), allow_nan=False)


def test_merges_join_two_symbols_at_a_time_and_end_at_the_tokens(tiny: LanguageModel) -> None:
    frames = frames_of(tiny)
    spelled = [
        "".join(tok.text for tok in frame.pieces) for frame in frames if frame.name in ("text", "bytes", "merge")
    ]
    assert set(spelled) == {TEXT}
    merges = [frame for frame in frames if frame.name == "merge"]
    assert [len(frame.pieces) for frame in merges] == sorted((len(f.pieces) for f in merges), reverse=True)
    assert "“t” and “h”" in merges[0].said  # the first of all merges of this tokenizer
    assert all(any(tok.kind == "picked" for tok in frame.pieces) for frame in merges)
    ids = [tok.id for tok in named(frames, "token numbers").pieces]
    assert ids == tiny.encode(TEXT)
    assert [tok.text for tok in merges[-1].pieces] == [tok.text for tok in named(frames, "token numbers").pieces]
    assert [int(tok.text) for tok in named(frames, "token numbers").ids] == ids


def test_a_pair_is_joined_wherever_it_stands() -> None:
    assert joined(list("aaaa"), ("a", "a")) == ["aa", "aa"]
    assert joined(list("aaa"), ("a", "a")) == ["aa", "a"]
    assert joined(list("abcab"), ("a", "b")) == ["ab", "c", "ab"]
    assert joined([], ("a", "b")) == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text("thenairost \n'é🙂<|>", max_size=40) | st.text(max_size=20))
def test_merging_by_hand_is_the_tokenizer(tiny: LanguageModel, text: str) -> None:
    start = first_words(tiny, text)
    words = [start, *(words for _, words in merging(start, ranks(tiny.tokenizer)))][-1]
    assert tiny.tokenizer.convert_tokens_to_ids([one for word in words for one in word]) == tiny.encode(text)


def test_many_merges_share_frames_and_say_so(tiny: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genai_demo.decoder.steps.MERGES", 2)
    merges = [frame for frame in frames_of(tiny) if frame.name == "merge"]
    assert len(merges) == 2
    assert re.match(r"Merge (\d+) of \1: .* 1 more before it is done in this frame, too\.$", merges[-1].said)


def test_a_tokenizer_without_merges_is_said_to_have_none(tiny: LanguageModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genai_demo.decoder.steps.ranks", lambda tokenizer: {})
    frames = frames_of(tiny)
    assert [frame.name for frame in frames][1:3] == ["tokens", "token numbers"]
    assert "another way" in frames[1].said


def test_the_numbers_are_those_of_the_network(tiny: LanguageModel) -> None:
    frames, ids = frames_of(tiny, layer=2, head=3), tiny.encode(TEXT)
    with torch.inference_mode():
        out = tiny.network(torch.tensor([ids]), output_hidden_states=True)
        weights = [w for _, w in through(parts(tiny.network), ids)][2]
    stream = [x[0, :, :12].numpy() for x in out.hidden_states]
    close = {"atol": 1e-4, "rtol": 1e-4}
    assert weights is not None
    tensors = {frame.name: frame.tensor for frame in frames if frame.tensor is not None}
    np.testing.assert_allclose(tensors["embedding"][0], stream[0], **close)
    np.testing.assert_allclose(tensors["heads joined"][0], stream[1], **close)
    np.testing.assert_allclose(tensors["feed-forward"][2], stream[2], **close)
    found = named(frames, "softmax of scores").weights
    assert found is not None
    np.testing.assert_allclose(found, weights[2].numpy(), **close)
    masked = named(frames, "mask").masked
    assert masked is not None
    assert np.array_equal(np.isinf(masked), np.triu(np.ones_like(masked), 1) > 0)
    lengths = named(frames, "stack").lengths
    assert lengths is not None
    assert lengths.shape == (4, len(ids))
    np.testing.assert_allclose(lengths[0], np.log10(np.linalg.norm(out.hidden_states[0][0].numpy(), axis=1)), **close)
    last = out.logits[0, -1]
    best = named(frames, "softmax").next_
    assert best is not None
    assert best[0].share == pytest.approx(float(last.softmax(0).max()), abs=1e-5)
    highest = named(frames, "logits").logits
    assert highest is not None
    assert highest[0].value == pytest.approx(float(last.max()), abs=1e-4)
    assert frames[-1].pieces[-1].id == int(last.argmax())


def test_only_values_that_were_read_are_drawn_with_their_labels(tiny: LanguageModel) -> None:
    for frame in frames_of(tiny):
        for value in (frame.tensor, frame.weights, frame.masked, frame.lengths):
            if value is not None:
                assert len(frame.rows) == value.shape[-2]
                assert max(value.shape) <= 64
        if frame.tensor is not None and frame.tensor.ndim == 3 and len(frame.tensor) > 1:
            assert len(frame.names) == len(frame.tensor)


def test_the_code_is_the_source_that_ran(tiny: LanguageModel) -> None:
    for frame in frames_of(tiny):
        ast.parse(frame.code)
        assert '"""' not in frame.code
    shown = named(frames_of(tiny), "scores").code
    for line in inspect.getsource(attention.scores).splitlines():
        assert line in shown or '"""' in line
    assert source(attention.mask) in named(frames_of(tiny), "mask").code


@pytest.mark.parametrize("text", ["rain " * 200, "x" * 2000, "🙂" * 300, "é" * 25, "a🙂" * 40])
def test_a_long_text_is_cut_and_says_so(tiny: LanguageModel, text: str) -> None:
    short, left_out = shortened(tiny, text)
    assert text == short + text[len(short) :]
    assert left_out == len(text) - len(short) > 0
    assert MOST - 4 < len(tiny.encode(short)) <= MOST
    frames = frames_of(tiny, text=text)
    assert f"{left_out} characters are left out" in frames[0].said
    assert len(frames) < 2 * MOST + 10


@pytest.mark.parametrize("text", ["a", "\x00\x07\n", "مرحبا", "👩‍👩‍👧", "<|im_end|>", "<b>bold</b>", "\ufffd"])
def test_odd_texts_give_steps_that_travel(tiny: LanguageModel, text: str) -> None:
    frames = frames_of(tiny, text=text)
    assert [tok.id for tok in frames[-1].pieces[:-1]] == tiny.encode(text)
    for frame in frames:
        json.dumps(pack(frame), allow_nan=False).encode()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"text": "  "}, "text is empty"),
        ({"layer": 4}, "layer is 4; the model has 3"),
        ({"head": 5}, "head is 5; the model has 4"),
    ],
)
def test_what_is_not_there_is_refused(tiny: LanguageModel, options: dict[str, Any], words: str) -> None:
    with pytest.raises(DemoError, match=words):
        next(steps(tiny, StepsOptions.parse(options), seed=0))


def test_a_lone_surrogate_is_one_sign() -> None:
    assert StepsOptions.parse({"text": "\ud800ok"}).text == "\ufffdok"
