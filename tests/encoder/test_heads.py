"""Heads behind an encoder: what they learn, how names are joined, how a text is marked, what a run shows of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from genai_demo.core import training as kit
from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.core.spec import find_spec
from genai_demo.data import wordnet
from genai_demo.encoder import heads, heads_train, names
from genai_demo.encoder.heads_train import Examples, HeadConfig
from tests.encoder import stand_in
from tests.standins import stand_ins  # noqa: F401  a fixture for all

LINES = (
    "  1 a line of the licence",
    '00001740 18 n 02 Curie 0 Marie_Curie 0 001 @i 00007846 n 0000 | French chemist; "she won two prizes"',
    "00001930 15 n 01 Paris 0 001 @i 00007846 n 0000 | the capital of France",
    "00002137 16 n 01 motive 0 000 | what moves one",
)


def test_nouns_are_read_with_their_kind_and_without_examples() -> None:
    curie, paris = wordnet.read(LINES)
    assert (curie.names, curie.kind, curie.gloss, curie.one) == (
        ("Curie", "Marie Curie"),
        "person",
        "French chemist",
        True,
    )
    assert paris.kind == "place"


def test_names_of_the_lists_are_marked_the_longest_first_and_the_first_word_is_none() -> None:
    lists = {"Paris": "place", "Marie Curie": "person", "Marie": "person"}
    text = "Paris is where Marie Curie lived, and Paris was hers."
    assert [(text[a:b], kind) for a, b, kind in heads_train.marks(text, lists)] == [
        ("Marie Curie", "person"),
        ("Paris", "place"),
    ]


def test_every_piece_of_a_word_has_the_mark_of_its_first() -> None:
    model = stand_in.tiny()
    ids, kinds = heads_train.labelled(model, "the cat Xy sat", [(8, 10, "person")])
    assert [model.name(i) for i in ids[1:-1]] == ["the", "cat", "x", "##y", "sat"]
    assert kinds == ["nothing", "nothing", "person", "person", "nothing"]


def test_each_layer_has_a_head_of_its_own_that_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = generator(0)
    y = torch.randint(2, (200,), generator=random)
    x = torch.randn(3, 200, 8, generator=random)
    x[1, :, 0] += 6 * y  # only the middle layer knows
    data = Examples(x.half(), y)
    monkeypatch.setitem(heads_train.SOURCES, heads.NAMES, lambda model, cfg, split: ((heads.NOTHING, "person"), data))
    notes = kit.Journal(tmp_path / "names.pt", {})
    reports = list(heads_train.train_one(heads.NAMES, notes, HeadConfig(1, 1, learning_rate=0.05), stand_in.tiny()))
    assert reports[-1].loss < reports[0].loss
    back = heads.build(notes.weights)
    found = heads_train.measured(back, data)
    assert found["right_1"] > 0.95 > 0.8 > found["right_0"]
    assert notes.weights.with_suffix(".json").exists()


def test_f1_counts_neither_what_is_rightly_left_out() -> None:
    made = heads.Heads(1, 2, (heads.NOTHING, "person"))
    with torch.no_grad():
        made.weight[0, 1, 0] = 1.0
    x = torch.tensor([[[1.0, 0], [1, 0], [-1, 0], [-1, 0], [-1, 0]]])
    y = torch.tensor([1, 0, 1, 0, 0])  # one of two names is found, and one is wrongly said
    new = torch.tensor([True, False, False, False, False])
    found = heads_train.measured(made, Examples(x, y, new))
    assert found["right_0"] == 0.5
    assert (found["known_0"], found["new_0"]) == (0, 1)


def test_neighbours_of_one_kind_are_one_name_and_pieces_follow_their_word() -> None:
    chances = torch.tensor([[0.1, 0.9, 0], [0.2, 0.8, 0], [0.9, 0.1, 0], [0, 0.2, 0.8], [1, 0, 0]])
    spans = names.joined(chances, [0, 1, 2, 3, 3], 0)
    assert [(kind, a, b) for kind, a, b, _ in spans] == [(1, 0, 2), (2, 3, 5)]
    assert spans[0][3] == pytest.approx(0.85)


def test_a_run_shows_each_layers_head_and_its_figure_from_the_card() -> None:
    for name in ("topic", "names"):
        shown = list(run(Recipe(f"encoder/{name}", {"text": "the cat sat on the bank"})))
        card = find_spec(f"encoder/{name}").card["quality"]
        assert [frame.right for frame in shown] == [round(100 * card[f"right_{i}"], 2) for i in range(len(shown))]
    frames = list(run(Recipe("encoder/topic", {"text": "the cat sat"})))
    for i, frame in enumerate(frames):
        assert frame.sure == frame.kinds[0].share
        assert (frame.table[i + 1 :] == 0).all()


def test_heads_behind_another_encoder_are_refused() -> None:
    class Other:
        network = type("n", (), {"config": type("c", (), {"num_hidden_layers": 2, "hidden_size": 32})})

    with pytest.raises(DemoError, match="behind all-MiniLM"):
        heads.trained(heads.TOPIC, Other())  # type: ignore[arg-type]
