"""A cluster without Ray: handles whose workers live in this process, and die when they are told to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from genai_demo.ask_ray import Cluster
from genai_demo.core.workers import Asked, Bunch
from genai_demo.serve_ray import Worker


class Killed(Exception):
    """As Ray says that an actor died."""


class Answers:
    """A call of Worker.frames: iterated as a handle's answer is, cancelled as one is."""

    def __init__(self, worker: Worker, asked: Asked, dies_after: int | None) -> None:
        self.bunches = worker.frames(asked)
        self.dies_after = dies_after
        self.cancelled = False

    def __iter__(self) -> Iterator[Bunch]:
        with asyncio.Runner() as runner:
            seen = 0
            while not self.cancelled:
                if self.dies_after is not None and seen >= self.dies_after:
                    runner.run(self.bunches.aclose())
                    raise Killed
                try:
                    bunch = runner.run(anext(self.bunches))
                except StopAsyncIteration:
                    return
                seen += len(bunch.frames)
                yield bunch
            runner.run(self.bunches.aclose())

    def cancel(self) -> None:
        self.cancelled = True


class Handle:
    """As a deployment's handle. deaths: after how many frames the worker of each call dies; none: it lives."""

    def __init__(self, kind: str, deaths: list[int]) -> None:
        self.worker, self.deaths, self.calls = Worker(kind), deaths, list[Answers]()

    def options(self, **_: Any) -> Handle:
        return self

    @property
    def frames(self) -> Handle:
        return self

    def remote(self, asked: Asked) -> Answers:
        self.calls.append(Answers(self.worker, asked, self.deaths.pop(0) if self.deaths else None))
        return self.calls[-1]


def cluster(deaths: list[int] | None = None, *, sees: bool = True, kind: str = "single") -> tuple[Cluster, Handle]:
    """A cluster of one worker, and its handle."""
    handle = Handle(kind, deaths or [])
    return Cluster(None, {kind: handle}, sees), handle
