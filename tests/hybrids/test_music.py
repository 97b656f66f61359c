"""Melodies: the notation, files, the recurrent VAE and the decoder, and what is said of what is none."""

from __future__ import annotations

import io
import random
import wave
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
import torch

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.data import tunes
from genai_demo.hybrids.music import compose, decoder, files, interpolate, melody, sound, vae
from genai_demo.hybrids.music.options import FIRST, SECOND
from genai_demo.hybrids.music.train_vae import TrainConfig, Training
from genai_demo.inputs import abc, midi

REEL = "X:1\nT:A reel\nM:C|\nL:1/8\nK:G\nD2|GABc d2BG|A2FA d2cA|~B3A {c}BA(3GFE|G4 G2:|"


def test_abc_is_read_as_its_standard_says() -> None:
    tune = abc.read("M:4/4\nL:1/8\nK:D\nF2 =F F | F>G (3ABc d2- | d2 z2 c'/ C,3/2 | [FA]4 ^^G2 _B2")
    pitches = [note.pitch for note in tune.notes]
    assert pitches == [66, 65, 65, 66, 67, 69, 71, 73, 74, 85, 49, 69, 69, 70]
    lengths = [note.length * 8 for note in tune.notes]
    third = Fraction(2, 3)
    assert lengths == [
        2,
        1,
        1,
        Fraction(3, 2),
        Fraction(1, 2),
        third,
        third,
        third,
        4,
        Fraction(1, 2),
        Fraction(3, 2),
        4,
        2,
        2,
    ]
    assert tune.chords == 1
    assert [abc.sharps(key) for key in ("C", "Em", "A dor", "Bb", "D mix", "F#m")] == [0, 1, 1, -2, 1, 3]


def test_what_is_written_is_read_again() -> None:
    draw = random.Random(0)
    for _ in range(20):
        steps = np.array(
            [draw.choice([tunes.HOLD, tunes.REST, draw.randrange(2, tunes.VOCABULARY)]) for _ in range(64)]
        )
        steps[0], steps[-1] = 20, 30
        assert melody.notes(melody.read(melody.text(melody.notes(steps))).steps) == melody.notes(steps)


def test_tunes_become_bars_in_a_key_without_sharps() -> None:
    (found,) = tunes.melodies(next(abc.tunes(REEL)), "none")
    assert len(found.steps) == 3 * tunes.BAR, "the pickup and the bar it is taken from are no whole bars"
    pitches = found.steps[found.steps >= tunes.FIRST] - tunes.FIRST + tunes.LOWEST
    assert set(pitches % 12) <= set(melody.SCALE)
    assert tunes.windows([found], 2).shape == (2, 32)
    assert [tunes.to_white_keys(sharps) for sharps in (0, 1, 2, -1, 6)] == [0, 5, -2, -5, 6]
    assert tunes.held("The Boyne Hunt -- Reel") == tunes.held("Boyne Hunt, The")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no note"),
        ("C", "1 note; give at least 2"),
        ("C " * 10_000, "characters; the limit is"),
        ("C " * 80, "10 bars; the limit is 8"),
        ("[CEG] D E", "1 chord, as in"),
        ("C// D//", "too short; make none shorter than a sixteenth"),
        ("C,,, D", "too high or too low; stay between"),
        ("do re mi", "is no note; write letters"),
        ("K:H\nC D", "write a key"),
    ],
)
def test_what_is_no_melody_is_said_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(DemoError, match=sentence) as error:
        list(run(Recipe("hybrids/interpolate", {"first": text})))
    assert "\n" not in str(error.value)


def test_a_midi_file_becomes_a_melody_and_back() -> None:
    steps = melody.read(FIRST).steps
    packed = files.as_file(FIRST, "midi")
    assert (melody.read(files.from_midi(packed)).steps == steps).all()
    for raw, sentence in ((b"", "damaged"), (packed[:30], "damaged"), (b"MThd" + bytes(40), "no note|damaged")):
        with pytest.raises(DemoError, match=sentence):
            files.from_midi(raw)
    track = mido.MidiTrack()
    for note in (60, 64, 67):
        track.append(mido.Message("note_on", note=note, velocity=80, time=0))
    track += [mido.Message("note_off", note=note, time=240) for note in (60, 64, 67)]
    with pytest.raises(DemoError, match="chords or second voices"):
        midi.melody(_saved(track))
    many = mido.MidiTrack()
    for _ in range(10_000):
        many += [mido.Message("note_on", note=60, time=0), mido.Message("note_off", note=60, time=120)]
    with pytest.raises(DemoError, match=r"10,000 notes; the limit is 500"):
        midi.melody(_saved(many))


