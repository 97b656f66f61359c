"""One sentence through all kinds of language models."""

from __future__ import annotations

import json
import math

import pytest
import torch

from genai_demo.compare import words
from genai_demo.compare.options import WordsOptions
from genai_demo.core.errors import DemoError
from genai_demo.core.home import ASSETS
from genai_demo.core.load import load
from genai_demo.core.spec import find_spec


@pytest.fixture(scope="module")
def film() -> list[words.WordsStep]:
    return list(words.words(WordsOptions.parse({"pieces": 3}), seed=0))


def test_each_does_what_its_kind_does(film: list[words.WordsStep]) -> None:
    last, given = film[-1], WordsOptions().text
    assert len(film) == len(words.KINDS)
    for one in (last.dense, last.mixture, last.state, last.hybrid):
        assert "".join(tok.text for tok in one).startswith(given)
        assert [tok.kind for tok in one[-3:]] == [""] * 3
        assert one[-4].kind == "prompt"
    assert sum(tok.kind == "picked" for tok in last.encoder) == 1
    assert len(last.masked) > len(last.encoder)
    assert "documentation" in "".join(tok.text for tok in last.translated)
    assert film[0].state == ()
    assert film[0].state_ms is None


def test_surprise_is_that_of_the_models_own_loss(film: list[words.WordsStep]) -> None:
    model = load(find_spec("moe/active"))
    ids = torch.tensor([model.encode(WordsOptions().text)])
    with torch.inference_mode():
        nats = float(model.network(ids, labels=ids).loss) * (ids.shape[1] - 1)
    size = sum(len(model.piece(token)) for token in ids[0, 1:].tolist())
    listed = {tok.text: tok.value for tok in film[-1].surprise}
    assert listed["Decoder"] == pytest.approx(nats / math.log(2) / size, rel=1e-4)
    assert [tok.value for tok in film[-1].surprise] == sorted(listed.values())


def test_figures_are_those_of_the_cards(film: list[words.WordsStep]) -> None:
    told = json.loads((ASSETS / "weights" / "moe" / "top2.json").read_text())
    assert {tok.text: tok.value for tok in film[-1].held}["Mixture of experts"] == told["quality"]["bits_per_byte"]
    assert {tok.text: tok.value for tok in film[-1].size}["Mixture of experts"] == told["parameters"]


@pytest.mark.parametrize(
    ("text", "gap"),
    [("One two three.", "One two [MASK]."), ("word", "[MASK]"), ("is it so? ", "is it [MASK]?"), ("...", "[MASK]...")],
)
def test_the_last_word_is_hidden(text: str, gap: str) -> None:
    assert words.hidden(text) == gap


@pytest.mark.parametrize("text", ["", "   ", "a " * 150])
def test_nothing_and_too_much_are_refused(text: str) -> None:
    with pytest.raises(DemoError):
        list(words.words(WordsOptions.parse({"text": text}), seed=0))


def test_a_single_piece_has_no_surprise() -> None:
    film = list(words.words(WordsOptions.parse({"text": "a", "pieces": 1}), seed=0))
    assert film[-1].surprise == ()
    assert film[-1].said
