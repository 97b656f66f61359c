"""The larger models of the hub: tiny ones of their classes, saved to a folder, answer as Transformers' own calls do."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    GenerationConfig,
    MarianConfig,
    MarianMTModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
    T5Tokenizer,
)

from genai_demo.core.device import seeded
from genai_demo.core.errors import DemoError
from genai_demo.seq2seq import hub, options
from genai_demo.seq2seq.beam import beam, search
from genai_demo.seq2seq.compare import compare
from genai_demo.seq2seq.decode import Decoding, forced
from genai_demo.seq2seq.force import force
from genai_demo.seq2seq.mend import mend
from genai_demo.seq2seq.translate import translate

TEXTS = [*map(chr, range(33, 127)), *["the cat sat on the mat", "le chat est sur le tapis"] * 20]
SIGNS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
HALF = {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
SMALL: dict[str, Any] = {**HALF, "d_model": 16, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "init_std": 0.5}


def bart(folder: Path) -> None:
    pieces = Tokenizer(models.BPE())
    pieces.pre_tokenizer, pieces.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=SIGNS, initial_alphabet=alphabet, show_progress=False)
    pieces.train_from_iterator(TEXTS, trainer)
    names = dict(zip(("bos_token", "pad_token", "eos_token", "unk_token", "mask_token"), SIGNS))
    PreTrainedTokenizerFast(tokenizer_object=pieces, **names).save_pretrained(folder)
    net = BartForConditionalGeneration(BartConfig(vocab_size=300, max_position_embeddings=64, **SMALL))
    net.save_pretrained(folder)
    GenerationConfig(
        bos_token_id=0, pad_token_id=1, eos_token_id=2, decoder_start_token_id=2, forced_bos_token_id=0
    ).save_pretrained(folder)


def flan_t5(folder: Path) -> None:
    words = [(f"▁{word}", -3.0) for word in ("the", "cat", "sat", "on", "mat", "le", "chat")]
    letters = [(chr(code), -9.0) for code in range(33, 127)]
    vocab = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -4.0), *words, *letters]
    tokenizer = T5Tokenizer(vocab=vocab, extra_ids=8)
    tokenizer.save_pretrained(folder)
    config = T5Config(
        vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, decoder_start_token_id=0
    )
    T5ForConditionalGeneration(config).save_pretrained(folder)


def opus(folder: Path) -> None:
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS), model_writer=made, vocab_size=150, hard_vocab_limit=False, minloglevel=2
    )
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(made.getvalue())
    known = sentencepiece.SentencePieceProcessor(model_proto=made.getvalue())
    pieces = [known.id_to_piece(i) for i in range(known.get_piece_size())]
    names = ["</s>", "<unk>", *(one for one in pieces if one not in ("<s>", "</s>", "<unk>")), "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({name: i for i, name in enumerate(names)}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"source_lang": "en", "target_lang": "fr"}))
    pad = len(names) - 1
    ends = {"pad_token_id": pad, "decoder_start_token_id": pad, "eos_token_id": 0, "forced_eos_token_id": None}
    size = {"vocab_size": len(names), "decoder_vocab_size": len(names), "max_position_embeddings": 64}
    MarianMTModel(MarianConfig(**size, **ends, **SMALL)).save_pretrained(folder)


MAKERS = {"opus-mt-en-fr": opus, "flan-t5-small": flan_t5, "bart-base": bart}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, hub.HubTranslator]:
    """Each as its folder gives it back."""
    found = {}
    for name, make in MAKERS.items():
        folder = tmp_path_factory.mktemp("hub") / name
        folder.mkdir()
        with seeded(0):
            make(folder)
        found[name] = hub.build(str(folder)).requires_grad_(False)
    return found


TASK = {"opus-mt-en-fr": "fr", "flan-t5-small": "de", "bart-base": "repair"}


@pytest.mark.parametrize("name", MAKERS)
@torch.inference_mode()
def test_what_it_writes_is_what_generate_writes(made: dict[str, hub.HubTranslator], name: str) -> None:
    model = made[name]
    ids = model.encode(TASK[name], "the cat sat")
    for beams in (1, 3):
        *_, (_, finished) = search(model, ids, options.BeamOptions(beams=beams, most=10))
        theirs = model.network.generate(
            torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            num_beams=beams,
            do_sample=False,
            max_new_tokens=10 + len(model.begun) - 1,
            forced_eos_token_id=None,
            bad_words_ids=[[piece] for piece in model.silent],
        )[0].tolist()
        assert [*finished[0].path] == [n for n in theirs[len(model.begun) :] if n not in model.silent]


@pytest.mark.parametrize("name", MAKERS)
@torch.inference_mode()
def test_kept_keys_change_nothing_and_a_sign_is_none(made: dict[str, hub.HubTranslator], name: str) -> None:
    model = made[name]
    ids = model.encode(TASK[name], "the cat </s> sat")
    assert ids.count(model.end) == 1
    given = model.written("le chat")
    chances, looks = Decoding(model, ids).after(given[:-1])
    assert torch.allclose(torch.stack(chances), forced(model, ids, given), atol=1e-4)
    assert looks[0].shape == (1, len(ids))
    assert hub.example(model, 2).shape[:2] == (2, len(model.begun))


def test_every_run_that_is_offered_them_shows_them(made: dict[str, hub.HubTranslator]) -> None:
    kinds = {"fr": "opus-mt-en-fr", "it": "flan-t5-small"}
    for task, name in kinds.items():
        for kind, start in (
            (options.TranslateOptions, translate),
            (options.BeamOptions, beam),
            (options.CompareOptions, compare),
            (options.ForceOptions, force),
        ):
            asked = kind.parse(
                {"text": "the cat", "task": task, **({"most": 4} if kind is not options.ForceOptions else {})}
            )
            assert list(start(made[name], asked, seed=0))
    for way, name in (("repair", "bart-base"), ("spans", "flan-t5-small")):
        shown = list(mend(made[name], options.MendOptions(text="the [MASK] sat", way=way, most=6), seed=0))
        sign = "<mask>" if way == "repair" else "<extra_id_0>"
        assert sign in shown[0].source


@pytest.mark.parametrize(
    ("name", "task", "sentence"),
    [
        ("opus-mt-en-fr", "de", "task is de; this model does fr"),
        ("bart-base", "fr", "task is fr; this model does repair"),
        ("flan-t5-small", "repair", "task is repair; this model does fr, de"),
    ],
)
def test_what_a_model_does_not_do_is_said(
    made: dict[str, hub.HubTranslator], name: str, task: str, sentence: str
) -> None:
    with pytest.raises(DemoError, match=sentence):
        made[name].encode(task, "the cat")


def test_a_gap_needs_a_sign(made: dict[str, hub.HubTranslator]) -> None:
    for name, way in (("flan-t5-small", "repair"), ("bart-base", "spans")):
        with pytest.raises(DemoError, match="no sign for such gaps"):
            list(mend(made[name], options.MendOptions(text="the [MASK] sat", way=way), seed=0))
