"""Trains a masked language model on from all-MiniLM-L6-v2. `python -m genai_demo train encoder` iterates train_all().

Devlin et al. 2018, "BERT": some tokens are hidden, the network says which they were. MiniLM has no such head; the one
trained here is BERT's, tied to the word embeddings, and all layers are trained with it. Only the hidden places go
through the output layer. The share that is hidden varies (Sahoo et al. 2024, "Masked diffusion language models"), so
that the network can also write a sentence from nothing but masks.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import generator, seeded, threads
from genai_demo.core.training import ModelStep, Resumable, TrainStep
from genai_demo.core.weights import locate
from genai_demo.data import english
from genai_demo.encoder import bundle, heads_train, span_train, vit_train
from genai_demo.encoder.heads_train import HeadConfig
from genai_demo.encoder.span_train import SpanConfig
from genai_demo.encoder.vit_train import ViTConfig
from genai_demo.language.minilm import MINILM
from genai_demo.language.rows import padded, thin

SAVE, REPORT = 50, 25  # steps between two states in the cache, and between two reports
LONGEST = 64  # tokens of a sentence, start and end among them
HISTORY = 40  # points of the curve on the card
MOST = 40_000  # sentences of a source that are read, evenly spaced: more than a training of an hour sees
LOOKED, JUDGED = 100, 500  # held-out sentences of each source: for the curve, and for the card
DATA = (
    "English sentences: glosses and examples of WordNet 3.0 (its own free licence), descriptions of Debian's packages "
    "(licences of the packages), documentation of Python 3.11 (PSF), novels of Jane Austen (public domain)"
)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card.

    tokens: of a batch; hidden: share of the tokens that are masked, usually; often: how often it is that share, else
    any from there to all of them; cool: the last share of the steps, whose rate falls to 0; mix: the chance of each
    source.
    """

    steps: int = 1300
    tokens: int = 2048
    learning_rate: float = 4e-4
    warmup: int = 100
    cool: float = 0.3
    weight_decay: float = 0.01
    clip: float = 1.0
    hidden: float = 0.25
    often: float = 0.85
    mix: dict[str, float] = field(
        default_factory=lambda: {"wordnet": 0.35, "descriptions": 0.25, "python": 0.1, "austen": 0.3}
    )
    seed: int = 0


MODELS: dict[str, TrainConfig | HeadConfig | SpanConfig | ViTConfig] = {
    "words-1": TrainConfig(),
    **heads_train.MODELS,
    **span_train.MODELS,
    **vit_train.MODELS,
}


@dataclass(frozen=True, slots=True)
class MaskedStep(TrainStep):
    """With the share of hidden tokens of held-out sentences that were told right at once, and among the first five."""

    top1: float
    top5: float


