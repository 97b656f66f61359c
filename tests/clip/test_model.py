"""The small CLIP: its words, its towers as open_clip has them, its loss, its file; and others' models in one class."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
import torch.nn.functional as F
from open_clip.loss import ClipLoss
from transformers import BertTokenizer

from genai_demo.clip import hub, measuring
from genai_demo.clip import model as clip
from genai_demo.clip.words import PAD, START, Words

LETTERS = [chr(code) for code in range(ord("a"), ord("z") + 1)]
VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[START]",
    *LETTERS,
    *(f"##{letter}" for letter in LETTERS),
    "red",
    "house",
    "##s",
    "a",
    "left",
    "of",
    "the",
    "to",
    ",",
    "'",
    "[END]",
]
VOCABULARY = list(dict.fromkeys(VOCABULARY))
TEXTS = ["a red house", "The house's left", "Hoüses, to the left of A redhouse!", "", "red " * 90, "日本"]


@pytest.fixture(scope="module")
def small() -> clip.Clip:
    """Random weights in the shipped shape, with words of its own."""
    net = clip.untrained(torch.randn(clip.config()["text_cfg"]["vocab_size"], 192) * 0.05)
    rest = [f"word{i}" for i in range(clip.config()["text_cfg"]["vocab_size"] - len(VOCABULARY))]
    with torch.no_grad():
        for name, value in net.visual.named_parameters():
            if name.endswith("bn3.weight"):  # nothing of a block would be seen otherwise
                value.fill_(0.5)
    return clip.wrapped(net, [*VOCABULARY[:-1], *rest, VOCABULARY[-1]])


def test_words_are_cut_as_bert_cuts_them(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("\n".join(VOCABULARY))
    bert = BertTokenizer(str(tmp_path / "vocab.txt"), cls_token="[START]", sep_token="[END]")
    ours = Words(VOCABULARY)
    for text in TEXTS:
        assert ours.pieces(text) == bert.tokenize(text), text


def test_tokens_begin_end_and_are_filled_up() -> None:
    ours = Words(VOCABULARY)
    tokens = ours(TEXTS)
    assert tokens.shape == (len(TEXTS), 32)
    assert (tokens[:, 0] == START).all()
    assert (tokens == ours.end).sum(1).tolist() == [1] * len(TEXTS)
    for row in tokens:
        assert (row[int(row.argmax()) + 1 :] == PAD).all()
        assert row.max() == ours.end
    assert ours("a red house").tolist() == ours(["A  RED house"]).tolist()
    assert ours(["a"], context_length=8).shape == (1, 8)


def test_it_is_open_clips_own_model(small: clip.Clip) -> None:
    assert "atlas-clip" in open_clip.list_models()
    assert type(small.net) is open_clip.model.CLIP
    assert type(small.net.visual) is open_clip.modified_resnet.ModifiedResNet


@torch.inference_mode()
def test_texts_read_short_are_as_open_clip_reads_them(small: clip.Clip) -> None:
    tokens = small.tokenizer(TEXTS)
    for part in (tokens, tokens[:2]):
        torch.testing.assert_close(
            clip.text_features(small.net, part), small.net.encode_text(part), atol=1e-5, rtol=1e-4
        )


@torch.inference_mode()
def test_preparation_is_open_clips(small: clip.Clip) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    ours = clip.normalised(torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255)
    expected = F.normalize(small.net.encode_image(ours), dim=1).numpy()
    np.testing.assert_allclose(small.embed_pictures([picture]), expected, atol=1e-5)


def test_the_loss_is_open_clips() -> None:
    random = torch.Generator().manual_seed(0)
    pictures, texts = (F.normalize(torch.randn(12, 8, generator=random), dim=1).requires_grad_() for _ in range(2))
    scale = torch.tensor(14.0)
    ours = clip.contrastive_loss(pictures, texts, scale)
    torch.testing.assert_close(ours, ClipLoss()(pictures, texts, scale))
    grads = torch.autograd.grad(ours, (pictures, texts))
    for mine, theirs in zip(grads, torch.autograd.grad(ClipLoss()(pictures, texts, scale), (pictures, texts))):
        torch.testing.assert_close(mine, theirs)


def test_the_loss_on_paper() -> None:
    same = torch.eye(2)
    assert float(clip.contrastive_loss(same, same, torch.tensor(0.0))) == pytest.approx(np.log(2))
    assert float(clip.contrastive_loss(same, same, torch.tensor(1.0))) == pytest.approx(np.log(1 + np.exp(-1)))


def test_a_file_gives_back_the_model(small: clip.Clip, tmp_path: Path) -> None:
    path = tmp_path / "some.safetensors"
    clip.save(path, small.net.state_dict(), small.tokenizer.vocabulary)
    again = clip.build(path)
    pictures = [np.random.default_rng(i).integers(0, 256, (64, 64, 3), np.uint8) for i in range(3)]
    assert path.stat().st_size < 10_000_000
    assert (again.embed_texts(TEXTS) * small.embed_texts(TEXTS)).sum(1).min() > 0.999
    assert (again.embed_pictures(pictures) * small.embed_pictures(pictures)).sum(1).min() > 0.999
    assert again.temperature == pytest.approx(small.temperature, rel=1e-3)


@pytest.mark.parametrize("custom", [False, True])
def test_others_models_come_in_the_same_class(tmp_path: Path, custom: bool) -> None:
    tiny: dict[str, Any] = {
        "embed_dim": 16,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "head_width": 16, "patch_size": 16},
        "text_cfg": {"context_length": 20, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
    }
    made = open_clip.model.CustomTextCLIP if custom else open_clip.model.CLIP
    net = made(**tiny)
    tiny |= {"custom_text": True} if custom else {}
    torch.save(net.state_dict(), tmp_path / "open_clip_pytorch_model.bin")
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": tiny, "preprocess_cfg": {}}))
    model = hub.build(str(tmp_path))
    assert model.embed_texts(["a cat", "two dogs"]).shape == (2, 16)
    found = model.embed_pictures([np.zeros((50, 70, 3), np.uint8)])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert clip.example(model, 2).shape == (2, 1)
    for text in ("a cat", "!!! a", ""):
        with torch.inference_mode():
            whole = model.net.encode_text(model.tokenizer([text]), normalize=True).numpy()
        np.testing.assert_allclose(model.embed_texts([text]), whole, atol=1e-5)


def test_ranks_and_recall_on_paper() -> None:
    found = torch.eye(3)
    queries = torch.tensor([[1.0, 0, 0], [0.9, 0.5, 0], [0.9, 0.8, 0.1]])
    ranked = measuring.ranks(queries, found, torch.arange(3))
    assert ranked.tolist() == [0, 1, 2]
    assert [measuring.recall(ranked, k) for k in (1, 2, 3)] == [0.3333, 0.6667, 1.0]
