"""Experts switched off, or one forced: what may come next, before and after, while both networks write on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from genai_demo.core.frames import Tok, curve, number, prose, ranked, tokens
from genai_demo.language.distributions import divergence
from genai_demo.language.model import LanguageModel
from genai_demo.language.shown import piece, prompt, these
from genai_demo.moe.network import foreign
from genai_demo.moe.options import ForceOptions
from genai_demo.moe.routing import AS_TRAINED, Plan, checked, through
from genai_demo.moe.shown import tensor

LISTED = 6  # likeliest tokens of each distribution


@dataclass(frozen=True, slots=True, eq=False)
class ForceStep:
    """One more token on both sides. before and after: what may follow the whole network's text so far."""

    index: int
    total: int
    said: str = prose("what is changed")
    whole: tuple[Tok, ...] = tokens("as it is", grows=True)
    less: tuple[Tok, ...] = tokens("with experts off or forced", grows=True)
    before: tuple[Tok, ...] = ranked("next token, as it is", unit="probability")
    after: tuple[Tok, ...] = ranked("next token, changed", unit="probability")
    gap: float = curve("KL(as it is || changed)", unit="nats")
    same: int = number("tokens in common from the start", digits=0)


@torch.inference_mode()
def force(model: LanguageModel, options: ForceOptions, *, seed: int) -> Iterator[ForceStep]:
    """Both write greedily, each on its own text; the distributions compared follow the whole one's. Nothing is random.

    Raises DemoError where there is no such expert, or none is left.
    """
    plan = checked(model, options.experts_off, options.force or None, options.layer)
    ids = tensor(model, options.text)
    one, other = ids, ids
    shown, same, parted = prompt(model, ids[0].tolist()), 0, False
    for i in range(options.max_new_tokens):
        a, b = following(model, one, AS_TRAINED), following(model, one, plan)
        own = b if not parted else following(model, other, plan)
        first, second = int(a.argmax()), int(own.argmax())
        parted = parted or first != second
        same += not parted
        tops = sorted({*a.topk(LISTED).indices.tolist(), *b.topk(LISTED).indices.tolist()}, key=lambda n: -float(a[n]))
        yield ForceStep(
            i,
            options.max_new_tokens,
            foreign(options.text) or told(options),
            (*shown, put(model, a, first)),
            (*shown, put(model, own, second)),
            these(model, a, tops),
            these(model, b, tops),
            divergence(a, b),
            same,
        )
        one, other, shown = longer(one, first), longer(other, second), ()


def following(model: LanguageModel, ids: Tensor, plan: Plan) -> Tensor:
    """Logits (v,) of what comes behind ids (1, n)."""
    return through(model, ids, plan)[0][0, -1].float()


def longer(ids: Tensor, token: int) -> Tensor:
    return torch.cat([ids, ids.new_tensor([[token]])], 1)


def put(model: LanguageModel, logits: Tensor, token: int) -> Tok:
    return Tok(piece(model, token), float(logits.softmax(0)[token]), id=token)


def told(options: ForceOptions) -> str:
    """What is changed, in words."""
    where = f"In layer {options.layer}" if options.layer else "In every layer"
    off = ", ".join(map(str, options.experts_off))
    said = [f"expert{'s' * (len(options.experts_off) > 1)} {off} switched off"] if off else []
    said += [f"every token goes to expert {options.force} alone"] if options.force else []
    return f"{where} {' and '.join(said)}." if said else "Nothing is changed: switch experts off, or force one."
