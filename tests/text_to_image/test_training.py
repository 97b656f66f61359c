"""The trainings of text to picture go on exactly where they were stopped, and end as a pipeline of diffusers."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from PIL import Image

from genai_demo.core.cards import write_card
from genai_demo.core.device import seeded
from genai_demo.core.errors import DemoError
from genai_demo.core.spec import WEIGHTS
from genai_demo.core.training import MOST_BYTES, Journal, Resumable, halved, stated, write_weights
from genai_demo.data.world import COLOURS, OPPOSITE, random_scene
from genai_demo.data.world_kinds import KINDS
from genai_demo.data.world_words import WAYS, parse
from genai_demo.text_to_image import (
    autoencoder,
    cascade,
    denoiser,
    detector,
    latents,
    look,
    measuring,
    pipeline,
    quantized,
    readers,
    studio,
    train,
    train_autoencoder,
    train_cascade,
    train_codes,
    train_denoiser,
    train_detector,
    train_text,
    writer,
)
from genai_demo.text_to_image.train import train_all


def some_latents() -> latents.Encoded:
    random = torch.Generator().manual_seed(0)
    ids = denoiser.ids_of(["a red cat", "two blue stars"] * 4).byte()[:, None].expand(-1, 4, -1)
    plan = torch.randint(7, (8, 3, latents.CELLS, latents.CELLS), generator=random).byte()
    return latents.Encoded(torch.randn((8, *autoencoder.LATENT), generator=random).half(), ids, plan)


TRAININGS: dict[str, Callable[[], Any]] = {
    "autoencoder": lambda: train_autoencoder.Training(train_autoencoder.TrainConfig(steps=10, batch_size=2)),
    "detector": lambda: train_detector.Training(train_detector.TrainConfig(steps=10, batch_size=2)),
    "text": lambda: train_text.Training(train_text.TrainConfig(steps=10, batch_size=4), *train_text.earlier()[:1]),
    "denoiser": lambda: train_denoiser.Training(
        train_denoiser.TrainConfig(steps=10, batch_size=2), some_latents(), 0.5
    ),
    "dit": lambda: train_denoiser.Training(
        train_denoiser.TrainConfig(steps=10, batch_size=2), some_latents(), 0.5, "dit"
    ),
    "straight": lambda: train_denoiser.Training(
        train_denoiser.TrainConfig(steps=10, batch_size=2), some_latents(), 0.5, "flow"
    ),
}


def a_tokenizer(way: Any) -> Any:
    return train_codes.TokenizerTraining(train_codes.TokenizerConfig(steps=10, batch_size=16), way, some_latents().z)


def a_writer() -> Any:
    data = some_latents()
    with seeded(0):
        words = denoiser.empty().text_encoder.state_dict()
    codes = (torch.arange(len(data.z) * quantized.GRID**2) % quantized.CODES).view(len(data.z), -1).short()
    return train_codes.WriterTraining(train_codes.WriterConfig(steps=10, batch_size=2), codes, data.ids, words)


CODES: dict[str, Callable[[], Any]] = {
    **{way: functools.partial(a_tokenizer, way) for way in quantized.WAYS},
    train_codes.WRITER: a_writer,
}


def some_scenes() -> latents.Drawn:
    data = some_latents()
    pixels = np.random.default_rng(0).integers(0, 256, (8, autoencoder.SIDE, autoencoder.SIDE, 3), np.uint8)
    return latents.Drawn(pixels, data.ids, data.plan)


def a_cascade(name: str) -> Any:
    with seeded(0):
        words = denoiser.empty().text_encoder.state_dict()
    return train_cascade.KINDS[name][0](train_cascade.TrainConfig(steps=10, batch_size=2), some_scenes(), words)


CASCADES = {name: functools.partial(a_cascade, name) for name in train_cascade.KINDS}


@pytest.mark.parametrize("name", [*TRAININGS, *CASCADES, *CODES])
def test_a_training_goes_on_exactly_where_it_was_stopped(name: str, tmp_path: Path) -> None:
    def losses(training: Any, steps: int) -> list[Any]:
        return [torch.as_tensor(training.advance()).tolist() for _ in range(steps)]

    made = {**TRAININGS, **CASCADES, **CODES}[name]
    whole: Resumable = made()
    first = losses(whole, 1)
    torch.save(whole.state(), tmp_path / "state.pt")
    rest = losses(whole, 2)
    other: Resumable = made()
    other.restore(torch.load(tmp_path / "state.pt", weights_only=True))
    assert losses(other, 2) == rest
    assert first != rest[:1]


def test_the_autoencoder_learns() -> None:
    x, noise = train_autoencoder.judged(4), torch.zeros(4, *autoencoder.LATENT)
    training = train_autoencoder.Training(train_autoencoder.TrainConfig(steps=16, batch_size=2, warmup=4))

    @torch.no_grad()
    def wrong() -> float:
        return float(autoencoder.losses(training.model, x, noise)[0])

    before = wrong()
    for _ in range(16):
        training.advance()
    assert wrong() < 0.95 * before


def perfect(scenes: list[Any]) -> detector.Seen:
    """What a detector would say that makes no mistake."""
    cells, boxes, grounds = detector.truth(scenes)
    shape, at = (len(scenes), detector.CELLS, detector.CELLS), tuple(cells[:, :3].T)
    there, box = torch.full(shape, -5.0), torch.zeros(*shape, 3)
    kind, colour = (torch.zeros(*shape, len(names)) for names in detector.NAMES[:2])
    there[at], box[at], kind[(*at, cells[:, 3])], colour[(*at, cells[:, 4])] = 5.0, boxes, 9.0, 9.0
    return detector.Seen(there, kind, colour, box, torch.eye(len(detector.NAMES[2]))[grounds])


def test_a_perfect_detector_reads_back_every_scene() -> None:
    rng = np.random.default_rng(0)
    scenes = [random_scene(rng, 5) for _ in range(60)]
    for scene, found in zip(scenes, detector._read(perfect(scenes)), strict=True):
        order = {thing.words: thing for thing in found.things}
        assert sorted(t.words for t in scene.things) == sorted(t.words for t in found.things)
        assert found.background == scene.background
        if len(order) == len(scene.things):
            for thing in scene.things:
                seen = order[thing.words]
                assert (seen.size, seen.kind) == (thing.size, thing.kind)
                assert [seen.x, seen.y, seen.radius] == pytest.approx([thing.x, thing.y, thing.radius], abs=1e-5)


def test_the_last_step_is_noise_alone_and_a_right_velocity_leads_back() -> None:
    schedule = denoiser.scheduler()
    assert float(schedule.alphas_cumprod[-1]) == pytest.approx(0, abs=1e-9)
    z, noise, t = torch.randn(1, 4, 16, 16), torch.randn(1, 4, 16, 16), torch.tensor([600])
    schedule.set_timesteps(20)
    back = schedule.step(schedule.get_velocity(z, noise, t), 600, schedule.add_noise(z, noise, t))
    assert torch.allclose(back.pred_original_sample, z, atol=1e-4)


def test_words_become_numbers_and_unknown_ones_are_told_apart() -> None:
    words = denoiser.tokenizer()
    same = denoiser.ids_of(["A red cat, and a blue cup", "a red cat and a blue cup", "a red cat and a blue zebra"])
    assert torch.equal(same[0], same[1])
    assert (same[2] == words.unk_token_id).sum() == 1
    assert denoiser.ids_of(["a " * 500]).shape == (1, denoiser.WORDS)


def test_every_file_of_weights_may_be_shipped() -> None:
    parts = denoiser.empty()
    for net in (autoencoder.empty(), parts.unet, parts.text_encoder, detector.empty()):
        assert 2 * sum(p.numel() for p in net.parameters()) < MOST_BYTES


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache folder of its own, and everything a training needs in small."""
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path))
    monkeypatch.setattr(train_autoencoder, "JUDGED", 4)
    monkeypatch.setattr(train_detector, "JUDGED", 4)
    monkeypatch.setattr(measuring, "PROMPTS", 2)
    monkeypatch.setattr(look, "JUDGED", 2)
    monkeypatch.setattr(look, "SHOWN", 2)
    draw = pipeline.drawn
    for module in (measuring, pipeline):  # in one step
        monkeypatch.setattr(module, "drawn", lambda pipe, prompts, **_: draw(pipe, prompts, steps=1))
    monkeypatch.setattr(latents, "A_FILE", 8)
    return tmp_path / "train" / "text_to_image"


