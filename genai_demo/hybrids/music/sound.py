"""A melody as a file: MIDI, or WAV in which a plucked tone plays it."""

from __future__ import annotations

import io
import wave

import mido
import numpy as np

from genai_demo.hybrids.music.melody import STEP_S, Notes

RATE = 22_050  # samples a second
PARTIALS = (1.0, 0.35, 0.18, 0.08)  # how loud the tone and its overtones are
ATTACK_S, DECAY_S, RELEASE_S = 0.008, 0.6, 0.05
LOUD = 0.5
TICKS = 480  # of a quarter
STEPS_A_QUARTER = 4


def frequency(pitch: float) -> float:
    """Hertz of a pitch as in MIDI; 69, A4, is 440."""
    return float(440 * 2 ** ((pitch - 69) / 12))


def samples(notes: Notes, steps: int, step_s: float = STEP_S) -> np.ndarray:
    """(n,) float from -1 to 1."""
    found = np.zeros(round((steps * step_s + RELEASE_S) * RATE) + 1)
    for at, length, pitch in notes:
        start, tone = round(at * step_s * RATE), _tone(frequency(pitch), length * step_s)
        room = found[start : start + len(tone)]
        room += tone[: len(room)]
    return np.clip(found, -1, 1)


def _tone(hertz: float, seconds: float) -> np.ndarray:
    t = np.arange(round((seconds + RELEASE_S) * RATE)) / RATE
    shape = np.minimum(1, t / ATTACK_S) * np.exp(-t / DECAY_S) * np.clip((seconds + RELEASE_S - t) / RELEASE_S, 0, 1)
    waves = sum(
        share * np.sin(2 * np.pi * hertz * (k + 1) * t)
        for k, share in enumerate(PARTIALS)
        if hertz * (k + 1) < RATE / 2
    )
    return np.asarray(LOUD * shape * waves / sum(PARTIALS))


def wav(notes: Notes, steps: int, step_s: float = STEP_S) -> bytes:
    """A WAV file, 16 bits, one channel."""
    packed = (samples(notes, steps, step_s) * 32767).astype("<i2").tobytes()
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE)
        writer.writeframes(packed)
    return file.getvalue()


def midi(notes: Notes, step_s: float = STEP_S) -> bytes:
    """A MIDI file of one track."""
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=round(step_s * STEPS_A_QUARTER * 1e6))])
    tick, now = TICKS // STEPS_A_QUARTER, 0
    for at, length, pitch in notes:
        track.append(mido.Message("note_on", note=pitch, velocity=80, time=at * tick - now))
        track.append(mido.Message("note_off", note=pitch, velocity=0, time=length * tick))
        now = (at + length) * tick
    file = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=TICKS, tracks=[track]).save(file=file)
    return file.getvalue()
