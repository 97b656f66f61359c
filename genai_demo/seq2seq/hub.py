"""Larger encoder-decoders of the hub, spoken to as the one trained here: opus-mt (Marian), FLAN-T5 (T5), BART."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from genai_demo.core.errors import DemoError
from genai_demo.language.text import clean
from genai_demo.seq2seq.model import BLANK, Translator

ASKED = {  # of T5 in words (Chung et al. 2022)
    "fr": "Translate English to French: ",
    "de": "Translate English to German: ",
    "es": "Translate English to Spanish: ",
    "it": "Translate English to Italian: ",
    "spans": "",
}
SENTINELS = tuple(f"<extra_id_{i}>" for i in range(8))


class HubTranslator(Translator):
    """`network`: an AutoModelForSeq2SeqLM; `tokenizer`: its own; `language`: of a translator that knows one alone."""

    narrow = False
    blank = ""

    def __init__(self, net: Any, tokenizer: Any, language: str = "") -> None:
        nn.Module.__init__(self)
        net.set_attn_implementation("eager")
        config, known = net.config, tokenizer.get_vocab()
        self.network, self.tokenizer = net, tokenizer
        forced = net.generation_config.forced_bos_token_id
        self.begun = (config.decoder_start_token_id, *(() if forced is None else (forced,)))
        self.end = tokenizer.eos_token_id
        self.silent = (tokenizer.pad_token_id,)
        self.mask = tokenizer.mask_token_id
        self.sentinels = tuple(known[sign] for sign in SENTINELS if sign in known)
        self.asked = ASKED if config.model_type == "t5" else {}
        self.tasks = tuple(self.asked) or ((language,) if language else ("repair",))
        self.longest = min(Translator.longest, getattr(config, "max_position_embeddings", Translator.longest))
        self._control = frozenset(tokenizer.all_special_ids)

    def forward(self, ids: Tensor, decoder_ids: Tensor) -> Tensor:
        """ids (b, s), decoder_ids (b, t) -> logits (b, t, vocabulary)."""
        found: Tensor = self.network(
            input_ids=ids, attention_mask=torch.ones_like(ids), decoder_input_ids=decoder_ids
        ).logits
        return found

    def opening(self, task: str) -> list[int]:
        """What stands before the text that is read: T5 is asked in words, BART's texts begin with a sign."""
        if task in self.asked:
            return self.segment(self.asked[task].rstrip())
        start = self.tokenizer.bos_token_id
        return [] if start is None else [start]

    def segment(self, text: str) -> list[int]:
        """The pieces of a stretch of text; a sign in it is letters, or left out."""
        return self._plain(self.tokenizer(text, add_special_tokens=False, split_special_tokens=True).input_ids)

    def _plain(self, found: Sequence[int]) -> list[int]:
        unknown = self.tokenizer.unk_token_id
        return [int(number) for number in found if number not in self._control or number == unknown]

    def written(self, text: str) -> list[int]:
        """The pieces of a translation, END. Raises DemoError where it has none or too many."""
        found = self.tokenizer(text_target=clean(text), add_special_tokens=False, split_special_tokens=True).input_ids
        ids = self._plain(found)
        if not 0 < len(ids) < self.longest - 1:
            raise DemoError(f"the translation makes {len(ids)} pieces; give 1 to {self.longest - 2}")
        return [*ids, self.end]

    def piece(self, number: int) -> str:
        """A piece as running text, with the blank before it where it begins a word; signs stand apart."""
        token = str(self.tokenizer.convert_ids_to_tokens(number))
        if number in self._control:
            return f" {token}"
        return token.replace(BLANK, " ") if BLANK in token else str(self.tokenizer.decode([number]))

    def name(self, number: int) -> str:
        """A piece by itself, as a row is called."""
        token = self.piece(number)
        return token.strip() if number in self._control else token.replace(" ", "_")

    def text(self, ids: Sequence[int]) -> str:
        """Pieces as running text, signs left out."""
        return str(self.tokenizer.decode([i for i in ids if i not in self._control])).strip()


def build(place: Path | str) -> HubTranslator:
    """The model of a folder or of the hub; opus-mt's name says into which language. Float32, no dropout."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    network: Any = AutoModelForSeq2SeqLM.from_pretrained(place, dtype=torch.float32)
    language = re.search(r"opus-mt-en-(\w+)", str(place))
    return HubTranslator(network.eval(), AutoTokenizer.from_pretrained(place), language[1] if language else "")


def example(model: HubTranslator, batch: int = 1) -> Tensor:
    """One pass, (batch, 1 or 2, vocabulary)."""
    device = next(model.parameters()).device
    ids = torch.tensor([model.encode(model.tasks[0], "text editor")] * batch, device=device)
    found: Tensor = model(ids, torch.tensor([model.begun] * batch, device=device))
    return found
