"""What is measured of the translator: on a few pairs, with the stand-in."""

from __future__ import annotations

import pytest
import torch

from genai_demo.seq2seq import exact, measuring
from genai_demo.seq2seq.tasks import right
from tests.seq2seq import stand_in


@torch.inference_mode()
def test_many_at_once_are_written_as_each_alone() -> None:
    model = stand_in.tiny()
    read = [model.encode("fr", text) for text in ("the cat sat on the mat", "a dog", "the mat")]
    alone = [measuring.pieces_written(model, [ids])[0] for ids in read]
    assert measuring.pieces_written(model, read) == alone


def test_words_that_came_back_are_told_from_those_that_stayed() -> None:
    parts, missing = ["the", "on the mat"], [["cat", "sat"]]
    assert measuring.restored(parts, missing, ["the", "cat", "lay", "on", "the", "mat"]) == (1, 4, 2)
    assert measuring.restored(parts, missing, ["the", "cat", "sat", "on", "the", "mat"]) == (2, 4, 2)
    assert measuring.restored(parts, missing, []) == (0, 0, 2)


def test_a_perfect_writer_gets_full_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    model, pairs = stand_in.tiny(), [("the cat", "le chat"), ("the mat", "le tapis")]
    known = {tuple(model.encode("fr", one)): other for one, other in pairs}
    monkeypatch.setattr(measuring, "written", lambda model, read, beams: [known[tuple(ids)] for ids in read])
    found = dict(measuring._translated(model, "fr", pairs))
    assert found["chrf_beams"] == found["chrf_greedy"] == pytest.approx(100)
    assert found["chrf_copy"] < 60
    assert found["pairs"] == 2


@torch.inference_mode()
def test_gaps_are_measured_in_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "SENTENCES", 2)
    monkeypatch.setattr(measuring.english, "load", lambda _: {"wordnet": ["the cat sat on the mat", "a dog sat on it"]})
    for way in ("repair", "spans"):
        found = measuring.mended(stand_in.tiny(), way)
        assert set(found) == {"restored", "kept", "whole"}
        assert all(0 <= share <= 1 for share in found.values())
    assert found["kept"] == 1, "in T5's way the rest of the text is not written anew"


def test_who_writes_every_number_right_gets_full_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    model = stand_in.tiny()
    monkeypatch.setattr(measuring, "TRIED", 3)
    monkeypatch.setattr(exact, "written", lambda model, read, beams: [right(model.text(ids[1:-1])) for ids in read])
    found = measuring.exact(model, lambda items, _: items)
    assert found.pop("tried") == 3
    assert set(found.values()) == {1}
    assert {"numbers_1", "numbers_9", "dates_4", "dates_7"} <= set(found)
