"""A text's state, tasks learnt live, and what length costs."""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import Any

import pytest
import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.ssm import length, recall, scan, tasks
from genai_demo.ssm.compare import Writer, compare
from genai_demo.ssm.hidden import hidden, reach
from genai_demo.ssm.network import read
from genai_demo.ssm.options import CompareOptions, HiddenOptions, RecallOptions, StateOptions, TaskOptions
from genai_demo.ssm.reading import through
from genai_demo.ssm.state import state
from tests.ssm.stand_in import MAKERS, tiny


def test_what_is_read_layer_by_layer_is_what_the_network_computes() -> None:
    model, seen = tiny(), []
    hooks = [
        block.mixer.norm.register_forward_hook(lambda _, given, __: seen.append(given[0]))
        for block in model.network.backbone.layers
    ]
    ids = read(model, "The library reads files, and a file is read by the library. " * 4)
    with torch.inference_mode():
        model(ids)
        for hook in hooks:
            hook.remove()
        layers = list(through(model, ids))
    assert len(layers) == len(seen) == 2
    for ours, theirs in zip(layers, seen):
        torch.testing.assert_close(ours.y.flatten(2), theirs, atol=1e-4, rtol=1e-4)


def test_the_state_is_that_of_the_scan_and_both_forms_agree() -> None:
    model, options = tiny(), StateOptions(text="The library reads files.", layer=2, head=3)
    frames: list[Any] = list(state(model, options, seed=0))
    with torch.inference_mode():
        given = list(through(model, read(model, options.text)))[1].given[:4]
        last = list(scan.states(*given))[-1]
    torch.testing.assert_close(torch.from_numpy(frames[-1].state), last[0, 2])
    assert all(frame.apart < 1e-4 for frame in frames)
    assert [tok.kind for tok in frames[1].held[:3]] == ["", "best", "prompt"]


def test_hidden_attention_times_what_comes_in_is_what_the_layer_s_scan_gives() -> None:
    model, options = tiny(), HiddenOptions(text="The library reads files. " * 20, page=1)
    frames: list[Any] = list(hidden(model, options, seed=0))
    short = list(hidden(model, HiddenOptions(text="The library reads files."), seed=0))
    with torch.inference_mode():
        layers = list(through(model, read(model, "The library reads files.")))
    for frame, one in zip(short, layers):
        heads = [int(name.removeprefix("head ")) - 1 for name in frame.heads]
        x, skip, y = one.x[0][:, heads], one.skip[heads], one.y[0][:, heads]
        seen = torch.einsum("hls,shp->lhp", torch.from_numpy(frame.hidden), x) + skip[:, None] * x
        torch.testing.assert_close(seen, y, atol=1e-4, rtol=1e-4)
        read_most = abs(frame.hidden).mean((1, 2)).tolist()
        assert read_most == sorted(read_most, reverse=True)
        assert frame.real.sum(-1) == pytest.approx(1, abs=1e-4)
    assert {frame.hidden.shape for frame in frames} == {(4, 40, 40)}
    assert len(frames[0].labels) == len(frames[0].others) == 40


def test_a_mean_distance_is_that_of_the_weights() -> None:
    assert reach(torch.eye(4)[None]) == 0
    back = torch.zeros(1, 3, 3)
    back[0, 0, 0] = back[0, 1, 0] = back[0, 2, 0] = -5  # a sign does not matter
    assert reach(back) == pytest.approx(1)


@pytest.mark.parametrize("key", ["ssm/mamba2", "ssm/s4", "ssm/hybrid", "ssm/attention", *MAKERS])
def test_each_model_goes_on_token_by_token_as_from_the_whole_text(key: str) -> None:
    model = tiny(key) if key in MAKERS else load(key)
    writer, options = Writer(model, "This package contains", 8), CompareOptions(temperature=0, repetition_penalty=1)
    with torch.inference_mode():
        for _ in range(6):
            seen = list(writer.seen)
            new = writer.write(0.5, options)
            logits = model(torch.tensor([seen]))[0, -1]
            assert writer.seen[-1] == int(logits.argmax())
            assert [tok.share for tok in new] == pytest.approx([float(logits.softmax(0).max())] * len(new), abs=1e-3)
            if writer.done:
                break


def test_a_state_stays_as_large_while_a_cache_grows() -> None:
    frames: list[Any] = list(compare(tiny(), CompareOptions(max_new_tokens=5), seed=0))
    assert len({frame.kept for frame in frames}) == 1
    grown = [later.cache - frame.cache for frame, later in pairwise(frames)]
    assert grown == pytest.approx([frames[0].cache / frames[0].read] * len(grown))
    assert frames[0].perplexity.shape == (4, 5)