def test_all_end_in_a_pipeline_that_diffusers_reads(home: Path) -> None:
    with pytest.raises(DemoError, match="autoencoder is not trained"):
        list(train_denoiser.train_one())
    with pytest.raises(DemoError, match="no training has begun"):
        look.main(home / "look.png")
    done = [
        *train_autoencoder.train_one(train_autoencoder.TrainConfig(steps=2, batch_size=2)),
        *train_detector.train_one(train_detector.TrainConfig(steps=2, batch_size=2)),
        *train_text.train_one(train_text.TrainConfig(steps=2, batch_size=4)),
    ]
    cfg = train_denoiser.TrainConfig(steps=2, batch_size=2, scenes=16)
    for name in train_denoiser.NAMES:
        done += train_denoiser.train_one(cfg, name=name)
    assert [(report.model, report.index) for report in done] == [(name, 2) for name in TRAININGS]
    assert list(train_denoiser.train_one(cfg)) == [], "what is finished is left alone"
    quality = json.loads((home / "denoiser.json").read_text())["quality"]
    assert set(measuring.HALVES) <= set(quality)
    assert json.loads((home / "autoencoder.json").read_text())["quality"]["decibels"] > 0
    look.main(home / "look.png")
    with Image.open(home / "look.png") as sheet:
        assert sheet.width >= look.SHOWN * autoencoder.SIDE, "two rows of the autoencoder, three of prompts"
        assert sheet.height >= 5 * autoencoder.SIDE
    ours = pipeline.assembled(home)
    theirs = StableDiffusionPipeline.from_pretrained(home / "pipeline").to(torch.float32)
    theirs.set_progress_bar_config(disable=True)
    prompts = ["a red cat to the left of a blue cup", ""]
    same = [pipeline.drawn(pipe, prompts) for pipe in (ours, theirs)]
    assert same[0].shape == (2, autoencoder.SIDE, autoencoder.SIDE, 3)
    assert np.abs(same[0].astype(int) - same[1]).max() <= 1, "another memory layout, the same picture"


