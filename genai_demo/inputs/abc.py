"""ABC, the notation in which tunes are written down as text: `K:G` on a line, then `G2 BG dGBG | A2 cA eAcA |`.

Letters are pitches (C to B from middle C, c to b above, ' and , move by an octave), numbers lengths in units of L.
Read are keys and modes, accidentals to the end of the bar, lengths, broken rhythms, tuplets, ties, rests and chords;
grace notes, ornaments and words are passed over, and what is to be played twice is read once. Standard: ABC 2.1.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from genai_demo.core.errors import DemoError, shown

SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
ACCIDENTALS = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
MIDDLE_C = 60
FIFTHS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
MODES = {"": 0, "maj": 0, "ion": 0, "mix": -1, "dor": -2, "m": -3, "min": -3, "aeo": -3, "phr": -4, "loc": -5, "lyd": 1}
SHARPS = "FCGDAEB"
NAMES = ("C", "^C", "D", "^D", "E", "F", "^F", "G", "^G", "A", "^A", "B")
OF_TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}  # so many notes in the time of so many; others in the time of two

HEADER = re.compile(r"^([A-Za-z]):\s*(.*)$")
LENGTH = r"(?P<{0}n>\d*)(?P<{0}s>/*)(?P<{0}d>\d*)"
NOTE = r"(?P<accidental>\^{1,2}|_{1,2}|=)?(?P<letter>[A-Ga-g])(?P<octave>[,']*)" + LENGTH.format("")
TOKEN = re.compile(
    r"(?P<field>\[[A-Za-z]:[^\]]*\])"
    r"|(?P<said>\"[^\"]*\"|![^!\n]*!|\{[^}]*\})"
    r"|(?P<bar>\[\||:*\|+[\]:|]*\]?|::+)(?P<ending>\[?[1-9][0-9,.-]*)?"
    r"|(?P<other>\[[1-9][0-9,.-]*)"
    r"|(?P<chord>\[(?:[\^_=]*[A-Ga-g][,']*[\d/]*\s*)+\])"
    + LENGTH.format("c")
    + r"|\((?P<tuplet>[2-9])(?P<more>:\d*:?\d*)?"
    rf"|(?P<note>{NOTE})|(?P<rest>[zxZ]){LENGTH.format('r')}|(?P<broken>>+|<+)|(?P<tie>-)"
    r"|(?P<skip>[\s()\\.~`*$HLMOPSTuvy])"
)


@dataclass(frozen=True, slots=True)
class Note:
    """at, length: in whole notes from the beginning; pitch: as in MIDI, 60 is middle C."""

    at: Fraction
    length: Fraction
    pitch: int


@dataclass
class Tune:
    """bars: where bar lines stand; meter: length of a bar; sharps: of the key, flats negative; chords: how many."""

    fields: dict[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    bars: list[Fraction] = field(default_factory=list)
    meter: Fraction = Fraction(1)
    sharps: int = 0
    chords: int = 0
    end: Fraction = Fraction(0)


def tunes(text: str) -> Iterator[Tune]:
    """The tunes of a book, each of which begins with X:; of one that can't be read nothing is said."""
    for part in re.split(r"^(?=X:)", text, flags=re.MULTILINE):
        if part.startswith("X:"):
            yield read(part, strict=False)


def read(text: str, *, strict: bool = True) -> Tune:
    """One tune. strict: raises DemoError at the first thing that is no ABC, which else is passed over."""
    reader = _Reader(strict)
    for line in text.splitlines():
        line = re.sub(r"(?<!\\)%.*$", "", line)
        if header := HEADER.match(line):
            reader.field(header[1], header[2])
        else:
            reader.music(line)
    return reader.done()


