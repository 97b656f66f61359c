"""The masked language model: held to Transformers' own calls, and what the two runs of gaps show and refuse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import BertTokenizer, DistilBertConfig, DistilBertForMaskedLM, RobertaConfig, RobertaForMaskedLM

from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.encoder import unmask
from genai_demo.encoder.masked import build
from tests.encoder import stand_in


def frames(name: str, **options: Any) -> list[Any]:
    return list(run(Recipe(f"encoder/{name}", options)))


def test_masked_prediction_is_that_of_the_bare_call() -> None:
    model = load("encoder/words")
    text = "The cat sat on the [MASK] and looked at the [MASK]."
    ids = model.encode(text)
    places = model.masked(ids)
    with torch.inference_mode():
        bare = model.network(input_ids=torch.tensor([ids])).logits[0, places]
        ours = model.at(ids, places)
    words = [i for i in range(bare.shape[1]) if i not in model.control]
    assert torch.allclose(ours[:, words], bare[:, words], atol=1e-4)
    (frame,) = frames("fill", text=text, top=3)
    assert [[tok.id for tok in column.items] for column in frame.words] == ours.topk(3).indices.tolist()


@pytest.mark.parametrize("kind", ["distilbert", "roberta"])
def test_models_of_other_classes_answer(kind: str, tmp_path: Path) -> None:
    size = {"vocab_size": len(stand_in.VOCABULARY), "max_position_embeddings": 40}
    if kind == "distilbert":
        DistilBertForMaskedLM(DistilBertConfig(**size, dim=16, n_layers=1, n_heads=2, hidden_dim=32)).save_pretrained(
            tmp_path
        )
    else:
        config = RobertaConfig(
            **size, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, pad_token_id=0
        )
        RobertaForMaskedLM(config).save_pretrained(tmp_path)
    (tmp_path / "words.txt").write_text("\n".join(stand_in.VOCABULARY))
    BertTokenizer(str(tmp_path / "words.txt")).save_pretrained(tmp_path)
    model = build(str(tmp_path)).eval()
    ids = model.encode("the [MASK] sat")
    with torch.inference_mode():
        ours, bare = model.at(ids, [2]), model.network(torch.tensor([ids])).logits[0, [2]]
    assert torch.allclose(ours[:, 5:], bare[:, 5:], atol=1e-5)


def test_what_a_visitor_writes_is_no_control_token_but_the_mask() -> None:
    model = load("encoder/words")
    ids = model.encode("the [SEP] cat [CLS] [MASK]")
    assert ids.count(model.end) == ids.count(model.start) == 1
    assert model.masked(ids) == [len(ids) - 2]


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("fill", {"text": "No gap here."}, r"text has no \[MASK\]"),
        ("fill", {"text": " "}, "text is empty"),
        ("fill", {"text": "word " * 10_000}, "the limit is 4000"),
        ("fill", {"text": "a " * 1000 + "[MASK]"}, "the model reads 510"),
        ("unmask", {"masks": 0, "text": "No gap here."}, r"text has no \[MASK\]"),
        ("unmask", {"masks": 41}, "masks is 41"),
    ],
)
def test_what_can_not_be_is_said(name: str, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DemoError, match=sentence):
        frames(name, **options)


def test_text_unlike_the_training_is_said_to_be() -> None:
    assert "script" in frames("fill", text="Кошка сидит на [MASK] и смотрит.")[0].said
    assert "Everything is hidden" in frames("fill", text="[MASK] [MASK] [MASK]")[0].said
    assert "One pass" in frames("fill")[0].said


def test_the_surest_gap_is_filled_first_and_all_are() -> None:
    text = "The [MASK] of the [MASK] was [MASK]."
    shown = frames("unmask", text=text)
    assert [frame.left for frame in shown] == [3, 2, 1, 0]
    model = load("encoder/words")
    ids = model.encode(text)
    with torch.inference_mode():
        chances = model.at(ids, model.masked(ids)).softmax(1).amax(1)
    assert shown[1].sure == pytest.approx(float(chances.max()), abs=1e-5)
    assert not any("[MASK]" in tok.text for tok in shown[-1].text)


def test_nothing_but_gaps_becomes_a_text_and_the_seed_says_which() -> None:
    recipe = {"text": "", "masks": 6, "temperature": 1.0, "at_once": 2}
    one, same, other = (list(run(Recipe("encoder/unmask", recipe, seed))) for seed in (1, 1, 2))
    texts = ["".join(tok.text for tok in shown[-1].text) for shown in (one, same, other)]
    assert len(one) == 4
    assert texts[0] == texts[1] != texts[2]


def test_a_word_is_not_repeated_where_it_may_not_be() -> None:
    logits = torch.zeros(1, 9)
    unmask.silence_neighbours(logits, [2, 5, 4, 7, 3], [2])
    assert logits[0].isinf().nonzero().flatten().tolist() == [5, 7]