def test_the_cascade_ends_in_files_that_its_networks_read(home: Path) -> None:
    cfg = train_cascade.TrainConfig(steps=2, batch_size=2, scenes=16)
    for name, empty in ((train_cascade.BASE, cascade.base()), (train_cascade.ENLARGER, cascade.enlarger())):
        assert [report.index for report in train_cascade.train_one(cfg, name=name)] == [2]
        assert list(train_cascade.train_one(cfg, name=name)) == [], "what is finished is left alone"
        empty.load_state_dict(studio.floats(home / f"{name}.safetensors"))
        assert json.loads((home / f"{name}.json").read_text())["steps"] == 2


def test_codes_end_in_files_that_their_networks_read(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DemoError, match="fsq tokenizer is not trained"):
        list(train_codes.train_writer())
    list(train_autoencoder.train_one(train_autoencoder.TrainConfig(steps=2, batch_size=2)))
    monkeypatch.setattr(train_codes, "JUDGED", 8)
    cfg = train_codes.TokenizerConfig(steps=2, batch_size=16, scenes=16)
    for way in quantized.WAYS:
        assert [report.index for report in train_codes.train_tokenizer(cfg, way=way)] == [2]
        quality = json.loads((home / f"{way}.json").read_text())["quality"]
        assert 1 <= quality["perplexity"] <= quality["used"] <= quality["codes"] == quantized.CODES
        quantized.build(home / f"{way}.safetensors", way)
    written = train_codes.WriterConfig(steps=2, batch_size=2, scenes=16)
    assert [report.index for report in train_codes.train_writer(written)] == [2]
    assert list(train_codes.train_writer(written)) == [], "what is finished is left alone"
    writer.empty().load_state_dict(studio.floats(home / "writer.safetensors"))


def test_the_first_network_of_the_cascade_begins_from_the_latent_denoiser() -> None:
    begun, other = a_cascade("base").model.state_dict(), cascade.base().state_dict()
    shipped = studio.floats(WEIGHTS / "text_to_image" / "denoiser.safetensors")
    taken = [name for name in other if torch.equal(begun[name], shipped[f"unet.{name}"])]
    assert set(other) - set(taken) == {"conv_in.weight", "conv_out.weight", "conv_out.bias"}


def test_flow_matching_begins_with_the_transformer_that_learnt_velocities(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training, notes = TRAININGS["straight"](), Journal(tmp_path / "straight.pt", {})
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "SHIPPED", tmp_path)
        with pytest.raises(DemoError, match="the dit is not trained yet"):
            train_denoiser.begin(notes, training, tmp_path)
    train_denoiser.begin(notes, training, tmp_path)
    shipped = studio.floats(WEIGHTS / "text_to_image" / "dit.safetensors")
    assert all(torch.equal(value, shipped[name]) for name, value in training.model.state_dict().items())
    assert all(torch.equal(value, shipped[name]) for name, value in training.average.state_dict().items())
    own = tmp_path / "dit.safetensors"
    write_weights(own, halved(shipped))
    write_card(own, steps=7, training={}, quality={})
    train_denoiser.begin(notes, training, tmp_path)
    assert notes.begun["steps"] == 7, "one that was trained here comes before the shipped one"


@pytest.mark.parametrize("name", train_denoiser.NAMES)
def test_the_plan_is_that_of_the_shipped_weights(name: str) -> None:
    """So that the command makes them again, or goes on from them where more steps are planned."""
    card = json.loads((WEIGHTS / "text_to_image" / f"{name}.json").read_text())
    plan = stated(train_denoiser.TrainConfig(**train_denoiser.PLANS.get(name, {}), precision="float32"))
    assert plan == {key: card["training"][key] for key in plan}
    assert card["steps"] == plan["steps"]


