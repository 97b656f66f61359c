"""Trains the heads behind all-MiniLM-L6-v2, which stays as it is. `python -m genai_demo train encoder` calls train_one.

Topic: WordNet's glosses of nouns, each with the kind of thing that it describes. Names: sentences of WordNet, whose
words are marked by its own lists of people and of places, which nobody has checked by hand; a name that is on both
lists marks nothing. Held out are the same synsets as everywhere.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import generator, threads
from genai_demo.core.load import load
from genai_demo.core.training import ModelStep
from genai_demo.data import english, wordnet
from genai_demo.encoder.follows import pooled
from genai_demo.encoder.heads import FOLLOWS, NAMES, NEXT, NOT, NOTHING, ORDER, TOPIC, Heads, states
from genai_demo.encoder.model import Encoder
from genai_demo.encoder.names import words
from genai_demo.language.rows import thin

LONGEST = 60  # tokens of a sentence that is one of two
CAPITAL = re.compile(r"\b[A-Z][\w'-]+")


@dataclass(frozen=True, slots=True)
class HeadConfig:
    """What a training depends on; written on the card. most, judged: examples of a kind, or sentences, of each half."""

    most: int
    judged: int
    epochs: int = 30
    batch_size: int = 512
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    seed: int = 0


class Examples(NamedTuple):
    """x (layers + 1, n, width) float16, y (n,) classes; new (n,) bool: of a name that no text learnt from has."""

    x: Tensor
    y: Tensor
    new: Tensor | None = None


MODELS = {
    TOPIC: HeadConfig(900, 1500),
    NAMES: HeadConfig(6000, 1000),
    NEXT: HeadConfig(800, 400, batch_size=64, learning_rate=1e-3, weight_decay=0.1),
    ORDER: HeadConfig(800, 400, batch_size=64, learning_rate=1e-3, weight_decay=0.1),
}
TITLES = {
    TOPIC: "What a description is of",
    NAMES: "Names of people and places",
    NEXT: "Next sentence, as BERT learnt it",
    ORDER: "Next sentence, by order",
}
PARAGRAPHS = (
    "paragraphs of descriptions of Debian's packages (licences of the packages), of the documentation of Python 3.11 "
    "(PSF) and of Jane Austen's novels (public domain); "
)
DATA = {
    NEXT: f"{PARAGRAPHS}a sentence and the next one, or one of another text",
    ORDER: f"{PARAGRAPHS}a sentence and the next one, or these two turned round, or a later one of the paragraph",
    TOPIC: "glosses of WordNet 3.0's nouns with the kind of thing each names (WordNet's own free licence)",
    NAMES: "glosses and examples of WordNet 3.0, marked by its own lists of people and places, unchecked (its licence)",
}


def train_one(name: str, notes: kit.Journal, cfg: HeadConfig, model: Encoder | None = None) -> Iterator[ModelStep]:
    """Fit the heads of that name and write them with their card. Raises DemoError where the data can't be had."""
    started = time.monotonic()
    model = model or load("encoder/minilm")
    classes, learnt = SOURCES[name](model, cfg, "train")
    layers, _, width = learnt.x.shape
    heads = Heads(layers, width, classes)
    optimiser = torch.optim.AdamW(heads.parameters(), lr=cfg.learning_rate, weight_decay=cfg.weight_decay)
    draws = generator(cfg.seed)
    for epoch in range(1, cfg.epochs + 1):
        total = 0.0
        parts = torch.randperm(len(learnt.y), generator=draws).split(cfg.batch_size)
        with threads(1):
            for part in parts:
                loss = fit(heads, learnt.x[:, part].float(), learnt.y[part])
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                optimiser.step()
                total += float(loss.detach())
        for group in optimiser.param_groups:
            group["lr"] = cfg.learning_rate * (1 - epoch / cfg.epochs)
        yield ModelStep(epoch, cfg.epochs, total / len(parts) / layers, time.monotonic() - started, name)
    _write(name, notes, cfg, heads, judged(name, heads, model), time.monotonic() - started)


