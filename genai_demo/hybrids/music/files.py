"""What pages ask of melodies besides runs: what a text sounds like, a melody from a MIDI file, files to keep."""

from __future__ import annotations

from typing import Any, Literal

from genai_demo.core.errors import DemoError, shown
from genai_demo.hybrids.music import melody, sound
from genai_demo.inputs import midi

Kind = Literal["midi", "wav"]
ENDINGS: dict[Kind, str] = {"midi": ".mid", "wav": ".wav"}


def looked_at(text: str) -> dict[str, Any]:
    """The notes of a melody in ABC, for a page to draw and play. Raises DemoError."""
    if len(text) > melody.LONGEST:
        raise DemoError(f"melody has {len(text)} characters; the limit is {melody.LONGEST}, shorten it")
    return melody.heard(melody.read(text, whole=1).steps)


def from_midi(raw: bytes) -> str:
    """A melody in ABC. Raises DemoError where the file has none that the networks take."""
    text = midi.melody(raw)
    melody.read(text, "the melody in the file", whole=1)
    return text


def as_file(text: str, kind: str) -> bytes:
    """A melody in ABC as a MIDI or WAV file. Raises DemoError."""
    found = looked_at(text)
    if kind == "midi":
        return sound.midi(found["notes"])
    if kind == "wav":
        return sound.wav(found["notes"], found["steps"])
    raise DemoError(f"kind is {shown(kind)}; choose midi or wav")