def test_first_cards_of_models_count_them_whole_and_say_what_is_weak(tmp_path: Path) -> None:
    shipped = WEIGHTS / "text_to_image"
    for file in shipped.iterdir():
        (tmp_path / file.name).symlink_to(file)
    cards = {name: json.loads((shipped / f"{name}.json").read_text()) for name in train.WHOLE}
    for name, card in cards.items():
        (tmp_path / f"{name}.json").unlink()
        (tmp_path / f"{name}.json").write_text(json.dumps({**card, "parameters": 0, "weak": ""}))
    train.counted(tmp_path)
    assert {name: json.loads((tmp_path / f"{name}.json").read_text()) for name in cards} == cards


def test_captions_for_the_denoiser_name_every_thing() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        scene = random_scene(rng)
        wanted = parse(latents.caption(scene, rng))
        assert wanted is not None
        assert sum(asked.count for asked in wanted.things) == len(scene.things)


def test_latents_are_kept_and_made_once(home: Path) -> None:
    vae = autoencoder.empty()
    data = latents.load(home, 16, vae, seed=0)
    again = latents.load(home, 16, vae, seed=0)
    assert torch.equal(data.z, again.z)
    assert data.z.shape == (16, *autoencoder.LATENT)
    assert (data.ids != denoiser.tokenizer().unk_token_id).all()
    assert not torch.equal(data.z[:8], data.z[8:])


def test_a_text_encoder_learns_before_and_stays_as_it_is() -> None:
    training = TRAININGS["denoiser"]()
    words = {name: value.clone() for name, value in training.model.text_encoder.state_dict().items()}
    training.advance()
    for model in (training.model, training.average):
        assert all(torch.equal(value, words[name]) for name, value in model.text_encoder.state_dict().items())


def test_a_prompt_is_captioned_with_how_things_lie_or_without() -> None:
    rng = np.random.default_rng(0)
    for placed in (True, False):
        for _ in range(20):
            text, scene = train_text.captioned(rng, placed, 0.5)
            wanted = parse(text)
            assert wanted is not None
            assert bool(wanted.relations or wanted.place) == placed
            kind, across, down = train_text.thing_of(scene, rng)
            assert any(
                (list(KINDS)[kind], across / 4 <= thing.x <= (across + 1) / 4, down / 4 <= thing.y <= (down + 1) / 4)
                == (thing.kind, True, True)
                for thing in scene.things
            )


def test_words_for_places_are_learnt_from_captions_alone() -> None:
    training = train_text.Training(train_text.TrainConfig(steps=40, batch_size=8, warmup=4))
    first = [training.advance() for _ in range(5)]
    last = [training.advance() for _ in range(30)][-5:]
    assert np.mean(last) < np.mean(first)
    assert 0 <= train_text.told_apart(training.model.eval(), training.reader) <= 1


def test_a_plan_says_what_lies_where() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        scene = random_scene(rng)
        kinds, colours, ground = latents.plan(scene)
        assert {latents.NAMES[2][i] for i in np.unique(ground)} - {""} == {scene.background}
        assert ((ground == 0) == (kinds > 0)).all()
        assert {latents.NAMES[0][i] for i in np.unique(kinds)} - {""} == {thing.kind for thing in scene.things}
        assert {latents.NAMES[1][i] for i in np.unique(colours)} - {""} == {thing.colour for thing in scene.things}
        for thing in scene.things:
            x, y = (min(int(at * latents.CELLS), latents.CELLS - 1) for at in (thing.x, thing.y))
            assert latents.NAMES[0][kinds[y, x]] in ("", thing.kind)


@pytest.mark.parametrize("held_out", [False, True])
def test_questions_about_captions_have_the_answers_that_the_captions_give(held_out: bool) -> None:
    asked = readers.questions(20, np.random.default_rng(0), held_out)
    for text, kind, colour, side in zip(
        asked.texts, *(part.tolist() for part in (asked.kind, asked.colour, asked.side))
    ):
        kind, colour, side = list(KINDS)[kind], list(COLOURS)[colour], list(OPPOSITE)[side]
        assert f"{colour} {kind}" in text
        way = next(way for ways in WAYS.values() for way in sorted(ways, key=len, reverse=True) if f" {way} " in text)
        said_first = text.index(f"{colour} {kind}") < text.index(f" {way} ")
        assert way in WAYS[side if said_first else OPPOSITE[side]]


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(DemoError, match="decoder"):
        list(train_all(("decoder",)))
