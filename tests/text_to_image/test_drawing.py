"""Drawing from words: equal to diffusers' pipeline, the same whether watched or not, and honest about words."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DDIMScheduler, DiTPipeline, StableDiffusionPipeline

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import pack
from genai_demo.data.world import Scene, Thing, draw
from genai_demo.diffusion.samplers import ddim
from genai_demo.inputs.pictures import encode_picture
from genai_demo.text_to_image import classes, detector, hub, options, reading, verdict
from genai_demo.text_to_image.attend import attend
from genai_demo.text_to_image.attention import Watcher
from genai_demo.text_to_image.autoencoder import as_pictures
from genai_demo.text_to_image.blend import blend
from genai_demo.text_to_image.codes import autoencoder
from genai_demo.text_to_image.edit import _Turn, edit, outpaint
from genai_demo.text_to_image.fork import fork
from genai_demo.text_to_image.generate import generate
from genai_demo.text_to_image.guidance import guidance, spread
from genai_demo.text_to_image.guide import Guide, features_of, noise_of
from genai_demo.text_to_image.studio import Studio
from tests.text_to_image.stand_in import class_net, tiny, tiny_classes

PROMPT = "a red cat to the left of a blue cup"


def pipeline() -> Any:
    studio = tiny()
    pipe = StableDiffusionPipeline(
        studio.vae,
        studio.text_encoder,
        studio.tokenizer,
        studio.unet,
        DDIMScheduler.from_config(studio.schedule),
        None,
        None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def drawn(**asked: Any) -> list[Any]:
    return list(
        generate(tiny(), options.GenerateOptions(**{"steps": 4, "samples": 2, "prompt": PROMPT, **asked}), seed=3)
    )


@torch.inference_mode()
def test_the_latents_are_those_of_the_pipeline_of_diffusers() -> None:
    studio, grid = tiny(), tiny().levels(5)
    prompt, free = (features_of(studio, reading.read(studio, text)) for text in (PROMPT, "a star"))
    guide, noise = Guide(studio, prompt, free, 4.0, grid), noise_of(studio, 0, 2)
    x = noise()
    for step in ddim(guide, x, grid[0], noise):
        z = step.after
    asked = {
        "negative_prompt": ["a star"] * 2,
        "num_inference_steps": 5,
        "guidance_scale": 4.0,
        "output_type": "latent",
    }
    theirs = pipeline()([PROMPT] * 2, latents=x, **asked).images
    assert float((z - theirs).abs().max()) < 1e-4


def test_looking_changes_no_bit() -> None:
    watched = drawn(maps=True, planes=True, look_for="a green boat", negative_prompt="a blue cat")
    plain = drawn(maps=False, negative_prompt="a blue cat")
    assert [frame.x.tobytes() for frame in watched] == [frame.x.tobytes() for frame in plain]
    assert np.array_equal(watched[-1].picture, plain[-1].picture)
    first = watched[0]
    words = [head.rpartition(" ")[0] for head in first.heads]
    assert words == ["red", "cat", "left", "blue", "cup", "not blue", "not cat", "? green", "? boat"]
    assert len(first.maps) == len(words)
    assert first.given is not None
    assert plain[0].maps is None
    assert pack(watched[-1])["lanes"]["what each word looks at"]["names"] == list(watched[-1].heads)


@torch.inference_mode()
def test_the_shares_of_all_tokens_are_one() -> None:
    studio = tiny()
    features, watcher = features_of(studio, reading.read(studio, PROMPT)), Watcher([0])
    studio.velocity(torch.randn(1, *studio.shape), 500, features, watcher=watcher)
    maps = watcher.maps(16, 16)
    assert maps.shape == (1, features.shape[1], 16, 16)
    assert torch.allclose(maps.sum(1), torch.ones(1, 16, 16), atol=1e-4)


def test_unknown_words_are_left_out_and_said() -> None:
    prompt = reading.asked(tiny(), "A red zebra and a blue cup, please!")
    assert prompt.words == ("A", "red", "and", "a", "blue", "cup")
    assert prompt.unknown == ("zebra", "please!".rstrip("!"))
    assert [piece.text for piece in prompt.pieces if piece.kind == "off"] == [" zebra", " please"]
    assert prompt.notice.endswith("which are left out.")
    assert "zebra" in drawn(prompt="a red cat and a zebra", steps=1)[0].said
    long = reading.read(tiny(), "a red cat and " * 20)
    assert long.cut
    assert "fit" in long.notice
    assert drawn(prompt="", steps=1)[0].said == ""


@pytest.mark.parametrize("prompt", ["a zebra", "🐈", "рыжий кот", "</s> <pad>", "'; drop table"])
def test_a_prompt_of_unknown_words_alone_is_refused(prompt: str) -> None:
    with pytest.raises(DemoError, match="never saw"):
        drawn(prompt=prompt)


@pytest.mark.parametrize("asked", [{"prompt": "a " * 50_000}, {"guidance_scale": 101}, {"steps": 0}, {"samples": 10}])
def test_what_is_out_of_bounds_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(DemoError):
        options.GenerateOptions.parse(asked)


@pytest.mark.parametrize("scale", [0, 1, 100])
def test_guidance_at_its_limits(scale: float) -> None:
    last = drawn(guidance_scale=scale, steps=2)[-1]
    assert last.picture.shape == (2, 64, 64, 3)
    assert last.evaluations == (2 if scale < 2 else 4)


@pytest.mark.parametrize("steps", [1, 20, 61, 300, 1000])
def test_every_number_of_steps_goes_from_noise_to_clean(steps: int) -> None:
    levels, times = tiny().levels(steps)
    assert levels.steps == len(times) >= steps - 1
    assert all(a > b for a, b in itertools.pairwise(times))
    assert times[-1] >= 0
    assert levels.sigma[0] == pytest.approx(1)
    assert levels.sigma[-1] == 0


def forked(**asked: Any) -> list[Any]:
    given = {"steps": 4, "samples": 1, "prompt": PROMPT, "other_prompt": "", **asked}
    return list(fork(tiny(), options.ForkOptions(**given), seed=0))


def test_two_ways_part_where_they_shall() -> None:
    apart = [frame.apart for frame in forked(other_prompt="a green boat", fork=2)]
    assert apart[:2] == [0, 0]
    assert apart[-1] > 0
    assert forked(word="red", weight=1)[-1].apart == pytest.approx(0, abs=1e-5)
    assert forked(word="red", weight=0)[-1].apart > 1e-4
    assert forked(sampler="ddpm")[-1].apart == pytest.approx(0, abs=1e-5), "both draw the same noise"
    assert forked(fork=4, other_prompt="a star")[-1].apart == 0
    for wrong in ({"fork": 5}, {"word": "green", "weight": 0}):
        with pytest.raises(DemoError):
            forked(**wrong)


def edited(**asked: Any) -> list[Any]:
    given = {"steps": 3, "samples": 2, "picture": "world:3", **asked}
    return list(edit(tiny(), options.EditOptions(**given), seed=0))


def test_an_edit_keeps_what_it_was_told_to_keep() -> None:
    hole = np.zeros((28, 28), np.uint8)
    with pytest.raises(DemoError, match="nothing to paint"):
        edited(where="painted", mask=encode_picture(hole))
    hole[:, 14:] = 255
    frames = edited(where="painted", mask=encode_picture(hole), strength=1)
    assert np.array_equal(frames[-1].picture[:, :, :32], np.broadcast_to(frames[-1].given[:, :, :32], (2, 64, 32, 3)))
    assert not np.array_equal(frames[-1].picture[0], frames[-1].picture[1])
    (still,) = edited(strength=0)
    assert still.moved == pytest.approx(0, abs=1e-6)
    assert np.array_equal(frames[-1].picture, edited(where="painted", strength=1)[-1].picture), "the right half"
    everything = edited(where="painted", mask=encode_picture(np.full((28, 28), 255, np.uint8)), strength=1)
    assert len(everything) == 4
    with pytest.raises(DemoError):
        edited(picture="world:x")


@pytest.mark.parametrize("side", ["right", "left", "below", "above"])
def test_the_canvas_grows_to_its_side(side: str) -> None:
    given = {"steps": 1, "times": 2, "side": side, "picture": "world:3", "resample": 1}
    *_, last = outpaint(tiny(), options.OutpaintOptions(**given), seed=0)
    across = side in ("right", "left")
    assert last.canvas.shape == ((1, 64, 128, 3) if across else (1, 128, 64, 3))
    old = last.canvas[:, :, :64] if side == "right" else last.canvas[:, :, -64:]
    if not across:
        old = last.canvas[:, :64] if side == "below" else last.canvas[:, -64:]
    assert np.array_equal(old[0], draw(edit_scene(3)))
    x = torch.randn(1, 4, 16, 16)
    turn = _Turn(side)
    window, hole = turn.window(x)
    assert window.shape == x.shape
    assert float(hole.mean()) == 0.5
    grown = turn.put(x, window)
    assert grown.numel() == 1.5 * x.numel()
    assert int((grown == 0).sum()) == x.numel() // 2


def edit_scene(number: int) -> Scene:
    from genai_demo.clip.pictures import scene

    return scene(number)[0]


def test_a_blend_begins_and_ends_at_its_prompts() -> None:
    *_, last = blend(tiny(), options.BlendOptions(steps=3, samples=3, prompt=PROMPT, other_prompt="a star"), seed=3)
    one = drawn(steps=3, samples=1)[-1].picture[0].astype(int)
    assert np.abs(last.picture[0] - one).max() <= 1
    assert np.abs(last.picture[2] - drawn(steps=3, samples=1, prompt="a star")[-1].picture[0].astype(int)).max() <= 1
    *_, noisy = blend(tiny(), options.BlendOptions(steps=2, samples=3, way="noise", prompt=PROMPT), seed=3)
    assert not np.array_equal(noisy.picture[0], noisy.picture[2])


def test_the_autoencoder_says_what_it_loses() -> None:
    frames = list(autoencoder(tiny(), options.AutoencoderOptions(channel=2, steps=2, amount=-3), seed=0))
    assert np.array_equal(frames[0].turned, frames[0].back)
    assert [frame.amount for frame in frames] == [0, -1.5, -3]
    assert frames[-1].moved > frames[0].moved == 0
    wrong = (frames[0].original.astype(float) - frames[0].back) / 255
    assert frames[0].decibels == pytest.approx(-10 * np.log10(np.square(wrong).mean()), abs=0.1)


def test_words_are_looked_for_in_a_picture() -> None:
    frames = list(attend(tiny(), options.AttendOptions(steps=2, prompt="a red cat"), seed=0))
    assert len(frames) == 2
    assert frames[0].mean.shape == (2, 64, 64, 3)
    assert frames[0].sigma > frames[1].sigma


def test_guidance_is_measured_at_every_scale() -> None:
    frames = list(guidance(tiny(), options.GuidanceOptions(prompts=1, samples=2, steps=1, most=2), seed=0))
    assert [frame.scale for frame in frames] == [0, 1, 2]
    assert all(0 <= frame.colours <= frame.things <= 1 for frame in frames)
    pair = torch.stack([torch.zeros(3, 2, 2), torch.full((3, 2, 2), 0.5)])
    assert spread(pair, 2) == pytest.approx(0.5)


def test_the_judge_says_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    cat, cup = Thing("cat", "red", "large", 0.2, 0.5, 0.2), Thing("cup", "blue", "small", 0.8, 0.5, 0.1)
    scenes = [Scene((cat, cup), "white"), Scene((cup,), "black")]
    monkeypatch.setattr(detector, "look", lambda *_: scenes)
    found = verdict.seen(tiny(), PROMPT, torch.zeros(2, 3, 64, 64))
    assert found.captions == ("✓ red cat, blue cup", "✗ blue cup")
    assert found.right == 1
    assert verdict.described(scenes[1]) == "a small blue cup on the right, on black"
    assert verdict.seen(tiny(), "cats of the night", torch.zeros(2, 3, 64, 64)).right is None


def test_a_pipeline_of_the_hub_is_a_studio(tmp_path: Path) -> None:
    pipeline().save_pretrained(tmp_path / "pipe")
    studio = hub.build(str(tmp_path / "pipe"))
    assert studio.judge is None
    frames = list(generate(studio.eval(), options.GenerateOptions(steps=1, samples=1, prompt=PROMPT), seed=0))
    same = list(generate(tiny(), options.GenerateOptions(steps=1, samples=1, prompt=PROMPT), seed=0))
    assert np.abs(frames[-1].picture.astype(int) - same[-1].picture).max() <= 1
    assert frames[-1].said == ""


def classed() -> DiTPipeline:
    """A transformer of three classes, as a pipeline of diffusers."""
    return DiTPipeline(class_net(), tiny().vae, DDIMScheduler(clip_sample=False))


@pytest.fixture(scope="module")
def classes_of(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    place = tmp_path_factory.mktemp("dit")
    classed().save_pretrained(place)
    index = json.loads((place / "model_index.json").read_text())  # the names stand there, as on the hub
    index["id2label"] = {"0": "goldfish, Carassius auratus", "1": "golden retriever", "2": "retriever"}
    (place / "model_index.json").write_text(json.dumps(index))
    studio = classes.build(str(place))
    return studio.eval()


def test_a_transformer_that_is_told_a_class_draws_as_its_pipeline(classes_of: Studio) -> None:
    pipe = classed()
    asked = options.GenerateOptions(steps=3, samples=1, prompt="a golden retriever", guidance_scale=4.0)
    frames = list(generate(classes_of, asked, seed=3))
    noise = noise_of(classes_of, 3, 1)()
    latents = torch.cat([noise, noise])
    pipe.scheduler.set_timesteps(3)
    with torch.inference_mode():
        for t in pipe.scheduler.timesteps:
            told = pipe.transformer(latents, t.expand(2), torch.tensor([1, 3])).sample[:, :4]
            given, free = told.chunk(2)
            latents = pipe.scheduler.step((free + 4.0 * (given - free)).repeat(2, 1, 1, 1), t, latents).prev_sample
        decoded = classes_of.decode(latents[:1])
    assert np.abs(frames[-1].picture.astype(int) - as_pictures(decoded)).max() <= 1
    assert frames[0].maps is None
    assert frames[0].said == "It never saw a, which is left out.", "what it can't read is said"
    assert reading.read(classes_of, "a golden retriever").words == ("golden", "retriever")
    assert reading.read(classes_of, "Carassius auratus!").ids.tolist() == [[0]]


def test_a_class_is_wanted_where_no_words_are_read() -> None:
    classes_of = tiny_classes()
    with pytest.raises(DemoError, match="one of 3 classes, such as goldfish"):
        next(iter(generate(classes_of, options.GenerateOptions(prompt="a zebra"), seed=0)))
    asked = options.ForkOptions(prompt="goldfish", other_prompt="", word="goldfish", weight=2, steps=1, samples=1)
    with pytest.raises(DemoError, match="looks at no words"):
        list(fork(classes_of, asked, seed=0))


@pytest.mark.parametrize(
    ("run", "given"),
    [
        (edit, options.EditOptions(prompt="goldfish", strength=0.5, steps=2, samples=1)),
        (outpaint, options.OutpaintOptions(prompt="goldfish", steps=1, samples=1, resample=1)),
        (fork, options.ForkOptions(prompt="goldfish", other_prompt="retriever", fork=1, steps=2, samples=1)),
        (autoencoder, options.AutoencoderOptions(steps=1)),
    ],
)
def test_other_runs_take_a_class_too(run: Any, given: Any) -> None:
    frames = list(run(tiny_classes(), given, seed=1))
    assert len(frames) == frames[0].total


def test_two_classes_are_mixed_as_two_prompts_are() -> None:
    asked = options.BlendOptions(prompt="goldfish", other_prompt="retriever", samples=3, steps=1, way="words")
    ends = [list(blend(tiny_classes(), asked, seed=0))[-1].picture[i] for i in (0, 1, 2)]
    assert not np.array_equal(ends[0], ends[1])
    assert not np.array_equal(ends[1], ends[2])
