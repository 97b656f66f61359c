"""Decoding: the encoder once, then the decoder piece by piece, with its keys and values kept (Vaswani et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache, EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput

from genai_demo.core.frames import Tok
from genai_demo.language.text import FOREIGN, foreign
from genai_demo.seq2seq.model import SIGNS, UNKNOWN, Translator

SHORT, PIECES = 4, 3.0  # words, pieces a word: past these a text is unlike the training
DOUBT = 1.4  # nats a piece in the mean: about 1 of 20 held-out descriptions costs more, and 9 of 10 sentences of novels


class Decoding:
    """One text being translated in several rows at once, which share what the encoder made of it.

    states (1, s, width): the encoder's, computed once, when this is made.
    """

    def __init__(self, model: Translator, ids: Sequence[int]) -> None:
        self.network, self._silent = model.network, list(model.silent)
        self.read = torch.tensor([ids], device=next(model.parameters()).device)
        self.states = self.network.get_encoder()(input_ids=self.read).last_hidden_state
        self._cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        self.first = model.begun[-1]
        for piece in model.begun[:-1]:
            self.step([piece])

    def step(self, pieces: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Each row's last piece (`first` to begin with) -> log-probabilities (b, v) of the next; attention.

        Attention (layers, b, s) is that of the decoder to what was read, mean over the heads.
        """
        out = self.network(
            encoder_outputs=BaseModelOutput(last_hidden_state=self.states.expand(len(pieces), -1, -1)),
            decoder_input_ids=torch.tensor(pieces, device=self.read.device)[:, None],
            cache=self._cache,
            use_cache=True,
            output_attentions=True,
        )
        chances = out.logits[:, -1].float().log_softmax(-1)
        chances[:, self._silent] = -torch.inf
        return chances, torch.stack([layer[:, :, -1].float().mean(1) for layer in out.cross_attentions])

    def keep(self, rows: Sequence[int]) -> None:
        """Go on with these rows, each as often as it is named."""
        self._cache.reorder_cache(torch.tensor(rows, device=self.read.device))

    def after(self, pieces: Sequence[int]) -> tuple[list[Tensor], list[Tensor]]:
        """From the beginning, in one row: what `step` says at each place, (v,) and (layers, s), where these were taken.

        -> one more than there are pieces: the last is what comes behind them.
        """
        found = [self.step([piece]) for piece in (self.first, *pieces)]
        return [one[0] for one, _ in found], [attention[:, 0] for _, attention in found]


def forced(model: Translator, read: Sequence[int], written: Sequence[int]) -> Tensor:
    """Log-probabilities (t, v) of every piece of a given translation, from one pass: teacher forcing."""
    device = next(model.parameters()).device
    ids = torch.tensor([read], device=device)
    begun = torch.tensor([[*model.begun, *written[:-1]]], device=device)
    chances: Tensor = model(ids, begun)[0, len(model.begun) - 1 :].float().log_softmax(-1)
    chances[:, list(model.silent)] = -torch.inf
    return chances


def ranking(model: Translator, chances: Tensor, top: int, taken: int) -> tuple[Tok, ...]:
    """The likeliest pieces by log-probabilities (v,), the one taken marked, and among them though it be rare."""
    values, ids = chances.topk(min(top, len(chances)))
    listed = list(zip(ids.tolist(), values.exp().tolist(), strict=True))
    if taken not in ids.tolist():
        listed[-1:] = [(taken, float(chances[taken].exp()))]
    return tuple(Tok(model.name(i), p, "picked" if i == taken else "", i) for i, p in listed)


def unlike(model: Translator, text: str, ids: Sequence[int]) -> str:
    """What is to be said of a text that is unlike what the model has read; "" where nothing is."""
    if foreign(text):
        return "Most of these letters are of a script that it has hardly read: what it writes means little."
    if model.narrow and ids.count(SIGNS.index(UNKNOWN)) > FOREIGN * (len(ids) - 2):
        return "Most of these signs are in no word that it has read: what it writes means little."
    words = text.split()
    if model.narrow and len(words) >= SHORT and (len(ids) - 2) / len(words) > PIECES:
        return "It knows few of these words: it has read English descriptions of software; this means little."
    return ""


def guessed(model: Translator, nats: float) -> str:
    """What is to be said of a text whose pieces cost so much in the mean; "" where it was about as sure as usual."""
    if not model.narrow or nats <= DOUBT:
        return ""
    return (
        f"Done, but it guessed: a piece cost {nats:.1f} nats in the mean. So it goes with what is unlike its training: "
        "other things than software, another language than English."
    )
