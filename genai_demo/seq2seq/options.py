"""Options of the encoder-decoder's runs."""

from __future__ import annotations

from typing import Any, Literal

from genai_demo.core.options import Options, option

TEXT = 4000  # characters
LEARNT_DIGITS = 6  # of numbers in training
YEAR_DIGITS = 4  # of the years of dates in training
Task = Literal["fr", "de", "es", "it"]
What = Literal["numbers", "dates"]
GAP = "[MASK]"
SIMPLE = "It is a simple program to convert sound files."
ENGLISH = "This package provides a graphical interface for the program."


def text_option(default: str = ENGLISH) -> Any:
    return option(default, "What is read: English", longest=TEXT)


def task_option() -> Any:
    return option("fr", "The sign put before the text: into which language")


def limit_option() -> Any:
    return option(60, "How many pieces are written at most", at_least=2, at_most=94, more=True)


def layer_option() -> Any:
    return option(
        0,
        "Which of the decoder's layers is drawn, 1 is the first; 0 or too many: the last",
        at_least=0,
        at_most=24,
        more=True,
    )


class TranslateOptions(Options):
    text: str = text_option()
    task: Task = task_option()
    choose: Literal["likeliest", "by chance"] = option(
        "likeliest", "Take the likeliest piece at each step, or let chance decide by the probabilities"
    )
    temperature: float = option(
        0.8, "Of chance: below 1 the likely pieces gain, above 1 the rare ones", at_least=0.1, at_most=2
    )
    top: int = option(8, "How many pieces are listed at each step", at_least=1, at_most=20, more=True)
    layer: int = layer_option()
    most: int = limit_option()


class BeamOptions(Options):
    text: str = text_option(SIMPLE)
    task: Task = task_option()
    beams: int = option(4, "How many beginnings are kept at each step", at_least=1, at_most=8)
    length_penalty: float = option(
        1.0,
        "A score is the log-probability over the length to this power: more favours long ones",
        at_least=0,
        at_most=2,
    )
    begin: str = option(
        "", "Decode on from these first words; a click in the tree sets them, empty for none", longest=400
    )
    most: int = limit_option()


class ForceOptions(Options):
    text: str = text_option("This package contains the documentation.")
    task: Task = task_option()
    given: str = option("Ce paquet contient la documentation.", "The translation that is scored", longest=TEXT)
    other: str = option("", "Another one beside it; empty for what the model writes by itself", longest=TEXT)
    top: int = option(8, "How many pieces are listed at each place", at_least=1, at_most=20, more=True)


class CompareOptions(Options):
    text: str = text_option(SIMPLE)
    task: Task = task_option()
    beams: int = option(4, "How many beginnings beam search keeps at each step", at_least=1, at_most=8)
    temperature: float = option(
        1.0, "Of chance: below 1 the likely pieces gain, above 1 the rare ones", at_least=0.1, at_most=2
    )
    length_penalty: float = option(
        0.0, "Of beam search: 0 looks for the likeliest text, more favours long ones", at_least=0, at_most=2, more=True
    )
    most: int = limit_option()


class MendOptions(Options):
    text: str = option(
        f"he was sent {GAP} prison for three years", f"English with gaps; {GAP} is one or several words", longest=TEXT
    )
    way: Literal["repair", "spans"] = option("repair", "Write the whole text, as BART, or only what is missing, as T5")
    top: int = option(8, "How many pieces are listed at each step", at_least=1, at_most=20, more=True)
    layer: int = layer_option()
    most: int = limit_option()


class ExactOptions(Options):
    text: str = option("472108", "A number of up to nine digits, or a date as 2024-03-07", longest=40)
    tried: int = option(20, "How many of each length are tried at the end", at_least=1, at_most=100)
    top: int = option(8, "How many pieces are listed at each step", at_least=1, at_most=20, more=True)
    layer: int = layer_option()