class Corpus:
    """Sentences as rows of token numbers, by source, the short ones first. Nothing of it is changed."""

    def __init__(self, texts: Mapping[str, Sequence[str]], pieces: Any) -> None:
        self.rows: dict[str, list[list[int]]] = {}
        for source, sentences in texts.items():
            read = [one.ids for one in pieces.encode_batch(list(sentences))]
            self.rows[source] = sorted((ids for ids in read if len(ids) <= LONGEST), key=len)

    def batch(self, source: str, tokens: int, random: torch.Generator) -> Tensor:
        """Sentences of about one length, about `tokens` in all, (n, t) int64; 0 where a row is shorter."""
        rows = self.rows[source]
        at = int(torch.randint(len(rows), (), generator=random))
        taken = rows[at : at + max(1, tokens // len(rows[at]))]
        return padded(taken)


def hide(
    ids: Tensor, share: Tensor, mask: int, specials: Sequence[int], random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """ids (n, t), share (n, 1) of each row -> ids with `mask` in places by chance, at least one a row; those places."""
    chance = torch.rand(ids.shape, generator=random)
    chance[torch.isin(ids, torch.tensor(specials))] = 2
    hidden = chance < share
    hidden |= (chance == chance.amin(1, keepdim=True)) & (chance < 1)
    return torch.where(hidden, mask, ids), hidden


class Training(Resumable):
    """Network, optimiser and random stream. specials: numbers of padding, start and end, which are never hidden."""

    def __init__(self, cfg: TrainConfig, network: Any, corpus: Corpus, mask: int, specials: Sequence[int]) -> None:
        self.cfg, self.model, self.corpus, self.mask, self.specials = cfg, network, corpus, mask, specials
        plain = [p for p in network.parameters() if p.ndim < 2]
        matrices = [p for p in network.parameters() if p.ndim >= 2]
        groups = [{"params": matrices, "weight_decay": cfg.weight_decay}, {"params": plain, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=cfg.learning_rate, betas=(0.9, 0.98), fused=True)
        self.random = generator(cfg.seed)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "optimiser", "random")}

    def advance(self) -> float:
        """One step. -> nats per hidden token."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.cfg, self.step)
        names = list(self.cfg.mix)
        pick = torch.multinomial(torch.tensor(list(self.cfg.mix.values())), 1, generator=self.random)
        ids = self.corpus.batch(names[int(pick)], self.cfg.tokens, self.random)
        seldom = torch.rand(len(ids), 1, generator=self.random) >= self.cfg.often
        wide = self.cfg.hidden + (1 - self.cfg.hidden) * torch.rand(len(ids), 1, generator=self.random)
        shown, hidden = hide(ids, torch.where(seldom, wide, self.cfg.hidden), self.mask, self.specials, self.random)
        loss = nn.functional.cross_entropy(logits(self.model, shown, hidden), ids[hidden])
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.cfg.clip)
        self.optimiser.step()
        self.step += 1
        return float(loss.detach())


def logits(network: Any, ids: Tensor, places: Tensor) -> Tensor:
    """ids (n, t), places (n, t) bool -> (places, vocabulary): only those go through the output layer."""
    states = network.bert(input_ids=ids, attention_mask=(ids != 0).long()).last_hidden_state
    found: Tensor = network.cls(states[places])
    return found


def learning_rate(cfg: TrainConfig, step: int) -> float:
    """A linear start, then constant; over the last part a line down to 0."""
    left = (cfg.steps - step) / max(1, cfg.cool * cfg.steps)
    return cfg.learning_rate * min(1.0, (step + 1) / cfg.warmup, left)


@torch.inference_mode()
def measured(network: Any, rows: Sequence[Sequence[int]], mask: int, specials: Sequence[int]) -> tuple[float, float]:
    """Share of the tokens told right, at once and among the first five, where 15 % are hidden (BERT's share)."""
    random, first, five, count = generator(0), 0, 0, 0
    for start in range(0, len(rows), 50):
        ids = padded(rows[start : start + 50])
        shown, hidden = hide(ids, torch.full((len(ids), 1), 0.15), mask, specials, random)
        best = logits(network, shown, hidden).topk(5).indices == ids[hidden][:, None]
        first, five, count = first + int(best[:, 0].sum()), five + int(best.sum()), count + len(best)
    return first / count, five / count


def begun(texts: Mapping[str, Sequence[str]]) -> tuple[Any, Any]:
    """MiniLM with a head that at first says how frequent each token is in `texts`; its tokenizer. Dropout is off."""
    from transformers import BertForMaskedLM, BertTokenizer

    folder = Path(locate(MINILM)).parent
    tokenizer = BertTokenizer.from_pretrained(folder)
    with seeded(0):
        network = BertForMaskedLM.from_pretrained(folder, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    pieces = tokenizer.backend_tokenizer
    count = np.ones(network.config.vocab_size)
    for sentences in texts.values():
        for one in pieces.encode_batch(list(sentences[:: max(1, len(sentences) // 5000)])):
            count[one.ids[1:-1]] += 1
    with torch.no_grad():
        network.cls.predictions.bias.copy_(torch.from_numpy(np.log(count / count.sum())))
    return network, tokenizer


def train(
    training: Training, held: Mapping[str, Sequence[Sequence[int]]], *, every: int = REPORT
) -> Iterator[MaskedStep]:
    """From where `training` is to its last step; held: rows of held-out sentences, by source."""
    cfg, started, total = training.cfg, time.monotonic() - training.seconds, 0.0
    rows = [row for source in held.values() for row in source]
    while training.step < cfg.steps:
        with threads(1):
            total += training.advance()
        if training.step % every == 0 or training.step == cfg.steps:
            mean, look = total / (training.step % every or every), training.step % (4 * every) == 0
            found = measured(training.model.eval(), rows, training.mask, training.specials) if look else (math.nan,) * 2
            training.model.train()
            training.seconds = time.monotonic() - started
            yield MaskedStep(training.step, cfg.steps, mean, training.seconds, *found)
            total = 0.0


def train_all(
    names: tuple[str, ...] = tuple(MODELS), *, ship: bool = False, out: Path | None = None, anew: bool = False
) -> Iterator[ModelStep]:
    """Train what is not finished yet; it is written when it is done.

    It goes into the cache, with `ship` into assets/weights/encoder, or into the folder `out`; anew: from the start.
    Raises DemoError where a half-done one has other settings, or where MiniLM or the sentences can't be had.
    """
    folder = kit.target("encoder", ship=ship, out=out)
    for name in names:
        cfg = MODELS[name]
        with kit.journal("encoder", name, cfg, anew=anew, free=("steps",)) as notes:
            if not kit.is_finished(notes.weights, training=kit.stated(cfg)):
                yield from _train_one(name, cfg, notes)
            if not isinstance(cfg, TrainConfig):
                kit.deliver(notes.weights, folder)
                continue
            for number in range(1, bundle.PARTS + 1):
                kit.deliver(bundle.part(notes.weights, number), folder)
            if folder != notes.weights.parent:
                shutil.copy(notes.weights.with_name("vocab.txt"), folder)


def _train_one(
    name: str, cfg: TrainConfig | HeadConfig | SpanConfig | ViTConfig, notes: kit.Journal
) -> Iterator[ModelStep]:
    if isinstance(cfg, HeadConfig):
        yield from heads_train.train_one(name, notes, cfg)
    elif isinstance(cfg, SpanConfig):
        yield from span_train.train_one(name, notes, cfg)
    elif isinstance(cfg, ViTConfig):
        yield from vit_train.train_one(name, notes, cfg)
    else:
        yield from _train_words(name, cfg, notes)


def _train_words(name: str, cfg: TrainConfig, notes: kit.Journal) -> Iterator[ModelStep]:
    texts = {source: thin(sentences, MOST) for source, sentences in english.load("train").items()}
    network, tokenizer = begun(texts)
    pieces = tokenizer.backend_tokenizer
    specials = [tokenizer.pad_token_id, tokenizer.cls_token_id, tokenizer.sep_token_id]
    training = Training(cfg, network, Corpus(texts, pieces), tokenizer.mask_token_id, specials)
    held = {source: thin(rows, LOOKED) for source, rows in Corpus(english.load("held out"), pieces).rows.items()}
    notes.resume(training)
    for report in train(training, held):
        if not math.isnan(report.top1):
            notes.history.append([report.index, report.loss, report.top1, report.top5, report.seconds])
        notes.keep(training, report, SAVE)
        yield ModelStep(report.index, report.total, report.loss, report.seconds, name)
    export(notes)


def export(notes: kit.Journal) -> Path:
    """Write the weights of a training, the vocabulary and a card for each file. -> the first card.

    Its quality is measured with the weights as they are shipped.
    """
    network, tokenizer = begun({})
    network.load_state_dict(notes.state["model"])
    files = bundle.save(notes.weights, network.state_dict(), network.config.to_diff_dict())
    shutil.copy(Path(locate(MINILM)).parent / "vocab.txt", notes.weights.with_name("vocab.txt"))
    network.load_state_dict(bundle.read(notes.weights)[0], strict=False)
    specials = [tokenizer.pad_token_id, tokenizer.cls_token_id, tokenizer.sep_token_id]
    quality = judged(network.eval(), tokenizer.backend_tokenizer, tokenizer.mask_token_id, specials)
    card = {
        "title": "Masked language model, trained on from all-MiniLM-L6-v2",
        "licence": "Apache-2.0; MiniLM, which it starts from: MIT as packaged",
        "data": DATA,
        "parameters": sum(p.numel() for p in network.parameters()),
        "config": {"layers": 6, "heads": 12, "width": 384, "vocabulary": network.config.vocab_size},
        "training": notes.config,
        "steps": notes.step,
        "device": notes.device,
        "wall_seconds": round(notes.seconds),
        "history": [[round(value, 4) for value in row] for row in thin(notes.history, HISTORY)],
        "quality": quality,
    }
    for file in files:
        write_card(file, **card)
    return notes.weights.with_suffix(".json")


def judged(network: Any, pieces: Any, mask: int, specials: Sequence[int]) -> dict[str, Any]:
    """Accuracy on held-out sentences of each source, and of all. Raises DemoError where they can't be had."""
    rows = Corpus(english.load("held out"), pieces).rows
    chosen = {source: thin(each, JUDGED) for source, each in rows.items()}
    found: dict[str, Any] = {"sentences": sum(map(len, chosen.values())), "hidden": 0.15}
    for source, each in {**chosen, "all": [row for part in chosen.values() for row in part]}.items():
        first, five = measured(network, each, mask, specials)
        found |= {f"top1_{source}": round(first, 4), f"top5_{source}": round(five, 4)}
    return found
