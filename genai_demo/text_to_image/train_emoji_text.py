"""Trains the text encoder of emoji alone: a small network reads its features and says how the picture looks, shrunk.

It begins with the layers of the picture world's and with the words that both know. See train.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.device import pick_device, seeded
from genai_demo.core.rates import trapezoid
from genai_demo.core.spec import WEIGHTS
from genai_demo.core.training import ModelStep, Resumable
from genai_demo.data import emoji, emoji_told
from genai_demo.text_to_image import denoiser, emoji_latents, train_text
from genai_demo.text_to_image.emoji_latents import SMALL, Captioned
from genai_demo.text_to_image.emoji_studio import LONGEST
from genai_demo.text_to_image.emoji_words import WORDS
from genai_demo.text_to_image.train_emoji_autoencoder import DATA, LICENCE

NAME = "emoji-text"
EMBEDDING = "embeddings.token_embedding.weight"
CELLS = 4  # along a side: each says how SMALL / CELLS pixels look
REPORT, SAVE = 25, 100  # steps between two reports, and two states in the cache folder


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a training depends on; written on the card."""

    steps: int = 1_200
    batch_size: int = 64
    learning_rate: float = 1.5e-3
    warmup: int = 50
    seed: int = 0


class Reader(nn.Module):
    """Features of words (b, words, WIDTH) -> a small picture (b, 3, SMALL, SMALL)."""

    def __init__(self) -> None:
        super().__init__()
        wide, self.finer = denoiser.WIDTH, SMALL // CELLS
        self.cells = nn.Parameter(torch.randn(CELLS**2, wide) * 0.1)
        layer = nn.TransformerDecoderLayer(wide, 4, 4 * wide, dropout=0.0, batch_first=True, norm_first=True)
        self.ask = nn.TransformerDecoder(layer, 1)
        self.net = nn.Linear(wide, 3 * self.finer**2)

    def forward(self, features: Tensor) -> Tensor:
        cells = self.net(self.ask(self.cells.expand(len(features), -1, -1), features))
        return F.pixel_shuffle(cells.transpose(1, 2).unflatten(2, (CELLS, CELLS)), self.finer)


class Training(Resumable):
    """Text encoder, reader and optimiser. words: the tokenizer of the captions."""

    def __init__(self, cfg: TrainConfig, data: Captioned, words: Any) -> None:
        self.cfg, self.data, self.device = cfg, data, pick_device()
        with seeded(cfg.seed):
            self.model = denoiser.empty(words=words).text_encoder.to(self.device).train()
            self.reader = Reader().to(self.device)
        self.model.set_attn_implementation("eager")
        begin(self.model, words)
        self.learnt = [*self.model.parameters(), *self.reader.parameters()]
        self.optimiser = torch.optim.AdamW(self.learnt, weight_decay=0.01, betas=(0.9, 0.98), fused=True)
        self.random = torch.Generator().manual_seed(cfg.seed)

    def parts(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("model", "reader", "optimiser", "random")}

    def advance(self) -> float:
        """One step. -> mean squared error of the small picture."""
        cfg = self.cfg
        for group in self.optimiser.param_groups:
            group["lr"] = trapezoid(cfg.learning_rate, self.step, cfg.steps, cfg.warmup)
        pick = torch.randint(len(self.data.ids), (cfg.batch_size,), generator=self.random)
        which = torch.randint(self.data.ids.shape[1], (cfg.batch_size,), generator=self.random)
        ids, small = self.data.ids[pick, which].long().to(self.device), self.data.small[pick].to(self.device)
        loss = F.mse_loss(self.reader(self.model(ids).last_hidden_state), small)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.learnt, 1.0)
        self.optimiser.step()
        self.step += 1
        return float(loss.detach())


@torch.no_grad()
def begin(model: nn.Module, words: Any) -> None:
    """Take over the shipped text encoder of the picture world: its layers, and its words where both have them."""
    before, _ = train_text.earlier()
    if before is None:
        return
    own, known, theirs = model.state_dict(), words.get_vocab(), denoiser.tokenizer().get_vocab()
    (name,) = (name for name in own if name.endswith(EMBEDDING))
    for word, i in known.items():
        if word in theirs:
            own[name][i] = before[name][theirs[word]]
    kept = {key: value for key, value in before.items() if key in own and value.shape == own[key].shape}
    model.load_state_dict({**kept, name: own[name]}, strict=False)


def vocabulary() -> Any:
    """The tokenizer of the captions, from the data. Raises DemoError where that can't be had."""
    return denoiser.tokenizer(emoji_told.vocabulary(emoji.load()), LONGEST)


def train_one(cfg: TrainConfig | None = None, *, anew: bool = False) -> Iterator[ModelStep]:
    """Train it, then write weights and card into the cache folder. Raises DemoError as kit.journal does."""
    cfg = cfg or TrainConfig()
    with kit.journal("text_to_image", NAME, cfg, anew=anew, free=("steps",)) as notes:
        if not kit.is_finished(notes.weights, training=kit.stated(cfg)):
            training = Training(cfg, emoji_latents.captioned(cfg.seed), vocabulary())
            notes.go_on(training, WEIGHTS / "text_to_image" / f"{NAME}.safetensors", ("steps",))
            yield from kit.sitting(notes, training, cfg.steps, NAME, REPORT, SAVE)
            export(notes, training)


def export(notes: kit.Journal, training: Training) -> None:
    """Write the weights, with the vocabulary, and their card."""
    words = " ".join(emoji_told.vocabulary(emoji.load()))
    kit.write_weights(notes.weights, kit.halved(training.model.state_dict()), {WORDS: words})
    write_card(
        notes.weights,
        title="Text encoder of emoji",
        licence=LICENCE,
        data=f"captions of {DATA}",
        config=kit.stated(denoiser.TEXT | {"max_position_embeddings": LONGEST}),
        training=notes.config,
        steps=notes.step,
        device=notes.device,
        wall_seconds=round(notes.seconds),
        begun_from=notes.begun,
        quality={"squared_error": round(sum(loss for _, loss in notes.history[-4:]) / 4, 4)},
    )
