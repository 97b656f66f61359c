"""Text of several domains as token numbers, by which language models of several kinds are trained and compared.

One tokenizer, learnt from as many characters of each domain (byte-level BPE, Sennrich et al. 2016; Radford et al.
2019): no character is unknown to it. Documents follow each other with END between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor

from genai_demo.core.home import home, whole
from genai_demo.data import domains
from genai_demo.data.english import Split

END = "<end>"  # between two documents; its number is 0
VOCABULARY = 4096
LEARNT_FROM = 1_000_000  # characters of each domain
PIECE = 20_000  # characters of a text that are encoded at once


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """tokens: domain -> (n,) int32, all of one length in training; characters: how many those stand for."""

    tokens: Mapping[str, Tensor]
    characters: Mapping[str, int]

    def rows(self, count: int, length: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """So many stretches, each of one domain by chance: (count, length) int64, and which domain (count,)."""
        names = list(self.tokens)
        which = torch.randint(len(names), (count,), generator=random)
        found = []
        for number in which.tolist():
            tokens = self.tokens[names[number]]
            start = int(torch.randint(len(tokens) - length, (), generator=random))
            found.append(tokens[start : start + length].long())
        return torch.stack(found), which

    def held(self, count: int, length: int) -> dict[str, Tensor]:
        """Domain -> the same `count` stretches (count, length) every time, evenly spaced."""
        return {
            name: torch.stack([tokens[at : at + length].long() for at in _spaced(len(tokens) - length, count)])
            for name, tokens in self.tokens.items()
        }


def _spaced(last: int, count: int) -> list[int]:
    return torch.linspace(0, last, count).long().tolist()


def tokenizer() -> Tokenizer:
    """Learnt once, kept in the cache folder. Raises DemoError where the texts can't be had."""
    kept = home() / "data" / "domains" / f"tokenizer-{VOCABULARY}.json"
    if not kept.exists():
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        texts = ["\n\n".join(domains.load(name, "train"))[:LEARNT_FROM] for name in domains.DOMAINS]
        made.train_from_iterator(
            (text[at : at + PIECE] for text in texts for at in range(0, len(text), PIECE)),
            trainers.BpeTrainer(
                vocab_size=VOCABULARY,
                special_tokens=[END],
                initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                show_progress=False,
            ),
        )
        kept.parent.mkdir(parents=True, exist_ok=True)
        with whole(kept) as partial:
            made.save(str(partial))
    return Tokenizer.from_file(str(kept))


def corpus(split: Split, most: int) -> Corpus:
    """At most `most` tokens of each domain, the same number of all. Raises DemoError where the texts can't be had."""
    pieces = tokenizer()
    tokens, characters = {}, {}
    for name in domains.DOMAINS:
        row: list[int] = []
        count = 0
        for text in domains.load(name, split):
            ids = [*pieces.encode(text).ids, 0]
            row += ids
            count += len(text)
            if len(row) >= most:
                break
        tokens[name], characters[name] = torch.tensor(row[:most], dtype=torch.int32), count
    least = min(map(len, tokens.values()))
    return Corpus({name: row[:least] for name, row in tokens.items()}, characters)
