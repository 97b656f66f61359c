"""One beginning gone on with by each model, with the same random numbers; how well each knows which kind of text."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import Tok, curve, matrix, number, prose, tokens
from genai_demo.core.load import load
from genai_demo.core.spec import find_spec
from genai_demo.data.domains import DOMAINS
from genai_demo.language.samplers import draw, final
from genai_demo.language.text import visible
from genai_demo.ssm.length import size
from genai_demo.ssm.network import StateModel, foreign, read
from genai_demo.ssm.options import CompareOptions
from genai_demo.ssm.s4 import S4D

KEPT = "kept of what was read"
TITLES = ("the chosen model", "attention", "mixture", "no selection")
BESIDE = {"ssm/attention": "attention", "ssm/hybrid": "mixture", "ssm/s4": "no selection"}


@dataclass(frozen=True, slots=True, eq=False)
class CompareStep:
    """A token more of each. kept, cache: bytes that the chosen model and the decoder hold of what they have read."""

    index: int
    total: int
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    chosen: tuple[Tok, ...] = tokens(TITLES[0], grows=True)
    attention: tuple[Tok, ...] = tokens(TITLES[1], grows=True)
    hybrid: tuple[Tok, ...] = tokens(TITLES[2], grows=True)
    s4: tuple[Tok, ...] = tokens(TITLES[3], grows=True)
    perplexity: np.ndarray = matrix(
        "perplexity on text held out, from the cards", rows="rows", columns="columns", cells=True
    )
    said: str = prose("what is shown")
    kept: float = curve("the chosen model", unit="kB", chart=KEPT, against="read", digits=1)
    cache: float = curve("attention", unit="kB", chart=KEPT, against="read", digits=1)
    read: int = number("tokens read", digits=0)


class Writer:
    """A model with what it keeps of the text so far; S4D, which is no class of Transformers, reads it all again."""

    def __init__(self, model: StateModel, text: str, room: int) -> None:
        from transformers import DynamicCache

        self.model, self.seen = model, read(model, text, room)[0].tolist()
        self.fixed = [module for module in model.network.modules() if isinstance(module, S4D)]
        self.cache = None if self.fixed else DynamicCache(config=model.network.config)
        self.new, self.done = self.seen, False

    @property
    def kept(self) -> float:
        """kB that it has to hold of what it has read."""
        return (sum(layer.state_bytes for layer in self.fixed) if self.cache is None else size(self.cache)) / 1000

    def write(self, u: float, options: CompareOptions) -> tuple[Tok, ...]:
        """The next token; none once it has ended. u decides which."""
        if self.done:
            return ()
        logits = self._next()
        token = draw(final(logits, self.seen, options.sampling), u)
        self.seen, self.new, self.done = [*self.seen, token], [token], token in self.model.stops
        return () if self.done else (Tok(visible(self.model.piece(token)), float(logits.softmax(0)[token]), id=token),)

    def _next(self) -> Tensor:
        """Logits of what comes next (vocabulary,)."""
        ids = torch.tensor([self.seen if self.cache is None else self.new], device=self.model.network.device)
        given: dict[str, Any] = {"use_cache": False}
        if self.cache is not None:
            given = {"use_cache": True, "cache": self.cache}
            if "position_ids" in inspect.signature(self.model.network.forward).parameters:  # Bamba counts from 0 anew
                places = torch.arange(len(self.seen), device=ids.device)
                given["position_ids"] = places[None, -ids.shape[1] :]
        logits: Tensor = self.model.network(ids, **given).logits[0, -1].float()
        return logits


@torch.inference_mode()
def compare(model: StateModel, options: CompareOptions, *, seed: int) -> Iterator[CompareStep]:
    """A frame a token. Raises DemoError where the text is empty or too long."""
    chances = torch.rand(options.max_new_tokens, generator=generator(seed), dtype=torch.float64).tolist()
    writers = [Writer(each, options.text, options.max_new_tokens) for each in (model, *map(load, BESIDE))]
    given = (Tok(options.text, kind="prompt"),)
    names, table = cards()
    for index, u in enumerate(chances):
        mine, attention, hybrid, s4 = (given * (not index) + writer.write(u, options) for writer in writers)
        ended = [name for name, writer in zip(TITLES, writers) if writer.done]
        over = len(ended) == len(writers)
        yield CompareStep(
            index,
            index + 1 if over else len(chances),
            names,
            DOMAINS,
            mine,
            attention,
            hybrid,
            s4,
            table,
            foreign(options.text) + told(ended),
            writers[0].kept,
            writers[1].kept,
            len(writers[1].seen) - 1,
        )
        if over:
            return


def told(ended: Sequence[str]) -> str:
    """What a frame shows; ended: the models that have written the token that ends a text."""
    if not ended:
        return "The same random number decides for each model, token by token."
    rest = "" if len(ended) == len(TITLES) else "; the others go on, the same random number deciding for each"
    return f"Ended its text, as it learnt where a text ends: {', '.join(ended)}{rest}."


def cards() -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the bundled models, and the perplexity of each by domain, (models, domains)."""
    found: dict[str, Mapping[str, Any]] = {
        name: find_spec(key).card["quality"] for key, name in {"ssm/mamba2": "Mamba-2", **BESIDE}.items()
    }
    table = np.array([[float(each[f"perplexity_{domain}"]) for domain in DOMAINS] for each in found.values()])
    return tuple(found), table
