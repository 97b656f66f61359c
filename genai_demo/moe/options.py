"""Options of the runs of networks with experts."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from genai_demo.core.options import Options, option

TEXT, LONGEST = 4000, 256  # characters, tokens
MIXED = (
    "This package contains the documentation of the library.\n"
    "Ce paquet contient la documentation de la bibliothèque.\n"
    "Dieses Paket enthält die Dokumentation der Bibliothek.\n"
    "Questo pacchetto contiene la documentazione della libreria.\n"
    'def read(self, path):\n    """Return the text of the file."""\n    with open(path) as file:\n'
    "        return file.read()\n"
)
PYTHON = (
    "class Library:\n    def open(self, name, mode):\n"
    "        for file in self.files:\n            if file.name == name:\n"
)
Order = Literal["as they stand", "surest first"]


def text_option(default: str, help: str = "The text that is read") -> Any:
    return option(default, help, longest=TEXT)


def layer_option(default: int, help: str) -> Any:
    return option(default, help, at_least=1, at_most=64)


def temperature_option() -> Any:
    return option(
        1.0, "Divides the router's numbers: small ones make it surer, large ones even", at_least=0.05, at_most=10
    )


class RouteOptions(Options):
    text: str = text_option(MIXED)
    temperature: float = temperature_option()
    page: int = option(0, "Which stretch of 48 tokens the map shows; 0 is the first", at_least=0, at_most=20, more=True)


class ContextOptions(Options):
    text: str = text_option("This program can open a file in the library for the user.")
    other: str = text_option(PYTHON, "Another text that has some words of the first")


class TopkOptions(Options):
    text: str = text_option(MIXED)
    temperature: float = temperature_option()
    stretches: int = option(
        4, "Stretches of 128 tokens of each domain, held out", at_least=1, at_most=24, unit="stretches"
    )


class ForceOptions(Options):
    text: str = text_option("This package contains the")
    off: str = option("", "Experts that are switched off, as in 2 or 1 4 7; empty for none", longest=200)
    force: int = option(0, "The expert that every token goes to, alone; 0 for none", at_least=0, at_most=64)
    layer: int = option(0, "The layer in which; 0 for all layers", at_least=0, at_most=64)
    max_new_tokens: int = option(24, "How many tokens are written on", at_least=1, at_most=64, unit="tokens", more=True)

    @field_validator("off")
    @classmethod
    def _numbers(cls, value: str) -> str:
        wrong = next(
            (part for part in value.replace(",", " ").split() if not (part.isascii() and part.isdigit())), None
        )
        if wrong is not None:
            raise ValueError("off")
        return value

    @property
    def experts_off(self) -> tuple[int, ...]:
        """Their numbers, from 1."""
        return tuple(sorted({int(part[:9]) for part in self.off.replace(",", " ").split()}))


class CapacityOptions(Options):
    text: str = text_option(MIXED)
    order: Order = option("as they stand", "Who is first where an expert has no room for all that are sent to it")
    layer: int = layer_option(1, "The layer whose dropped tokens are marked; capacity holds in all of them")
    stretches: int = option(
        2,
        "Stretches of 128 tokens of each domain, all in one batch",
        at_least=1,
        at_most=8,
        unit="stretches",
        more=True,
    )


class WordsOptions(Options):
    layer: int = layer_option(2, "The layer whose experts are looked at")
    stretches: int = option(
        16, "Stretches of 128 tokens of each domain, held out", at_least=2, at_most=32, unit="stretches"
    )
    listed: int = option(8, "How many words are listed for each expert", at_least=1, at_most=16, more=True)
    seen: int = option(4, "How often a word has to stand there to be listed", at_least=1, at_most=50, more=True)


class TrainOptions(Options):
    balance: float = option(
        0.05,
        "Weight of the balance loss of the first of both networks; the other one has none",
        at_least=0,
        at_most=0.1,
    )
    top_k: Literal[1, 2] = option(1, "To how many of the six experts a point goes")
    shared: bool = option(False, "One expert more, which every point goes to as well")
    steps: int = option(600, "How many steps of training, for each of both", at_least=50, at_most=3000)
    lead: float = option(
        7.0, "How far one expert begins ahead of the others, in the router's numbers", at_least=0, at_most=10
    )
    learning_rate: float = option(0.02, "How far a step goes", at_least=0.0005, at_most=0.2, more=True)


class TwinsOptions(Options):
    text: str = text_option(MIXED, "The text that all networks read, for their times")
    times: int = option(9, "Passes of each, in turn; the median counts", at_least=3, at_most=31, unit="passes")
