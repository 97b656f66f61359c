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
    worlds, n = [World(place) for place in starts], len(starts)
    states = torch.zeros(n, grid.STEPS, grid.STATE, device=device)
    actions = torch.zeros(n, grid.STEPS, dtype=torch.long, device=device)
    to_go = torch.zeros(n, grid.STEPS, device=device)
    to_go[:, 0] = asked
    for t in range(grid.STEPS):
        states[:, t] = torch.from_numpy(np.stack([world.numbers() for world in worlds])).to(device)
        seen = slice(0, t + 1)
        logits, attentions = model(states[:, seen], actions[:, seen], to_go[:, seen])
        chances = _chances(logits[:, -1].float().cpu(), temperature)
        done = [int(one) for one in torch.multinomial(chances, 1, generator=random)[:, 0]]
        steps = [world.after(action) for world, action in zip(worlds, done)]
        gathered = [reward for _, reward in steps]
        before = to_go[:, t].cpu().numpy().copy()
        layers = tuple(each[:, :, 3 * t + 1, : 3 * t + 2] for each in attentions)
        yield Moment(worlds, chances.numpy(), done, gathered, before, layers)
        worlds = [world for world, _ in steps]
        actions[:, t] = torch.tensor(done, device=device)
        if t + 1 < grid.STEPS:
            to_go[:, t + 1] = to_go[:, t] - torch.tensor(gathered, device=device)


def _chances(logits: Tensor, temperature: float) -> Tensor:
    if temperature == 0:
        return torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]).float()
    return torch.softmax(logits / temperature, -1)


def returns(model: Actor, starts: list[int], asked: float, temperature: float, seed: int) -> np.ndarray:
    """(n,) what each gathered in all."""
    moments = acted(model, starts, asked, temperature, seed)
    return np.asarray(np.array([moment.gathered for moment in moments]).sum(0))