def test_who_has_ended_is_said_and_the_film_ends_with_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    def ending(key: str = "ssm/mamba2") -> Any:
        model = copy.copy(tiny())  # which all tests share
        model.stops = frozenset(range(10**5)) if key != "ssm/attention" else frozenset()
        return model

    monkeypatch.setattr("genai_demo.ssm.compare.load", ending)
    frames: list[Any] = list(compare(ending(), CompareOptions(max_new_tokens=3), seed=0))
    assert len(frames) == 3
    assert all("the chosen model, mixture, no selection; the others go on" in frame.said for frame in frames)
    monkeypatch.setattr("genai_demo.ssm.compare.load", lambda key: ending())
    over: list[Any] = list(compare(ending(), CompareOptions(max_new_tokens=3), seed=0))
    assert [(frame.index, frame.total) for frame in over] == [(0, 1)]


def test_recall_is_asked_of_what_was_read_and_measured_past_what_was_learnt() -> None:
    options = RecallOptions(pairs=2, steps=40, learnt=4, longest=64)
    ids, answers = recall.rows(options, 6, 9, torch.Generator().manual_seed(0))
    for row, asked in zip(ids.tolist(), answers.tolist()):
        told = dict(zip(row[:4:2], row[1:4:2]))
        assert asked == [-1] * 10 + [told[key] for key in row[-2:]]
    frames: list[Any] = list(recall.recall(options, seed=0))
    assert frames[0].attention_loss > frames[2].attention_loss + 0.3
    assert [frame.distance for frame in frames if frame.space is not None] == [4, 8, 16, 32, 64]
    assert all((frame.space is None) == (frame.space_loss is not None) for frame in frames)


@pytest.mark.parametrize("key", ["ssm/s4", "ssm/hybrid", "ssm/mamba-130m"])
def test_a_model_whose_state_can_not_be_read_is_refused(key: str) -> None:
    model = tiny(key) if key in MAKERS else load(key)
    with pytest.raises(DemoError, match="choose a Mamba-2"):
        next(state(model, StateOptions(), seed=0))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"text": " "}, "empty"),
        ({"text": "file " * 700}, "the limit here is 512"),
        ({"layer": 9}, "choose 1 to 8"),
        ({"head": 11}, "choose 1 to 10"),
    ],
)
def test_what_can_not_be_read_is_said(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DemoError, match=sentence):
        next(run(Recipe("ssm/state", options)))


def test_another_script_is_said_and_a_long_text_has_pages() -> None:
    model = tiny()
    assert "script" in next(state(model, StateOptions(text="Это пакет с библиотекой", layer=1), seed=0)).said
    long = StateOptions(text="The file. " * 40, layer=1, page=1)
    assert len(next(state(model, long, seed=0)).held) == 40


@pytest.mark.parametrize("name", list(tasks.TASKS))
def test_the_answers_of_a_task_stand_in_what_is_read(name: str) -> None:
    ids, answers = tasks.TASKS[name](16, 8, torch.Generator().manual_seed(0))
    assert ids.shape == answers.shape
    for row, asked in zip(ids.tolist(), answers.tolist()):
        assert {answer for answer in asked if answer >= 0} <= set(row)


def test_a_task_is_learnt_and_a_part_can_be_taken_away() -> None:
    options = {"task": "associative recall", "length": 8, "steps": 60, "every": 60, "beside": "selection switched"}
    first, last = run(Recipe("ssm/tasks", options))
    assert last.loss < first.loss - 0.3
    assert last.other_loss is not None
    assert tasks.settings(TaskOptions(beside="selection switched")) == [
        {"selection": True, "convolution": True},
        {"selection": False, "convolution": True},
    ]


def test_a_fit_finds_what_it_was_made_of() -> None:
    n = [100, 200, 400, 800]
    assert length.fit(n, [2 * k + 0.01 * k * k for k in n], (1, 2)) == pytest.approx((2, 0.01))
    assert length.fit(n, [2 * k - 0.001 * k * k for k in n], (1, 2))[1] == 0


def test_a_state_is_as_large_behind_a_long_text_and_a_cache_is_not() -> None:
    frames: list[Any] = list(run(Recipe("ssm/length", {"longest": 512})))
    assert [frame.length for frame in frames] == [128, 181, 256, 362, 512]
    assert len({frame.state for frame in frames}) == 1
    assert frames[-1].cache == pytest.approx(4 * frames[0].cache)
