"""The encoder: held to Transformers' own calls, what it refuses, and what each run shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import BertTokenizer, RobertaConfig, RobertaModel

from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.encoder.attention import through
from genai_demo.encoder.model import UNKNOWN, Encoder, build, unlike
from tests.encoder import stand_in
from tests.standins import stand_ins  # noqa: F401  a fixture for all


@pytest.fixture(scope="module")
def tiny() -> Encoder:
    return stand_in.tiny()


def frames(name: str, **options: Any) -> list[Any]:
    return list(run(Recipe(f"encoder/{name}", options)))


def held_to_the_library(model: Encoder) -> None:
    ids = model.encode("the cat sat on a river .")
    model.network.set_attn_implementation("eager")
    with torch.inference_mode():
        passed = list(through(model.network, ids))
        theirs = model.network(torch.tensor([ids]), output_attentions=True, output_hidden_states=True)
    for (x, _), state in zip(passed, theirs.hidden_states, strict=True):
        assert torch.allclose(x, state[0], atol=1e-5)
    for (_, weights), attention in zip(passed[1:], theirs.attentions, strict=True):
        assert torch.allclose(weights, attention[0], atol=1e-6)


def test_attention_and_states_are_those_of_the_library(tmp_path: Path) -> None:
    held_to_the_library(build(stand_in.save(tmp_path)))


def test_a_roberta_from_a_folder_is_read_as_well(tmp_path: Path) -> None:
    config = {**stand_in.CONFIG, "pad_token_id": 0, "num_hidden_layers": 1}
    RobertaModel(RobertaConfig(**config), add_pooling_layer=False).save_pretrained(tmp_path)
    (tmp_path / "vocab.txt").write_text("\n".join(stand_in.VOCABULARY))
    BertTokenizer(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    held_to_the_library(build(str(tmp_path)))


def test_a_causal_mask_hides_what_comes_later(tiny: Encoder) -> None:
    with torch.inference_mode():
        one, other = (
            list(through(tiny.network, tiny.encode(text), causal=True))[-1]
            for text in ("the cat sat on a river .", "the cat sat on the town .")
        )
    assert torch.equal(one[0][:5], other[0][:5])
    assert not torch.equal(one[0][5:], other[0][5:])
    assert torch.equal(one[1], one[1].tril())


def test_what_a_visitor_writes_is_no_control_token(tiny: Encoder) -> None:
    ids = tiny.encode("the [SEP] cat [CLS]")
    assert ids.count(tiny.end) == 1
    assert ids.count(tiny.start) == 1


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("inside", {"text": " "}, "text is empty"),
        ("inside", {"text": "word " * 10_000}, "text has 50000 characters; the limit is 4000"),
        ("inside", {"text": "a " * 1000}, "text makes 1002 tokens; the model reads 398"),
        ("swap", {"word": "lake"}, "lake, which is not in the text"),
        ("swap", {"other": "river"}, "as it reads the word"),
        ("swap", {"other": " "}, "other is empty"),
        ("similar", {"sentences": "Only one."}, "sentences are 1; write 2 to 24"),
    ],
)
def test_what_can_not_be_is_said(name: str, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DemoError, match=sentence):
        frames(name, **options)


def test_text_unlike_the_training_is_said_to_be(tiny: Encoder) -> None:
    assert "script" in unlike(tiny, "Кошка сидит", tiny.encode("Кошка сидит"))
    assert "English" in unlike(tiny, "Der Hund schläft heute", tiny.encode("Der Hund schläft heute"))
    assert UNKNOWN in unlike(tiny, "\U0001f600 \U0001f680", tiny.encode("\U0001f600 \U0001f680"))
    assert unlike(tiny, "the cat sat on the river", tiny.encode("the cat sat on the river")) == ""
    assert "script" in frames("inside", text="Кошка сидит")[0].said


def test_only_the_swapped_word_differs_in_the_table() -> None:
    shown = frames("swap")
    at = [k for k, tok in enumerate(shown[0].moved) if tok.kind == "best"]
    moved = shown[0].table[0]
    assert moved[at[0]] > 0.01
    assert np.delete(moved, at).max() < 1e-5
    assert np.delete(shown[-1].table[-1], at).min() > 1e-6, "in the end all have looked at it"


def test_a_word_of_several_pieces_counts_as_one() -> None:
    shown = frames("swap", text="the cat sat on a dog .", word="cat", other="hippo rex")
    texts = [tok.text for tok in shown[0].moved]
    assert texts == [" the", " cat → hippo rex", " sat", " on", " a", " dog", "."]
    assert "other places" in shown[0].said


def test_a_word_is_found_before_a_part_of_one() -> None:
    shown = frames("swap", text="the bank on a river .", word="a", other="the")
    assert [tok.text for tok in shown[0].moved if tok.kind == "best"] == [" a → the"]
    assert shown[0].moved[3].kind == "best"


def test_start_and_end_are_drawn_on_demand() -> None:
    short, long = (frames("inside", text="the cat sat .", specials=value)[-1] for value in (False, True))
    assert len(long.labels) == len(short.labels) + 2
    assert np.allclose(long.attention.sum(-1), 1, atol=1e-5)
    assert np.array_equal(long.attention[:, 1:-1, 1:-1], short.attention)
    rest = 100 * long.attention[:, 1:-1, 1:-1].sum(-1).mean()
    assert short.ends == pytest.approx(100 - rest, abs=1e-3)


def test_a_long_text_is_drawn_in_parts() -> None:
    text = "the cat sat on a dog . " * 18
    first, last = (frames("inside", text=text, page=page)[-1] for page in (0, 20))
    assert "tokens 1 to 48 of 126" in first.said
    assert "tokens 97 to 126 of 126" in last.said
    assert last.attention.shape[1:] == (30, 30)


def test_both_ways_part_at_the_first_layer() -> None:
    shown = frames("masks")
    assert shown[0].mean == pytest.approx(0, abs=1e-6)
    assert shown[1].first > 1e-4
    assert shown[1].last == pytest.approx(0, abs=0.2)
    assert np.array_equal(shown[-1].left, np.tril(shown[-1].left))
    assert np.triu(shown[-1].both, 1).max() > 0


def test_sentences_that_are_equal_lie_on_each_other() -> None:
    shown = frames("similar", sentences="A cat sleeps.\nA cat sleeps.\nThe town fell.")
    assert shown[-1].cosines[0, 1] == pytest.approx(1, abs=1e-5)
    assert np.allclose(shown[-1].places[0], shown[-1].places[1], atol=1e-5)
    assert shown[-1].pairs[0].text == "A cat sleeps. ~ A cat sleeps."
