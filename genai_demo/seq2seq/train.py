"""Trains the encoder-decoders: `python -m genai_demo.seq2seq.train`. One thread is enough: OMP_NUM_THREADS=1.

Teacher forcing: the decoder is given the right beginning and asked for each next piece (Williams & Zipser 1989). One
network learns all tasks, told apart by the sign that a text begins with (Raffel et al. 2019; Johnson et al. 2017).
The attention of the decoder's last layer is guided by counted alignments (align.py).
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import seeded
from genai_demo.core.errors import DemoError
from genai_demo.core.spec import WEIGHTS
from genai_demo.core.training import ModelStep, Resumable
from genai_demo.seq2seq import model
from genai_demo.seq2seq.align import guide, lexicon
from genai_demo.seq2seq.corpus import Corpus, exact_pairs, prepared
from genai_demo.seq2seq.tasks import Pair

REPORT, SAVE = 25, 50  # steps between two reports, and two states in the cache
COUNTED = 300  # batches of each language that the alignment is counted from
HISTORY = 40  # points of the curve on the card
FREE = ("steps", "precision")  # settings in which an older training may differ and still be gone on with
DATA = (
    "descriptions of Debian's packages, translated by the Debian Description Translation Project (licences of the "
    "packages), glosses and examples of WordNet 3.0 (its licence) that were damaged, numbers made up"
)


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card.

    pieces: of a batch, read and written; precision: of the products, weights stay in float32; cool: the last share of
    the steps, whose rate falls to 0; mix: the chance of each task; guided: the share of the alignment in the loss.
    """

    steps: int = 7600
    pieces: int = 2048
    precision: str = field(default_factory=kit.fit_precision)
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


@dataclass(frozen=True, slots=True)
class Model:
    """One that is trained here. texts: a seed -> its pairs by task, and its pieces; shape: of its network."""

    name: str
    title: str
    data: str
    cfg: TrainConfig
    shape: Mapping[str, Any]
    texts: Callable[[TrainConfig], tuple[dict[str, list[Pair]], Tokenizer]]


MODELS = (
    Model(
        "translator",
        "Translator and mender, an encoder-decoder",
        DATA,
        TrainConfig(),
        model.CONFIG,
        lambda cfg: prepared(cfg.seed, tuple(cfg.mix)),
    ),
    Model(
        "exact",
        "Numbers and dates in words, a small encoder-decoder",
        "numbers and dates made up by genai_demo/seq2seq/tasks.py",
        TrainConfig(steps=2000, mix={"words": 1.0}),
        model.EXACT,
        lambda cfg: exact_pairs(cfg.seed),
    ),
)


class Training(Resumable):
    """Network, optimiser and random stream."""

    def __init__(
        self, cfg: TrainConfig, corpus: Corpus, vocabulary: int, shape: Mapping[str, Any] = model.CONFIG
    ) -> None:
        self.cfg, self.corpus = cfg, corpus
        with seeded(cfg.seed):
            self.model = model.network(vocabulary, shape).train()
        self.model.set_attn_implementation("eager")  # the only one that gives its attention away
        self.lexicon = lexicon(corpus.sample(cfg.seed, cfg.pieces, COUNTED), vocabulary)
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
        with kit.products(torch.device("cpu"), cfg.precision):
            logits, answers, attention = asked(self.model, read, write)
        loss = F.cross_entropy(logits.float(), answers)
        self.optimiser.zero_grad(set_to_none=True)
        (loss + cfg.guided * unlike(attention.float(), guide(self.lexicon, read, write))).backward()
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


def train_all(*, ship: bool = False, out: Path | None = None, anew: bool = False) -> Iterator[ModelStep]:
    """Train both, going on where they were stopped; each is written when it is done.

    They go into the cache, with `ship` into assets/weights/seq2seq, or into the folder `out`; anew: from the start.
    One planned for another number of steps goes on too. Raises DemoError where a half-done one has other settings, or
    where the texts can't be had.
    """
    folder = kit.target("seq2seq", ship=ship, out=out)
    for one in MODELS:
        yield from _train(one, folder, anew)


def _train(one: Model, folder: Path, anew: bool) -> Iterator[ModelStep]:
    cfg = one.cfg
    with kit.journal("seq2seq", one.name, cfg, anew=anew, free=FREE) as notes:
        if not kit.is_finished(notes.weights, training=kit.stated(cfg)):
            pairs, pieces = one.texts(cfg)
            training = Training(cfg, Corpus(pairs, pieces), pieces.get_vocab_size(), one.shape)
            notes.go_on(training, WEIGHTS / "seq2seq" / f"{one.name}.safetensors", FREE)
            yield from kit.sitting(notes, training, cfg.steps, one.name, REPORT, SAVE)
            export(notes, pieces, one)
        kit.deliver(notes.weights, folder)


def export(notes: kit.Journal, pieces: Tokenizer, one: Model = MODELS[0]) -> None:
    """Write weights and card; the quality is measured by `python -m genai_demo quality seq2seq`."""
    net = model.network(pieces.get_vocab_size(), one.shape)
    net.load_state_dict(notes.state["model"])
    tied = ("model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight")
    kept = {name: value for name, value in net.state_dict().items() if name not in tied}
    kit.write_weights(notes.weights, kit.halved(kept), {"tokenizer": json.dumps(pieces.to_str())})
    step = max(1, -(-len(notes.history) // HISTORY))
    write_card(
        notes.weights,
        title=one.title,
        licence="Apache-2.0",
        data=one.data,
        parameters=sum(p.numel() for p in net.parameters()),
        config={**one.shape, "vocabulary": pieces.get_vocab_size()},
        training=kit.stated(notes.config),
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        begun_from=notes.begun,
        history=[[round(value, 4) for value in row] for row in notes.history[::step]],
        quality={},
    )


if __name__ == "__main__":  # the command line finds an architecture once it has a page
    try:
        for told in train_all():
            print(f"{told.model} {told.index}/{told.total} loss {told.loss:.4f} seconds {told.seconds:.0f}", flush=True)
    except DemoError as error:
        sys.exit(str(error))
