"""The same words put back by masked diffusion and from left to right: what each gets right, and what it costs.

Masked diffusion of text (Austin et al. 2021; Sahoo et al. 2024) is an encoder that is asked as a diffusion model is:
all gaps are noise, and each pass takes some of it away. A decoder reads from the left and keeps what it has read.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.caches import Cache, PerOwner, weigh
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, curve, number, prose, ranked, tokens
from genai_demo.core.load import load
from genai_demo.data.knowledge import articles
from genai_demo.encoder.masked import MaskedModel
from genai_demo.encoder.model import unlike
from genai_demo.encoder.unmask import silence_neighbours
from genai_demo.hybrids.options import OrderOptions
from genai_demo.language.decode import decode
from genai_demo.language.model import LanguageModel
from genai_demo.language.options import Sampling
from genai_demo.language.text import visible

MASKED = "encoder/words"
SHORTEST, LONGEST, MOST = 10, 24, 60  # words: of a sentence of the library, and of a visitor's
MOST_SIGNS = 4_000_000  # bytes
LIMIT = 4  # tokens of a decoder for each word that is hidden
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
SIGNS: PerOwner[str, list[int]] = PerOwner(lambda: Cache("signs of a vocabulary", MOST_SIGNS, weigh))
Kept = dict[int, tuple[int, float]]  # place -> the token put there, and its probability
SAID = {
    "surest": "Masked diffusion: one gap a pass, the surest first; each pass reads the whole sentence, both ways.",
    "halved": "Masked diffusion with half the passes: two gaps at once, which do not know of each other.",
    "left": "The same network as a decoder is asked: gap by gap from the left, and nothing behind it to be seen.",
    "decoder": "A decoder reads what stands before the gaps and goes on, token by token.",
}
TITLES = {"surest": "masked diffusion", "halved": "half the passes", "left": "left to right", "decoder": "decoder"}


@dataclass(frozen=True, slots=True)
class Gap:
    """A sentence and the words that are hidden: `text[start:end]`. words: where each of these stands in `text`."""

    text: str
    words: tuple[tuple[int, int], ...]

    @property
    def start(self) -> int:
        return self.words[0][0]

    @property
    def end(self) -> int:
        return self.words[-1][1]

    @property
    def truth(self) -> list[str]:
        return [self.text[a:b].lower() for a, b in self.words]


@dataclass(frozen=True, slots=True)
class Filled:
    """words put in, each with its probability; read: tokens that went through the layers; passes; flops."""

    words: list[str]
    chances: list[float]
    passes: int
    flops: float

    def right(self, gap: Gap) -> int:
        """How many of them stand where they stood."""
        return sum(a.lower() == b for a, b in zip(self.words, gap.truth))


@dataclass(frozen=True, slots=True, eq=False)
class OrderStep:
    """One sentence more, the first one yours. surest_share and so on: of all words hidden so far."""

    index: int
    total: int
    said: str = prose("what is compared")
    surest: tuple[Tok, ...] = tokens("masked diffusion", shade="share")
    halved: tuple[Tok, ...] = tokens("half the passes", shade="share")
    left: tuple[Tok, ...] = tokens("left to right", shade="share")
    decoder: tuple[Tok, ...] = tokens("decoder", shade="share")
    shares: tuple[Tok, ...] = ranked("words put back as they were, so far", unit="%")
    cost: tuple[Tok, ...] = ranked("computation for this sentence", unit="GFLOPs")
    surest_share: float = curve("masked diffusion", unit="%", chart="words put back as they were")
    halved_share: float = curve("half the passes", unit="%", chart="words put back as they were")
    left_share: float = curve("left to right", unit="%", chart="words put back as they were")
    decoder_share: float = curve("decoder", unit="%", chart="words put back as they were")
    words: int = number("words hidden so far", digits=0)


@torch.inference_mode()
def order(model: LanguageModel, options: OrderOptions, *, seed: int) -> Iterator[OrderStep]:
    """A frame for the sentence given, then one for each sentence of the library. Raises DemoError."""
    masked: MaskedModel = load(MASKED)
    own = hidden(options.text, options.first, options.hidden)
    rng = np.random.default_rng(seed)
    gaps = [own, *(gap for gap, _ in zip(sentences(options.hidden, rng), range(options.sentences)))]
    ways: dict[str, Callable[[Gap], Filled]] = {
        "surest": functools.partial(unmasked, masked, at_once=1),
        "halved": functools.partial(unmasked, masked, at_once=2),
        "left": functools.partial(from_the_left, masked),
        "decoder": functools.partial(gone_on, model),
    }
    odd = unlike(masked, own.text, masked.encode(own.text))
    right, count = dict.fromkeys(ways, 0), 0
    for index, gap in enumerate(gaps):
        found = {name: way(gap) for name, way in ways.items()}
        count += len(gap.words)
        for name, filled in found.items():
            right[name] += filled.right(gap)
        shares = {name: 100 * hits / count for name, hits in right.items()}
        places: dict[str, Any] = {name: drawn(gap, filled) for name, filled in found.items()}
        places |= {f"{name}_share": share for name, share in shares.items()}
        yield OrderStep(
            index=index,
            total=len(gaps),
            said=odd if odd and not index else told(gap, found, index),
            shares=_bars(shares),
            cost=_bars({name: filled.flops / 1e9 for name, filled in found.items()}, least=True),
            words=count,
            **places,
        )


def hidden(text: str, first: int, count: int) -> Gap:
    """`count` words from number `first` on, counted from 1, are hidden. Raises DemoError where there are too few."""
    text = " ".join(text.split())
    found = [match.span() for match in WORD.finditer(text)]
    if not found:
        raise DemoError("text has no word; write a sentence")
    if len(found) > MOST:
        raise DemoError(f"text has {len(found)} words; the limit is {MOST}, shorten it")
    if not 2 <= first <= len(found):
        raise DemoError(f"first is {first}; this text has {len(found)} words, choose 2 to {len(found)}")
    if first + count - 1 > len(found):
        raise DemoError(f"hidden is {count}; behind word {first} there are {len(found) - first}, hide fewer")
    return Gap(text, tuple(found[first - 1 : first - 1 + count]))


def sentences(count: int, rng: np.random.Generator) -> Iterator[Gap]:
    """Sentences of the articles on generative AI, each once, with `count` words hidden somewhere inside."""
    every = [one for article in articles() for one in _plain(article.body)]
    for k in rng.permutation(len(every)):
        words = len(WORD.findall(every[k]))
        if words >= count + 4:
            yield hidden(every[k], int(rng.integers(3, words - count)), count)


def _plain(body: str) -> list[str]:
    """Whole sentences without formulas or markup."""
    found = re.split(r"(?<=\.)\s+(?=[A-Z])", " ".join(part for part in body.split("\n\n") if part[:1].isupper()))
    lines = [" ".join(one.split()) for one in found]
    return [
        one for one in lines if SHORTEST <= len(one.split()) <= LONGEST and re.fullmatch(r"[A-Za-z ,'’()-]+\.", one)
    ]


def laid_out(model: MaskedModel, gap: Gap) -> tuple[list[int], list[tuple[int, ...]]]:
    """Token numbers with the hidden ones masked, and the places of each hidden word."""
    read = model.pieces.encode(gap.text, add_special_tokens=False)
    ids = [model.start, *read.ids, model.end]
    words = [
        tuple(i + 1 for i, (a, b) in enumerate(read.offsets) if start <= a and b <= end) for start, end in gap.words
    ]
    for place in (place for word in words for place in word):
        ids[place] = model.mask
    return ids, words


def _chances(model: MaskedModel, ids: Sequence[int], places: Sequence[int]) -> Tensor:
    """(places, vocabulary): words alone, and none twice side by side."""
    logits = model.at(ids, places)
    silence_neighbours(logits, ids, places)
    logits[:, _signs(model)] = -torch.inf
    return logits.softmax(1)


def _signs(model: MaskedModel) -> list[int]:
    """Tokens that are no words: punctuation and the like. Remembered as long as the model is, and no longer."""
    return SIGNS.of(model).made(
        "signs", lambda: [i for i in range(model.pieces.get_vocab_size()) if not WORD.search(model.piece(i))]
    )


def unmasked(model: MaskedModel, gap: Gap, at_once: int) -> Filled:
    """The surest gaps are filled, then all is read again."""
    ids, words = laid_out(model, gap)
    kept: Kept = {}
    passes = 0
    while left := model.masked(ids):
        chances = _chances(model, ids, left)
        for k in chances.amax(1).argsort(descending=True, stable=True)[:at_once].tolist():
            ids[left[k]] = int(chances[k].argmax())
            kept[left[k]] = ids[left[k]], float(chances[k].max())
        passes += 1
    return _filled(model, words, kept, passes, passes * len(ids))


def from_the_left(model: MaskedModel, gap: Gap) -> Filled:
    """Gap by gap; what stands behind it is cut off."""
    ids, words = laid_out(model, gap)
    kept: Kept = {}
    read = 0
    places = [place for word in words for place in word]
    for place in places:
        seen = [*ids[: place + 1], model.end]
        chances = _chances(model, seen, [place])[0]
        ids[place] = int(chances.argmax())
        kept[place] = ids[place], float(chances.max())
        read += len(seen)
    return _filled(model, words, kept, len(places), read)


def _filled(model: MaskedModel, words: Sequence[tuple[int, ...]], kept: Kept, passes: int, read: int) -> Filled:
    said = ["".join(model.piece(kept[place][0]) for place in word).strip() for word in words]
    chances = [float(np.prod([kept[place][1] for place in word])) for word in words]
    return Filled(said, chances, passes, flops(model.network, read, len(kept)))


def gone_on(model: LanguageModel, gap: Gap) -> Filled:
    """The likeliest tokens behind what stands before the gaps, until as many words are whole."""
    before = model.encode(gap.text[: gap.start].rstrip())
    text, starts, chances = "", [0], []
    for step in decode(model, before, Sampling(temperature=0), seed=0, limit=LIMIT * len(gap.words) + 2):
        text += visible(model.piece(step.id)) if step.id not in model.stops else " ."
        starts.append(len(text))
        chances.append(float(step.logits.softmax(0)[step.id]))
        if sum(match.end() < len(text) for match in WORD.finditer(text)) >= len(gap.words):
            break
    words = list(WORD.finditer(text))[: len(gap.words)]
    sure = [
        float(np.prod([p for p, a, b in zip(chances, starts, starts[1:]) if a < word.end() and b > word.start()]))
        for word in words
    ]
    passes = len(chances)
    return Filled([word.group() for word in words], sure, passes, flops(model.network, len(before) + passes, passes))


def flops(network: Any, read: int, said: int) -> float:
    """About what it takes: 2 for each weight of the layers and token read, and of the output layer and token said."""
    table = network.get_input_embeddings().weight
    layers = sum(p.numel() for p in network.parameters()) - table.numel()
    return float(2 * (layers * read + table.numel() * said))


def drawn(gap: Gap, filled: Filled) -> tuple[Tok, ...]:
    """The sentence with the words put in; those that stood there are marked."""
    out = [Tok(gap.text[: gap.start].rstrip(), kind="prompt")]
    for k, truth in enumerate(gap.truth):
        word, share = (filled.words[k], filled.chances[k]) if k < len(filled.words) else ("_", 0.0)
        same = word.lower() == truth
        out.append(
            Tok(f" {word}", share, "best" if same else "", note="as it stood" if same else f"there stood: {truth}")
        )
    rest = gap.text[gap.end :]
    return (*out, Tok(rest, kind="prompt")) if rest else tuple(out)


def told(gap: Gap, found: dict[str, Filled], index: int) -> str:
    """What a frame compares."""
    there = f"There stood “{gap.text[gap.start : gap.end]}”."
    if not index:
        return f"{there} {' '.join(SAID.values())}"
    counts = ", ".join(f"{TITLES[name]} {filled.right(gap)}" for name, filled in found.items())
    return f"A sentence of this project's articles. {there} Right, of {len(gap.words)}: {counts}."


def _bars(values: dict[str, float], least: bool = False) -> tuple[Tok, ...]:
    most = max(values.values()) or 1.0
    rows = sorted(values.items(), key=lambda one: one[1] if least else -one[1])
    return tuple(Tok(TITLES[name], value / most, value=value) for name, value in rows)
