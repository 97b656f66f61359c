"""What the encoder-decoders learn from: pairs of texts, pieces that words are made of, and batches of rows."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Mapping, Sequence

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from torch import Tensor

from genai_demo.core.home import home, whole
from genai_demo.core.spec import WEIGHTS
from genai_demo.data import english, translations
from genai_demo.language.rows import padded
from genai_demo.seq2seq import model, tasks
from genai_demo.seq2seq.tasks import Pair

VOCABULARY, EXACT_VOCABULARY = 8_000, 300
MADE_UP = 60_000  # pairs of numbers, and of dates
SHIPPED = WEIGHTS / "seq2seq" / "translator.safetensors"


def tokenizer_of(texts: Iterator[str], vocabulary: int = VOCABULARY) -> Tokenizer:
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
            vocab_size=vocabulary, special_tokens=list(model.SIGNS), show_progress=False, limit_alphabet=300
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

    def sample(self, seed: int, pieces: int, most: int) -> list[tuple[Tensor, Tensor]]:
        """So many batches of each task."""
        chance = torch.Generator().manual_seed(seed)
        return [self.batch(task, pieces, chance) for task in self.rows for _ in range(most)]


def prepared(seed: int, wanted: Collection[str] = tuple(model.TASKS)) -> tuple[dict[str, list[Pair]], Tokenizer]:
    """All pairs of the tasks wanted, and the tokenizer, that of the shipped weights where there are any, kept in the
    cache folder. Raises DemoError."""
    pairs: dict[str, list[Pair]] = {}
    for language, found in translations.load_all("train").items():
        pairs[language] = [(f"{model.TASKS[language]} {a}", b) for a, b in found]
    kept = home() / "train" / "seq2seq" / "tokenizer.json"
    chance = random.Random(seed)
    pairs["words"] = [tasks.number_pair(chance) for _ in range(MADE_UP)]
    if not kept.exists() or not {"repair", "spans"}.isdisjoint(wanted):
        sentences = english.load("train")["wordnet"]
        pairs["repair"] = [tasks.damaged(text, chance) for text in sentences[::3]]
        pairs["spans"] = [tasks.damaged(text, chance, spans=True) for text in sentences[1::3]]
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        made = model.pieces_of(SHIPPED) if SHIPPED.exists() else tokenizer_of(_texts(pairs))
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


def exact_pairs(seed: int) -> tuple[dict[str, list[Pair]], Tokenizer]:
    """Numbers and dates in words, as many of each, and pieces that are made for them."""
    chance = random.Random(seed)
    pairs = [make(chance) for make in (tasks.number_pair, tasks.date_pair) for _ in range(MADE_UP)]
    texts = (text for read, write in pairs[::20] for text in (read.split(" ", 1)[1], write))
    return {"words": pairs}, tokenizer_of(texts, EXACT_VOCABULARY)
