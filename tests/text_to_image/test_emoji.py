"""Emoji as text to picture, on twelve emoji drawn here: what is held out, the judge, the memory, trainings and runs."""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw

from genai_demo.core.errors import DemoError
from genai_demo.core.training import Resumable
from genai_demo.data import emoji, emoji_told
from genai_demo.data.emoji import VENDORS, Concept, Emoji
from genai_demo.text_to_image import (
    denoiser,
    emoji_judge,
    emoji_latents,
    emoji_memory,
    emoji_studio,
    measuring_emoji,
    options,
    preview,
    reading,
    studio,
    train_emoji,
    train_emoji_autoencoder,
    train_emoji_judge,
    train_emoji_text,
)
from genai_demo.text_to_image.attend import attend
from genai_demo.text_to_image.blend import blend
from genai_demo.text_to_image.codes import autoencoder as there_and_back
from genai_demo.text_to_image.edit import edit, outpaint
from genai_demo.text_to_image.fork import fork
from genai_demo.text_to_image.generate import generate

NAMES = ("red apple", "pear", "cat", "dog", "black cat", "sailboat", "grapes", "umbrella", "owl", "kite", "drum", "key")
COLOURS = ((214, 40, 40), (245, 130, 20), (45, 160, 70), (40, 90, 215), (60, 60, 60), (240, 240, 240))


@functools.cache
def some() -> Emoji:
    """Discs and squares, in every style another size; one concept is only in one."""
    concepts = tuple(Concept(f"1f{i:03x}", name, ("thing", name), "Objects") for i, name in enumerate(NAMES))
    pictures = {
        vendor: np.stack([_drawn(i, 8 + 3 * at) for i in range(len(NAMES))]) for at, vendor in enumerate(VENDORS)
    }
    here = {vendor: np.array([vendor == "noto" or name != "key" for name in NAMES]) for vendor in VENDORS}
    return Emoji(concepts, pictures, here)


def _drawn(i: int, edge: int) -> np.ndarray:
    picture = Image.new("RGBA", (emoji.SIDE, emoji.SIDE))
    draw = ImageDraw.Draw(picture)
    box = (edge, edge + i, emoji.SIDE - edge, emoji.SIDE - edge)
    (draw.ellipse if i % 2 else draw.rectangle)(box, fill=(*COLOURS[i % len(COLOURS)], 255))
    return np.asarray(picture)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """These twelve in place of all."""
    monkeypatch.setattr(emoji, "load", some)
    emoji_latents.shown.cache_clear()
    yield
    emoji_latents.shown.cache_clear()


def test_colours_are_named_and_turned() -> None:
    red, grey = _drawn(0, 8), _drawn(4, 8)
    assert emoji_told.colours_of(red) == [("red", 1.0)]
    assert emoji_told.colours_of(grey)[0][0] == "black"
    assert emoji_told.colours_of(emoji_told.turned(red, emoji_told.HUES["blue"]))[0][0] == "blue"
    assert emoji_told.colours_of(np.zeros((8, 8, 4), np.uint8)) == []


def test_nothing_that_is_held_out_is_in_the_training() -> None:
    training, every = emoji_told.training(some()), list(emoji_told.shown(some()))
    assert 0 < len(training) < len(every)
    for one in training:
        assert not one.concept.held_out
        assert emoji_told.new_in(one.concept, one.style, one.colours[0]) == "nothing"
    asked = {new: measuring_emoji.prompts(some(), new, 50) for new in measuring_emoji.HALVES.values()}
    seen = {(emoji_told.name_of(one.concept), one.colours[0], one.style) for one in training}
    for new, prompts in asked.items():
        wanted = {(ask.wanted.name, ask.wanted.colour, ask.wanted.style) for ask in prompts}
        assert wanted, new
        assert (wanted <= seen) if new == "nothing" else not (wanted & seen)


def test_captions_say_what_a_picture_shows_in_words_of_the_vocabulary() -> None:
    words, rng = set(emoji_told.vocabulary(some())), np.random.default_rng(0)
    for one in emoji_told.training(some()):
        text = emoji_told.caption(one, rng, frozenset({"thing"}))
        said = text.replace(",", "").split()
        assert set(said) <= words
        assert emoji_told.name_of(one.concept) in text
        assert not one.turned or one.colours[0] in said
    apple, black = some().concepts[0], some().concepts[4]
    assert emoji_told.prompt(apple, "blue", "noto") == "a blue apple, noto"
    assert emoji_told.name_of(black) == "cat"
    assert emoji_told.with_article("grapes") == "grapes"
    assert emoji_told.with_article("owl") == "an owl"


