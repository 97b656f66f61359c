"""One sentence through every kind of language model: what each does with it, how surprised it is, what it takes.

Those that go on with it were trained on the same text for as many steps, so their bits a byte can be compared. Encoder,
masked diffusion and encoder-decoder are asked as their own pages ask them.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from genai_demo.compare.options import WordsOptions
from genai_demo.compare.race import ranking
from genai_demo.core.frames import Tok, number, prose, ranked, tokens
from genai_demo.core.load import load
from genai_demo.core.run import find_run
from genai_demo.core.spec import find_spec, resolve
from genai_demo.language.model import LanguageModel, ids_of
from genai_demo.language.text import foreign, visible
from genai_demo.quality.cards import card

MASK = "[MASK]"
MOST = 90  # tokens of a sentence
MILLISECONDS = "ms a piece"


@dataclass(frozen=True, slots=True)
class Kind:
    """name: of its field; run: of its page, "" for those that go on with the text; said: how it is asked."""

    name: str
    title: str
    key: str
    said: str
    run: str = ""
    field: str = ""


ONE_WAY = "reads from left to right and goes on, always with the likeliest piece"
KINDS = (
    Kind("dense", "Decoder", "moe/active", f"Attention to all that stands before: it {ONE_WAY}."),
    Kind("mixture", "Mixture of experts", "moe/top2", f"A decoder with two of eight experts a token: it {ONE_WAY}."),
    Kind("state", "State space", "ssm/mamba2", f"A state of fixed size in place of attention: it {ONE_WAY}."),
    Kind("hybrid", "State space, attention", "ssm/hybrid", f"Layers of both kinds by turns: it {ONE_WAY}."),
    Kind(
        "encoder",
        "Encoder",
        "encoder/words",
        "It reads from both sides. The last word is hidden, and it names one.",
        "encoder/fill",
        "filled",
    ),
    Kind(
        "masked",
        "Masked diffusion",
        "encoder/words",
        "The same encoder goes on: gaps are put behind the text, and the surest is filled first.",
        "encoder/unmask",
        "text",
    ),
    Kind(
        "translated",
        "Encoder-decoder",
        "seq2seq/translator",
        "One half reads it all, the other writes it anew, here in French.",
        "seq2seq/translate",
        "written",
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class WordsStep:
    """One more kind has had the sentence. The lists are of all so far; times are of this run.

    surprise: bits for each byte of the sentence behind its first token; held: the same of text held out, of the cards.
    """

    index: int
    total: int
    said: str = prose("what it does")
    dense: tuple[Tok, ...] = tokens("decoder")
    mixture: tuple[Tok, ...] = tokens("mixture of experts")
    state: tuple[Tok, ...] = tokens("state space")
    hybrid: tuple[Tok, ...] = tokens("state space and attention")
    encoder: tuple[Tok, ...] = tokens("encoder, the last word hidden")
    masked: tuple[Tok, ...] = tokens("masked diffusion, with the encoder")
    translated: tuple[Tok, ...] = tokens("encoder-decoder, into French")
    surprise: tuple[Tok, ...] = ranked("surprise at this sentence, least first", unit="bits a byte")
    held: tuple[Tok, ...] = ranked("surprise at text held out, from the cards", unit="bits a byte")
    size: tuple[Tok, ...] = ranked("parameters")
    dense_ms: float | None = number("decoder", unit=MILLISECONDS, digits=1, measured=True)
    mixture_ms: float | None = number("mixture", unit=MILLISECONDS, digits=1, measured=True)
    state_ms: float | None = number("state space", unit=MILLISECONDS, digits=1, measured=True)
    hybrid_ms: float | None = number("both", unit=MILLISECONDS, digits=1, measured=True)
    encoder_ms: float | None = number("encoder", unit=MILLISECONDS, digits=1, measured=True)
    masked_ms: float | None = number("masked diffusion", unit=MILLISECONDS, digits=1, measured=True)
    translated_ms: float | None = number("encoder-decoder", unit=MILLISECONDS, digits=1, measured=True)


FIELDS = (*((one.name, ()) for one in KINDS), *((f"{one.name}_ms", None) for one in KINDS))


@torch.inference_mode()
def words(options: WordsOptions, *, seed: int) -> Iterator[WordsStep]:
    """A frame as each kind has had the sentence. Nothing is random.

    Raises DemoError where the sentence is empty, or longer than one of them reads.
    """
    cards = {one.key: card(one.key) for one in KINDS}
    places: dict[str, Any] = dict(FIELDS)
    surprise: dict[str, float] = {}
    odd = "Most letters are of a script that these models were not trained on. " if foreign(options.text) else ""
    for index, one in enumerate(KINDS):
        model = load(find_spec(one.key))
        started = time.perf_counter()
        if one.run:
            made, steps = _asked(one, model, options, seed)
        else:
            made, steps, surprise[one.title] = went_on(model, options.text, options.pieces)
        spent = 1000 * (time.perf_counter() - started) / steps
        places |= {one.name: made, f"{one.name}_ms": spent, "surprise": ranking(surprise, least=True)}
        places |= _lists(KINDS[: index + 1], cards)
        yield WordsStep(index=index, total=len(KINDS), said=f"{odd}{one.title}. {one.said}", **places)


def went_on(model: LanguageModel, text: str, pieces: int) -> tuple[tuple[Tok, ...], int, float]:
    """(The text and what follows it, passes taken, bits a byte of the text behind its first token).

    The bits are nan where the text is a single token.
    """
    ids = ids_of(model, text, chat=False, most=MOST, room=pieces)
    given = torch.tensor([ids], device=model.network.device)
    found = model.network.generate(
        given,
        attention_mask=torch.ones_like(given),
        max_new_tokens=pieces,
        min_new_tokens=pieces,
        do_sample=False,
        pad_token_id=model.network.config.eos_token_id,
        return_dict_in_generate=True,
        output_logits=True,
    )
    new = found.sequences[0, len(ids) :].tolist()
    chances = [float(logits[0].float().softmax(0)[token]) for logits, token in zip(found.logits, new, strict=True)]
    shown = (
        *(Tok(visible(model.piece(token)), kind="prompt", id=token) for token in ids),
        *(Tok(visible(model.piece(token)), p, id=token) for token, p in zip(new, chances, strict=True)),
    )
    return shown, len(new), _bits(model, given)


def _bits(model: LanguageModel, ids: Tensor) -> float:
    """Bits for each byte of ids (1, n) behind the first token."""
    size = sum(len(model.piece(token)) for token in ids[0, 1:].tolist())
    if not size:
        return math.nan
    said = model.network(ids, use_cache=False).logits[0, :-1].float().log_softmax(1)
    return -float(said.gather(1, ids[0, 1:, None]).sum()) / math.log(2) / size


def _asked(one: Kind, model: Any, options: WordsOptions, seed: int) -> tuple[tuple[Tok, ...], int]:
    """What a run of another page makes of the sentence, and the passes it took."""
    entry = find_run(one.run)
    asked: Mapping[str, Callable[[], dict[str, Any]]] = {
        "encoder": lambda: {"text": hidden(options.text)},
        "masked": lambda: {"text": options.text, "masks": options.pieces},
        "translated": lambda: {"text": options.text, "task": "fr"},
    }
    frames = resolve(entry.start)(model, entry.options.parse(asked[one.name]()), seed=seed)
    if one.name == "translated":  # a piece a frame
        parts = [frame.written for frame in frames]
        return tuple(tok for part in parts for tok in part), len(parts)
    last: Any = deque(frames, maxlen=1)[0]
    return getattr(last, one.field), max(1, last.index)  # the first frame is the text as given


def hidden(text: str) -> str:
    """The text with its last word as a gap."""
    bare = text.rstrip()
    kept = bare.rstrip(".!?…")
    before = kept.rsplit(maxsplit=1)
    return f"{f'{before[0]} ' if len(before) > 1 else ''}{MASK}{bare[len(kept) :]}"


def _lists(kinds: tuple[Kind, ...], cards: Mapping[str, Any]) -> dict[str, tuple[Tok, ...]]:
    """What the cards say of these."""
    bits = {one.title: cards[one.key]["quality"]["bits_per_byte"] for one in kinds if not one.run}
    size = {one.title: cards[one.key]["parameters"] for one in kinds}
    return {"held": ranking(bits, least=True), "size": ranking(size, least=True)}
