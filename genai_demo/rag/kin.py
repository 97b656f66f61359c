"""Run rag/kin: the same passages used in three ways, token by token.

1. All of them in one prompt.
2. Each on its own, mixed token by token: RAG-Token (Lewis et al. 2020, "Retrieval-Augmented Generation"), with equal
   weights in the place of the retriever's. The model reads k prompts of one passage each, and the mean of its k
   distributions chooses the next token. FiD (Izacard & Grave 2021) and Atlas (Izacard et al. 2022) fuse in the
   decoder's cross-attention, which this model lacks; Atlas's joint training of retriever and reader does not run.
3. In the manner of RETRO (Borgeaud et al. 2022, "Improving language models by retrieving from trillions of tokens"):
   every so many tokens what was written is looked up again and the passage is changed. RETRO looks at its neighbours by
   cross-attention in chunks of 64 tokens and was trained to; here the passage in the prompt is exchanged.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import zip_longest
from typing import Any, ClassVar

import torch
from torch import Tensor

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Paced, Tok, carried, number, prose, ranked, tokens
from genai_demo.language.decode import decode, forward, read
from genai_demo.language.engines import Local
from genai_demo.language.fitting import limit_of
from genai_demo.language.model import LanguageModel
from genai_demo.language.options import Sampling
from genai_demo.language.shown import piece
from genai_demo.language.text import Pieces
from genai_demo.rag import passages, support
from genai_demo.rag.answer import NOTHING, Looked
from genai_demo.rag.library import Library
from genai_demo.rag.options import AskOptions, KinOptions
from genai_demo.rag.passages import Sent
from genai_demo.rag.prompt import messages, pose
from genai_demo.rag.retrieve import checked

RENEWED = 100  # tokens of the passage that is looked up anew
WHAT = (
    "First: all passages in one prompt. Second: a prompt for each passage, the mean of their next-token distributions "
    "decides, as in RAG-Token (Lewis et al., 2020), here with equal weights. Third: what was written is looked up "
    "again and the passage exchanged; RETRO does so by cross-attention, chunk by chunk."
)


@dataclass(frozen=True, slots=True)
class Took:
    """A token that was taken. votes: what each passage alone gave it; use: the passage in the prompt, from 1."""

    id: int
    probability: float
    votes: tuple[float, ...] = ()
    use: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class KinStep(Paced):
    """One token of each way. What does not change is None, and stays as it was drawn."""

    bunched: ClassVar[bool] = True
    index: int
    total: int
    words: str | None = prose("what is compared", keeps=True)
    together: tuple[Tok, ...] = tokens("all in one prompt", grows=True)
    fused: tuple[Tok, ...] = tokens("each on its own, averaged (RAG-Token)", grows=True)
    renewed: tuple[Tok, ...] = tokens("looked up again while writing (RETRO)", grows=True)
    votes: tuple[Tok, ...] | None = ranked("what each passage alone gave the averaged token", unit="probability")
    use: str | None = prose("passage in use, third way", keeps=True)
    changes: int = number("times the passage changed", digits=4)
    agree: float = number("tokens that all three share", unit="%", digits=0)
    together_supported: float | None = number("supported, one prompt", unit="%", digits=0)
    fused_supported: float | None = number("supported, averaged", unit="%", digits=0)
    renewed_supported: float | None = number("supported, looked up again", unit="%", digits=0)
    said: tuple[str, str, str] | None = carried()


@torch.inference_mode()
def kin(model: LanguageModel, options: KinOptions, *, seed: int) -> Iterator[KinStep]:
    """A frame for each token of the three answers, one for their check. Nothing is random. Raises DemoError."""
    question = checked(options.question)
    library = passages.library_of(AskOptions(), passages.embedder())
    looked = Looked(library, question, AskOptions(question=question, k=options.k))
    for _ in looked.stages():
        pass
    if not len(looked.found().chunks):
        yield _frame(index=0, total=1, words=NOTHING, said=("", "", ""))
        return
    engine = Local(model)
    limit = limit_of(engine, options.max_new_tokens)
    posed = pose(engine, question, functools.partial(looked.choose, engine), limit)
    renewing = Renewed(model, library, question, options.every, posed.sources[0], limit)
    ways = zip_longest(
        (
            Took(step.id, float(step.logits.softmax(0)[step.id]))
            for step in decode(model, posed.prompt.ids, Sampling(), seed=seed, limit=limit)
        ),
        fusing(model, [alone(model, question, one, limit) for one in posed.sources], limit),
        renewing.tokens(),
    )
    written: list[list[int]] = [[], [], []]
    index, same = -1, 0
    for index, took in enumerate(ways):
        for ids, one in zip(written, took):
            if one and one.id not in model.stops:
                ids.append(one.id)
        same += len({one.id if one else None for one in took}) == 1
        lanes = [_tok(model, one) for one in took]
        yield _frame(
            index=index,
            total=limit + 1,
            words=WHAT if not index else None,
            together=lanes[0],
            fused=lanes[1],
            renewed=lanes[2],
            votes=_votes(took[1], posed.sources),
            use=renewing.said,
            changes=renewing.changes,
            agree=100 * same / (index + 1),
        )
        renewing.said = None
    said = [_text(model, ids) for ids in written]
    shares = _shares(library, said, [posed.sources, posed.sources, tuple(renewing.used)])
    yield _frame(
        index=index + 1,
        total=index + 2,
        changes=renewing.changes,
        agree=100 * same / max(1, index + 1),
        said=tuple(said),
        together_supported=shares[0],
        fused_supported=shares[1],
        renewed_supported=shares[2],
    )


def alone(model: LanguageModel, question: str, one: Sent, limit: int) -> list[int]:
    """The prompt with this passage alone. Raises DemoError where it leaves no room for `limit` tokens."""
    ids = model.chat(messages(question, [one]))
    if len(ids) + limit > model.context:
        ids = model.chat(messages(question, [one], examples=False))
    if len(ids) + limit > model.context:
        raise DemoError(
            f"the question and a passage make {len(ids)} tokens; the limit beside an answer of {limit} is "
            f"{model.context - limit}, shorten the question"
        )
    return ids


def fusing(model: LanguageModel, prompts: Sequence[Sequence[int]], limit: int) -> Iterator[Took]:
    """The likeliest token of the mean of the prompts' distributions, again and again; a cache for each prompt."""
    heard = [read(model, ids) for ids in prompts]
    caches, rows = [cache for cache, _, _ in heard], [row[-1] for _, row, _ in heard]
    for _ in range(limit):
        chances = mean_of(rows)
        token = int(chances.argmax())
        yield Took(token, float(chances[token]), tuple(float(row.softmax(0)[token]) for row in rows))
        if token in model.stops:
            return
        rows = [forward(model, [token], cache)[-1] for cache in caches]