def test_a_prompt_is_read_and_judged() -> None:
    names = ("cat", "cat face", "owl")
    assert emoji_judge.parse(names, "A blue cat face, flat") == emoji_judge.Wanted("cat face", "blue", "flat")
    assert emoji_judge.parse(names, "an owl") == emoji_judge.Wanted("owl")
    assert emoji_judge.parse(names, "a blue zebra") is None
    found = emoji_judge.Found(("cat", "owl"), "noto", ("blue", "white"))
    assert found.shows(emoji_judge.Wanted("cat", "blue", "noto")) == (True, True, True)
    assert found.shows(emoji_judge.Wanted("owl", "red", "flat")) == (False, False, False)
    assert found.shows(emoji_judge.Wanted("cat")) == (True, True, True)
    picture = emoji.on(_drawn(3, 16), emoji_told.WHITE)
    assert emoji_judge.colours(picture) == ("blue",), "the white ground is none of its colours"


def test_the_memory_gives_back_what_was_put_in(tmp_path: Path) -> None:
    z = torch.randn(20, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    emoji_memory.write(tmp_path / "known.safetensors", z, [f"number {i}" for i in range(20)], title="")
    known = emoji_memory.build(tmp_path / "known.safetensors")
    assert (known.z.float() - z).abs().max() < 0.05
    at, far = known.nearest(z[[7, 3]])
    assert [known.names[i] for i in at] == ["number 7", "number 3"]
    assert max(far) < 0.05
    assert min(known.nearest(z[:1] + 10)[1]) > 5


def _autoencoder() -> Any:
    cfg = train_emoji_autoencoder.TrainConfig(steps=10, batch_size=2)
    return train_emoji_autoencoder.Training(cfg, train_emoji_autoencoder.pictures(False))


def _text() -> Any:
    cfg = train_emoji_text.TrainConfig(steps=10, batch_size=4)
    return train_emoji_text.Training(cfg, emoji_latents.captioned(0), train_emoji_text.vocabulary())


def _unet() -> Any:
    data, words = emoji_latents.captioned(0), train_emoji_text.vocabulary()
    z = torch.randn((len(data.ids), 4, 16, 16), generator=torch.Generator().manual_seed(0)).half()
    torch.manual_seed(0)
    reads = denoiser.empty(words=words).text_encoder
    return train_emoji.Training(train_emoji.TrainConfig(steps=10, batch_size=2), data, z, 0.5, reads, words)


def _judge() -> Any:
    cfg = train_emoji_judge.TrainConfig(steps=10, batch_size=4)
    return train_emoji_judge.Training(cfg, train_emoji_judge.labelled(some(), False))


@pytest.mark.parametrize("made", [_autoencoder, _text, _unet, _judge])
def test_a_training_goes_on_exactly_where_it_was_stopped(made: Callable[[], Any], tmp_path: Path) -> None:
    def losses(training: Any, steps: int) -> list[Any]:
        return [torch.as_tensor(training.advance()).tolist() for _ in range(steps)]

    whole: Resumable = made()
    losses(whole, 1)
    torch.save(whole.state(), tmp_path / "state.pt")
    rest = losses(whole, 2)
    other: Resumable = made()
    other.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    assert losses(other, 2) == rest


@torch.no_grad()
def test_the_unet_begins_as_that_of_the_picture_world() -> None:
    plain, ours = denoiser.empty().unet, denoiser.empty(**emoji_studio.UNET).unet
    for unet in (plain, ours):
        train_emoji.begin(unet)
    z, t, features = torch.randn(1, 4, 16, 16), torch.tensor([500]), torch.randn(1, 5, denoiser.WIDTH)
    assert torch.allclose(plain(z, t, features).sample, ours(z, t, features).sample, atol=1e-5)


def test_the_text_encoder_begins_with_the_words_that_both_know() -> None:
    words = denoiser.tokenizer(("cat", "red", "zebra"), emoji_studio.LONGEST)
    before, model = train_emoji_text.train_text.earlier()[0], denoiser.empty(words=words).text_encoder
    assert before is not None
    train_emoji_text.begin(model, words)
    (name,) = (name for name in model.state_dict() if name.endswith(train_emoji_text.EMBEDDING))
    own, theirs = model.state_dict()[name], before[name]
    known = denoiser.tokenizer().get_vocab()
    assert torch.equal(own[words.get_vocab()["cat"]], theirs[known["cat"]])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of trainings of every part, of two steps each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(emoji, "load", some)
        home = tmp_path_factory.mktemp("home")
        patch.setenv("GENAI_DEMO_HOME", str(home))
        patch.setattr(emoji_studio, "SHIPPED", home / "none")
        patch.setattr(train_emoji, "SHIPPED", home / "none")
        emoji_latents.shown.cache_clear()
        with pytest.raises(DemoError, match="not trained yet"):
            list(train_emoji.train_one())
        for part, batch in (
            (train_emoji_autoencoder, 2),
            (train_emoji_text, 4),
            (train_emoji_judge, 4),
            (train_emoji, 2),
        ):
            cfg = part.TrainConfig(steps=2, batch_size=batch)
            assert [report.index for report in part.train_one(cfg)] == [2]
            assert list(part.train_one(cfg)) == [], "what is finished is left alone"
        yield home / "train" / "text_to_image"


@pytest.fixture
def drawing(trained: Path) -> studio.Studio:
    return emoji_studio.build(trained / "emoji.safetensors").eval().requires_grad_(False)


def test_what_was_trained_draws_says_and_remembers(drawing: studio.Studio) -> None:
    asked = {"prompt": "a blue cat, noto", "samples": 2, "steps": 2}
    *_, last = generate(drawing, options.GenerateOptions.parse(asked), seed=0)
    assert last.picture.shape == (2, 64, 64, 3)
    assert len(last.captions) == len(last.neighbours) == len(last.near) == 2
    assert all(caption[0] in "✓✗" for caption in last.captions)
    assert "“cat” in" in last.said
    assert drawing.memory is not None
    assert last.neighbours[0].rpartition(",")[0].rpartition(",")[0] in {
        n.rpartition(",")[0] for n in drawing.memory.names
    }
    said = next(
        iter(generate(drawing, options.GenerateOptions.parse({**asked, "prompt": "a cat and a house"}), seed=0))
    )
    assert "house" in said.said
    with pytest.raises(DemoError, match=r"never saw zebra; it draws \d+ kinds of things"):
        reading.asked(drawing, "a zebra")


def test_its_preview_is_fitted_to_its_own_pictures(drawing: studio.Studio) -> None:
    """The picture world has other colours, so what fits there fits worse here."""
    z, pictures = drawing._pairs()
    of_scenes = preview.fit(*preview.scenes(drawing.vae, drawing.side))
    small = F.interpolate(pictures, z.shape[-2:], mode="area")
    ours, theirs = (float((preview.colours(z, fitted) - small).abs().mean()) for fitted in (drawing.preview, of_scenes))
    assert ours < 0.9 * theirs


@pytest.mark.parametrize(
    ("run", "asked"),
    [
        (fork, options.ForkOptions.parse({"prompt": "a cat", "other_prompt": "an owl", "steps": 2, "samples": 1})),
        (edit, options.EditOptions.parse({"prompt": "a cat", "steps": 2, "samples": 1})),
        (outpaint, options.OutpaintOptions.parse({"prompt": "a cat", "steps": 2})),
        (blend, options.BlendOptions.parse({"prompt": "a cat", "other_prompt": "an owl", "steps": 2, "samples": 2})),
        (attend, options.AttendOptions.parse({"prompt": "a cat", "steps": 2})),
        (there_and_back, options.AutoencoderOptions.parse({"steps": 2})),
    ],
)
def test_every_run_of_pictures_from_words_draws_with_it(run: Any, asked: Any, drawing: studio.Studio) -> None:
    *_, last = run(drawing, asked, seed=0)
    assert last.index == last.total - 1


def test_its_quality_is_measured(drawing: studio.Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring_emoji, "load", lambda key: drawing)
    draw = measuring_emoji.pipeline.drawn
    monkeypatch.setattr(measuring_emoji.pipeline, "drawn", lambda pipe, texts, **_: draw(pipe, texts, steps=1))
    found = measuring_emoji.measure("text_to_image/emoji", 2)
    assert set(measuring_emoji.HALVES) <= set(found)
    assert found["nearest_median_new"] > 0
    assert 0 <= found["judge"]["concept"] <= 1
    monkeypatch.setattr(measuring_emoji.sheets, "SHOWN", 2)
    assert [row.shape for row in measuring_emoji.rows("text_to_image/emoji")] == [(2, 64, 64, 3)] * 3


def test_it_goes_on_from_shipped_weights_alone(trained: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    for path in (*trained.glob("*.safetensors"), *trained.glob("*.json")):
        shutil.copy(path, shipped)
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path / "home"))
    for module in (emoji_studio, train_emoji):
        monkeypatch.setattr(module, "SHIPPED", shipped)
    reports = list(train_emoji.train_one(train_emoji.TrainConfig(steps=4, batch_size=2)))
    assert [report.index for report in reports] == [4]
    card = json.loads((tmp_path / "home" / "train" / "text_to_image" / "emoji.json").read_text())
    assert card["begun_from"]["steps"] == 2
    assert card["steps"] == 4
