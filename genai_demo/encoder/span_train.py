"""Trains the head for best spans behind all-MiniLM-L6-v2, which stays as it is. `python -m genai_demo train encoder`
calls train_one.

Questions are made by the rules of `cloze`; one in NOTHING is put to another text too, the nearest of some, and there
the answer is "nothing here".
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import generator, seeded, threads
from genai_demo.core.load import load
from genai_demo.core.training import ModelStep, Resumable
from genai_demo.encoder import questions, span
from genai_demo.encoder.model import Encoder
from genai_demo.encoder.span import SETTINGS, Read, SpanHead

REPORT, SAVE = 20, 100  # batches between two reports, and between two states in the cache
NOTHING = 4  # one question in so many is put to another text too
LONGEST = 160  # tokens of a text that are read
WHOLE = 40  # texts that are encoded at once
DATA = (
    "questions made by rules of descriptions of Debian's packages (licences of the packages), of the documentation of "
    "Python 3.11 (PSF) and of WordNet 3.0 (its own free licence); nobody has checked them"
)


@dataclass(frozen=True, slots=True)
class SpanConfig:
    """What a training depends on; written on the card. texts: that are read; judged: held-out ones."""

    texts: int = 800
    judged: int = 150
    steps: int = 400
    batch_size: int = 32
    learning_rate: float = 1e-3
    warmup: int = 50
    weight_decay: float = 0.01
    seed: int = 0


MODELS = {span.SPAN: SpanConfig()}


class Pair(NamedTuple):
    """A question put to a text, by their places in lists; first, last: tokens of the answer, -1 where it has none."""

    question: int
    text: int
    first: int
    last: int


class Examples(NamedTuple):
    """asked, texts: what the encoder made of them, in half precision."""

    asked: list[Read]
    texts: list[Read]
    pairs: list[Pair]


class Training(Resumable):
    """Head, optimiser, random stream. Nothing of the examples is changed."""

    def __init__(self, cfg: SpanConfig, examples: Examples) -> None:
        self.cfg, self.examples = cfg, examples
        with seeded(cfg.seed):
            self.model = SpanHead(**SETTINGS)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=cfg.learning_rate, weight_decay=cfg.weight_decay, fused=True
        )
        self.random = generator(cfg.seed)
        self.order = sorted(range(len(examples.pairs)), key=lambda i: len(examples.texts[examples.pairs[i].text].ids))

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "optimiser", "random")}

    def advance(self) -> float:
        """One batch of texts of about one length. -> the loss in nats, begin and end together."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.cfg, self.step)
        at = int(torch.randint(max(1, len(self.order) - 8 * self.cfg.batch_size), (), generator=self.random))
        near = self.order[at : at + 8 * self.cfg.batch_size]
        pick = torch.randperm(len(near), generator=self.random)[: self.cfg.batch_size]
        pairs = [self.examples.pairs[near[i]] for i in pick.tolist()]
        found = self.model(*batch(self.examples, pairs))
        right = torch.tensor([[pair.first + 1, pair.last + 1] for pair in pairs])
        loss = F.cross_entropy(found[:, 0], right[:, 0]) + F.cross_entropy(found[:, 1], right[:, 1])
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.step += 1
        return float(loss.detach())


def learning_rate(cfg: SpanConfig, step: int) -> float:
    """A linear start, then half a cosine down to 0."""
    return cfg.learning_rate * min((step + 1) / cfg.warmup, (1 + math.cos(math.pi * step / cfg.steps)) / 2)


