"""The training of the masked language model, small; its sentences."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import torch
from transformers import BertConfig, BertForMaskedLM

from genai_demo.data import debian, english, translations
from genai_demo.encoder import bundle
from genai_demo.encoder import train as training
from genai_demo.encoder.train import Corpus, TrainConfig, Training, hide, learning_rate, measured

CONFIG = BertConfig(
    vocab_size=24, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
    hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
)  # fmt: skip
MASK, SPECIALS = 4, [0, 2, 3]


class Row:
    """What an encoded sentence is to a Corpus."""

    def __init__(self, ids: list[int]) -> None:
        self.ids = ids


class Counting:
    """Stands for a tokenizer: "5 6 7" is start, 5, 6, 7, end."""

    def encode_batch(self, texts: list[str]) -> list[Row]:
        return [Row([2, *map(int, text.split()), 3]) for text in texts]


def begun() -> Training:
    cfg = dataclasses.replace(TrainConfig(), steps=120, tokens=200, learning_rate=1e-2, warmup=5, mix={"up": 1.0})
    texts = {"up": [" ".join(str(5 + (k + i) % 19) for i in range(8)) for k in range(19)]}
    torch.manual_seed(0)
    return Training(cfg, BertForMaskedLM(CONFIG), Corpus(texts, Counting()), MASK, SPECIALS)


def test_the_loss_falls_and_hidden_tokens_are_named() -> None:
    one = begun()
    _, before = measured(one.model.eval(), one.corpus.rows["up"], MASK, SPECIALS)
    one.model.train()
    losses = [step.loss for step in training.train(one, one.corpus.rows, every=10)]
    assert losses[-1] < 0.8 * losses[0]
    first, five = measured(one.model.eval(), one.corpus.rows["up"], MASK, SPECIALS)
    assert five >= first
    assert five > before


def test_it_goes_on_from_its_state_as_if_never_stopped() -> None:
    whole, stopped = begun(), begun()
    through = [whole.advance() for _ in range(6)]
    before = [stopped.advance() for _ in range(3)]
    again = begun()
    again.restore(stopped.state())
    assert before + [again.advance() for _ in range(3)] == through


def test_weights_in_eight_bits_come_back_from_three_files(tmp_path: Path) -> None:
    state = begun().model.state_dict()
    files = bundle.save(tmp_path / bundle.FIRST, state, CONFIG.to_diff_dict())
    assert [file.name for file in files] == ["words-1.safetensors", "words-2.safetensors", "words-3.safetensors"]
    back, config = bundle.read(files[0])
    assert config["hidden_size"] == CONFIG.hidden_size
    assert set(state) - set(back) <= set(bundle.TIED)
    for name, value in back.items():
        step = state[name].abs().amax(-1, keepdim=True) / 127 if value.ndim == 2 else state[name].abs() / 1024 + 1e-6
        assert ((state[name] - value).abs() <= step).all(), name


def test_start_and_end_are_never_hidden_and_something_always_is() -> None:
    ids = torch.tensor([[2, 5, 6, 7, 3], [2, 8, 3, 0, 0]])
    for seed in range(20):
        shown, hidden = hide(ids, torch.full((2, 1), 0.1), MASK, SPECIALS, torch.Generator().manual_seed(seed))
        assert hidden.any(1).all()
        assert not hidden[torch.isin(ids, torch.tensor(SPECIALS))].any()
        assert torch.equal(shown[~hidden], ids[~hidden])
        assert (shown[hidden] == MASK).all()


def test_the_rate_rises_stays_and_falls() -> None:
    cfg = TrainConfig()
    rates = [learning_rate(cfg, step) for step in range(cfg.steps)]
    assert rates[0] < rates[cfg.warmup] == cfg.learning_rate == max(rates)
    assert 0 < rates[-1] < 0.02 * cfg.learning_rate


def test_sentences_are_words_and_one_document_in_fifty_is_held_out() -> None:
    text = "The cat sat on the mat. It slept!  x = 3 + 4; y == 5 - 2; z\nNo. The dog came in later."
    assert list(english.sentences(text)) == ["The cat sat on the mat.", "The dog came in later."]
    share = sum(english.held_out(f"document {k}") for k in range(5000)) / 5000
    assert 0.015 < share < 0.025
    assert english.family("libpng-dev") == english.family("png1.6") == "png"


def test_descriptions_are_read_without_their_lists() -> None:
    text = (
        "Package: cat\nDescription-md5: 12\nDescription-en: shows files\n It shows files\n one by one.\n .\n It can:\n"
        "  * count\n  * number\n\nPackage: dog\nDescription-md5: 34\nDescription-en: barks\n Loudly.\n"
    )
    cat, dog = debian.read(text, "en")
    assert cat == debian.Description("cat", "12", ("shows files", "It shows files one by one.", "It can:"))
    assert dog.paragraphs == ("barks", "Loudly.")
    assert list(debian.read(text, "fr")) == []


def test_strings_of_r_are_read() -> None:
    data = (
        b"X\n...\x00\x04\x00\x09\x00\x00\x00\x04EMMA\x00\x04\x00\x09\x00\x00\x00\x00\x00\x04\x00\x09\x00\x00\x00\x02hi"
    )
    assert list(english.strings(data)) == ["EMMA", "", "hi"]


def test_translations_are_paired_by_paragraph_and_whole_packages_held_out() -> None:
    names = [f"p{chr(97 + k // 26)}{chr(97 + k % 26)}" for k in range(400)]
    english_ones = [debian.Description(name, name, (f"title {name}", "shared text")) for name in names]
    french = [debian.Description(name, name, (f"titre {name}", "texte commun")) for name in names]
    french[0] = debian.Description(names[0], names[0], ("titre",))  # one paragraph is missing
    train, held = (translations.paired(english_ones, french, split) for split in ("train", "held out"))
    assert ("shared text", "texte commun") in train
    assert held
    assert not {text for text, _ in train} & {text for text, _ in held}
    assert all(f"titre {text.split()[1]}" == other for text, other in held)
    assert f"title {names[0]}" not in {text for text, _ in train + held}
