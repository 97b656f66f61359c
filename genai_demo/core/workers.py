"""What an app and its workers on other machines say to each other, and the classes of workers."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field
from typing import Any

from genai_demo.core import waits
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import threads_of
from genai_demo.core.spec import Hub, find_spec

APP, FRONT = "atlas", "Front"  # what the application and its first deployment are called
MARK = "cluster"  # a folder in home(): a worker that finds the app's file there reads what visitors brought


@dataclass(frozen=True, slots=True)
class Resource:
    """What a worker of a class has. turns: frames that it computes at the same time; least: workers that are kept."""

    what: str
    cpus: int
    turns: int = 1
    least: int = 1
    gpu: bool = False

    @property
    def ongoing(self) -> int:
        """Runs that a worker has at the same time: it takes turns among them, and what is short goes first."""
        return max(8, 2 * self.turns)


RESOURCES = {
    "single": Resource("small networks, and trainings on points: one thread", 1),
    "split": Resource("bundled networks whose operations are split over threads", 2),
    "batched": Resource("language models whose engine answers several at once", 4, turns=8),
    "large": Resource("models from the hub; on a share of a GPU where there is one", 4, least=0, gpu=True),
}


def resource_of(recipe: Recipe) -> str:
    """The class in which a recipe is computed. Raises DemoError where the recipe is not to be had."""
    spec = find_spec(recipe.model) if recipe.model else None
    if spec is not None and spec.engine != "torch":
        return "batched"
    if spec is not None and isinstance(spec.sources[0], Hub):
        return "large"
    return "single" if threads_of(recipe) == 1 else "split"


@dataclass(frozen=True)
class Asked:
    """What a worker is sent. secret: the visitor's, "" where the run is about nobody's own."""

    recipe: str
    secret: str = ""


@dataclass
class Bunch:
    """What a worker sends. over: nothing more comes; refused: a sentence for the visitor; fault: (name, kind)."""

    frames: list[Any] = field(default_factory=list)
    said: waits.Told | None = None
    seconds: float = 0.0
    over: bool = False
    refused: str = ""
    fault: tuple[str, str] | None = None
    worker: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}")  # for logs
