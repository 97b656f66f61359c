"""Does the second sentence follow the first? BERT's next-sentence task (Devlin et al. 2018), shown for what it was.

Heads of two kinds read the same vectors: NEXT told a follower from a sentence of another text, as BERT did; ORDER told
it from the same two sentences the other way round, or from a later one of the same paragraph (Lan et al. 2019,
"ALBERT"). Both sentences go through the encoder together; what a head reads of a layer is `pooled`: (4 * width).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Stage, Tok, curve, number, prose, stages
from genai_demo.core.spec import find_spec
from genai_demo.encoder.attention import through
from genai_demo.encoder.heads import FOLLOWS, NEXT, ORDER, trained
from genai_demo.encoder.model import Encoder, unlike
from genai_demo.encoder.options import FollowsOptions
from genai_demo.encoder.shown import layer_name

PARTS = 4  # of what `pooled` puts side by side
WAYS = ("as written", "turned round")
HEADS = (("BERT's task", "the next sentence, or one of another text?"), ("by order", "the next one, or turned round?"))
CHART = "right on sentences never seen"


@dataclass(frozen=True, slots=True, eq=False)
class FollowsStep:
    """One layer. judged: probability that the second follows the first, by both heads, both ways round.

    topic, hard, order: how often NEXT is right on its own task, NEXT on the harder one, ORDER on that; from the cards.
    """

    index: int
    total: int
    judged: tuple[Stage, ...] = stages("does it follow?", unit="probability", pick=False)
    said: str = prose("what is shown")
    layer: str = number("read after")
    topic: float | None = curve("BERT's task", unit="%", chart=CHART, digits=1)
    hard: float | None = curve("BERT's head, asked for order", unit="%", chart=CHART, digits=1)
    order: float | None = curve("trained on order", unit="%", chart=CHART, digits=1)


@torch.inference_mode()
def follows(model: Encoder, options: FollowsOptions, *, seed: int) -> Iterator[FollowsStep]:
    """Both orders once through the network, then a frame for each layer. Nothing is random. Raises DemoError."""
    texts = (options.first, options.second)
    for name, text in zip(("first", "second"), texts, strict=True):
        if not text.strip():
            raise DemoError(f"{name} is empty; write a sentence")
    ids = [model.encode(text)[1:-1] for text in texts]
    heads = [trained(name, model, PARTS) for name in (NEXT, ORDER)]
    ways = torch.stack([pooled(model, a, b) for a, b in (ids, ids[::-1])], 1)  # (layers + 1, 2, 4 * width)
    told = torch.stack([head(ways).softmax(-1)[..., head.classes.index(FOLLOWS)] for head in heads], -1).cpu()
    odd = unlike(model, " ".join(texts), [model.start, *ids[0], *ids[1], model.end])
    cards = [find_spec(f"encoder/{name}").card for name in (NEXT, ORDER)]
    for i, each in enumerate(told):
        yield FollowsStep(
            i,
            len(told),
            tuple(
                Stage(*head, tuple(Tok(way, p) for way, p in zip(WAYS, of.tolist(), strict=True)))
                for head, of in zip(HEADS, each.T, strict=True)
            ),
            odd or said(each),
            layer_name(i, len(told) - 1),
            share(cards[0], f"right_{i}"),
            share(cards[0], f"hard_{i}"),
            share(cards[1], f"right_{i}"),
        )


def pooled(model: Encoder, first: Sequence[int], second: Sequence[int]) -> Tensor:
    """Two sentences read together -> (layers + 1, PARTS * width): their means, the product of these, the difference."""
    ids = [model.start, *first, model.end, *second, model.end]
    at = len(first) + 1
    rows = []
    for x, _ in through(model.network, ids):
        a, b = (F.layer_norm(part.float().mean(0), x.shape[1:]) for part in (x[1:at], x[at + 1 : -1]))
        rows.append(torch.cat([a, b, a * b, (a - b).abs()]))
    return torch.stack(rows)


def share(card: Mapping[str, Any], name: str) -> float | None:
    """A figure of a card, in %; None where it has none."""
    found = card.get("quality", {}).get(name)
    return None if found is None else round(100 * found, 2)


def said(table: Tensor) -> str:
    """What a frame shows; table (2, 2)."""
    topic, turned = table[:, 0].tolist()
    if (topic > 0.5) == (turned > 0.5):
        return "Turned round, BERT's task gets the same answer: what it learnt to tell is whether the topic is one."
    return "Here even BERT's task is answered differently when turned round; how often that helps, the curves say."
