"""Pairs of texts without a data set: numbers and dates in words, English sentences that are damaged and mended."""

from __future__ import annotations

import calendar
import random
import re
import zlib
from collections.abc import Sequence

from genai_demo.seq2seq.model import MASK, SENTINELS, TASKS
from genai_demo.seq2seq.options import LEARNT_DIGITS, YEAR_DIGITS, What

Pair = tuple[str, str]  # what is read, with its task's sign, and what is to be written
ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
    "twenty": "twentieth",
    "thirty": "thirtieth",
}
DATE = re.compile(r"(\d{1,9})-(\d\d)-(\d\d)")
TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
LEARNT_GAPS = 2  # of a damaged sentence in training, at most
LIMIT = 1_000_000_000  # below it numbers can be put in words here


def in_words(number: int) -> str:
    """123 -> "one hundred twenty-three"; 0 to LIMIT - 1."""
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + (f"-{ONES[number % 10]}" if number % 10 else "")
    for size, name in ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = f" {in_words(number % size)}" if number % size else ""
            return f"{in_words(number // size)} {name}{rest}"
    raise AssertionError


def number_pair(chance: random.Random) -> Pair:
    """A number of one to LEARNT_DIGITS digits, each length as likely; one in a hundred is held out (see `held`)."""
    while True:
        digits = chance.randint(1, LEARNT_DIGITS)
        number = chance.randrange(10 ** (digits - 1) if digits > 1 else 0, 10**digits)
        if not held(number):
            return f"{TASKS['words']} {number}", in_words(number)


def held(number: int) -> bool:
    """Whether a number is kept from training."""
    return number >= 100 and number * 7919 % 100 == 13


def date_in_words(text: str) -> str:
    """ "2024-03-07" -> "the seventh of March two thousand twenty-four"; "" where it is no date."""
    found = DATE.fullmatch(text)
    if not found:
        return ""
    year, month, day = map(int, found.groups())
    if not (1 <= month <= 12 and 1 <= day <= calendar.monthrange(2000 + year % 400, month)[1]):
        return ""
    *first, last = in_words(day).split("-")
    ordinal = "-".join([*first, ORDINALS.get(last, f"{last}th")])
    return f"the {ordinal} of {calendar.month_name[month]} {in_words(year)}"


def date_of(digits: int, chance: random.Random) -> str:
    """A day of a year with so many digits."""
    year, month = chance.randrange(10 ** (digits - 1), 10**digits), chance.randint(1, 12)
    return f"{year}-{month:02}-{chance.randint(1, calendar.monthrange(2000 + year % 400, month)[1]):02}"


def held_date(text: str) -> bool:
    """Whether a date is kept from training: one in a hundred, whatever its day."""
    return zlib.crc32(text.encode()) % 100 == 0


def date_pair(chance: random.Random) -> Pair:
    """A date whose year has YEAR_DIGITS digits, and it in words; one in a hundred is held out."""
    while True:
        text = date_of(YEAR_DIGITS, chance)
        if not held_date(text):
            return f"{TASKS['words']} {text}", date_in_words(text)


def right(text: str) -> str:
    """What a number or a date is in words; "" where a text is neither."""
    if text.isascii() and text.isdigit() and int(text) < LIMIT:
        return in_words(int(text))
    return date_in_words(text) if text.isascii() else ""


def unseen(what: What, digits: int, count: int, seed: int = 0) -> list[str]:
    """Numbers of so many digits, or dates whose years have, that no training saw."""
    if what == "numbers":
        return list(map(str, held_numbers(count, digits, seed)))
    chance, found = random.Random(seed), list[str]()
    while len(found) < count:
        text = date_of(digits, chance)
        if digits != YEAR_DIGITS or held_date(text):
            found.append(text)
    return found


def damaged(text: str, chance: random.Random, *, spans: bool = False, most: int = LEARNT_GAPS) -> Pair:
    """A sentence with one to `most` stretches of one to three words taken out, and what is to be written.

    As BART's infilling (Lewis et al. 2019): MASK in place of each stretch, and the whole sentence is written; with
    `spans` as T5's (Raffel et al. 2019): a sentinel in place of each, and they are written with what was there.
    """
    words = text.split()
    count = min(most, max(1, len(words) // 6), chance.randint(1, most))
    places = sorted(chance.sample(range(max(1, len(words) - 2)), min(count, max(1, len(words) - 2))))
    shown: list[str] = []
    missing: list[str] = []
    at = 0
    for place in places:
        if place < at:
            continue
        end = min(len(words), place + chance.randint(1, 3))
        shown += [*words[at:place], SENTINELS[len(missing) // 2] if spans else MASK]
        missing += [SENTINELS[len(missing) // 2], " ".join(words[place:end])]
        at = end
    shown += words[at:]
    sign = TASKS["spans" if spans else "repair"]
    return f"{sign} {' '.join(shown)}", " ".join(missing) if spans else text


def held_numbers(count: int, digits: int, seed: int = 0) -> Sequence[int]:
    """Numbers of so many digits that no training saw; of one or two digits it has seen all."""
    chance = random.Random(seed)
    found: list[int] = []
    while len(found) < count:
        number = chance.randrange(10 ** (digits - 1), 10**digits)
        if not 3 <= digits <= LEARNT_DIGITS or held(number):
            found.append(number)
    return found