def judged(name: str, heads: Heads, model: Encoder) -> dict[str, Any]:
    """What `measured` says of held-out examples; of NEXT's heads also how they do what ORDER's are asked ("hard")."""
    cfg = MODELS[name]
    found = measured(heads, SOURCES[name](model, cfg, "held out")[1])
    if name == NEXT:
        harder = measured(heads, SOURCES[ORDER](model, cfg, "held out")[1])
        found |= {key.replace("right_", "hard_"): value for key, value in harder.items() if key.startswith("right_")}
    return found


def fit(heads: Heads, x: Tensor, y: Tensor) -> Tensor:
    """The cross-entropy of all layers' heads, summed: each is trained as if it were alone."""
    logits = heads(x)
    return F.cross_entropy(logits.flatten(0, 1), y.repeat(len(logits))) * len(logits)


@torch.inference_mode()
def measured(heads: Heads, held: Examples) -> dict[str, Any]:
    """By layer: the share of examples told right, or, where there is a class for nothing, the F1 of the others."""
    told = heads(held.x.float()).argmax(-1)  # (layers + 1, n)
    found: dict[str, Any] = {"examples": len(held.y)}
    nothing = heads.classes.index(NOTHING) if NOTHING in heads.classes else -1
    for layer, each in enumerate(told):
        hits = each == held.y
        if nothing < 0:
            score = float(hits.float().mean())
        else:
            marked, said = held.y != nothing, each != nothing
            score = 2 * int((hits & marked).sum()) / max(1, int(marked.sum()) + int(said.sum()))
        found[f"right_{layer}"] = round(score, 4)
        if (
            held.new is not None
        ):  # how many of the tokens of names were found, of such as were learnt from, and of others
            for name, which in (("known", ~held.new), ("new", held.new)):
                found[f"{name}_{layer}"] = round(float(hits[which & (held.y != nothing)].float().mean()), 4)
    if nothing < 0:  # kinds are not equally frequent
        each = [float((told[-1] == held.y)[held.y == k].float().mean()) for k in held.y.unique()]
        found["mean_over_kinds"] = round(sum(each) / len(each), 4)
    return found


def _write(
    name: str, notes: kit.Journal, cfg: HeadConfig, heads: Heads, quality: dict[str, Any], seconds: float
) -> None:
    kit.write_weights(notes.weights, kit.halved(heads.state_dict()), {"classes": json.dumps(heads.classes)})
    write_card(
        notes.weights,
        title=TITLES[name],
        licence="Apache-2.0",
        data=DATA[name],
        config={"classes": list(heads.classes), "behind": "all-MiniLM-L6-v2, left as it is"},
        training=kit.stated(cfg),
        epochs=cfg.epochs,
        wall_seconds=round(seconds),
        quality=quality,
    )


@torch.inference_mode()
def topics(model: Encoder, cfg: HeadConfig, split: english.Split) -> tuple[tuple[str, ...], Examples]:
    """Kinds of things; means of the vectors of their glosses."""
    classes = tuple(sorted(set(wordnet.KINDS.values())))
    most = cfg.most if split == "train" else cfg.judged
    x, y = [], []
    for number, kind in enumerate(classes):
        of_kind = [one for one in wordnet.nouns() if one.kind == kind and one.gloss and one.held == (split != "train")]
        for noun in thin(of_kind, most):
            x.append(states(model, model.encode(noun.gloss)[:64]).mean(1).half())
            y.append(number)
    return classes, Examples(torch.stack(x, 1), torch.tensor(y))


@torch.inference_mode()
def named(model: Encoder, cfg: HeadConfig, split: english.Split) -> tuple[tuple[str, ...], Examples]:
    """Classes of tokens; vectors of tokens of marked sentences."""
    classes = (NOTHING, *sorted(set(wordnet.LISTS.values())))
    learnt = _marked("train", cfg.most)
    known = {text[a:b] for text, spans in learnt for a, b, _ in spans}
    x, y, new = [], [], []
    for text, spans in learnt if split == "train" else _marked(split, cfg.judged):
        ids, kinds = labelled(model, text, spans)
        _, unseen = labelled(model, text, [span for span in spans if text[span[0] : span[1]] not in known])
        chosen = _some(kinds) if split == "train" else list(range(len(kinds)))
        x.append(states(model, ids)[:, chosen].half())
        y.append(torch.tensor([classes.index(kinds[k]) for k in chosen]))
        new.append(torch.tensor([unseen[k] != NOTHING for k in chosen]))
    return classes, Examples(torch.cat(x, 1), torch.cat(y), torch.cat(new))


