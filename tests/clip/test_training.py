"""Training the small CLIP on emoji made up here: it learns, goes on where it was stopped, and ships what it says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from genai_demo.clip import batches, measuring, train
from genai_demo.clip import model as clip
from genai_demo.clip.batches import Source
from genai_demo.clip.train import TrainConfig, Training
from genai_demo.clip.words import Words
from genai_demo.data import emoji
from genai_demo.data.emoji import VENDORS, Concept, Emoji

TINY = TrainConfig(steps=6, singles=12, scened=4, worldly=4, warm_up=2, average=0.5)
NAMES = [f"{first}{second}" for first in "bdfgklmn" for second in ("as", "el", "im", "op", "ur")]
SIZE = clip.config()["text_cfg"]["vocab_size"]


@pytest.fixture(scope="module")
def found() -> Emoji:
    """Forty concepts: a bar of its own place, slant and colour each, told apart by any vendor's background."""
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (40, 3))
    pictures = {}
    for shade, vendor in enumerate(VENDORS):
        drawn = np.zeros((40, 64, 64, 4), np.uint8)
        drawn[:, 8:56, 8:56] = np.concatenate([colours, np.full((40, 1), 255)], 1)[:, None, None]
        drawn[:, 4 + shade : 8, 8:56] = (90, 90, 90, 255)
        pictures[vendor] = drawn
    concepts = tuple(Concept(f"{i + 100:x}", NAMES[i], (NAMES[i], "thing"), "Objects") for i in range(40))
    return Emoji(concepts, pictures, {vendor: np.ones(40, bool) for vendor in VENDORS})


