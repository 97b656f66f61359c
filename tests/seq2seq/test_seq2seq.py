"""The encoder-decoder: held to Transformers' own decoding, what it refuses, and what each run shows."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.options import Options
from genai_demo.seq2seq.beam import beam, search
from genai_demo.seq2seq.compare import compare
from genai_demo.seq2seq.decode import DOUBT, Decoding, forced, guessed
from genai_demo.seq2seq.exact import exact, judged
from genai_demo.seq2seq.force import force, greedy
from genai_demo.seq2seq.mend import by_sentinels, compared, cut, gapped, mend
from genai_demo.seq2seq.model import MASK, SENTINELS, TASKS, Translator
from genai_demo.seq2seq.options import (
    GAP,
    BeamOptions,
    CompareOptions,
    ExactOptions,
    ForceOptions,
    MendOptions,
    TranslateOptions,
)
from genai_demo.seq2seq.parts import parts
from genai_demo.seq2seq.translate import translate
from tests.seq2seq import stand_in

TEXT = "the cat sat on the mat"


@pytest.fixture(scope="module")
def tiny() -> Translator:
    return stand_in.tiny()


STARTS: dict[str, tuple[type[Options], Any]] = {
    "translate": (TranslateOptions, translate),
    "beam": (BeamOptions, beam),
    "force": (ForceOptions, force),
    "compare": (CompareOptions, compare),
    "mend": (MendOptions, mend),
    "exact": (ExactOptions, exact),
}


def frames(name: str, seed: int = 0, **options: Any) -> list[Any]:
    kind, start = STARTS[name]
    return list(start(stand_in.tiny(), kind.parse(options), seed=seed))


@torch.inference_mode()
def theirs(model: Translator, ids: list[int], **settings: Any) -> list[int]:
    read = torch.tensor([ids])
    out = model.network.generate(
        input_ids=read, attention_mask=torch.ones_like(read), do_sample=False, bad_words_ids=[[0]], **settings
    )
    return out[0, 1:].tolist()


@pytest.mark.parametrize("beams", [1, 3, 4])
@pytest.mark.parametrize("penalty", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("text", [TEXT, "a dog", "on 12 mats"])
def test_beams_find_what_generate_finds(tiny: Translator, beams: int, penalty: float, text: str) -> None:
    ids = tiny.encode("fr", text)
    options = BeamOptions(beams=beams, length_penalty=penalty, most=12)
    with torch.inference_mode():
        *_, (_, finished) = search(tiny, ids, options)
    settings = {} if beams == 1 else {"length_penalty": penalty}
    best = theirs(tiny, ids, num_beams=beams, max_new_tokens=12, **settings)
    assert [*finished[0].path] == [piece for piece in best if piece]


@torch.inference_mode()
def test_what_is_kept_changes_nothing(tiny: Translator) -> None:
    ids, given = tiny.encode("de", TEXT), tiny.written("le chat")
    chances, looks = Decoding(tiny, ids).after(given[:-1])
    assert torch.allclose(torch.stack(chances), forced(tiny, ids, given), atol=1e-4)
    assert torch.allclose(torch.stack(looks).sum(-1), torch.ones(len(given), 2), atol=1e-5)


def test_the_film_of_a_translation_is_what_it_writes_by_itself(tiny: Translator) -> None:
    shown = frames("translate", text=TEXT, most=20)
    with torch.inference_mode():
        own = greedy(tiny, tiny.encode("fr", TEXT))[:20]
    assert [tok.id for frame in shown for tok in frame.written] == [piece for piece in own if piece != tiny.end]
    assert shown[-1].attention.shape == (len(shown), len(shown[0].source))
    assert np.allclose(shown[-1].attention.sum(-1), 1, atol=1e-5)
    assert shown[0].source[0] == ">>fr<<"


def test_chance_has_a_say_and_repeats_with_its_seed() -> None:
    one, again, other = (
        [frame.pieces[-1] for frame in frames("translate", seed, choose="by chance", most=12)] for seed in (0, 0, 1)
    )
    assert one == again
    assert one != other


def test_a_pruned_beginning_is_gone_on_from() -> None:
    first = frames("beam", text=TEXT, beams=2, most=6)
    pruned = next(tok for tok in first[1].candidates if tok.kind == "off")
    on = frames("beam", text=TEXT, beams=2, most=6, begin=pruned.text)
    assert all(tok.text.startswith(pruned.text) for tok in on[-1].finished)
    assert "Without a beginning" in on[-1].said or "the same text" in on[-1].said


def test_the_length_penalty_ranks_what_has_ended_and_nothing_else() -> None:
    last = frames("beam", text=TEXT, beams=4, most=8)[-1]
    assert "cut off" in last.said
    columns = {stage.name: [tok.text for tok in stage.items] for stage in last.penalties}
    assert columns["penalty 1"] == [tok.text for tok in last.finished]
    assert all(sorted(texts) == sorted(columns["penalty 1"]) for texts in columns.values())


def test_given_and_own_translation_cost_the_same_until_they_part() -> None:
    shown = frames("force", text=TEXT, given="le chat", other="le tapis")
    parted = next(i for i, frame in enumerate(shown) if "part" in frame.said)
    assert all(frame.one == frame.two for frame in shown[:parted])
    assert shown[parted].one != shown[parted].two
    assert shown[parted].choices != shown[parted].others, "each has its own piece marked"


def test_ranking_by_other_penalties_asks_the_network_nothing(tiny: Translator) -> None:
    calls: list[int] = []
    hook = tiny.network.register_forward_hook(lambda *_: calls.append(1))
    film = beam(tiny, BeamOptions(text=TEXT, beams=3, most=6), seed=0)
    first = next(film)
    assert len(calls) == first.total, "one call of the network a step, all before the first frame"
    *_, last = film
    hook.remove()
    assert len(calls) == first.total
    assert len(last.penalties) == 5


@torch.inference_mode()
def test_what_it_would_write_forced_stands_beside_what_it_writes_free(tiny: Translator) -> None:
    shown, given = frames("force", text=TEXT, given="le chat est"), tiny.written("le chat est")
    guesses = forced(tiny, tiny.encode("fr", TEXT), given).argmax(1).tolist()
    assert [tok.id for f in shown for tok in f.forced] == [piece for piece in guesses if piece != tiny.end]
    assert shown[-1].right == pytest.approx(sum(a == b for a, b in zip(guesses, given)) / len(given))
    assert [tok.id for f in shown for tok in f.beside][:12] == greedy(tiny, tiny.encode("fr", TEXT))[:12]


def test_three_ways_to_choose_stand_side_by_side(tiny: Translator) -> None:
    shown = frames("compare", text=TEXT, beams=3, most=8)
    with torch.inference_mode():
        own = greedy(tiny, tiny.encode("fr", TEXT))[:8]
        ids = tiny.encode("fr", TEXT)
        *_, (_, finished) = search(tiny, ids, BeamOptions(beams=3, length_penalty=0, most=8))
        scored = forced(tiny, ids, own)
    assert [tok.id for tok in shown[-1].greedy] == [piece for piece in own if piece != tiny.end]
    assert [tok.id for tok in shown[-1].beam] == [piece for piece in finished[0].path if piece != tiny.end]
    assert shown[-1].b == pytest.approx(finished[0].weight, abs=1e-4)
    assert shown[-1].a == pytest.approx(sum(float(scored[i, piece]) for i, piece in enumerate(own)), abs=1e-3)
    other = frames("compare", seed=1, text=TEXT, beams=3, most=8)
    assert [frame.greedy for frame in other] == [frame.greedy for frame in shown]
    assert other[-1].chance != shown[-1].chance


def test_the_tree_says_what_each_piece_ends_and_how_many_are_kept() -> None:
    shown = frames("beam", text=TEXT, beams=2, most=5)
    step = shown[2]
    assert [tok.note for tok in step.tree[-1].items] == [tok.text for tok in step.candidates]
    assert step.tree[-1].note.startswith("2 kept")
    assert all(tok.parent is None for tok in step.tree[0].items)
    for before, after in itertools.pairwise(step.tree):
        for tok in after.items:
            parent = before.items[tok.parent]
            assert parent.kind == "picked"
            assert tok.note.startswith(parent.note)


def test_a_long_text_is_translated_in_parts(tiny: Translator) -> None:
    text = "The cat sat on the mat. " * 12 + "the " * 80
    found = parts(tiny, "fr", text)
    assert len(found) > 2
    assert " ".join(found).split() == text.split()
    assert all(len(tiny.encode("fr", part)) <= tiny.longest for part in found)
    shown = frames("translate", text=text, most=3)
    assert [frame.index for frame in shown] == list(range(shown[-1].total))
    assert [f"part {k + 1} of {len(found)}" in shown[3 * k].said for k in range(len(found))] == [True] * len(found)
    assert parts(tiny, "fr", TEXT) == [TEXT]


@pytest.mark.parametrize("text", ["the cat [MASK] on the mat", "[MASK] cat sat [MASK]", "a [MASK] [MASK] b", "[MASK]"])
def test_gaps_are_read_as_they_were_learnt(tiny: Translator, text: str) -> None:
    parts = [part.strip() for part in text.split(GAP)]
    reading = tiny.pieces.from_str(tiny.pieces.to_str())
    for way, signs in (("repair", (MASK,) * 4), ("spans", SENTINELS)):
        learnt = f"{TASKS[way]} {text}"
        for sign in signs:
            learnt = learnt.replace(GAP, sign, 1)
        assert gapped(tiny, parts, way) == [*reading.encode(learnt).ids, tiny.end]


def test_a_gap_is_mended_from_what_is_written_behind_its_sentinel(tiny: Translator) -> None:
    one, two = tiny.sentinels[:2]
    put = by_sentinels(tiny, ["the", "sat on", ""], [one, *tiny.segment(" cat"), two, *tiny.segment(" the mat")])
    assert "".join(tok.text for tok in put) == " the cat sat on the mat"
    assert [tok.text for tok in put if tok.kind == "picked"] == [" cat", " the mat"]
    begun = by_sentinels(tiny, ["the", "sat"], [one])
    assert begun[1].text == f" {GAP}"


def test_neighbouring_gaps_are_one() -> None:
    assert cut("a  [MASK] [MASK][MASK] b c [MASK]") == ["a", "b c", ""]
    assert cut("[MASK]") == ["", ""]
    assert cut("no gap") == ["no gap"]


def test_what_is_changed_besides_the_gaps_is_marked() -> None:
    kinds = {tok.text.strip(): tok.kind for tok in compared(["the", "sat on the mat"], "the old cat sat on a mat")}
    assert kinds == {"the": "prompt", "old cat": "picked", "sat on": "prompt", "a": "best", "mat": "prompt"}
    assert [tok.kind for tok in compared(["the", "sat now"], "the cat sat")][-1] == "off"
    assert [tok.kind for tok in compared(["the", "sat"], "the cat")] == ["prompt", "best"], "a word went with the gap"


def test_the_film_of_a_repair_ends_with_the_mended_text() -> None:
    for way in ("repair", "spans"):
        shown = frames("mend", text="the [MASK] sat", way=way, most=40)
        assert shown[-1].attention.shape == (len(shown), len(shown[0].source))
        if shown[-1].index + 1 < 40:
            assert shown[-1].mended


@pytest.mark.parametrize(("text", "lengths"), [("42", 9), (" 2024-03-07 ", 6)])
def test_exact_answers_are_judged_and_counted_by_length(text: str, lengths: int) -> None:
    """The stand-in knows no numbers: it is wrong every time."""
    shown = frames("exact", text=text, tried=2)
    pieces = [frame for frame in shown if not frame.lengths]
    assert [len(frame.lengths) for frame in shown[len(pieces) :]] == list(range(1, lengths + 1))
    assert [frame.index for frame in shown] == list(range(shown[-1].total))
    assert "0 of 2 are right" in shown[-1].said
    assert all(tok.share == 0 for tok in shown[-1].lengths)
    assert judged("forty-two", "forty-two") == "It is right to the last word."
    assert judged("forty", "forty-two") == "It is wrong; right is: forty-two."


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("translate", {"text": " "}, "text is empty"),
        ("translate", {"text": "word " * 10_000}, "text has 50000 characters; the limit is 4000"),
        ("translate", {"text": "w" * 700}, "it reads 94"),
        ("compare", {"text": "word " * 700}, "it reads 94"),
        ("translate", {"task": "ja"}, "task is"),
        ("beam", {"beams": 0}, "beams is 0; choose a whole number from 1 to 8"),
        ("beam", {"beams": 900}, "beams is 900"),
        ("beam", {"begin": "a b c d e f g h i j " * 5}, "limit is"),
        ("beam", {"length_penalty": 3}, "length_penalty is 3"),
        ("force", {"given": ""}, "text is empty"),
        ("force", {"other": "z " * 300}, "the translation makes"),
        ("compare", {"beams": 9}, "beams is 9"),
        ("compare", {"text": "word " * 10_000}, "the limit is 4000"),
        ("translate", {"task": "words"}, "task is"),
        ("exact", {"text": ""}, "text is empty"),
        ("exact", {"text": "cat"}, "give a number of up to nine digits or a date"),
        ("exact", {"text": "2023-02-29"}, "give a number"),
        ("exact", {"text": "1234567890"}, "give a number"),
        ("exact", {"text": "-5"}, "give a number"),
        ("exact", {"text": "४२"}, "give a number"),
        ("exact", {"text": "1" * 50}, "the limit is 40"),
        ("exact", {"tried": 0}, "tried is 0"),
        ("mend", {"text": "no gap"}, "text has no"),
        ("mend", {"text": " "}, "text is empty"),
        ("mend", {"text": "a [MASK] " * 5, "way": "spans"}, "text has 5 gaps; it has signs for 4"),
        ("mend", {"text": "word [MASK] " * 300}, "the limit is|it reads"),
    ],
)
def test_what_can_not_be_is_said(name: str, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DemoError, match=sentence):
        frames(name, **options)


def test_another_script_and_too_many_gaps_are_said() -> None:
    assert "script" in frames("translate", text="Кошка", most=2)[0].said
    assert "no word that it has read" in frames("translate", text="\U0001f600 \U0001f680", most=2)[0].said
    assert "2 gaps at most" in frames("mend", text="a [MASK] b [MASK] c [MASK]", most=3)[0].said


def test_where_it_guessed_it_says_so(tiny: Translator) -> None:
    assert guessed(tiny, DOUBT - 0.1) == ""
    assert f"{DOUBT + 0.1:.1f} nats" in guessed(tiny, DOUBT + 0.1)
    last = frames("beam", text=TEXT, beams=1, most=94)[-1]
    mean = -last.ended[0][0] / last.ended[0][1]
    assert ("guessed" in last.said) == (mean > DOUBT and "cut off" not in last.said)


def test_what_does_not_end_is_cut_where_the_network_ends(tiny: Translator) -> None:
    known = {one["name"]: one for one in TranslateOptions.describe()}
    assert known["most"]["maximum"] == tiny.longest - 2
    shown = frames("translate", text=TEXT, most=3)
    assert [frame.total for frame in shown] == [3] * 3
    assert "So many pieces were allowed" in shown[-1].said
