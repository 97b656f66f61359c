"""Run vlm/stages: how the models came to be, as it was recorded: the decoder, the projector, both; gates that open.

Liu et al. 2023: first the projector alone, so that patches mean something to a decoder left as it is; then both.
The frames are the reports of the training, kept on the cards; at the end of a stage its weights answer a question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, curve, matrix, number, pictures, prose, ranked
from genai_demo.core.load import load
from genai_demo.core.spec import find_spec
from genai_demo.data.world_questions import ASKERS
from genai_demo.language.decode import decode
from genai_demo.language.model import LanguageModel
from genai_demo.language.options import Sampling
from genai_demo.vlm.answering import LONGEST, answer
from genai_demo.vlm.looking import large, look, pixels_of, question
from genai_demo.vlm.options import StagesOptions

WHOLE = ("language", "aligned", "llava")
TITLES = {
    "language": "0: words alone",
    "aligned": "1: the projector",
    "llava": "2: projector and decoder",
    "fusion": "cross-attention",
}
SAID = {
    "language": "The decoder reads scenes told in words, and questions about them. It has seen no picture yet.",
    "aligned": "The decoder is left as it is. Only the projector learns to make patches that it understands.",
    "llava": "Projector and decoder learn together, from all questions.",
    "fusion": "The decoder is left as it is. Layers of cross-attention learn, behind gates that begin at 0.",
}
SIDES = ("attention", "feed-forward")
SIDE_OF: tuple[Callable[[str], bool], ...] = (
    lambda column: not column.endswith("forward"),
    lambda column: column.endswith("forward"),
)  # which columns of the history are of which gate


@dataclass(frozen=True, slots=True, eq=False)
class StagesStep:
    """One report. gates (2, layers): tanh of each, 0 is shut."""

    index: int
    total: int
    sides: tuple[str, ...]
    layers: tuple[str, ...]
    seen: np.ndarray | None = pictures("the picture of your question")
    kinds: tuple[Tok, ...] = ranked("held-out questions answered", unit="%")
    gates: np.ndarray | None = matrix("gates, by layer", rows="sides", columns="layers", signed=True, cells=True)
    said: str = prose("what learns")
    stage: str = number("stage", phase=True)
    step: int = number("step", digits=0)
    loss: float = curve("loss", unit="nats a token")
    right: float = curve("right answers, mean of the kinds", unit="%", digits=0)


def stages(options: StagesOptions, *, seed: int) -> Iterator[StagesStep]:
    """A frame a report of the training. Nothing is random."""
    names = WHOLE if options.training == "the whole training" else (options.training,)
    pixels, reports = pixels_of(options.picture), [(name, history(name)) for name in names]
    total, index = sum(len(rows) for _, rows in reports), 0
    for name, rows in reports:
        for place, row in enumerate(rows):
            last = place + 1 == len(rows)
            yield _frame((index, total), name, row, pixels, _answer(name, options) if last else "")
            index += 1


def history(name: str) -> list[Mapping[str, float]]:
    """The reports of a training, by the names of their columns. Raises DemoError where its card has none."""
    card = find_spec(f"vlm/{name}").card
    if not card.get("history"):
        raise DemoError(f"the card of vlm/{name} has no history of its training; restore assets/weights/vlm")
    return [dict(zip(card["columns"], row, strict=True)) for row in card["history"]]


def _answer(name: str, options: StagesOptions) -> str:
    """What a stage's weights answer to the question; the decoder of the first has no picture to look at."""
    model: Any = load(f"vlm/{name}")
    if isinstance(model, LanguageModel):
        ids = model.chat([{"role": "user", "content": options.question}])
        said = [step.id for step in decode(model, ids, Sampling(), seed=0, limit=LONGEST)]
        text = b"".join(model.piece(i) for i in said if i not in model.stops).decode(errors="replace").strip()
        return f" Without any picture it answers “{options.question}”: “{text}”."
    found = answer(model, look(model, options.picture).patches, question(model, options.question))
    return f" Now it answers “{options.question}”: “{found.text}”."


def _frame(at: tuple[int, int], name: str, row: Mapping[str, float], pixels: np.ndarray, answered: str) -> StagesStep:
    kinds = [100 * row[kind] for kind in ASKERS if kind in row]
    gates = [[row[column] for column in row if column.startswith("gate ") and is_side(column)] for is_side in SIDE_OF]
    return StagesStep(
        *at,
        SIDES,
        tuple(f"layer {i + 1}" for i in range(len(gates[0]))),
        large(pixels)[None],
        tuple(Tok(kind, share / 100, value=share) for kind, share in zip(ASKERS, kinds)),
        np.array(gates, np.float32) if gates[0] else None,
        SAID[name] + answered,
        TITLES[name],
        int(row["step"]),
        row["loss"],
        sum(kinds) / len(kinds),
    )
