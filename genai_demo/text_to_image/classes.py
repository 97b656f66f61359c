"""A transformer that is told a class in place of a prompt (DiT, Peebles & Xie 2022) as a studio of these pages.

Its "words" are the names of its classes. What it is told is a row of shares of its classes, (b, 1, classes + 1), the
last of them for no class at all; so two classes can be mixed, as two prompts are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import torch.nn.functional as F
from diffusers import DiTPipeline
from diffusers.models.modeling_outputs import Transformer2DModelOutput
from torch import Tensor, nn

from genai_demo.core.errors import DemoError, shown
from genai_demo.text_to_image.studio import Studio


class Names:
    """Stands where a tokenizer does: a text becomes the number of the longest class name in it, or of no class.

    labels: name -> number.
    """

    model_max_length = 1
    unk_token_id = eos_token_id = -1  # it knows more words than those of the picture world

    def __init__(self, labels: Mapping[str, int]) -> None:
        self.labels = {name.lower(): number for name, number in labels.items()}
        self.nothing = max(labels.values()) + 1

    def __call__(self, text: str, **how: Any) -> dict[str, Any]:
        """input_ids: one number; offset_mapping: where its name stands. Raises DemoError where a text has none."""
        if not text.strip():
            return {"input_ids": [self.nothing], "offset_mapping": [(0, 0)]}
        padded = f" {''.join(letter if letter.isalnum() else ' ' for letter in text.lower())} "
        there = [(name, padded.find(f" {_plain(name)} ")) for name in self.labels]
        found = [(len(name), -at, name) for name, at in there if at >= 0]
        if not found:
            some = ", ".join(list(self.labels)[:: max(1, len(self.labels) // 4)][:4])
            raise DemoError(f"prompt is {shown(text)}; this model draws one of {self.nothing} classes, such as {some}")
        size, at, name = max(found)
        return {"input_ids": [self.labels[name]], "offset_mapping": [(-at, -at + size)]}


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else " " for letter in name)


class Shares(nn.Module):
    """Stands where a text encoder does: numbers (b, 1) -> rows of shares (b, 1, count)."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, ids: Tensor) -> Any:
        return SimpleNamespace(last_hidden_state=F.one_hot(ids, self.count).float())


class Mixed(nn.Module):
    """Of a table's rows the mean with these shares: (b, count) -> (b, width)."""

    def __init__(self, table: nn.Embedding) -> None:
        super().__init__()
        self.table = table

    def forward(self, shares: Tensor) -> Tensor:
        return shares.to(self.table.weight.dtype) @ self.table.weight


class Labelled(nn.Module):
    """The transformer, asked as a U-Net is. It looks at no words, so none can be weighed or shown."""

    attends = False

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.net = net
        for block in net.transformer_blocks:
            told = block.norm1.emb
            told.class_embedder = Mixed(told.class_embedder.embedding_table)

    @property
    def config(self) -> Any:
        return self.net.config

    def set_attn_processor(self, processor: Any) -> None:
        for block in self.net.transformer_blocks:
            block.attn1.set_processor(processor)

    def forward(
        self,
        sample: Tensor,
        timestep: Tensor,
        encoder_hidden_states: Tensor,
        encoder_attention_mask: Tensor | None = None,
        cross_attention_kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Noise in noisy latents (b, c, h, w); what it says besides, of its spread, is left. Raises DemoError."""
        if encoder_attention_mask is not None:
            raise DemoError("this model is told a class and looks at no words; leave the word that is weighed empty")
        told = self.net(
            sample,
            timestep.reshape(-1).expand(len(sample)),
            encoder_hidden_states[:, 0],
            cross_attention_kwargs=cross_attention_kwargs,
        ).sample
        return Transformer2DModelOutput(told[:, : sample.shape[1]])


def build(place: str) -> Studio:
    """The parts of a repository, or of a folder that `save_pretrained` wrote."""
    pipe = DiTPipeline.from_pretrained(str(place))
    names = Names(pipe.labels)
    count = pipe.transformer.config.num_embeds_ada_norm + 1
    parts = (pipe.vae.float(), Labelled(pipe.transformer.float()), Shares(count))
    return Studio(*parts, names, pipe.scheduler.config)
