"""A world of cells in which somebody walks, a step at a time, and gathers what lies there.

A place is a number, row * WIDE + column. What lies on the map is gathered once and is then gone; a step into a wall
leads nowhere. An episode has STEPS steps, and its return is the sum of what was gathered.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass
from functools import cache

import numpy as np

MAP = ("........", ".1..#..3", "....#...", ".###.2..", "......#.", "..x.###.", ".1..#..5", "....#.x.")
TRAP = -3  # what an x is worth
WIDE, HIGH = len(MAP[0]), len(MAP)
WORTH = {
    y * WIDE + x: TRAP if sign == "x" else int(sign)
    for y, row in enumerate(MAP)
    for x, sign in enumerate(row)
    if sign == "x" or sign.isdigit()
}  # place -> what lies there
WALLS = {y * WIDE + x for y, row in enumerate(MAP) for x, sign in enumerate(row) if sign == "#"}
FREE = tuple(place for place in range(WIDE * HIGH) if place not in WALLS and place not in WORTH)  # where one may begin
THINGS = tuple(WORTH)
ACTIONS = ("up", "right", "down", "left")
MOVES = ((0, -1), (1, 0), (0, 1), (-1, 0))
STEPS = 24
STATE = WIDE * HIGH + len(THINGS)  # numbers that say how things are: where one stands, and what is still there


@dataclass(frozen=True, slots=True)
class World:
    """How things are. left: places where something still lies."""

    place: int
    left: frozenset[int] = frozenset(THINGS)

    def after(self, action: int) -> tuple[World, int]:
        """-> the world one step later, and what was gathered."""
        place = beside(self.place)[action]
        if place in self.left:
            return World(place, self.left - {place}), WORTH[place]
        return World(place, self.left), 0

    def numbers(self) -> np.ndarray:
        """(STATE,) float32: 1 where one stands, then 1 for each thing that is still there."""
        found = np.zeros(STATE, np.float32)
        found[self.place] = 1
        found[WIDE * HIGH :] = [place in self.left for place in THINGS]
        return found


@cache
def beside(place: int) -> tuple[int, ...]:
    """Where each action leads from there."""
    y, x = divmod(place, WIDE)
    found = []
    for dx, dy in MOVES:
        inside = 0 <= x + dx < WIDE and 0 <= y + dy < HIGH
        to = (y + dy) * WIDE + x + dx
        found.append(to if inside and to not in WALLS else place)
    return tuple(found)


@cache
def way(start: int, end: int, avoided: frozenset[int] = frozenset()) -> tuple[int, ...]:
    """Actions of a shortest way that steps on nothing of `avoided`; () where there is none."""
    came: dict[int, tuple[int, int]] = {start: (-1, -1)}
    waiting = deque([start])
    while waiting and end not in came:
        here = waiting.popleft()
        for action, to in enumerate(beside(here)):
            if to not in came and (to == end or to not in avoided):
                came[to] = (here, action)
                waiting.append(to)
    found: list[int] = []
    while end in came and end != start:
        end, action = came[end]
        found.append(action)
    return tuple(reversed(found))


@cache
def best(start: int) -> int:
    """The largest return that an episode from there can have."""
    good = [place for place in THINGS if WORTH[place] > 0]
    traps = frozenset(THINGS) - frozenset(good)
    most = 0
    for order in itertools.permutations(good):
        here, steps, gathered = start, 0, 0
        for place in order:
            steps += len(way(here, place, traps))
            if steps > STEPS:
                break
            here, gathered = place, gathered + WORTH[place]
        most = max(most, gathered)
    return most


@dataclass(frozen=True, slots=True, eq=False)
class Episodes:
    """n walks: states (n, STEPS, STATE) float32, actions (n, STEPS) and rewards (n, STEPS) whole numbers."""

    states: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray

    @property
    def returns(self) -> np.ndarray:
        """(n,) what each gathered in all."""
        return np.asarray(self.rewards.sum(1))

    @property
    def to_go(self) -> np.ndarray:
        """(n, STEPS) what each still gathered from that step on."""
        return np.asarray(self.rewards[:, ::-1].cumsum(1)[:, ::-1])


def walked(count: int, seed: int) -> Episodes:
    """Episodes by walkers of mixed quality: each wants some of the things, in an order drawn by chance, and errs."""
    random = np.random.default_rng(seed)
    states, actions, rewards = [], [], []
    for _ in range(count):
        world, slips = World(int(random.choice(FREE))), random.uniform() ** 2
        wanted = [int(place) for place in random.permutation(THINGS)[: random.integers(len(THINGS) + 1)]]
        for _ in range(STEPS):
            action = _chosen(world, wanted, slips, random)
            states.append(world.numbers())
            world, gathered = world.after(action)
            actions.append(action)
            rewards.append(gathered)
    shape = (count, STEPS)
    return Episodes(np.stack(states).reshape(*shape, STATE), np.reshape(actions, shape), np.reshape(rewards, shape))


def _chosen(world: World, wanted: list[int], slips: float, random: np.random.Generator) -> int:
    """What a walker does: a step towards the first thing it wants that is there, or, by a slip, any step."""
    goal = next((place for place in wanted if place in world.left), None)
    if goal is None or random.uniform() < slips:
        return int(random.integers(len(ACTIONS)))
    return way(world.place, goal)[0]