def mean_of(rows: Sequence[Tensor]) -> Tensor:
    """(vocabulary,): the mean of the probabilities of k rows of logits."""
    return torch.stack([row.softmax(0) for row in rows]).mean(0)


class Renewed:
    """The third way. said: what is to be said of the passage in use, once; used: passages so far; changes: of them."""

    def __init__(
        self, model: LanguageModel, library: Library, question: str, every: int, first: Sent, limit: int
    ) -> None:
        self.model, self.library, self.question, self.every, self.limit = model, library, question, every, limit
        self.now, self.used, self.changes = first, [first], 0
        self.said: str | None = _use(first, 0)

    def tokens(self) -> Iterator[Took]:
        """Greedy tokens; every so many the passage is looked up with what was written and read anew."""
        written: list[int] = []
        while len(written) < self.limit:
            if written:
                self._renew(_text(self.model, written))
            ids = [*alone(self.model, self.question, self.now, self.limit), *written]
            cache, rows, _ = read(self.model, ids)
            row = rows[-1]
            for _ in range(min(self.every, self.limit - len(written))):
                token = int(row.argmax())
                written.append(token)
                yield Took(token, float(row.softmax(0)[token]), use=self.now.number)
                if token in self.model.stops:
                    return
                row = forward(self.model, [token], cache)[-1]

    def _renew(self, text: str) -> None:
        """The passage nearest to the question and what was written."""
        options = AskOptions(question=f"{self.question} {text}"[:2000], k=1, least=-1)
        looked = Looked(self.library, options.question, options)
        for _ in looked.stages():
            pass
        found = looked.choose(Local(self.model), RENEWED)
        if found and (found[0].document, found[0].spans) != (self.now.document, self.now.spans):
            self.changes += found[0].passage != self.now.passage
            self.now = found[0]
            self.used.append(self.now)
        self.said = _use(self.now, len(text))


def _use(one: Sent, after: int) -> str:
    return f"{f'After {after} characters' if after else 'At first'}: {one.title}. “{one.text}”"


def _votes(took: Took | None, sent: Sequence[Sent]) -> tuple[Tok, ...] | None:
    if took is None:
        return None
    return tuple(Tok(f"[{one.number}] {one.title}", vote) for one, vote in zip(sent, took.votes))


def _tok(model: LanguageModel, took: Took | None) -> tuple[Tok, ...]:
    if took is None or took.id in model.stops:
        return ()
    return (Tok(piece(model, took.id), took.probability, id=took.id),)


def _text(model: LanguageModel, ids: Sequence[int]) -> str:
    pieces = Pieces()
    return "".join(pieces.add(model.piece(i)) for i in ids if i not in model.control)


def _shares(library: Library, said: Sequence[str], sent: Sequence[Sequence[Sent]]) -> list[float | None]:
    """Of each answer the share of sentences that its passages support, in percent."""
    parts = [support.share(support.claims(library.embedder, text, one)) for text, one in zip(said, sent)]
    return [None if part is None else 100 * part for part in parts]


def _frame(**what: Any) -> KinStep:
    blank: dict[str, Any] = {field.name: None for field in fields(KinStep)}
    return KinStep(**{**blank, "together": (), "fused": (), "renewed": (), "changes": 0, "agree": 0.0, **what})