class _Reader:
    """What has been read so far."""

    def __init__(self, strict: bool) -> None:
        self.strict, self.tune = strict, Tune()
        self.unit: Fraction | None = None
        self.altered: dict[str, int] = {}  # by accidentals in this bar
        self.broken, self.tied = Fraction(1), False
        self.left, self.ratio = 0, Fraction(1)  # notes left of a tuplet; how long they are

    def done(self) -> Tune:
        self.tune.bars.append(self.tune.end)
        return self.tune

    def field(self, name: str, value: str) -> None:
        value = value.strip()
        self.tune.fields.setdefault(name, value)
        if name == "M":
            self.tune.meter = _meter(value, self.strict)
        elif name == "L":
            if found := re.fullmatch(r"(\d+)/(\d+)", value):
                self.unit = Fraction(int(found[1]), int(found[2]) or 1)
            elif self.strict:
                raise DemoError(f"L: is {shown(value)}; write a length such as 1/8")
        elif name == "K":
            self.tune.sharps = sharps(value, self.strict)

    def music(self, line: str) -> None:
        place = 0
        while place < len(line):
            found = TOKEN.match(line, place)
            if found is None:
                if self.strict:
                    raise DemoError(
                        f"{shown(line[place : place + 8])} in the melody is no note; write letters from C to b with "
                        "lengths, as in C2 D E3/2 G/"
                    )
                place += 1
                continue
            self._token(found)
            place = found.end()

    def _token(self, found: re.Match[str]) -> None:
        if found["field"]:
            self.field(found["field"][1], found["field"][3:-1])
        elif found["bar"]:
            self.altered = {}
            if not self.tune.bars or self.tune.bars[-1] != self.tune.end:
                self.tune.bars.append(self.tune.end)
        elif found["tuplet"]:
            self._tuplet(int(found["tuplet"]), (found["more"] or "").split(":")[1:])
        elif found["note"]:
            self._add(self._length(found), self._pitch(found["accidental"], found["letter"], found["octave"]))
        elif found["chord"]:
            inner = list(re.finditer(NOTE, found["chord"]))
            self.tune.chords += len(inner) > 1
            pitches = [self._pitch(one["accidental"], one["letter"], one["octave"]) for one in inner]
            self._add(self._length(inner[0]) * self._length(found, "c"), max(pitches))
        elif found["rest"]:
            self._add(self._length(found, "r") * (_whole(self) if found["rest"] == "Z" else 1), None)
        elif found["broken"]:
            self._break(found["broken"])
        elif found["tie"]:
            self.tied = True

    def _tuplet(self, count: int, more: list[str]) -> None:
        time = int(more[0]) if more and more[0] else OF_TUPLETS.get(count, 2)
        self.left = int(more[1]) if len(more) > 1 and more[1] else count
        self.ratio = Fraction(time, count)

    def _break(self, marks: str) -> None:
        """a>b: the note before is longer by half, the one to come shorter by half."""
        short = Fraction(1, 2 ** len(marks))
        before, self.broken = (2 - short, short) if marks[0] == ">" else (short, 2 - short)
        if self.tune.notes:
            last = self.tune.notes[-1]
            self.tune.notes[-1] = Note(last.at, last.length * before, last.pitch)
            self.tune.end = last.at + last.length * before

    def _length(self, found: re.Match[str], of: str = "") -> Fraction:
        n, slashes, d = (found[of + part] for part in "nsd")
        return Fraction(int(n or 1), (int(d) or 1) if d else 2 ** len(slashes))

    def _pitch(self, accidental: str | None, letter: str, octave: str) -> int:
        name = letter.upper()
        if accidental:
            self.altered[name] = ACCIDENTALS[accidental]
        by = self.altered.get(name, _altered(name, self.tune.sharps))
        high = 12 * (letter.islower() + octave.count("'") - octave.count(","))
        return MIDDLE_C + SEMITONES[name] + by + high

    def _add(self, units: Fraction, pitch: int | None) -> None:
        """A note, or a rest where there is no pitch; a tied one makes the one before longer."""
        if self.unit is None:
            self.unit = Fraction(1, 16) if self.tune.meter < Fraction(3, 4) else Fraction(1, 8)
        length = units * self.unit * self.broken
        self.broken = Fraction(1)
        if self.left:
            length, self.left = length * self.ratio, self.left - 1
        notes, at = self.tune.notes, self.tune.end
        if self.tied and notes and pitch == notes[-1].pitch:
            notes[-1] = Note(notes[-1].at, at + length - notes[-1].at, notes[-1].pitch)
        elif pitch is not None:
            notes.append(Note(at, length, pitch))
        self.tied = False
        self.tune.end = at + length


def _whole(reader: _Reader) -> Fraction:
    return reader.tune.meter / (reader.unit or Fraction(1, 8))


def _meter(value: str, strict: bool) -> Fraction:
    if value in ("C", "C|", "none", ""):
        return Fraction(1)
    found = re.fullmatch(r"(\d+)/(\d+)", value)
    if found and int(found[1]) and int(found[2]):
        return Fraction(int(found[1]), int(found[2]))
    if strict:
        raise DemoError(f"M: is {shown(value)}; write a meter such as 4/4")
    return Fraction(1)


def sharps(key: str, strict: bool = True) -> int:
    """How many sharps a key has; flats are negative. Raises DemoError."""
    found = re.match(r"([A-G])([#b]?)\s*([A-Za-z]*)", key)
    if not found or (mode := found[3][:3].lower()) not in MODES:
        if strict and key not in ("", "none", "Hp", "HP"):
            raise DemoError(f"K: is {shown(key)}; write a key such as G, Em or D mix")
        return 2 if key in ("Hp", "HP") else 0
    by = {"#": 7, "b": -7, "": 0}[found[2]]
    return FIFTHS[found[1]] + by + MODES[mode]


def _altered(letter: str, count: int) -> int:
    """How a key of that many sharps alters a letter."""
    place = SHARPS.index(letter)
    if count >= 0:
        return (count - place + 6) // 7
    return -((-count - (6 - place) + 6) // 7)


def written(notes: Iterable[tuple[int | None, int]], per_unit: int = 2) -> str:
    """Notes and rests (no pitch) with lengths in steps, as ABC in C with a note of `per_unit` steps for its unit."""
    sharp: set[str] = set()  # letters that an accidental has altered
    return " ".join(_name(pitch, sharp) + _units(length, per_unit) for pitch, length in notes)


def _name(pitch: int | None, sharp: set[str]) -> str:
    if pitch is None:
        return "z"
    octave, name = divmod(pitch - MIDDLE_C, 12)
    letter, accidental = NAMES[name][-1], NAMES[name][:-1]
    if not accidental and letter in sharp:
        accidental = "="
        sharp.discard(letter)
    elif accidental:
        sharp.add(letter)
    marks = "'" * (octave - 1) if octave >= 1 else "," * -octave
    return accidental + (letter.lower() if octave >= 1 else letter) + marks


@functools.lru_cache(1000)
def _units(length: int, per_unit: int) -> str:
    share = Fraction(length, per_unit)
    if share == 1:
        return ""
    if share.denominator == 1:
        return str(share.numerator)
    top = "" if share.numerator == 1 else str(share.numerator)
    return top + "/" + ("" if share.denominator == 2 else str(share.denominator))
