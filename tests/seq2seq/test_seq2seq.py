"""The encoder-decoder: held to Transformers' own decoding, what it refuses, and what each run shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.options import Options
from genai_demo.seq2seq.beam import beam, search
from genai_demo.seq2seq.decode import END_ID, Decoding, forced
from genai_demo.seq2seq.force import force, greedy
from genai_demo.seq2seq.model import Translator
from genai_demo.seq2seq.options import BeamOptions, ForceOptions, TranslateOptions
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
    assert [tok.id for frame in shown for tok in frame.written] == [piece for piece in own if piece != END_ID]
    assert shown[-1].attention.shape[1:] == (len(shown), len(shown[0].source))
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


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("translate", {"text": " "}, "text is empty"),
        ("translate", {"text": "word " * 10_000}, "text has 50000 characters; the limit is 4000"),
        ("translate", {"text": "word " * 700}, "it reads 126"),
        ("translate", {"task": "ja"}, "task is"),
        ("beam", {"beams": 0}, "beams is 0; choose a whole number from 1 to 8"),
        ("beam", {"beams": 900}, "beams is 900"),
        ("beam", {"begin": "a b c d e f g h i j " * 5}, "limit is"),
        ("beam", {"length_penalty": 3}, "length_penalty is 3"),
        ("force", {"given": ""}, "text is empty"),
        ("force", {"other": "z " * 300}, "the translation makes"),
    ],
)
def test_what_can_not_be_is_said(name: str, options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(DemoError, match=sentence):
        frames(name, **options)


def test_another_script_and_no_number_are_said() -> None:
    assert "script" in frames("translate", text="Кошка", most=2)[0].said
    assert "numbers" in frames("translate", text="cat", task="words", most=2)[0].said
