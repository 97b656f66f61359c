"""The words of the picture world as tokens: a word each, its space in front, as a tokenizer of Transformers.

A closed vocabulary: `unknown(text)` names the words of a question that the model was never taught.
"""

from __future__ import annotations

import functools
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from genai_demo.data.world import BACKGROUNDS, COLOURS, NUMBERS, SIZES
from genai_demo.data.world_kinds import KINDS, plural
from genai_demo.data.world_questions import NONE
from genai_demo.data.world_words import words_of

UNKNOWN, USER, ASSISTANT, END, PICTURE, TOLD = SPECIAL = (
    "<unk>",
    "<|user|>",
    "<|assistant|>",
    "<|end|>",
    "<|picture|>",
    "<|scene|>",
)
"""PICTURE stands where a patch is put in; TOLD before a scene that is told in words."""
PLACES = tuple(f"{name}{i}" for name in ("row", "column") for i in range(1, 9))
SAID = words_of(
    "a an and the there is are of in on at to or it what which thing things colour does have "
    "how many large where picture background describe do you see show this empty left right above below top "
    "bottom middle yes no"
)
SIGNS = (".", ",", "?")
TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPACE = "\u2581"  # in front of a word


@functools.cache
def vocabulary() -> tuple[str, ...]:
    """Every word, in alphabetical order."""
    kinds = [word for kind in KINDS for word in (kind, plural(kind))]
    grounds = [word for ground in BACKGROUNDS for word in ground.split()]
    return tuple(sorted({*kinds, *grounds, *COLOURS, *SIZES, *NUMBERS[1:], NONE, *PLACES, *SAID}))


@functools.cache
def tokenizer() -> Any:
    """A PreTrainedTokenizerFast. Small letters; a word or a sign a token; what it does not know is UNKNOWN."""
    pieces = [*SPECIAL, *SIGNS, *(SPACE + word for word in vocabulary())]
    made = Tokenizer(models.WordLevel({piece: i for i, piece in enumerate(pieces)}, UNKNOWN))
    made.normalizer = normalizers.Sequence([
        normalizers.Lowercase(),
        normalizers.Replace(Regex(r"[!;:]"), "."),
        normalizers.Replace(Regex(r"\s+"), " "),
        normalizers.Strip(),
    ])  # fmt: skip
    made.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation("isolated")])
    made.decoder = decoders.Metaspace()
    found = PreTrainedTokenizerFast(tokenizer_object=made, unk_token=UNKNOWN, eos_token=END)
    found.add_special_tokens({"additional_special_tokens": [USER, ASSISTANT, PICTURE, TOLD]})
    found.chat_template = TEMPLATE
    return found


@functools.cache
def numbers() -> dict[str, int]:
    """Token -> its number."""
    found: dict[str, int] = tokenizer().get_vocab()
    return found


@functools.lru_cache(50_000)
def ids_of(text: str) -> tuple[int, ...]:
    """Token numbers of plain text, quicker than by the tokenizer: for trainings, whose texts it knows whole."""
    return tuple(tokenizer().encode(text, add_special_tokens=False))


def known_ids(text: str) -> list[int]:
    """Token numbers of a text of words that it knows and signs behind them, in a tenth of the tokenizer's time.

    [] of any other text, which is the tokenizer's.
    """
    if not (text.isascii() and text.isprintable()):
        return []
    known, ids = numbers(), list[int]()
    for word in text.lower().split():
        plain = word.rstrip(".,?")
        number = known.get(SPACE + plain)
        if number is None:
            return []
        ids += [number, *(known[sign] for sign in word[len(plain) :])]
    return ids


def number_of(word: str) -> int:
    """The token of a word of the vocabulary, "house"."""
    return numbers()[SPACE + word]


def unknown(text: str) -> list[str]:
    """Words of a text that have no token, each once."""
    known = numbers()
    return [word for word in dict.fromkeys(words_of(text)) if SPACE + word not in known]
