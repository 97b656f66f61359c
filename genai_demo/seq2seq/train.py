"""Trains the encoder-decoder: `python -m genai_demo.seq2seq.train`. One thread is enough: OMP_NUM_THREADS=1.

Teacher forcing: the decoder is given the right beginning and asked for each next piece (Williams & Zipser 1989). One
network learns all tasks, told apart by the sign that a text begins with (Raffel et al. 2019; Johnson et al. 2017).
The attention of the decoder's last layer is guided by counted alignments (align.py).
"""

from __future__ import annotations

import json
import math
import random
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import seeded, threads
from genai_demo.core.errors import DemoError
from genai_demo.core.home import home, whole
from genai_demo.core.training import ModelStep, Resumable, TrainStep
from genai_demo.data import english, translations
from genai_demo.language.rows import padded
from genai_demo.seq2seq import model, tasks
from genai_demo.seq2seq.align import guide, lexicon
from genai_demo.seq2seq.tasks import Pair

NAME = "translator"
REPORT, SAVE = 25, 50  # steps between two reports, and two states in the cache
VOCABULARY = 8_000
COUNTED = 300  # batches of each language that the alignment is counted from
HISTORY = 40  # points of the curve on the card
DATA = (
    "descriptions of Debian's packages, translated by the Debian Description Translation Project (licences of the "
    "packages), glosses and examples of WordNet 3.0 (its licence) that were damaged, numbers made up"
)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card.

    pieces: of a batch, read and written; cool: the last share of the steps, whose rate falls to 0; mix: the chance of
    each task; guided: the share of the alignment in the loss.
    """

    steps: int = 5000
    pieces: int = 2048
    learning_rate: float = 2e-3
    warmup: int = 200
    cool: float = 0.3
    weight_decay: float = 0.01
    clip: float = 1.0
    guided: float = 0.1
    mix: dict[str, float] = field(
        default_factory=lambda: {
            "fr": 0.26,
            "de": 0.2,
            "es": 0.08,
            "it": 0.26,
            "words": 0.06,
            "repair": 0.08,
            "spans": 0.06,
        }
    )
    seed: int = 0


def tokenizer_of(texts: Iterator[str]) -> Tokenizer:
    """Pieces that words are made of (BPE, Sennrich et al. 2016), learnt from texts; digits stand alone."""
    made = Tokenizer(models.BPE(unk_token=model.UNKNOWN))
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.Split(Regex(r"[\p{P}\p{S}]"), "isolated"),
            pre_tokenizers.Metaspace(prepend_scheme="first"),
        ]
    )
    made.decoder = decoders.Metaspace(prepend_scheme="first")
    made.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY, special_tokens=list(model.SIGNS), show_progress=False, limit_alphabet=300
        ),
    )
    return made


class Corpus:
    """Pairs of rows of piece numbers by task, those of about one length together. Nothing of it is changed."""

    def __init__(self, pairs: Mapping[str, Sequence[Pair]], pieces: Tokenizer) -> None:
        self.rows: dict[str, list[tuple[list[int], list[int]]]] = {}
        for task, texts in pairs.items():
            read = pieces.encode_batch([one for one, _ in texts])
            write = pieces.encode_batch([other for _, other in texts])
            rows = [([*a.ids, 1], [*b.ids, 1]) for a, b in zip(read, write, strict=True)]
            kept = [row for row in rows if max(map(len, row)) <= model.LONGEST]
            self.rows[task] = sorted(kept, key=lambda row: (max(map(len, row)), len(row[0])))

    def batch(self, task: str, pieces: int, chance: torch.Generator) -> tuple[Tensor, Tensor]:
        """Pairs of about one length, about `pieces` in all: what is read (b, s), what is written (b, t), padded."""
        rows = self.rows[task]
        at = int(torch.randint(len(rows), (), generator=chance))
        taken = rows[at : at + max(1, pieces // (2 * max(map(len, rows[at]))))]
        return padded([a for a, _ in taken]), padded([b for _, b in taken])

    def sample(self, cfg: TrainConfig, most: int) -> list[tuple[Tensor, Tensor]]:
        """So many batches of each task, by the configuration's seed."""
        chance = torch.Generator().manual_seed(cfg.seed)
        return [self.batch(task, cfg.pieces, chance) for task in self.rows for _ in range(most)]


def prepared(seed: int, wanted: Collection[str] = tuple(model.TASKS)) -> tuple[dict[str, list[Pair]], Tokenizer]:
    """All pairs of the tasks wanted, and the tokenizer, which is kept in the cache folder. Raises DemoError."""
    pairs: dict[str, list[Pair]] = {}
    for language, found in translations.load_all("train").items():
        pairs[language] = [(f"{model.TASKS[language]} {a}", b) for a, b in found]
    kept = home() / "train" / "seq2seq" / "tokenizer.json"
    chance = random.Random(seed)
    pairs["words"] = [tasks.number_pair(chance) for _ in range(60_000)]
    if not kept.exists() or not {"repair", "spans"}.isdisjoint(wanted):
        sentences = english.load("train")["wordnet"]
        pairs["repair"] = [tasks.damaged(text, chance) for text in sentences[::3]]
        pairs["spans"] = [tasks.damaged(text, chance, spans=True) for text in sentences[1::3]]
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        made = tokenizer_of(_texts(pairs))
        with whole(kept) as partial:
            made.save(str(partial))
    return {task: pairs[task] for task in wanted}, Tokenizer.from_file(str(kept))


def _texts(pairs: Mapping[str, Sequence[Pair]]) -> Iterator[str]:
    """What pieces are learnt from: both sides of the translations, and some of what else is written."""
    for language in translations.LANGUAGES:
        for one, other in pairs[language]:
            yield one.split(" ", 1)[1]
            yield other
    yield from (pair[1] for pair in [*pairs["repair"][::4], *pairs["words"][::60]])


