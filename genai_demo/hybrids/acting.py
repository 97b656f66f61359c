"""Many actors at once in the world of cells: each asks its model at every step and does what it draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.hybrids import grid
from genai_demo.hybrids.decision import Actor
from genai_demo.hybrids.grid import World


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A step of n actors: chances (n, 4) of each action, what was done, gathered and is still asked for (before it).

    layers: what each layer's heads attended to, for the last state.
    """

    worlds: list[World]
    chances: np.ndarray
    done: list[int]
    gathered: list[int]
    to_go: np.ndarray
    layers: tuple[Tensor, ...]

    @property
    def attention(self) -> np.ndarray:
        """(n, 3 t): of the next action on all tokens so far, mean over layers and heads."""
        found: np.ndarray = torch.cat(self.layers, 1).float().mean(1).cpu().numpy()
        return found


@torch.inference_mode()
def acted(model: Actor, starts: list[int], asked: float, temperature: float, seed: int) -> Iterator[Moment]:
    """The steps of an episode from each start, with that return asked for; temperature 0: the likeliest action."""
    random, device = generator(seed), next(model.parameters()).device
    worlds, memory = [World(place) for place in starts], model.begin()
    before: Tensor | None = None
    to_go = torch.full((len(starts),), asked)
    for step in range(grid.STEPS):
        states = torch.from_numpy(np.stack([world.numbers() for world in worlds])).to(device)
        logits, layers = model.after(memory, step, before, to_go.to(device), states)
        chances = _chances(logits.float().cpu(), temperature)
        before = torch.multinomial(chances, 1, generator=random)[:, 0]
        done = before.tolist()
        before = before.to(device)
        steps = [world.after(action) for world, action in zip(worlds, done)]
        gathered = [reward for _, reward in steps]
        yield Moment(worlds, chances.numpy(), done, gathered, to_go.numpy(), layers)
        worlds = [world for world, _ in steps]
        to_go = to_go - torch.tensor(gathered)


def _chances(logits: Tensor, temperature: float) -> Tensor:
    if temperature == 0:
        return torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).float()
    return torch.softmax(logits / temperature, -1)


def returns(model: Actor, starts: list[int], asked: float, temperature: float, seed: int) -> np.ndarray:
    """(n,) what each gathered in all."""
    moments = acted(model, starts, asked, temperature, seed)
    return np.asarray(np.array([moment.gathered for moment in moments]).sum(0))
