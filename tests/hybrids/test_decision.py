"""The world of cells, and the Decision Transformer in it."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from PIL import ImageColor

from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.hybrids import acting, decision, drawing, grid
from genai_demo.hybrids.grid import World


def test_a_step_leads_where_it_should_and_gathers_once() -> None:
    three = next(place for place, worth in grid.WORTH.items() if worth == 3)
    above = three - grid.WIDE
    world, gathered = World(above).after(grid.ACTIONS.index("down"))
    assert (world.place, gathered) == (three, 3)
    back, nothing = world.after(grid.ACTIONS.index("up"))
    again, gone = back.after(grid.ACTIONS.index("down"))
    assert (nothing, gone) == (0, 0)
    assert three not in again.left


def test_walls_and_edges_lead_nowhere() -> None:
    for place in grid.FREE:
        for to in grid.beside(place):
            assert to not in grid.WALLS
            assert abs(to - place) in (0, 1, grid.WIDE)
    assert grid.beside(0)[0] == grid.beside(0)[3] == 0


def test_ways_are_the_shortest_there_are() -> None:
    start = grid.FREE[0]
    distance, edge = {start: 0}, [start]
    for here in edge:  # it grows while it is read
        for to in grid.beside(here):
            if to not in distance:
                distance[to] = distance[here] + 1
                edge.append(to)
    assert all(len(grid.way(start, place)) == distance[place] for place in grid.FREE)


def test_the_most_there_is_is_never_exceeded() -> None:
    walks = grid.walked(200, seed=3)
    starts = walks.states[:, 0, : grid.WIDE * grid.HIGH].argmax(1)
    assert all(had <= grid.best(int(start)) for had, start in zip(walks.returns, starts))
    assert walks.to_go[:, 0].tolist() == walks.returns.tolist()


def test_walks_are_the_same_for_the_same_seed_and_of_all_qualities() -> None:
    one, two = grid.walked(50, 1), grid.walked(50, 1)
    assert (one.actions == two.actions).all()
    assert len(set(one.returns.tolist())) > 5


def test_an_action_sees_nothing_of_what_comes_later() -> None:
    model = decision.Actor().eval()
    states, actions = torch.rand(1, 5, grid.STATE), torch.randint(4, (1, 5))
    to_go = torch.rand(1, 5)
    whole, _ = model(states, actions, to_go)
    changed = actions.clone()
    changed[0, 3:] = (changed[0, 3:] + 1) % 4
    states[0, 4] = 0
    again, _ = model(states, changed, to_go)
    assert whole[0, :4].allclose(again[0, :4], atol=1e-5)
    assert not whole[0, 4].allclose(again[0, 4])


def test_more_is_had_where_more_is_asked_for() -> None:
    model, starts = load("hybrids/decision"), list(grid.FREE[::3])
    had = [float(acting.returns(model, starts, asked, 0.5, seed=0).mean()) for asked in (0.0, 5.0, 10.0)]
    assert had == sorted(had)
    assert had[2] > had[0] + 5
    clone = load("hybrids/clone")
    same = [acting.returns(clone, starts, asked, 0.5, seed=0).tolist() for asked in (0.0, 10.0)]
    assert same[0] == same[1], "one that imitates hears no wish"


def test_a_film_adds_up() -> None:
    frames: list[Any] = list(run(Recipe("hybrids/decide", {"ask": 9.0, "start": 4}, 2)))
    assert len(frames) == grid.STEPS + 1
    assert all(frame.got + frame.to_go == pytest.approx(9) for frame in frames)
    assert all(a.got <= b.got or b.got - a.got == grid.TRAP for a, b in itertools.pairwise(frames))
    for frame in frames[:-1]:
        assert np.sum(frame.past) == pytest.approx(1, abs=1e-3)
        assert frame.on_return + frame.on_state + frame.on_action == pytest.approx(100, abs=0.1)


def test_a_walk_is_drawn_cell_by_cell_as_it_is_drawn_at_once() -> None:
    here = World(grid.FREE[0])
    walk, ways = drawing.Walk(here), [here]
    for action in ("right", "right", "down", "right", "down"):
        ways.append(ways[-1].after(grid.ACTIONS.index(action))[0])
    for world in ways:
        seen = walk.at(world)
        y, x = (drawing.CELL * k + drawing.CELL // 2 for k in divmod(world.place, grid.WIDE))
        assert tuple(seen[y, x]) == ImageColor.getrgb(drawing.ACTOR)
    passed = {world.place for world in ways}
    bare = drawing.Walk(World(here.place)).at(here)
    for place in set(range(grid.WIDE * grid.HIGH)) - passed:
        y, x = (drawing.CELL * k for k in divmod(place, grid.WIDE))
        inside = slice(y + 2, y + drawing.CELL - 2), slice(x + 2, x + drawing.CELL - 2)
        assert (seen[inside] == bare[inside]).all(), "a cell where nobody was changed"


def test_step_by_step_it_says_what_it_says_of_the_whole() -> None:
    torch.manual_seed(0)
    model, t = decision.Actor().eval(), 5
    states, actions, to_go = torch.randn(2, t, grid.STATE), torch.randint(4, (2, t)), torch.randn(2, t)
    with torch.inference_mode():
        whole, attentions = model(states, actions, to_go)
        memory = model.begin()
        for step in range(t):
            before = actions[:, step - 1] if step else None
            logits, layers = model.after(memory, step, before, to_go[:, step], states[:, step])
            torch.testing.assert_close(logits, whole[:, step])
            for one, all_of_it in zip(layers, attentions):
                torch.testing.assert_close(one, all_of_it[:, :, 3 * step + 1, : 3 * step + 2])