class Training(Resumable):
    """Network, optimiser and random stream."""

    def __init__(self, cfg: TrainConfig, corpus: Corpus, vocabulary: int) -> None:
        self.cfg, self.corpus = cfg, corpus
        with seeded(cfg.seed):
            self.model = model.network(vocabulary).train()
        self.model.set_attn_implementation("eager")  # the only one that gives its attention away
        self.lexicon = lexicon(corpus.sample(cfg, COUNTED), vocabulary)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=cfg.learning_rate, betas=(0.9, 0.98), weight_decay=cfg.weight_decay, fused=True
        )
        self.random = torch.Generator().manual_seed(cfg.seed)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "optimiser", "random")}

    def advance(self) -> float:
        """One step. -> nats per piece, without the guide's."""
        cfg = self.cfg
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(cfg, self.step)
        names = list(cfg.mix)
        task = names[int(torch.multinomial(torch.tensor(list(cfg.mix.values())), 1, generator=self.random))]
        read, write = self.corpus.batch(task, cfg.pieces, self.random)
        logits, answers, attention = asked(self.model, read, write)
        loss = F.cross_entropy(logits, answers)
        self.optimiser.zero_grad(set_to_none=True)
        (loss + cfg.guided * unlike(attention, guide(self.lexicon, read, write))).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), cfg.clip)
        self.optimiser.step()
        self.step += 1
        return float(loss.detach())


def asked(net: Any, read: Tensor, write: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """read (b, s), write (b, t) -> logits (m, v) of the m pieces to be written, padding left out, and those (m,).

    And the attention of the decoder's last layer to what was read, mean over the heads, (b, t, s).
    """
    shifted = torch.cat([torch.zeros_like(write[:, :1]), write[:, :-1]], 1)
    mask = (read != 0).long()
    out = net.model(input_ids=read, attention_mask=mask, decoder_input_ids=shifted, output_attentions=True)
    there = write != 0
    logits = net.lm_head(out.last_hidden_state[there]) + net.final_logits_bias
    return logits, write[there], out.cross_attentions[-1].mean(1)


def unlike(attention: Tensor, guided: Tensor) -> Tensor:
    """How far attention (b, t, s) is from where it should look: cross-entropy, nats per piece that has a guide."""
    return -(guided * attention.clamp(min=1e-6).log()).sum() / guided.sum()


def learning_rate(cfg: TrainConfig, step: int) -> float:
    """A linear start, then as one over the root of the step; over the last part a line down to 0 besides."""
    left = (cfg.steps - step) / max(1, cfg.cool * cfg.steps)
    return cfg.learning_rate * min((step + 1) / cfg.warmup, math.sqrt(cfg.warmup / (step + 1)), 1.0) * min(1.0, left)


def train(training: Training, *, every: int = REPORT) -> Iterator[TrainStep]:
    """From where `training` is to its last step."""
    cfg, started, total = training.cfg, time.monotonic() - training.seconds, 0.0
    while training.step < cfg.steps:
        with threads(1):
            total += training.advance()
        if training.step % every == 0 or training.step == cfg.steps:
            training.seconds = time.monotonic() - started
            yield TrainStep(training.step, cfg.steps, total / (training.step % every or every), training.seconds)
            total = 0.0


def train_all(*, ship: bool = False, out: Path | None = None, anew: bool = False) -> Iterator[ModelStep]:
    """Train it, going on where it was stopped; it is written when it is done.

    It goes into the cache, with `ship` into assets/weights/seq2seq, or into the folder `out`; anew: from the start.
    One planned for another number of steps goes on too. Raises DemoError where a half-done one has other settings, or
    where the texts can't be had.
    """
    folder, cfg = kit.target("seq2seq", ship=ship, out=out), TrainConfig()
    with kit.journal("seq2seq", NAME, cfg, anew=anew, free=("steps",)) as notes:
        if not kit.is_finished(notes.weights, training=kit.stated(cfg)):
            pairs, pieces = prepared(cfg.seed, tuple(cfg.mix))
            training = Training(cfg, Corpus(pairs, pieces), pieces.get_vocab_size())
            notes.resume(training)
            for report in train(training):
                notes.history.append([report.index, report.loss])
                notes.keep(training, report, SAVE)
                yield ModelStep(report.index, report.total, report.loss, report.seconds, NAME)
            export(notes, pieces)
        kit.deliver(notes.weights, folder)


def export(notes: kit.Journal, pieces: Tokenizer) -> None:
    """Write weights and card; the quality is measured by `python -m genai_demo quality seq2seq`."""
    net = model.network(pieces.get_vocab_size())
    net.load_state_dict(notes.state["model"])
    tied = ("model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight")
    kept = {name: value for name, value in net.state_dict().items() if name not in tied}
    kit.write_weights(notes.weights, kit.halved(kept), {"tokenizer": json.dumps(pieces.to_str())})
    step = max(1, -(-len(notes.history) // HISTORY))
    write_card(
        notes.weights,
        title="Translator and mender, an encoder-decoder",
        licence="Apache-2.0",
        data=DATA,
        parameters=sum(p.numel() for p in net.parameters()),
        config={**model.CONFIG, "vocabulary": pieces.get_vocab_size()},
        training=kit.stated(notes.config),
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        history=[[round(value, 4) for value in row] for row in notes.history[::step]],
        quality={},
    )


if __name__ == "__main__":  # the command line finds an architecture once it has a page
    try:
        for told in train_all():
            print(f"{told.index}/{told.total} loss {told.loss:.4f} seconds {told.seconds:.0f}", flush=True)
    except DemoError as error:
        sys.exit(str(error))