@pytest.fixture
def words() -> tuple[list[str], torch.Tensor]:
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    listed = ["[PAD]", "[UNK]", "[START]", *letters, *(f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz0123456789")]
    listed += [f"word{i}" for i in range(SIZE - len(listed) - 1)]
    return [*listed, "[END]"], torch.randn(SIZE, 192, generator=torch.Generator().manual_seed(0)) * 0.05


def run(training: Training, source: Source, steps: int) -> list[float]:
    cfg = training.cfg
    return [
        float(training.advance(source.batch(training.step, cfg.singles, cfg.scened, cfg.worldly))[0])
        for _ in range(steps)
    ]


def test_no_picture_of_the_held_out_is_ever_shown(found: Emoji) -> None:
    source = Source(0, found)
    taken = {found.concepts[i].name for i in (*source.concepts, *source.in_scenes[0], *source.in_scenes[1])}
    assert taken.isdisjoint(concept.name for concept in found.concepts if concept.held_out)
    assert len(taken) > 30
    assert batches.SEEN_VENDORS == ("noto", "fluent", "fluent flat", "noto old", "firefox")


def test_a_batch_is_its_steps_alone(found: Emoji) -> None:
    one, again, other = (Source(0, found).batch(step, 8, 3, 3) for step in (5, 5, 6))
    assert [b.texts for b in one] == [b.texts for b in again] != [b.texts for b in other]
    assert all(torch.equal(a.pictures, b.pictures) for a, b in zip(one, again))
    assert [len(b.pictures) for b in one] == [len(b.texts) for b in one] == [8, 6]
    assert 0 <= float(batches.joined(one).min()) <= float(batches.joined(one).max()) <= 1


def test_more_styles_are_shown_from_a_step_on(found: Emoji) -> None:
    only = replace(found, pictures={**found.pictures, **dict.fromkeys(emoji.DRAWN, found.pictures["noto"] * 0)})
    late, soon, two = (Source(0, only, wider=wider).batch(3, 24, 1, 0)[0] for wider in (4, 3, 9))
    assert torch.equal(late.pictures, two.pictures)
    assert not torch.equal(late.pictures, soon.pictures)


def test_words_are_written_from_a_step_on(found: Emoji) -> None:
    before, after = (Source(0, found, reading=reading).batch(3, 24, 40, 8, 10) for reading in (4, 3))
    assert [len(batch.texts) for batch in before] == [24, 48]
    assert [len(batch.texts) for batch in after] == [14, 10, 48]
    words = set(batches.readable([c.name for c in found.concepts if not c.held_out]))
    assert all(text.split()[-1].lower() in words for text in after[1].texts)
    assert not any(" with the word " in text for text in before[1].texts)
    labelled = [text.split(" with the word ")[1] for text in after[2].texts if " with the word " in text]
    assert 1 < len(labelled) < 25, "of a quarter, most"
    assert set(labelled) <= words


def test_only_short_plain_words_are_written() -> None:
    found = batches.readable(["fox", "grinning face", "e-mail", "caterpillar", "fox", "Zürich"])
    assert found[0] == "fox"
    assert len(found) == len(set(found))
    assert not {"grinning face", "e-mail", "caterpillar", "Zürich"} & set(found)
    assert "house" in found, "the picture world's things too"


def test_what_has_sides_is_not_mirrored() -> None:
    assert batches.may_mirror(Concept("1", "fox", ("animal",), "Animals & Nature"))
    assert not batches.may_mirror(Concept("1", "left-facing fist", (), "People & Body"))
    assert not batches.may_mirror(Concept("1", "heart", (), "Symbols"))


def test_stopped_and_resumed_is_as_never_stopped(found: Emoji, words: tuple[list[str], torch.Tensor]) -> None:
    source, tokenizer = Source(0, found), Words(words[0])
    whole = Training(TINY, tokenizer, words[1])
    losses = run(whole, source, 4)
    part = Training(TINY, tokenizer, words[1])
    first = run(part, source, 2)
    later = Training(TINY, tokenizer, words[1])
    later.restore(part.state())
    assert first + run(later, source, 2) == losses
    assert all(torch.equal(a, b) for a, b in zip(whole.mean.parameters(), later.mean.parameters()))
    assert torch.equal(whole.net.token_embedding.weight, words[1]), "the word vectors stay"


def test_it_learns(found: Emoji, words: tuple[list[str], torch.Tensor]) -> None:
    cfg = TrainConfig(steps=400, singles=24, scened=0, worldly=0, warm_up=5, slower=1.0)
    training, source = Training(cfg, Words(words[0]), words[1]), Source(0, found)
    batch = [source._singles(24, batches.TWO, np.random.default_rng(0))]
    losses = [float(training.advance(batch)[0]) for _ in range(25)]
    assert losses[-1] < losses[0] - 0.5


def test_the_rate_rises_and_falls() -> None:
    cfg = TrainConfig(steps=100, warm_up=10)
    rates = [train.rate(cfg, step) for step in range(101)]
    assert rates.index(max(rates)) in (9, 10)
    assert max(rates) == 1
    assert rates[-1] == pytest.approx(0, abs=1e-3)
    twice = replace(cfg, reading=60)
    rates = [train.rate(twice, step) for step in range(101)]
    assert rates[59] < 0.01
    assert rates[60] < rates[70] == pytest.approx(twice.again, rel=0.1)
    assert rates[100] == pytest.approx(0, abs=1e-3)


def test_train_all_ships_once_and_says_what(
    found: Emoji, words: tuple[list[str], torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))
    monkeypatch.setattr(train, "vectors", lambda: words)
    monkeypatch.setattr(train, "taught", lambda *given: {})
    monkeypatch.setattr(train, "Source", lambda seed, **more: Source(seed, found, **more))
    reports = list(train.train_all(TINY, out=tmp_path))
    assert reports[-1].index == reports[-1].total == TINY.steps
    card = json.loads((tmp_path / "atlas.json").read_text())
    assert card["steps"] == TINY.steps
    assert card["training"]["singles"] == TINY.singles
    assert clip.build(tmp_path / "atlas.safetensors").embed_texts(["bas"]).shape == (1, 256)
    assert list(train.train_all(TINY, out=tmp_path)) == [], "shipped: nothing to do"


def test_a_random_network_is_measured_as_chance(found: Emoji, words: tuple[list[str], torch.Tensor]) -> None:
    net = clip.untrained(words[1]).eval()
    embedder = measuring.Embedder(net, Words(words[0]))
    out = measuring.vendor_recall(embedder, found, "twemoji")
    assert out["pictures"] == 40
    assert out["unseen_concepts"] == int(found.held_out.sum())
    assert out["seen_to_picture_1"] < 0.2
    assert measuring.word_recall(embedder, found)["to_text_1"] < 0.1
    attack = measuring.attacked(embedder)
    assert attack["scenes"] > 100
    assert abs(attack["word"] - attack["letters"]) < 0.2
