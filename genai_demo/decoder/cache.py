"""The key-value cache of a decoder: what it holds, what it costs, and the time it saves, measured side by side.

With it a token is read once and its keys and values are kept; without it the whole text is read for each new token.
Both give the same logits up to rounding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from genai_demo.core.frames import Tok, curve, number, prose, tokens
from genai_demo.decoder.attention import Cache, parts
from genai_demo.decoder.greedy import timed, written
from genai_demo.decoder.options import CacheOptions
from genai_demo.language.model import LanguageModel, ids_of
from genai_demo.language.shown import prompt

LONGEST = 256  # tokens of a text


@dataclass(frozen=True, slots=True, eq=False)
class CacheStep:
    """One more token, computed with the cache and once more without. reads and rereads: what each pass had to read."""

    index: int
    total: int
    said: str = prose("what happens")
    text: tuple[Tok, ...] = tokens("the text", grows=True)
    reads: tuple[Tok, ...] = tokens("read in this step with the cache")
    rereads: tuple[Tok, ...] = tokens("read in this step without it")
    cached_ms: float = curve("with the cache", unit="ms", chart="time of a token", digits=1, measured=True)
    uncached_ms: float = curve("without", unit="ms", chart="time of a token", digits=1, measured=True)
    held: float = curve("the cache holds", unit="kB", digits=1)
    tokens_held: int = number("tokens in the cache", digits=0)
    per_token: float = number("a token takes", unit="kB", digits=1)
    saved: float = number("time saved so far", unit="s", digits=2, measured=True)
    agreed: int = number("tokens that both ways give", digits=0)


@torch.inference_mode()
def cache(model: LanguageModel, options: CacheOptions, *, seed: int) -> Iterator[CacheStep]:
    """Greedy writing with a cache; for each token the same text is read without one, too, and timed. Nothing is
    random. The two may take different tokens where two are equally likely up to rounding: `agreed` counts."""
    net = parts(model.network)
    ids = ids_of(model, options.text, chat=options.chat, most=LONGEST, room=options.max_new_tokens)
    kept, new, saved, agreed = Cache(), list(ids), 0.0, 0
    for i in range(options.max_new_tokens):
        taken = timed(net, new, kept)
        again = timed(net, ids, None)
        agreed += taken.id == again.id
        saved += (again.ms - taken.ms) / 1000
        done, shown = taken.id in model.stops, written(model, taken)
        said = words(len(new), len(ids), first=i == 0)
        yield CacheStep(
            i,
            i + 1 if done else options.max_new_tokens,
            said,
            (prompt(model, ids) if i == 0 else ()) + shown,
            prompt(model, new),
            prompt(model, ids),
            taken.ms,
            again.ms,
            kept.bytes / 1000,
            kept.tokens,
            kept.bytes / 1000 / kept.tokens,
            saved,
            agreed,
        )
        if done:
            return
        ids, new = [*ids, taken.id], [taken.id]


def words(new: int, whole: int, *, first: bool) -> str:
    """What a step does."""
    if first:
        return f"The first step reads all {whole} tokens either way; the cache keeps their keys and values."
    return f"With the cache {new} token is read, without it all {whole} once more."
