"""Options of the encoder's runs."""

from __future__ import annotations

from typing import Any, Literal

from genai_demo.core.options import Options, option
from genai_demo.inputs.pictures import LONGEST_PICTURE

TEXT = 4000  # characters
MASK = "[MASK]"
SENTENCES = (
    "A man is playing a guitar on stage.\n"
    "Someone performs music for a crowd.\n"
    "The cat sleeps on the sofa.\n"
    "A kitten is napping on the couch.\n"
    "The stock market fell sharply today.\n"
    "Shares lost much of their value."
)


def text_option(default: str, help: str = "The text that is read") -> Any:
    return option(default, help, longest=TEXT)


def page_option() -> Any:
    return option(0, "Which stretch of 48 tokens is drawn; 0 is the first", at_least=0, at_most=20, more=True)


def specials_option() -> Any:
    return option(False, "Draw the tokens for start and end too; many heads look there when they have nothing to do")


class FillOptions(Options):
    text: str = text_option(
        f"The doctor looked at the patient and gave him some {MASK}.", f"The text; {MASK} is a word that is hidden"
    )
    top: int = option(8, "How many words are listed for each gap", at_least=1, at_most=20)


class UnmaskOptions(Options):
    text: str = text_option(
        f"She opened the {MASK} {MASK} and saw that it was {MASK} {MASK} {MASK} outside.",
        f"The text, {MASK} for each hidden word; empty for nothing but gaps",
    )
    masks: int = option(0, "So many gaps are put behind the text", at_least=0, at_most=40)
    order: Literal["surest first", "left to right", "by chance"] = option(
        "surest first", "Which gap is filled next: where the model is surest, the first one, or any"
    )
    at_once: int = option(
        1, "How many gaps are filled in one pass; many at once do not know of each other", at_least=1, at_most=40
    )
    temperature: float = option(
        0.0, "How much chance has a say in which word is put in; 0 always takes the likeliest", at_least=0, at_most=2
    )
    repeats: bool = option(
        True, "A word may stand twice in a row; without, the likeliest other one is taken", more=True
    )
    top: int = option(8, "How many words are listed", at_least=1, at_most=20, more=True)


class InsideOptions(Options):
    text: str = text_option("The old man put the key in the lock because the door was shut.")
    specials: bool = specials_option()
    page: int = page_option()


class MasksOptions(Options):
    text: str = text_option("The bank of the river was covered with flowers.")
    specials: bool = specials_option()
    page: int = page_option()


class SwapOptions(Options):
    text: str = text_option("He sat on the bank of the river and watched the water.")
    word: str = option("river", "A word of it; its first place in the text is meant", longest=60)
    other: str = option("town", "What is put in its place", longest=60)


class SimilarOptions(Options):
    sentences: str = option(SENTENCES, "A sentence a line, 2 to 24 of them", longest=TEXT)


class TopicOptions(Options):
    text: str = text_option("a small animal with a bushy tail that lives in trees and hides nuts")


class NamesOptions(Options):
    text: str = text_option("Marie Curie was born in Warsaw and worked with her husband in Paris.")


class AnswerOptions(Options):
    question: str = option("What is zlib?", "What is asked of the text", longest=400)
    text: str = text_option(
        "zlib is a small library for compression. It was written by Jean-loup Gailly and Mark Adler, and it is used by "
        "many programs. This package contains the headers and the documentation."
    )
    top: int = option(5, "How many stretches are listed", at_least=1, at_most=12)


class FollowsOptions(Options):
    first: str = option("Return the first item of the list.", "The first sentence", longest=600)
    second: str = option("If the list is empty, an error is raised.", "Does this one follow it?", longest=600)


class PatchesOptions(Options):
    picture: str = option(
        "sample:84", "The picture to read: drawn, uploaded or sample:0 to sample:99", longest=LONGEST_PICTURE
    )
    shuffle: bool = option(False, "Lay the patches in another order, by the seed: does it need to know where they are?")


class NeuronsOptions(Options):
    text: str = text_option("She was born in May 1985, had no sisters, and left for Paris three years before the war.")
    layer: int = option(1, "Which layer, counted from 1", at_least=1, at_most=24)
    neuron: int = option(175, "Which of the layer's numbers, counted from 0", at_least=0, at_most=4095)
    sentences: int = option(200, "How many sentences of the library are read", at_least=20, at_most=1000)