def _saved(track: Any) -> bytes:
    file = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(file=file)
    return file.getvalue()


@pytest.mark.parametrize(("text", "hertz"), [("A8 A8", 440), ("a8 a8", 880), ("C8 C8", 261.6)])
def test_a_wav_sounds_as_its_notes_say(text: str, hertz: float) -> None:
    with wave.open(io.BytesIO(files.as_file(text, "wav"))) as reader:
        rate, raw = reader.getframerate(), np.frombuffer(reader.readframes(reader.getnframes()), "<i2")
    power = np.abs(np.fft.rfft(raw.astype(float)))
    assert np.fft.rfftfreq(len(raw), 1 / rate)[power.argmax()] == pytest.approx(hertz, abs=1)
    assert np.abs(raw).max() > 5000


def test_a_rest_is_silent() -> None:
    found = sound.samples([(0, 2, 69), (16, 2, 69)], 32)
    quiet = found[round(8 * melody.STEP_S * sound.RATE) : round(15 * melody.STEP_S * sound.RATE)]
    assert np.abs(quiet).max() == 0


def test_the_ends_are_the_melodies_that_were_given() -> None:
    frames: list[Any] = list(run(Recipe("hybrids/interpolate", {"between": 4})))
    assert len(frames) == 6
    for frame, text in ((frames[0], FIRST), (frames[-1], SECOND)):
        assert frame.heard["notes"] == melody.notes(melody.read(text).steps)
    assert (frames[0].from_first, frames[-1].from_second) == (0, 0)
    assert frames[1].from_first < frames[-2].from_first
    assert frames[0].nats == pytest.approx(frames[0].kl.sum())


def test_the_shorter_melody_is_played_again_and_keys_stay() -> None:
    frames: list[Any] = list(
        run(Recipe("hybrids/interpolate", {"first": "^F^G^A^c ^f2^d2", "second": FIRST + " | " + FIRST}))
    )
    assert {frame.heard["steps"] for frame in frames} == {64}
    assert melody.text(melody.notes(melody.read("^F4 ^G4").steps)).startswith("^F4 ^G4")
    given = melody.read("^F^G^A^c ^f2^d2 B4 ^c4")
    assert {melody.notes(given.known)[k][2] % 12 for k in range(6)} <= set(melody.SCALE)


def test_what_is_said_step_by_step_is_what_the_logits_say_at_once() -> None:
    torch.manual_seed(0)
    model, z = vae.TuneVae().eval(), torch.randn(3, vae.LATENT)
    said = model.decode(z)
    with torch.no_grad():
        assert (model.logits(z, vae.shifted(said)).argmax(-1) == said).all()
    own = decoder.TuneDecoder().eval()
    tokens = [token for token, _ in own.spoken(said[0, :4], 12, temperature=0, share=1, seed=0)]
    whole = torch.cat([said[0, :4], torch.tensor(tokens)])
    with torch.no_grad():
        assert own(whole[None])[0, 4:12].argmax(-1).tolist() == tokens, "with kept keys and values as without"


def test_a_search_only_comes_nearer() -> None:
    model = load("hybrids/tunes")
    given = melody.read("c C' ^f E b3 C a2 ^G2".replace("C'", "c'"))
    end, searched = (interpolate.end_of(model, given, steps) for steps in (0, 40))
    assert searched.found <= end.found == end.encoded
    one = torch.randn(2, vae.LATENT)
    assert interpolate.slerp(one, 2 * one.flip(0), 0.0).allclose(one, atol=1e-4)


