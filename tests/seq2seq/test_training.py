"""The encoder-decoder's training: its tasks, its pieces, its loss, and that it goes on where it was stopped."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from genai_demo.core import training as kit
from genai_demo.core.errors import DemoError
from genai_demo.seq2seq import align, model, tasks, train
from genai_demo.seq2seq import corpus as corpora
from genai_demo.seq2seq.corpus import Corpus
from genai_demo.seq2seq.train import TrainConfig, Training

SENTENCES = ["the cat sat on the mat and looked at the dog", "a small tool for large files", "it reads and writes"] * 4


@pytest.fixture(scope="module")
def pieces() -> Tokenizer:
    return corpora.tokenizer_of(iter([*SENTENCES, *(tasks.in_words(n) for n in range(200)), "0 1 2 3 4 5 6 7 8 9"]))


@pytest.fixture(scope="module")
def corpus(pieces: Tokenizer) -> Corpus:
    chance = random.Random(0)
    return Corpus({"words": [tasks.number_pair(chance) for _ in range(60)]}, pieces)


def begun(corpus: Corpus, pieces: Tokenizer) -> Training:
    cfg = dataclasses.replace(TrainConfig(), steps=8, pieces=120, warmup=2, mix={"words": 1.0})
    return Training(cfg, corpus, pieces.get_vocab_size())


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (14, "fourteen"),
        (70, "seventy"),
        (305, "three hundred five"),
        (120_021, "one hundred twenty thousand twenty-one"),
        (7_000_000, "seven million"),
    ],
)
def test_numbers_in_words(number: int, words: str) -> None:
    assert tasks.in_words(number) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2024-03-07", "the seventh of March two thousand twenty-four"),
        ("1805-12-31", "the thirty-first of December one thousand eight hundred five"),
        ("2000-02-29", "the twenty-ninth of February two thousand"),
        ("2023-02-29", ""),
        ("2024-13-01", ""),
        ("7 March", ""),
    ],
)
def test_dates_in_words(text: str, words: str) -> None:
    assert tasks.right(text) == words


@pytest.mark.parametrize("what", ["numbers", "dates"])
def test_what_is_held_out_is_in_no_pair(what: tasks.What) -> None:
    chance = random.Random(3)
    make = tasks.number_pair if what == "numbers" else tasks.date_pair
    seen = {make(chance)[0].split()[1] for _ in range(3000)}
    for digits in (4, 5):
        found = tasks.unseen(what, digits, 30)
        assert seen.isdisjoint(found)
        assert all(tasks.right(text) for text in found)
        assert {len(text.split("-")[0]) for text in found} == {digits}


def test_numbers_held_out_are_in_no_pair_and_are_never_alike() -> None:
    chance = random.Random(1)
    seen = {int(tasks.number_pair(chance)[0].split()[1]) for _ in range(2000)}
    assert not any(map(tasks.held, seen))
    assert set(tasks.held_numbers(20, 4)).isdisjoint(seen)
    assert all(len(str(n)) == 8 for n in tasks.held_numbers(5, 8))


@pytest.mark.parametrize("spans", [False, True])
def test_what_was_taken_out_of_a_sentence_mends_it(spans: bool) -> None:
    chance = random.Random(2)
    for text in SENTENCES * 5:
        read, write = tasks.damaged(text, chance, spans=spans)
        shown = read.split(" ", 1)[1]
        if not spans:
            assert model.MASK in shown
            assert write == text
            continue
        for sign in model.SENTINELS:
            if sign in shown:
                missing = write.split(sign)[1].split("<")[0].strip()
                shown = shown.replace(sign, missing)
        assert shown == text


def test_pieces_bring_a_text_back_and_a_visitor_writes_no_sign(pieces: Tokenizer) -> None:
    net = model.Translator(model.network(pieces.get_vocab_size()), pieces)
    for text in SENTENCES[:3]:
        ids = net.encode("fr", text)
        assert pieces.id_to_token(ids[0]) == ">>fr<<"
        assert net.text(ids[1:-1]) == text
    assert net.encode("fr", "</s> 12").count(1) == 1
    with pytest.raises(DemoError, match="text is empty"):
        net.encode("fr", " ")
    with pytest.raises(DemoError, match="it reads 94"):
        net.encode("fr", "tool " * 200)


def test_a_number_is_cut_as_it_was_learnt() -> None:
    """Behind a sign it begins with a blank of its own, and alone with a piece that holds both."""
    made = corpora.tokenizer_of(iter([str(n) for n in range(300)] * 3))
    learnt = Corpus({"words": [(">>words<< 12", "x")]}, made).rows["words"][0][0]
    assert made.encode("12").ids != learnt[1:-1], "there is something to get wrong"
    net = model.Translator(model.network(made.get_vocab_size()), made)
    assert net.encode("words", "12") == learnt


def test_the_loss_is_that_of_transformers(corpus: Corpus, pieces: Tokenizer) -> None:
    net = model.network(pieces.get_vocab_size()).eval()
    net.set_attn_implementation("eager")
    read, write = corpus.batch("words", 200, torch.Generator().manual_seed(0))
    logits, answers, attention = train.asked(net, read, write)
    ours = torch.nn.functional.cross_entropy(logits, answers)
    labels = write.masked_fill(write == 0, -100)
    shifted = torch.cat([torch.zeros_like(write[:, :1]), write[:, :-1]], 1)
    theirs = net(input_ids=read, attention_mask=(read != 0).long(), decoder_input_ids=shifted, labels=labels).loss
    assert torch.allclose(ours, theirs, atol=1e-5)
    assert torch.allclose(attention.sum(-1), torch.ones_like(write, dtype=torch.float32), atol=1e-5)


def test_alignment_is_counted_from_pairs_and_draws_attention_to_it() -> None:
    """Three words in any order, each with its own translation; what is padded has no guide."""
    chance = torch.Generator().manual_seed(0)
    read = torch.stack([torch.randperm(6, generator=chance)[:3] + 1 for _ in range(60)])
    write = read.flip(1) + 10
    write[:, 2:] = 0
    table = align.lexicon([(read, write)], 20)
    assert table[1:7].argmax(1).tolist() == [11, 12, 13, 14, 15, 16]
    guided = align.guide(table, read, write)
    assert guided[:, :2].argmax(-1).tolist() == [[2, 1]] * 60
    assert torch.allclose(guided.sum(-1), (write != 0).float())
    assert train.unlike(guided, guided) < train.unlike(torch.full_like(guided, 1 / 3), guided)


def test_it_learns_goes_on_exactly_and_is_read_back(corpus: Corpus, pieces: Tokenizer, tmp_path: Path) -> None:
    whole, first = begun(corpus, pieces), begun(corpus, pieces)
    losses = [report.loss for report in kit.reports(whole, 8, 4)]
    assert losses[-1] < losses[0]
    next(kit.reports(first, 8, 4))
    second = begun(corpus, pieces)
    second.restore(first.state())
    assert [report.loss for report in kit.reports(second, 8, 4)] == losses[1:]
    notes = kit.Journal(tmp_path / "translator.pt", {}, whole.state())
    train.export(notes, pieces)
    assert json.loads(notes.weights.with_suffix(".json").read_text())["steps"] == 8
    back = model.build(notes.weights).eval()
    ids, begin = torch.tensor([back.encode("words", "12")]), torch.tensor([[0]])
    with torch.inference_mode():
        before = whole.model.eval()(input_ids=ids, attention_mask=torch.ones_like(ids), decoder_input_ids=begin).logits
        assert torch.allclose(back(ids, begin), before, atol=0.05)
    assert all(value.dtype == torch.float16 for value in load_file(notes.weights).values())
