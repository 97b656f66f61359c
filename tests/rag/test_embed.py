from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from genai_demo.rag.bm25 import BM25, words
from genai_demo.rag.embed import build, clean, example
from tests.rag.stand_in import WIDTH, save, tiny

TEXTS = ["cat", "the moon over the river, a long text of many words", "", "dog fish", "cat"]


def test_rows_have_length_one_and_stand_in_the_order_of_the_texts() -> None:
    rows = tiny().encode(TEXTS, batch=2)
    assert rows.shape == (5, WIDTH)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    for text, row in zip(TEXTS, rows):
        assert np.allclose(tiny().encode([text])[0], row, atol=1e-5), "padding and batches change nothing"


def test_a_vector_is_the_mean_over_the_tokens() -> None:
    model = tiny()
    ids = torch.tensor([model.pieces.encode("cat dog").ids])
    with torch.inference_mode():
        mean = model.network(input_ids=ids).last_hidden_state[0].mean(0).numpy()
    assert np.allclose(model.encode(["cat dog"])[0], mean / np.linalg.norm(mean), atol=1e-5)


def test_tokens_have_a_row_each() -> None:
    model = tiny()
    rows = model.tokens_of("the cat sat")
    assert len(rows) == len(model.ids_of("the cat sat"))
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert model.tokens_of("").shape == (0, WIDTH)


def test_long_texts_are_cut_off_and_odd_ones_are_read() -> None:
    model = tiny()
    odd = ["x " * 5000, "\x00\x07", "生成模型", "a\ud800b", "[SEP] [PAD]", "مرحبا"]
    assert np.isfinite(model.encode(odd)).all()
    assert len(model.tokens_of(odd[0])) == model.longest - 2


def test_a_control_token_in_a_text_is_letters() -> None:
    assert len(tiny().ids_of("[SEP]")) > 1


def test_control_characters_become_spaces() -> None:
    assert clean("a\x00b\x85c\nd\te\ud800") == "a b c\nd\te\ufffd"


def test_no_texts_no_rows() -> None:
    assert tiny().encode([]).shape == (0, WIDTH)


def test_the_identity_tells_weights_apart(tmp_path: Path) -> None:
    assert build(str(save(tmp_path))).identity == tiny().identity
    other = build(str(save(tmp_path)))
    with torch.no_grad():
        next(other.network.parameters()).add_(1)
    other.network.save_pretrained(tmp_path)
    assert build(str(tmp_path)).identity != tiny().identity


def test_the_example_runs_a_batch() -> None:
    with torch.inference_mode():
        assert example(tiny(), 3).shape[0] == 3


def test_words_are_stems_without_accents() -> None:
    assert words("The Fréchet distances, and 50,257 of it") == ["frechet", "distanc", "50", "257"]
    assert words("生成 αβγ") == ["生", "成", "αβγ"]
    assert words("\x00 ... the") == []


def test_bm25_is_its_formula() -> None:
    texts = ["cat cat dog", "dog ship", "moon"]
    scores = BM25(texts, k1=1.2, b=0.75).scores("cat")
    idf, length = np.log(1 + (3 - 1 + 0.5) / (1 + 0.5)), 3 / 2
    assert scores[0] == np.float32(idf * 2 / (2 + 1.2 * (0.25 + 0.75 * length)))
    assert scores[1:].tolist() == [0, 0]


def test_bm25_of_nothing_finds_nothing() -> None:
    for texts in ([], ["", "..."], ["cat"]):
        assert BM25(texts).scores("?! unknown").tolist() == [0] * len(texts)
