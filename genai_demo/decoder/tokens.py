"""Run decoder/tokens: a text goes on token by token; every sampler stage from the logits to the choice is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from genai_demo.core.frames import Paced, Stage, Tok, carried, curve, number, ranked
from genai_demo.core.frames import stages as stages_
from genai_demo.core.frames import tokens as tokens_
from genai_demo.decoder.options import TokensOptions
from genai_demo.language.decode import Step, decode
from genai_demo.language.distributions import entropy, surprise
from genai_demo.language.model import LanguageModel, ids_of
from genai_demo.language.samplers import Candidates, stages
from genai_demo.language.shown import piece, toks

ROWS = 8  # of each stage
NOTES = {
    "logits": "as the model gives them, as probabilities",
    "repetition penalty": "what was said already is made less likely",
    "temperature": "below 1 sharper, above 1 flatter",
    "top-k": "only the k likeliest stay",
    "top-p": "only what reaches p together stays",
    "min-p": "only what is not far behind the first stays",
}


@dataclass(frozen=True, slots=True, eq=False)
class TokenStep(Paced):
    """One more token. entropy: of the model's own distribution and of what the last stage leaves, in bits.

    path: the numbers of the answer's tokens up to this one; seen_before: it was given, not drawn.
    """

    bunched: ClassVar[bool] = True
    index: int
    total: int
    text: tuple[Tok, ...] = tokens_("text, by token", grows=True)
    likeliest: tuple[Tok, ...] = ranked("what could come in its place", unit="probability", pick=True)
    funnel: tuple[Stage, ...] = stages_("from logits to the choice", unit="probability", pick=True)
    entropy: float = curve("entropy of the model", unit="bits", chart="entropy")
    left_entropy: float = curve("after all stages", unit="bits", chart="entropy")
    surprise: float = number("surprise of the token", unit="bits")
    left: int = number("tokens left to choose from", digits=6)
    held: int = number("context used", digits=5)
    path: tuple[int, ...] = carried()
    seen_before: bool = False


@torch.inference_mode()
def write(model: LanguageModel, options: TokensOptions, *, seed: int) -> Iterator[TokenStep]:
    """The tokens after the text, each with what it was chosen from; first those the answer is to begin with."""
    given = options.answer_begins(model.network.config.vocab_size)
    total = len(given) + options.max_new_tokens
    ids = ids_of(model, options.text, chat=options.chat, most=model.context - total)
    path: tuple[int, ...] = ()
    steps = decode(model, ids, options.sampling, seed=seed, limit=total, given=given)
    for i, step in enumerate(steps):
        before = toks(model, ids, "prompt") if i == 0 else ()
        yield _frame(model, options, step, [*ids, *path], before, i, total, i < len(given))
        path = (*path, step.id)


def _frame(
    model: LanguageModel,
    options: TokensOptions,
    step: Step,
    seen: list[int],
    before: tuple[Tok, ...],
    index: int,
    total: int,
    given: bool,
) -> TokenStep:
    chances = step.logits.softmax(0)
    taken = Tok(piece(model, step.id), float(chances[step.id]), id=step.id)
    found = stages(step.logits, seen, options.sampling)
    path = tuple(seen[len(seen) - index :]) if index else ()
    return TokenStep(
        index,
        total,
        (*before, taken),
        _likeliest(model, chances, step.id, options.top),
        _columns(model, found, step.id),
        entropy(chances),
        entropy(step.candidates.probabilities),
        surprise(float(chances[step.id])),
        len(step.candidates.ids),
        step.cached,
        (*path, step.id),
        given,
    )


def _likeliest(model: LanguageModel, chances: Tensor, taken: int, top: int) -> tuple[Tok, ...]:
    ids = chances.topk(min(top, len(chances))).indices.tolist()
    ids += [] if taken in ids else [taken]
    return tuple(Tok(piece(model, i), float(chances[i]), "picked" if i == taken else "", i) for i in ids)


def _columns(model: LanguageModel, found: dict[str, Candidates], taken: int) -> tuple[Stage, ...]:
    """A column for each stage, the same tokens in each: those that lead in the last or the first, and the one taken."""
    names = list(found)
    leading = [*found[names[-1]].ids[:ROWS].tolist(), *found[names[0]].ids[:ROWS].tolist()]
    ids = list(dict.fromkeys(leading))[:ROWS]
    ids += [] if taken in ids else [taken]
    shown = [piece(model, i) for i in ids]
    columns = []
    for name, left in found.items():
        here = left.ids == torch.tensor(ids, device=left.ids.device)[:, None]  # (tokens shown, tokens left)
        shares = (here * left.probabilities).sum(1).tolist()
        rows = tuple(
            Tok(text, share, "off" if not alive else "picked" if i == taken else "", i)
            for i, text, share, alive in zip(ids, shown, shares, here.any(1).tolist())
        )
        columns.append(Stage(name, f"{NOTES[name]}; {len(left.ids):,} left", rows))
    return tuple(columns)
