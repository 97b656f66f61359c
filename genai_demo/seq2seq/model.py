"""An encoder-decoder (Vaswani et al. 2017) in the class of mBART (Liu et al. 2020) of Transformers, far smaller.

It normalises before each layer, not behind it: with so few steps of training the other order learnt to write, and not
to read. ids (b, s): what is read, a task sign first and END last, PAD behind; the decoder starts from PAD.
Encoder and decoder share one table of pieces, which also is the output layer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import MBartConfig, MBartForConditionalGeneration

from genai_demo.core.errors import DemoError
from genai_demo.language.text import clean, refuse_empty

PAD, END, UNKNOWN, MASK = "<pad>", "</s>", "<unk>", "<mask>"
SENTINELS = tuple(f"<x{i}>" for i in range(1, 5))  # T5's signs for what is missing
TASKS = {
    "fr": ">>fr<<",
    "de": ">>de<<",
    "es": ">>es<<",
    "it": ">>it<<",
    "words": ">>words<<",
    "repair": ">>repair<<",
    "spans": ">>spans<<",
}
SIGNS = (PAD, END, UNKNOWN, MASK, *SENTINELS, *TASKS.values())  # the first pieces of the vocabulary, in this order
BLANK = "▁"  # before a piece that begins a word
LONGEST = 96  # pieces that are read or written at most
CONFIG: dict[str, Any] = {
    "d_model": 192,
    "encoder_layers": 4,
    "decoder_layers": 2,
    "encoder_attention_heads": 6,
    "decoder_attention_heads": 6,
    "encoder_ffn_dim": 768,
    "decoder_ffn_dim": 768,
    "max_position_embeddings": LONGEST,
    "init_std": 0.07,  # about one over the root of the width: BART's 0.02 is for one of a thousand
    "activation_function": "relu",
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "activation_dropout": 0.0,
    "scale_embedding": True,
    "tie_word_embeddings": True,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "forced_eos_token_id": None,
    "decoder_start_token_id": 0,
    "bos_token_id": None,
}
EXACT: dict[str, Any] = {  # the one that only puts numbers and dates in words
    **CONFIG,
    "d_model": 96,
    "encoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 384,
    "decoder_ffn_dim": 384,
    "init_std": 0.1,
}


def network(vocabulary: int, shape: Mapping[str, Any] = CONFIG) -> Any:
    """mBART's network with random weights."""
    return MBartForConditionalGeneration(MBartConfig(vocab_size=vocabulary, **shape))


class Translator(nn.Module):
    """`network`: of mBART's class; `pieces`: its tokenizer. Nothing changes it: it serves every visitor.

    begun: what the decoder is given before it writes; end: written last; silent: never written; mask, sentinels: signs
    for what is missing; narrow: it knows nothing but what it was trained on here.
    """

    begun: tuple[int, ...] = (SIGNS.index(PAD),)
    end = SIGNS.index(END)
    silent: tuple[int, ...] = (SIGNS.index(PAD),)
    mask: int | None = SIGNS.index(MASK)
    sentinels: tuple[int, ...] = tuple(map(SIGNS.index, SENTINELS))
    tasks: tuple[str, ...] = tuple(TASKS)
    longest = LONGEST
    narrow = True
    blank = " "  # between a sign and its text: a number behind it is cut otherwise than one that stands first

    def __init__(self, net: Any, pieces: Tokenizer) -> None:
        super().__init__()
        net.set_attn_implementation("eager")  # the only one that gives its attention away
        self.network, self.pieces = net, pieces
        self.pieces.no_padding()
        self.pieces.no_truncation()
        self.pieces.encode_special_tokens = True  # "</s>" in a text is four signs

    def forward(self, ids: Tensor, decoder_ids: Tensor) -> Tensor:
        """ids (b, s), decoder_ids (b, t) -> logits (b, t, vocabulary)."""
        found: Tensor = self.network(
            input_ids=ids, attention_mask=(ids != 0).long(), decoder_input_ids=decoder_ids
        ).logits
        return found

    def opening(self, task: str) -> list[int]:
        """What stands before the text that is read: the task's sign."""
        return [SIGNS.index(TASKS[task])]

    def segment(self, text: str) -> list[int]:
        """The pieces of a stretch of text; it begins with a blank where it does not begin the text."""
        found: list[int] = self.pieces.encode(text, add_special_tokens=False).ids
        return found

    def encode(self, task: str, text: str) -> list[int]:
        """The task's sign, the pieces of a text, END. Raises DemoError where it is empty, too long, not its task."""
        refuse_empty(text)
        ids = self.segment(self.blank + clean(text))
        if not ids:
            raise DemoError("text has no words; write a few")
        return self.fitted(task, ids)

    def fitted(self, task: str, ids: Sequence[int]) -> list[int]:
        """Pieces with what a task puts before them, and END. Raises DemoError where they are too many."""
        if task not in self.tasks:
            raise DemoError(f"task is {task}; this model does {', '.join(self.tasks)}")
        opening = self.opening(task)
        room = self.longest - 1 - len(opening)
        if len(ids) > room:
            raise DemoError(f"text makes {len(ids)} pieces; it reads {room}, shorten it; Translate takes it in parts")
        return [*opening, *ids, self.end]

    def written(self, text: str) -> list[int]:
        """The pieces of a translation, END. Raises DemoError where it has none or too many."""
        ids = self.segment(clean(text))
        if not 0 < len(ids) < self.longest - 1:
            raise DemoError(f"the translation makes {len(ids)} pieces; give 1 to {self.longest - 2}")
        return [*ids, self.end]

    def piece(self, number: int) -> str:
        """A piece as running text, with the blank before it where it begins a word; signs stand apart."""
        token = str(self.pieces.id_to_token(number))
        return f" {token}" if number < len(SIGNS) else token.replace(BLANK, " ")

    def name(self, number: int) -> str:
        """A piece by itself, as a row is called."""
        return str(self.pieces.id_to_token(number)).replace(BLANK, "_")

    def text(self, ids: Sequence[int]) -> str:
        """Pieces as running text, signs left out."""
        found: str = self.pieces.decode([i for i in ids if i >= len(SIGNS)])
        return found


def pieces_of(weights: Path) -> Tokenizer:
    """The tokenizer that weights were trained with; it lies in their file."""
    with safe_open(weights, "pt") as file:
        found: Tokenizer = Tokenizer.from_str(json.loads(file.metadata()["tokenizer"]))
    return found


def build(path: Path, shape: Mapping[str, Any] = CONFIG) -> Translator:
    """The model of a file of weights, which holds its tokenizer too."""
    pieces = pieces_of(path)
    state = {name: value.float() for name, value in load_file(path).items()}
    net = network(pieces.get_vocab_size(), shape)
    net.load_state_dict(state, strict=False)  # what is tied is left out
    net.tie_weights()
    return Translator(net, pieces)


def build_exact(path: Path) -> Translator:
    """The small one, which knows no language."""
    return build(path, EXACT)


def example_exact(model: Translator, batch: int = 1) -> Tensor:
    """One pass, (batch, 1, vocabulary)."""
    return example(model, batch, "words", "12")


def example(model: Translator, batch: int = 1, task: str = "fr", text: str = "text editor") -> Tensor:
    """One pass, (batch, 1, vocabulary)."""
    ids = torch.tensor([model.encode(task, text)] * batch, device=next(model.parameters()).device)
    found: Tensor = model(ids, ids.new_zeros(batch, 1))
    return found
