"""Options of the runs of RAG: asking, knocking passages out, chunking, stores, the kin. Imports no model library."""

from __future__ import annotations

import json
import re
from typing import Literal

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.home import ASSETS
from genai_demo.core.options import Options, option

QUESTION = 2000  # characters; retrieve.LONGEST
LISTED = 2000  # characters of a list of documents, hashes or chunks
MOST_OUT = 200  # chunks that are knocked out at once
TEXT = 20_000  # characters of a text that is cut before one's eyes
JITTER = 1.0  # length of the random vector added to a copy of a vector of length 1
COPY_COSINE = 1 / (1 + JITTER**2) ** 0.5
EXAMPLE = "When were the weights of Stable Diffusion released?"
MEASURED = ASSETS / "rag.json"


def measured_least() -> float:
    """The cosine below which 1 % of the answerable questions lie, as measured; 0.25 where that is not there."""
    try:
        return round(float(json.loads(MEASURED.read_text())["nothing"]["least"]), 2)
    except (OSError, ValueError, KeyError, TypeError):
        return 0.25


class SearchOptions(Options):
    """How passages are looked for."""

    question: str = option(EXAMPLE, "What you want to know", longest=QUESTION)
    rewrite: Literal["as asked", "several wordings", "imagined answer (HyDE)"] = option(
        "as asked",
        "What is looked up: the question, the model's other wordings of it too, or an answer that it imagines (HyDE)",
    )
    k: int = option(3, "How many passages the model gets", at_least=1, at_most=8)
    words: float = option(
        0.3,
        "How much the words of BM25 count against the meaning of the vectors; 0 for vectors alone, 1 for words alone",
        at_least=0,
        at_most=1,
    )
    late: int = option(5, "How many passages are reranked by late interaction; 0 for none", at_least=0, at_most=10)
    least: float = option(
        measured_least(),
        "Passages whose cosine with the question is smaller are dropped; -1 keeps all, and the model is always asked",
        at_least=-1,
        at_most=1,
    )
    balance: float = option(
        1.0, "Relevance against being different (MMR); 1 looks at relevance alone", at_least=0, at_most=1, more=True
    )
    documents: str = option(
        "",
        "Names of the articles to look in, as clip, ddpm; empty for all; * for all besides documents of yours",
        longest=LISTED,
    )
    hashes: str = option(
        "",
        "Documents of yours, by SHA-256; they alone are asked unless articles are named too",
        longest=LISTED,
        more=True,
    )
    without: str = option("", "Numbers of chunks that are knocked out, as 12, 40", longest=LISTED, more=True)

    def names(self) -> tuple[str, ...]:
        """The names in `documents`, each once."""
        return tuple(dict.fromkeys(_parts(self.documents)))

    def sha256s(self) -> tuple[str, ...]:
        """The hashes, each once. Raises DemoError where one is no SHA-256."""
        found = tuple(dict.fromkeys(part.lower() for part in _parts(self.hashes)))
        for part in found:
            if not re.fullmatch(r"[0-9a-f]{64}", part):
                raise DemoError(f"hashes has {shown(part)}; give SHA-256 hashes of 64 hexadecimal digits each")
        return found

    def knocked_out(self) -> tuple[int, ...]:
        """The chunks in `without`. Raises DemoError where one is no number."""
        return _numbers("without", self.without, "12, 40")


class AskOptions(SearchOptions):
    """An answer besides."""

    grounded: bool = option(True, "With passages; off asks the bare model")
    temperature: float = option(
        0.0, "How much chance has a say; 0 always takes the likeliest token", at_least=0, at_most=2
    )
    max_new_tokens: int = option(64, "How long the answer may get", unit="tokens", at_least=1, at_most=256)
    brief: int = option(
        2,
        "After how many sentences, or a paragraph, the answer is ended; 0 lets the model go on",
        at_least=0,
        at_most=20,
    )


class KnockOptions(AskOptions):
    """Two answers beside each other."""

    out: str = option("1", "Which of the passages that are sent are knocked out, by rank, as 1, 2", longest=40)
    bare: bool = option(False, "Compare with the bare model, without any passage, in place of knocking some out")

    def ranks(self) -> tuple[int, ...]:
        """The ranks in `out`, from 1. Raises DemoError where there are none or one is not among those sent."""
        found = _numbers("out", self.out, "1, 2")
        if not found or not all(1 <= rank <= self.k for rank in found):
            raise DemoError(f"out is {shown(self.out)}; give ranks from 1 to {self.k}, as 1, 2")
        return found


class ChunkOptions(Options):
    """How a text is cut."""

    text: str = option("", "The text that is cut; empty for an article of the library", longest=TEXT)
    how: Literal["headings", "sentences", "tokens"] = option(
        "sentences", "Where cuts may fall: between sections, between sentences, anywhere"
    )
    size: int = option(64, "How long a chunk may get", unit="tokens", at_least=8, at_most=512)
    overlap: int = option(
        0,
        "How much a chunk repeats of the one before; half of the size at most",
        unit="tokens",
        at_least=0,
        at_most=256,
    )


class StoresOptions(Options):
    """How many vectors are searched."""

    n: int = option(
        20_000,
        "How many vectors: those of the library, and copies of them, shaken so that their cosine with the original "
        f"is about {COPY_COSINE:.2f}",
        at_least=500,
        at_most=20_000,
    )


class WalkOptions(Options):
    """How the graph is built and walked."""

    question: str = option(
        "How does a picture come out of noise?", "What the nearest chunks are wanted for", longest=QUESTION
    )
    links: int = option(
        4, "Neighbours a chunk is linked with; twice as many on the lowest layer", at_least=2, at_most=16
    )
    ef: int = option(6, "How many of the best are kept on the lowest layer; at least 3", at_least=3, at_most=64)


class KinOptions(Options):
    """One question for three ways of using the same passages."""

    question: str = option("What is the difference between DDPM and DDIM?", "What you want to know", longest=QUESTION)
    k: int = option(3, "How many passages", at_least=1, at_most=4)
    every: int = option(
        16, "After how many tokens the third way looks for a passage again", unit="tokens", at_least=4, at_most=64
    )
    max_new_tokens: int = option(48, "How long the answers may get", unit="tokens", at_least=1, at_most=128)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _numbers(name: str, text: str, example: str) -> tuple[int, ...]:
    """Whole numbers between commas, each once. Raises DemoError where there is something else, or too many."""
    parts = _parts(text)
    for part in parts:
        if not (part.isascii() and part.isdigit() and len(part) < 10):
            raise DemoError(f"{name} has {shown(part)}; give whole numbers between commas, as {example}")
    found = tuple(dict.fromkeys(map(int, parts)))
    if len(found) > MOST_OUT:
        raise DemoError(f"{name} has {len(found)} numbers; the limit is {MOST_OUT}")
    return found
