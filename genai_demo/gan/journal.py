"""What is kept of a training in the cache folder, so that it goes on where it was stopped."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from genai_demo.core.home import home


@dataclass
class Journal:
    """state: of networks, optimisers and random stream, {} before the start. kept: step -> weights, half precision.

    history: a row of numbers a report. seconds: spent so far.
    """

    path: Path
    config: dict[str, Any]
    state: dict[str, Any] = field(default_factory=dict)
    kept: dict[int, dict[str, Tensor]] = field(default_factory=dict)
    history: list[list[float]] = field(default_factory=list)
    seconds: float = 0.0

    def save(self, state: dict[str, Any], seconds: float) -> None:
        """Write everything; a run cut off while writing leaves the file of before."""
        self.state = state
        part = self.path.with_suffix(".part")
        names = ("config", "state", "kept", "history")
        torch.save({**{name: getattr(self, name) for name in names}, "seconds": self.seconds + seconds}, part)
        part.replace(self.path)


class Resumable:
    """A training whose networks and optimisers have these names; `random` is its stream, `step` how far it is."""

    PARTS = ("g", "d", "mean", "opt_g", "opt_d")
    random: torch.Generator
    step: int

    def state(self) -> dict[str, Any]:
        """All it needs to go on."""
        parts = {name: getattr(self, name).state_dict() for name in self.PARTS}
        return {**parts, "random": self.random.get_state(), "step": self.step}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        for name in self.PARTS:
            getattr(self, name).load_state_dict(state[name])
        self.random.set_state(state["random"])
        self.step = state["step"]


def journal(name: str, config: Any) -> Journal:
    """The journal of a training (config: a dataclass), empty where there is none of this configuration."""
    path = home() / "train" / "gan" / f"{name}.pt"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = Journal(path, asdict(config))
    if path.exists():
        saved = torch.load(path, weights_only=True)
        if saved["config"] == fresh.config:
            return Journal(path, **saved)
    return fresh


def half(network: nn.Module) -> dict[str, Tensor]:
    """A copy of the weights, floating-point ones in half precision."""
    return {
        name: v.detach().clone().half() if v.is_floating_point() else v.clone()
        for name, v in network.state_dict().items()
    }