def nexts(model: Encoder, cfg: HeadConfig, split: english.Split) -> tuple[tuple[str, ...], Examples]:
    """A sentence with the next one of its paragraph, and with one of another text."""
    return _paired(model, cfg, split, _elsewhere)


def ordered(model: Encoder, cfg: HeadConfig, split: english.Split) -> tuple[tuple[str, ...], Examples]:
    """A sentence with the next one of its paragraph, and with the same two turned round, or with a later one."""
    return _paired(model, cfg, split, _turned)


Wrong = Callable[[list[list[str]], int, int, random.Random], tuple[str, str]]


def _elsewhere(texts: list[list[str]], text: int, at: int, chance: random.Random) -> tuple[str, str]:
    other = (text + chance.randrange(1, len(texts))) % len(texts)
    return texts[text][at], chance.choice(texts[other])


def _turned(texts: list[list[str]], text: int, at: int, chance: random.Random) -> tuple[str, str]:
    later = texts[text][at + 2 :]
    if later and chance.random() < 0.5:
        return texts[text][at], chance.choice(later)
    return texts[text][at + 1], texts[text][at]


@torch.inference_mode()
def _paired(model: Encoder, cfg: HeadConfig, split: english.Split, wrong: Wrong) -> tuple[tuple[str, ...], Examples]:
    """Each paragraph once as it stands and once as `wrong` makes it."""
    chance = random.Random(cfg.seed)
    most = cfg.most if split == "train" else cfg.judged
    every = [list(english.sentences(text)) for texts in english.paragraphs(split).values() for text in texts]
    texts = thin(every, most)
    x, y = [], []
    for text, sentences in enumerate(texts):
        at = chance.randrange(len(sentences) - 1)
        for right, pair in ((1, (sentences[at], sentences[at + 1])), (0, wrong(texts, text, at, chance))):
            first, second = (model.encode(one)[1:-1][:LONGEST] for one in pair)
            x.append(pooled(model, first, second).half())
            y.append(right)
    return (NOT, FOLLOWS), Examples(torch.stack(x, 1), torch.tensor(y))


def _marked(split: english.Split, most: int) -> list[tuple[str, list[tuple[int, int, str]]]]:
    """Sentences with names of the lists, and where these stand."""
    lists = wordnet.listed()
    found = [(text, spans) for text in english.load(split)["wordnet"] if (spans := marks(text, lists))]
    return thin(found, most)


def marks(text: str, lists: dict[str, str]) -> list[tuple[int, int, str]]:
    """Where names of the lists stand in a text, the longest first word onwards: (first, end, kind), in characters.

    The first word of a text is none: it has a capital letter anyway.
    """
    found: list[tuple[int, int, str]] = []
    for match in CAPITAL.finditer(text):
        at = match.start()
        if at == 0 or (found and at < found[-1][1]):
            continue
        for end in sorted((m.end() for m in CAPITAL.finditer(text, at, at + 40)), reverse=True):
            if kind := lists.get(text[at:end]):
                found.append((at, end, kind))
                break
    return found


def labelled(model: Encoder, text: str, spans: Sequence[tuple[int, int, str]]) -> tuple[list[int], list[str]]:
    """Token numbers with start and end, and the kind of each between them; a word has that of its first token."""
    read = model.pieces.encode(text, add_special_tokens=False)
    kinds = [NOTHING] * len(read.ids)
    for place, (first, _) in enumerate(read.offsets):
        for a, b, kind in spans:
            if a <= first < b:
                kinds[place] = kind
    whole = words(model, read.ids)
    return [model.start, *read.ids, model.end], [kinds[place] for place in whole]


def _some(kinds: Sequence[str]) -> list[int]:
    """Places of all tokens of names and of as many others as keep a text from outweighing them: ten, evenly spaced."""
    others = [k for k, kind in enumerate(kinds) if kind == NOTHING]
    return sorted([k for k, kind in enumerate(kinds) if kind != NOTHING] + thin(others, 10))


SOURCES: dict[str, Callable[[Encoder, HeadConfig, english.Split], tuple[tuple[str, ...], Examples]]] = {
    TOPIC: topics,
    NAMES: named,
    NEXT: nexts,
    ORDER: ordered,
}
