"""Runs decoder/chat and decoder/complete: an answer, token by token, from whichever engine the model has."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Paced, Tok, carried, curve, listing, number, prose, ranked, tokens
from genai_demo.decoder.options import ChatOptions, CompleteOptions
from genai_demo.language.distributions import surprise
from genai_demo.language.engines import Engine, Piece, engine_of
from genai_demo.language.fitting import fitted, limit_of
from genai_demo.language.shown import rivals, taken

NOTHING = "The model ended its answer at once: it found nothing to say."
LIKELIEST = "likeliest in this place"
LEAST = 1e-6  # probability from which the surprise is drawn; a server rounds smaller ones to 0


@dataclass(frozen=True, slots=True, eq=False)
class ChatStep(Paced):
    """One more token. said: the characters it completes, which may be none; folded: messages that were left out."""

    bunched: ClassVar[bool] = True
    index: int
    total: int
    notice: str | None = prose("note")
    answer: tuple[Tok, ...] = tokens("answer, by token", grows=True)
    likeliest: tuple[Tok, ...] = ranked(LIKELIEST, unit="probability")
    surprise: float = curve("surprise", unit="bits")
    speed: float | None = number("speed", unit="tokens/s", digits=1, measured=True)
    wait_ms: float = number("first token after", unit="ms", digits=0, measured=True)
    held: int = number("context used", digits=5)
    room: int = number("of at most", unit="tokens", digits=5)
    cache_kb: float | None = number("key-value cache", unit="kB", digits=0)
    reused: int = number("of it computed before", unit="tokens", digits=5, measured=True)
    said: str = carried(grows=True)
    folded: int = carried()


def chat(model: Any, options: ChatOptions, *, seed: int) -> Iterator[ChatStep]:
    """The answer to a conversation. Where it does not fit, the oldest turns fold away."""
    engine = engine_of(model)
    limit = limit_of(engine, options.max_new_tokens)
    begun = time.perf_counter()
    prompt, folded = fitted(engine, options.messages(), limit)
    pieces = engine.stream(prompt, options.sampling, seed=seed, limit=limit, top=options.top)
    yield from _steps(pieces, engine, limit, begun, folded)


def complete(model: Any, options: CompleteOptions, *, seed: int) -> Iterator[CompleteStep]:
    """The continuation of a piece of code, and whether Python can read the whole."""
    if not options.text.strip():
        raise DemoError("text is empty; write the beginning of some code")
    engine = engine_of(model)
    limit = limit_of(engine, options.max_new_tokens)
    begun = time.perf_counter()
    text = options.text.rstrip()  # behind an empty line it would rather talk about the code
    prompt = engine.begin(text)
    if prompt.tokens + limit > engine.context:
        raise DemoError(f"text makes {prompt.tokens} tokens; the limit here is {engine.context - limit}, shorten it")
    pieces = engine.stream(prompt, options.sampling, seed=seed, limit=limit, top=options.top)
    written = ""
    for step in _steps(pieces, engine, limit, begun, 0):
        written += step.said
        ended = _ended(written, options.until)
        if ended is not None:
            written = written[:ended]
        total = step.total if ended is None else step.index + 1
        yield CompleteStep(
            step.index,
            total,
            text + written,
            step.answer,
            step.likeliest,
            step.surprise,
            step.speed,
            step.wait_ms,
            readable(text + written),
        )
        if ended is not None:
            return


@dataclass(frozen=True, slots=True, eq=False)
class CompleteStep(Paced):
    """One more token of code. parses: whether Python can read the whole text as it stands."""

    bunched: ClassVar[bool] = True
    index: int
    total: int
    code: str = listing("code")
    answer: tuple[Tok, ...] = tokens("what was added, by token", grows=True)
    likeliest: tuple[Tok, ...] = ranked(LIKELIEST, unit="probability")
    surprise: float = curve("surprise", unit="bits")
    speed: float | None = number("speed", unit="tokens/s", digits=1, measured=True)
    wait_ms: float = number("first token after", unit="ms", digits=0, measured=True)
    parses: str = number("Python can read it")


def _steps(pieces: Iterator[Piece], engine: Engine, limit: int, begun: float, folded: int) -> Iterator[ChatStep]:
    first, i = 0.0, -1
    for piece in pieces:
        i += piece.count
        now = time.perf_counter()
        first = first or now
        yield ChatStep(
            i,
            i + 1 if piece.last else limit,
            _notice(folded, piece.last and i == 0),
            (taken(piece),),
            rivals(piece),
            surprise(piece.taken.probability, LEAST),
            i / (now - first) if i else None,
            1000 * (first - begun),
            piece.held,
            engine.context,
            piece.cache_bytes / 1000 if piece.cache_bytes is not None else None,
            piece.reused,
            piece.text,
            folded,
        )
    if not first:
        wait_ms = 1000 * (time.perf_counter() - begun)
        yield ChatStep(0, 1, _notice(folded, True), (), (), 0.0, None, wait_ms, 0, engine.context, None, 0, "", folded)


def _notice(folded: int, empty: bool) -> str | None:
    """What is to be said beside an answer. empty: it has none."""
    left_out = f"The oldest {folded} messages no longer fit into the context and were left out of what the model reads."
    return " ".join([left_out] * bool(folded) + [NOTHING] * empty) or None


def _ended(written: str, until: str) -> int | None:
    """Where the line or the function that is being written ended, in characters; None where it goes on."""
    if until == "line":
        at = written.find("\n", 1)
        return at if at > 0 else None
    if until == "function":
        for at, letter in enumerate(written[:-1]):
            if letter == "\n" and not written[at + 1].isspace() and written[:at].strip():
                return at + 1
    return None


def readable(code: str) -> str:
    """ "yes", or the first thing that Python does not understand."""
    try:
        ast.parse(code)
    except SyntaxError as error:
        return f"no: {error.msg}"
    except (ValueError, RecursionError, MemoryError):
        return "no"
    return "yes"
