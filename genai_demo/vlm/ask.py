"""Run vlm/ask: an answer about a picture, token by token, and what would be said of a grey picture in its place.

The control is what Goyal et al. 2017 ("Making the V in VQA matter") ask for: an answer that does not change when the
picture is taken away was never about the picture.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from torch import Tensor

from genai_demo.core.frames import Paced, Tok, carried, curve, number, pictures, prose, ranked, tokens
from genai_demo.data.scenes import Question
from genai_demo.language.conversation import Message, read_turns
from genai_demo.language.distributions import surprise
from genai_demo.language.engines import Local, Piece, Prompt
from genai_demo.language.fitting import fitted, limit_of
from genai_demo.language.options import Sampling
from genai_demo.language.shown import rivals, taken
from genai_demo.vlm.answering import Answer, answer, ending, log_chances, text_of
from genai_demo.vlm.looking import Looked, check, grey, look, notice
from genai_demo.vlm.model import Seer
from genai_demo.vlm.options import AskOptions

LEAST = 1e-6  # probability from which the surprise is drawn
MOSTLY = 0.5  # how much of an answer's chance may be left without the picture, for it to rest on the picture
NOTHING = "The model ended its answer at once: it found nothing to say."


@dataclass(frozen=True, slots=True, eq=False)
class AskStep(Paced):
    """One more token; the last frame has the control. said: the characters it completes; folded: messages left out."""

    bunched: ClassVar[bool] = True
    index: int
    total: int
    notice: str | None = prose("note")
    answer: tuple[Tok, ...] = tokens("answer, by token", grows=True)
    likeliest: tuple[Tok, ...] = ranked("likeliest in this place", unit="probability")
    control: tuple[Tok, ...] = tokens("asked of a grey picture")
    verdict: str = prose("what the control says")
    seen: np.ndarray = pictures("the picture, as it is seen")
    surprise: float = curve("surprise", unit="bits")
    seeing: float | None = number("chance of this answer", unit="with the picture")
    blind: float | None = number("chance of this answer", unit="with a grey one")
    speed: float | None = number("speed", unit="tokens/s", digits=1, measured=True)
    wait_ms: float = number("first token after", unit="ms", digits=0, measured=True)
    held: int = number("context used", unit="tokens", digits=5)
    said: str = carried(grows=True)
    folded: int = carried()


class Asked(Local):
    """The decoder's own loop over a conversation about one picture."""

    def __init__(self, seer: Seer, patches: Tensor) -> None:
        super().__init__(seer.seeing(patches))
        self.seer = seer

    def ask(self, messages: Sequence[Message]) -> Prompt:
        *before, last = [one["content"] for one in messages]
        turns = [Question(*pair) for pair in zip(before[::2], before[1::2], strict=True)]
        ids = tuple(self.seer.prompt(turns, last))
        return Prompt(len(ids), ids)


def ask(seer: Seer, options: AskOptions, *, seed: int) -> Iterator[AskStep]:
    """A frame a token, then one with the control. Where a conversation does not fit, the oldest turns fold away."""
    turns = read_turns(options.turns)
    for role, text in turns:
        if role == "user":
            check(seer, text)
    begun = time.perf_counter()
    looked = look(seer, options.picture, warned=False)
    engine = Asked(seer, looked.patches)
    limit = limit_of(engine, options.max_new_tokens)
    prompt, folded = fitted(engine, [{"role": role, "content": text} for role, text in turns], limit)
    sampling = Sampling(options.temperature)
    shown = _Shown(seer, looked, prompt, folded, limit, begun)
    for piece in engine.stream(prompt, sampling, seed=seed, limit=limit, top=options.top):
        yield shown.token(piece)
    yield shown.controlled()


class _Shown:
    """What the frames of one answer have in common, and what was said so far."""

    def __init__(self, seer: Seer, looked: Looked, prompt: Prompt, folded: int, limit: int, begun: float) -> None:
        self.seer, self.looked, self.prompt, self.folded = seer, looked, prompt, folded
        self.limit, self.begun, self.first, self.held = limit, begun, 0.0, prompt.tokens
        self.drawn = looked.pixels[None]
        self.ids: list[int] = []
        self.notice = ""

    def token(self, piece: Piece) -> AskStep:
        now = time.perf_counter()
        self.first = self.first or now
        i, self.held = len(self.ids), piece.held
        if i == 1:  # the first word waits for nothing
            self.notice = notice(self.seer, self.looked.pixels)
        self.ids.append(int(piece.taken.id or 0))
        return self._frame(
            i,
            i + 2 if piece.last or i + 1 == self.limit else self.limit + 1,
            answer=(taken(piece),),
            likeliest=rivals(piece),
            surprise=surprise(piece.taken.probability, LEAST),
            speed=i / (now - self.first) if i else None,
            said=piece.text,
        )

    def controlled(self) -> AskStep:
        """The same question of a grey picture, and how likely the answer would be there."""
        if len(self.ids) < 2:
            self.notice = notice(self.seer, self.looked.pixels)
        seer, blank = self.seer, grey(self.seer)
        other = answer(seer, blank, self.prompt.ids)
        words = tuple(i for i in self.ids if i not in seer.language.stops)
        mine = Answer(words, (), text_of(seer, words))
        told = ending(seer, mine)
        with_it, without = (
            math.exp(float(log_chances(seer, seen, self.prompt.ids, told).sum()))
            for seen in (self.looked.patches, blank)
        )
        return self._frame(
            len(self.ids),
            len(self.ids) + 1,
            control=tuple(
                Tok(seer.language.piece(i).decode(errors="replace"), chance, id=i)
                for i, chance in zip(other.ids, other.chances, strict=False)
            ),
            verdict=verdict(mine.text, other.text, with_it, without),
            seeing=with_it,
            blind=without,
        )

    def _frame(self, index: int, total: int, **more: Any) -> AskStep:
        notes = [self.notice] * bool(self.notice)
        if self.folded:
            notes.append(f"The oldest {self.folded} messages no longer fit and were left out of what the model reads.")
        given: dict[str, Any] = {
            "notice": " ".join(notes) or None,
            "seen": self.drawn,
            "answer": (),
            "likeliest": (),
            "control": (),
            "verdict": "",
            "surprise": 0.0,
            "seeing": None,
            "blind": None,
            "speed": None,
            "wait_ms": 1000 * (self.first - self.begun),
            "held": self.held,
            "said": "",
            "folded": self.folded,
        }
        return AskStep(index, total, **{**given, **more})


def verdict(mine: str, other: str, with_it: float, without: float) -> str:
    """What the control says of an answer."""
    if not mine:
        return NOTHING
    if other == mine:
        return f"With a grey picture it says “{other}” too: this answer does not need the picture."
    rests = "it rests on the picture" if without < MOSTLY * with_it else "it hardly rests on the picture"
    return (
        f"With a grey picture it says “{other}”. The answer “{mine}” has a chance of {with_it:.2f} with the picture, "
        f"of {without:.2f} without: {rests}."
    )
