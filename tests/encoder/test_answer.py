"""Questions made of sentences, the head for best spans, and what the runs of it and of the next sentence show."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from genai_demo.core import training as kit
from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.encoder import questions, span, span_train
from genai_demo.encoder.cloze import Asked, Words, asked
from genai_demo.encoder.follows import PARTS, pooled
from genai_demo.encoder.questions import Page
from genai_demo.encoder.span import SETTINGS, Read, SpanHead
from genai_demo.encoder.span_train import Pair, SpanConfig, Training
from tests.encoder import stand_in
from tests.standins import stand_ins  # noqa: F401  a fixture for all

WORDS = Words({"Paris": "place", "Ada": "person"}, frozenset({"library", "sound", "menu", "file"}), {})


def made(sentence: str) -> dict[str, str]:
    return {one.question: sentence[one.start : one.end] for one in asked(sentence, WORDS, random.Random(1))}


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("The library provides a menu, and more.", "What does The library provide?", "a menu"),
        ("Ada is a fast library that reads files.", "What is Ada?", "a fast library"),
        ("The menu was written by Ada.", "Who was The menu written by?", "Ada"),
    ],
)
def test_sentences_of_a_known_form_become_questions(sentence: str, question: str, answer: str) -> None:
    found = {ask.lower(): said for ask, said in made(sentence).items()}
    assert found[question.lower()] == answer


def test_a_name_is_asked_for_with_its_word_and_a_year_with_when() -> None:
    found = made("It came to Paris in 1889 for the sound.")
    asks = {answer: ask.split()[0] for ask, answer in found.items()}
    assert asks["Paris"] in ("Where", "It")
    assert asks["1889"] == "When"


def test_the_best_span_begins_before_it_ends_and_none_overlaps_a_better_one() -> None:
    begin = torch.tensor([-9.0, -3, -1, -5, -2]).log_softmax(0)
    end = torch.tensor([-9.0, -1, -4, -2, -6]).log_softmax(0)
    found = span.spans(begin, end, 3)
    assert found[0][:2] == (1, 3)  # token 0 ends best, but nothing that begins as well ends there
    places = [set(range(a, b)) for a, b, _ in found]
    assert all(not one & other for one in places for other in places if one is not other)
    assert [chance for *_, chance in found] == sorted((chance for *_, chance in found), reverse=True)
    assert found[0][2] == pytest.approx(float(begin[2] + end[3]))


def test_it_learns_to_point_and_to_say_that_nothing_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random_ = generator(0)
    width = SETTINGS["width"]
    words = torch.randn(12, width, generator=random_)

    def read(ids: list[int]) -> Read:
        return Read(torch.tensor(ids), words[ids], words[ids])

    asked_, texts = [read([k]) for k in range(12)], [read([k, (k + 1) % 12, (k + 2) % 12]) for k in range(12)]
    pairs = [Pair(k, (k - d) % 12, d, d) for k in range(12) for d in range(3)]
    pairs += [Pair(k, (k + 4) % 12, -1, -1) for k in range(12)]
    examples = span_train.Examples(asked_, texts, pairs)
    monkeypatch.setattr(span_train, "gathered", lambda model, pages, seed: examples)
    monkeypatch.setattr(questions, "pages", lambda split, most, seed: [])
    cfg = SpanConfig(steps=60, batch_size=16, warmup=5)
    notes = kit.Journal(tmp_path / "span.pt", {})
    reports = list(span_train.train_one("span", notes, cfg, stand_in.tiny()))
    assert reports[-1].loss < 0.5 * reports[0].loss
    found = span_train.measured(span.build(notes.weights).eval(), stand_in.tiny(), cfg)
    assert found["exact"] > 0.8
    assert found["refused"] > 0.6


def test_padding_changes_nothing() -> None:
    head, random_ = SpanHead(**SETTINGS).eval(), generator(1)
    width = SETTINGS["width"]
    texts = [Read(torch.arange(n), *(torch.randn(n, width, generator=random_) for _ in range(2))) for n in (3, 7)]
    examples = span_train.Examples(texts[:1] * 2, texts, [Pair(0, 0, 0, 0), Pair(1, 1, 0, 0)])
    with torch.inference_mode():
        both = head(*span_train.batch(examples, examples.pairs)).log_softmax(-1)
        begin, end = span.chances(head, texts[0], texts[0])
    assert torch.allclose(both[0, 0, :4], begin, atol=1e-5)
    assert torch.allclose(both[0, 1, :4], end, atol=1e-5)


def test_questions_are_put_to_the_tokens_that_answer_them() -> None:
    text = "the cat sat on the bank. the dog sat."
    page = Page(text, (Asked("what sat?", 4, 7), Asked("what did the dog do?", 33, 36)))
    examples = span_train.gathered(stand_in.tiny(), [page], 0)
    model = stand_in.tiny()
    told = [[model.name(int(i)) for i in examples.texts[0].ids[p.first : p.last + 1]] for p in examples.pairs]
    assert told == [["cat"], ["sat"]]
    assert isinstance(Training(SpanConfig(), examples).advance(), float)


def test_a_run_points_to_the_answer_step_by_step() -> None:
    shown = list(run(Recipe("encoder/answer", {"question": "what sat", "text": "the cat sat on the bank", "top": 3})))
    assert [frame.step for frame in shown] == ["words", "begins", "ends", "best span"]
    assert [bool(frame.begins) for frame in shown] == [False, True, True, True]
    last = shown[-1]
    best = last.found[0]
    marked = "".join(tok.text for tok in last.text if tok.kind == "best").strip()
    refused = last.nothing >= best.share
    assert marked == ("" if refused else best.text)
    assert ("Nothing here" in last.said) == refused
    assert 0 <= last.nothing <= 1
    with pytest.raises(DemoError, match="question is empty"):
        list(run(Recipe("encoder/answer", {"question": " "})))


def test_both_heads_judge_two_sentences_both_ways_round() -> None:
    model = stand_in.tiny()
    with torch.inference_mode():
        x = pooled(model, *(model.encode(text)[1:-1] for text in ("the cat sat", "a dog")))
    a, b, product, apart = x.chunk(PARTS, 1)
    assert torch.allclose(product, a * b)
    assert torch.allclose(apart, (a - b).abs())
    shown = list(run(Recipe("encoder/follows", {"first": "the cat sat", "second": "a dog"})))
    assert all([len(stage.items) for stage in frame.judged] == [2, 2] for frame in shown)
    assert shown[-1].topic is not None
    assert shown[-1].hard is not None
    with pytest.raises(DemoError, match="second is empty"):
        list(run(Recipe("encoder/follows", {"second": " "})))
