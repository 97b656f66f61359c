"""Small language models go on exactly where they were stopped, on stretches of all domains alike."""

from __future__ import annotations

import copy
import math

import torch

from genai_demo.language.corpus import Corpus
from genai_demo.language.pretrain import Model, TrainConfig, Training, judged, plain
from genai_demo.ssm import model

CFG = TrainConfig(steps=6, rows=2, length=16)


def _corpus() -> Corpus:
    random = torch.Generator().manual_seed(0)
    names = ("english", "python")
    return Corpus({n: torch.randint(1, 99, (500,), generator=random, dtype=torch.int32) for n in names}, {})


def _training() -> Training:
    return Training(Model("small", "A small one", model.attention, plain, {}), CFG, _corpus())


def test_a_training_goes_on_exactly_where_it_was_stopped() -> None:
    whole = _training()
    first = [whole.advance() for _ in range(2)]
    kept = copy.deepcopy(whole.state())
    rest = [whole.advance() for _ in range(2)]
    again = _training()
    again.restore(kept)
    assert [again.advance() for _ in range(2)] == rest
    assert first[0] > 0


def test_stretches_come_from_every_domain_and_are_of_one() -> None:
    data = _corpus()
    rows, which = data.rows(40, 16, torch.Generator().manual_seed(1))
    assert set(which.tolist()) == {0, 1}
    for row, number in zip(rows[:5], which[:5].tolist()):
        tokens = data.tokens[tuple(data.tokens)[number]].long()
        assert any(torch.equal(tokens[i : i + 16], row) for i in range(len(tokens) - 15))


def test_perplexity_of_a_network_that_knows_nothing_is_the_size_of_its_vocabulary() -> None:
    network = model.attention()
    with torch.no_grad():
        for p in network.parameters():
            p.zero_()

    class Pieces:
        def decode(self, ids: list[int]) -> str:
            return "ab" * len(ids)

    found = judged(network, _corpus().held(3, 17), Pieces())
    assert math.isclose(found["perplexity"], model.VOCABULARY, rel_tol=1e-3)
    assert math.isclose(found["bits_per_byte"], math.log2(model.VOCABULARY) / 2, rel_tol=1e-3)
