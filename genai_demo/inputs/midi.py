"""A melody from a MIDI file, as ABC. Reading files is mido's."""

from __future__ import annotations

import io
import itertools

import mido

from genai_demo.core.errors import DemoError
from genai_demo.inputs import abc

MOST_BYTES, MOST_NOTES = 200_000, 500
STEPS = 4  # of a quarter


def melody(raw: bytes) -> str:
    """The notes of the file in ABC, placed on sixteenths. Raises DemoError where it is no melody or can't be read."""
    if len(raw) > MOST_BYTES:
        raise DemoError(f"the MIDI file has {len(raw):,} bytes; the limit is {MOST_BYTES:,}, export the melody alone")
    notes = _notes(raw)
    if not notes:
        raise DemoError("the MIDI file has no note; choose one with a melody")
    if len(notes) > MOST_NOTES:
        raise DemoError(f"the MIDI file has {len(notes):,} notes; the limit is {MOST_NOTES}, cut out a few bars")
    together = sum(b[0] == a[0] for a, b in itertools.pairwise(notes))
    if together:
        raise DemoError(f"the MIDI file has {together} chords or second voices; a melody has one note at a time")
    parts: list[tuple[int | None, int]] = []
    end = begin = notes[0][0] // (4 * STEPS) * 4 * STEPS  # bars that are silent before it are left out
    for (at, stop, pitch), after in zip(notes, [*notes[1:], None]):
        if at > end:
            parts.append((None, at - end))
        end = max(at + 1, min(stop, after[0]) if after else stop)
        parts.append((pitch, end - at))
    return abc.written(parts) if end > begin else ""


def _notes(raw: bytes) -> list[tuple[int, int, int]]:
    """(first step, step after the last, pitch) in order; drums are left out."""
    try:
        file = mido.MidiFile(file=io.BytesIO(raw), clip=True)
        grain = file.ticks_per_beat / STEPS
        found: list[tuple[int, int, int]] = []
        for track in file.tracks:
            now, begun = 0, dict[tuple[int, int], int]()
            for message in track:
                now += message.time
                if message.type not in ("note_on", "note_off") or message.channel == 9:
                    continue
                key = (message.channel, message.note)
                if key in begun:
                    start = begun.pop(key)
                    found.append(
                        (round(start / grain), max(round(start / grain) + 1, round(now / grain)), message.note)
                    )
                if message.type == "note_on" and message.velocity:
                    begun[key] = now
    except Exception as error:  # of many kinds: whatever a file that was cut off or changed makes mido say
        raise DemoError(
            f"the MIDI file is damaged or none ({type(error).__name__}); choose a file that a MIDI player plays"
        ) from None
    return sorted(found)
