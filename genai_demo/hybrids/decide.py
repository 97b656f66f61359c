"""One episode in the world of cells, step by step, by a Decision Transformer that was asked for a return."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genai_demo.core.frames import bars, curve, number, pictures, prose, ranked
from genai_demo.core.frames_text import Tok
from genai_demo.hybrids import acting, drawing, grid
from genai_demo.hybrids.acting import Moment
from genai_demo.hybrids.decision import Actor
from genai_demo.hybrids.grid import World
from genai_demo.hybrids.options import DecideOptions

CHART = "return"
KINDS = ("return", "state", "action")


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step. past (t,): the attention of this action on each step so far, over its return, state and action."""

    index: int
    total: int
    world: np.ndarray = pictures("the world", columns=1)
    said: str = prose("what happens")
    actions: tuple[Tok, ...] = ranked("the next action", unit="probability")
    past: np.ndarray | None = bars("attention on each step so far", limit=1)
    got: int = curve("gathered so far", chart=CHART, digits=0)
    to_go: float = curve("still asked for", chart=CHART, digits=1)
    best: int = number("the most there is from this start", digits=0)
    on_return: float = number("attention on returns", unit="%", digits=0)
    on_state: float = number("attention on states", unit="%", digits=0)
    on_action: float = number("attention on actions", unit="%", digits=0)


def decide(model: Actor, options: DecideOptions, *, seed: int) -> Iterator[Step]:
    """A frame a step, and one for the end."""
    start = grid.FREE[options.start]
    total, got = grid.STEPS + 1, 0
    walk = drawing.Walk(World(start))
    for index, moment in enumerate(acting.acted(model, [start], options.ask, options.temperature, seed)):
        yield _step(moment, index, total, walk, got, grid.best(start), asked=model.asked)
        got += moment.gathered[0]
        last = moment
    world, _ = last.worlds[0].after(last.done[0])
    yield Step(
        grid.STEPS,
        total,
        walk.at(world)[None],
        f"Asked for {options.ask:g}, it gathered {got}. From here the most is {grid.best(start)}.",
        (),
        None,
        got,
        options.ask - got,
        grid.best(start),
        *_shares(last.attention[0]),
    )


def _step(moment: Moment, index: int, total: int, walk: drawing.Walk, got: int, best: int, *, asked: bool) -> Step:
    chances, done, to_go = moment.chances[0], moment.done[0], float(moment.to_go[0])
    order = np.argsort(-chances, kind="stable")
    actions = tuple(Tok(grid.ACTIONS[k], float(chances[k]), kind="picked" if k == done else "") for k in order)
    told = f"{to_go:g} is still to be gathered" if asked else "It sees no return and imitates"
    found = moment.gathered[0]
    said = f"{told}: {grid.ACTIONS[done]}" + (f", and there lies {found:+d}." if found else ".")
    attention = moment.attention[0]
    past = np.append(attention, 0.0).reshape(-1, len(KINDS)).sum(1)
    world = walk.at(moment.worlds[0])[None]
    return Step(index, total, world, said, actions, past, got, to_go, best, *_shares(attention))


def _shares(attention: np.ndarray) -> tuple[float, float, float]:
    """Of the attention, in %, on returns, states and actions."""
    one, two, three = (100 * float(attention[k :: len(KINDS)].sum()) for k in range(len(KINDS)))
    return one, two, three