def test_same_letters_same_bars_and_pushes_go_where_they_say() -> None:
    frames: list[Any] = list(run(Recipe("hybrids/compose", {"form": "ABAC", "temperature": 0})))
    steps = melody.read(frames[-1].heard["abc"]).steps.reshape(4, -1) if frames[-1].heard["notes"] else None
    assert steps is not None
    assert len(frames) == vae.STEPS // compose.EVERY
    model = load("hybrids/tunes")
    options = compose.ComposeOptions(form="ABAC")
    z = compose.codes(model, options, 0)
    assert z[0].equal(z[2])
    assert not z[0].equal(z[1])

    def mean(name: str, by: float) -> float:
        found = [list(run(Recipe("hybrids/compose", {name: by}, seed)))[-1] for seed in range(4)]
        return float(np.mean([one.mean_pitch if name == "higher" else one.notes for one in found]))

    for name in ("higher", "busier"):
        assert mean(name, 1.5) > mean(name, -1.5)


def test_what_is_gone_on_with_begins_with_what_was_given() -> None:
    frames: list[Any] = list(run(Recipe("hybrids/continue", {"bars": 2})))
    given = melody.notes(melody.read(FIRST).steps)
    assert frames[-1].heard["notes"][: len(given)] == given
    assert len(frames[-1].heard["notes"]) > len(given)
    assert frames[-1].index == frames[-1].total - 1
    with pytest.raises(DemoError, match="add fewer"):
        list(run(Recipe("hybrids/continue", {"bars": 7})))


def test_counting_knows_what_it_has_seen() -> None:
    rows = np.array([[5, 6, 7, 5, 6, 7, 5, 6]])
    grams = decoder.Grams(rows, 3)
    assert grams.chances((5, 6)).argmax() == 7
    assert grams.chances((5, 6)).sum() == pytest.approx(1)
    assert grams.nats(rows) < decoder.Grams(rows, 1).nats(rows)


def test_a_training_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    windows = torch.randint(tunes.VOCABULARY, (40, vae.STEPS), generator=generator(0))
    cfg = replace(TrainConfig(), batch_size=4, steps=4, warmup=1, rising=2)
    whole, half = (Training(cfg, windows) for _ in range(2))
    ends = [whole.advance() for _ in range(4)]
    for _ in range(2):
        half.advance()
    torch.save(half.state(), tmp_path / "state")
    rest = Training(cfg, windows)
    rest.restore(torch.load(tmp_path / "state", weights_only=True))
    assert [rest.advance(), rest.advance()] == pytest.approx(ends[2:], rel=1e-5)


def test_a_collapsed_network_says_the_same_whatever_is_given() -> None:
    found: dict[str, list[Any]] = {
        name: list(run(Recipe("hybrids/interpolate", model=f"hybrids/{name}"))) for name in ("tunes", "tunes-collapsed")
    }
    kinds = {name: len({one.heard["abc"] for one in frames[1:-1]}) for name, frames in found.items()}
    assert kinds["tunes-collapsed"] <= 2 < kinds["tunes"]
    assert max(one.nats for one in found["tunes-collapsed"]) < 1 < min(one.nats for one in found["tunes"])
    assert not any(one.used for one in found["tunes-collapsed"])
    assert "collapsed" in found["tunes-collapsed"][1].said
    assert "collapsed" not in found["tunes"][1].said


def test_step_by_step_the_decoder_says_what_it_says_at_once() -> None:
    model: Any = load("hybrids/tunes")
    z = torch.randn(3, vae.LATENT, generator=generator(0))
    steps = model.spoken(z, 0.8, 0)
    said, chances = torch.stack([token for token, _ in steps], 1), torch.stack([one for _, one in steps], 1)
    with torch.inference_mode():
        assert torch.softmax(model.logits(z, vae.shifted(said)) / 0.8, -1).allclose(chances, atol=1e-5)


def test_tokens_are_drawn_as_torch_draws() -> None:
    model: Any = load("hybrids/tunes")
    theirs = generator(1)
    for tokens, chances in model.spoken(torch.randn(4, vae.LATENT, generator=generator(0)), 1.0, 1):
        assert tokens.equal(torch.multinomial(chances, 1, generator=theirs)[:, 0])