def batch(examples: Examples, pairs: Sequence[Pair]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """q (n, s, width), c (n, t, width), match (n, s + t, MATCHES), blank (n, s + t), padded."""
    asked = [examples.asked[pair.question] for pair in pairs]
    texts = [examples.texts[pair.text] for pair in pairs]
    s, t = (max(len(one.ids) for one in group) for group in (asked, texts))
    match = torch.zeros(len(pairs), s + t, span.MATCHES)
    blank = torch.ones(len(pairs), s + t, dtype=torch.bool)
    for row, (q, c) in enumerate(zip(asked, texts, strict=True)):
        places = [*range(len(q.ids)), *range(s, s + len(c.ids))]
        match[row, places] = span.matches(q, c)
        blank[row, places] = False
    return _stacked(asked, s), _stacked(texts, t), match, blank


def _stacked(rows: Sequence[Read], longest: int) -> Tensor:
    return torch.stack([F.pad(one.middle.float(), (0, 0, 0, longest - len(one.ids))) for one in rows])


@torch.inference_mode()
def gathered(model: Encoder, pages: Sequence[questions.Page], seed: int) -> Examples:
    """All pages and their questions through the encoder; some questions are put to another page too."""
    made = Examples([], [], [])
    random = generator(seed)
    for start in range(0, len(pages), WHOLE):
        part = pages[start : start + WHOLE]
        texts = model.pieces.encode_batch([page.text for page in part], add_special_tokens=False)
        first = len(made.texts)
        made.texts.extend(_encoded(model, [one.ids[:LONGEST] for one in texts]))
        asked = [one for page in part for one in page.questions]
        number = len(made.asked)
        words = model.pieces.encode_batch([one.question for one in asked], add_special_tokens=False)
        made.asked.extend(_encoded(model, [one.ids for one in words]))
        for place, page in enumerate(part):
            for one in page.questions:
                where = _tokens(texts[place].offsets[:LONGEST], one.start, one.end)
                if where:
                    made.pairs.append(Pair(number, first + place, *where))
                if len(part) > 1 and int(torch.randint(NOTHING, (), generator=random)) == 0:
                    other = _nearest(made.asked[number], made.texts[first:], place)
                    made.pairs.append(Pair(number, first + other, -1, -1))
                number += 1
    return made


def _nearest(asked: Read, texts: Sequence[Read], but: int) -> int:
    """The text nearest to a question by the means of their last vectors, one left out: it answers nothing, though it
    is of the same matter."""
    means = F.normalize(torch.stack([one.last.float().mean(0) for one in texts]), dim=1)
    near = means @ asked.last.float().mean(0)
    near[but] = -torch.inf
    return int(near.argmax())


def _tokens(offsets: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int] | None:
    """First and last token of a stretch of characters; None where it was cut off."""
    inside = [place for place, (a, b) in enumerate(offsets) if a < end and start < b]
    return (inside[0], inside[-1]) if inside and offsets[inside[-1]][1] >= end else None


def _encoded(model: Encoder, rows: Sequence[list[int]]) -> list[Read]:
    """Rows of token numbers, start and end not among them, in batches of about one length, in half precision."""
    found: dict[int, Read] = {}
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    for start in range(0, len(order), 20):
        places = order[start : start + 20]
        longest = len(rows[places[-1]]) + 2
        ids = torch.zeros(len(places), longest, dtype=torch.long)
        for row, place in enumerate(places):
            ids[row, : len(rows[place]) + 2] = torch.tensor([model.start, *rows[place], model.end])
        out = model.network(input_ids=ids, attention_mask=(ids != 0).long(), output_hidden_states=True)
        for row, place in enumerate(places):
            inner = slice(1, len(rows[place]) + 1)
            middle, last = (
                x[row, inner].half().clone() for x in (out.hidden_states[span.LAYER], out.last_hidden_state)
            )
            found[place] = Read(torch.tensor(rows[place]), middle, last)
    return [found[place] for place in range(len(rows))]


def train_one(name: str, notes: kit.Journal, cfg: SpanConfig, model: Encoder | None = None) -> Iterator[ModelStep]:
    """From where the journal is to the last step; then weights and card. Raises DemoError where data can't be had."""
    model = model or load("encoder/minilm")
    with threads(1):
        training = Training(cfg, gathered(model, questions.pages("train", cfg.texts, cfg.seed), cfg.seed))
    notes.resume(training)
    yield from kit.sitting(notes, training, cfg.steps, name, REPORT, SAVE)
    export(notes, cfg, model)


def export(notes: kit.Journal, cfg: SpanConfig, model: Encoder) -> None:
    """Write the weights in half precision, and a card with what was measured of what was written."""
    kit.write_weights(notes.weights, kit.halved(notes.state["model"]), {"settings": json.dumps(SETTINGS)})
    head = span.build(notes.weights).eval()
    write_card(
        notes.weights,
        title="Best spans: where in a text the answer stands",
        licence="Apache-2.0",
        data=DATA,
        parameters=sum(p.numel() for p in head.parameters()),
        config={**SETTINGS, "behind": f"all-MiniLM-L6-v2, left as it is, after layer {span.LAYER}"},
        training=kit.stated(cfg),
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        history=notes.history[:: max(1, len(notes.history) // 40)],
        quality=measured(head, model, cfg),
    )


@torch.inference_mode()
def measured(head: SpanHead, model: Encoder, cfg: SpanConfig) -> dict[str, Any]:
    """On held-out texts: share of spans found to the token, F1 of their tokens, share of questions rightly refused.

    The nearest word: the token whose last vector is nearest to one of the question's, taken as a span of its own.
    """
    held = gathered(model, questions.pages("held out", cfg.judged, cfg.seed), cfg.seed)
    exact = overlap = given = refused = kept = alone = 0.0
    for pair in held.pairs:
        q, c = held.asked[pair.question], held.texts[pair.text]
        begin, end = span.chances(head, q, c)
        best = span.spans(begin, end, 1)
        none = not best or float(begin[0] + end[0]) > best[0][2]
        if pair.first < 0:
            refused += none
            alone += 1
            continue
        given += 1
        kept += not none
        right = range(pair.first, pair.last + 1)
        said = range(best[0][0], best[0][1]) if best else range(0)
        exact += said == right
        overlap += span.f1(list(said), list(right))
    return {
        "questions": int(given),
        "exact": round(exact / given, 4),
        "f1": round(overlap / given, 4),
        "kept": round(kept / given, 4),
        "unanswerable": int(alone),
        "refused": round(refused / max(1.0, alone), 4),
    }
