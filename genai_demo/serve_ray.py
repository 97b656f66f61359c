"""run(recipe) behind Ray Serve (Moritz et al. 2018): many machines compute, and their frames come back in bunches.

    ray start --head                                             # on further machines: ray start --address=HEAD:6379
    serve run genai_demo.serve_ray:application most=4 gpu=0.25   # or `serve deploy deploy/ray.yaml`
    GENAI_DEMO_BACKEND=ray://auto python app.py                  # the deck and the command line too

One deployment for each resource class (RESOURCES); which one a recipe needs follows from its run and its model. A
worker computes in fair turns (core/schedule.py), as the app alone would. What crosses the wire is a recipe, the
visitor's secret where a run is about the visitor's own, and Bunches. ask_ray.py is the app's side. Ray is imported
when it is asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from genai_demo.core import backend, waits
from genai_demo.core.errors import DemoError, among
from genai_demo.core.frame import Frame
from genai_demo.core.home import home
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe, versions
from genai_demo.core.run import is_own, run, size_of, visitor
from genai_demo.core.schedule import Schedule, Ticket
from genai_demo.core.spec import find_spec
from genai_demo.core.weights import progress
from genai_demo.core.workers import MARK, RESOURCES, Asked, Bunch

BUNCH_S, TELL_S = 0.05, 0.25  # frames of so many seconds go together; so often a worker without one says how it stands
MODELS_EACH = 4  # of which a worker says that it has them, so that runs of a model come to it

log = logging.getLogger("genai_demo.cluster")


class Worker:
    """Computes recipes of one resource class. What it does for a reader who left ends within a frame."""

    def __init__(self, kind: str) -> None:
        one = RESOURCES[kind]
        self.turns = Schedule(one.turns)
        self.pool = ThreadPoolExecutor(one.ongoing + 2)  # of which each waits for one run's next frame

    async def frames(self, asked: Asked) -> AsyncIterator[Bunch]:
        """Bunches, and one every TELL_S where there is no frame, which also lets a cancelled call end."""
        ticket: Ticket | None = None
        try:
            recipe = Recipe.from_json(asked.recipe)
            async for said in self._model_ready(recipe):
                yield Bunch(said=said)
            ticket = _submitted(self.turns, recipe, asked.secret)
            bunches = _bunches(ticket)
            while True:  # an await for each: a generator that only yields never learns that it was cancelled
                bunch = await asyncio.get_running_loop().run_in_executor(self.pool, next, bunches)
                yield bunch
                if bunch.over:
                    return
        except Exception as error:
            yield _failed(error)
        finally:
            if ticket is not None:
                ticket.close()

    async def _model_ready(self, recipe: Recipe) -> AsyncIterator[waits.Told | None]:
        if recipe.model is None:
            return
        loading = asyncio.ensure_future(self.model(recipe.model))
        while not (await asyncio.wait({loading}, timeout=TELL_S))[0]:
            yield progress(find_spec(recipe.model)) or "a worker of the cluster loads the model", None
        loading.result()

    async def model(self, key: str) -> str:
        """Loads a model. Serve remembers by it which workers have which; load() minds the memory."""
        await asyncio.get_running_loop().run_in_executor(self.pool, load, key)
        return key

    async def computed_on(self, recipe: str) -> dict[str, Any]:
        """The machine, as a result's files name it."""
        from genai_demo.results.files import computed_on

        return await asyncio.get_running_loop().run_in_executor(self.pool, computed_on, Recipe.from_json(recipe))


class Front:
    """What the app asks first: which versions run here, which classes, and whether its folder is seen from here."""

    def __init__(self, **workers: Any) -> None:
        self.workers = list(workers)

    def about(self, mark: str) -> dict[str, Any]:
        """mark: the name of a file that the app has written into its home()."""
        return {"versions": versions(), "workers": self.workers, "sees": (home() / MARK / mark).exists()}


def _submitted(turns: Schedule, recipe: Recipe, secret: str) -> Ticket:
    def started() -> Iterator[Frame]:
        visitor.set(secret)
        with contextlib.closing(run(recipe)) as frames:  # type: ignore[type-var]
            yield from frames

    return turns.submit(recipe, started, private=is_own(recipe), size=size_of(recipe))


def _bunches(ticket: Ticket) -> Iterator[Bunch]:
    """The frames of a run, those of BUNCH_S together. The last is over, and says what went wrong."""
    items = ticket.frames(BUNCH_S)
    more = True
    while more:
        bunch, began = Bunch(), time.monotonic()
        try:
            while more := (item := next(items, ticket)) is not ticket:
                if item is not None:
                    bunch.frames.append(item)
                passed = time.monotonic() - began
                if passed > TELL_S or (bunch.frames and (item is None or passed > BUNCH_S)):
                    break
        except Exception as error:
            failed, more = _failed(error), False
            bunch.refused, bunch.fault = failed.refused, failed.fault
        bunch.over, bunch.seconds = not more, ticket.seconds
        bunch.said = None if bunch.frames else _said(ticket)
        yield bunch


def _said(ticket: Ticket) -> waits.Told | None:
    before = ticket.waiting
    return (before.text, None) if before else ticket.told


def _failed(error: Exception) -> Bunch:
    """A visitor's mistake travels as its sentence, a fault of ours as a name that the worker's log has too."""
    if isinstance(error, DemoError):
        return Bunch(refused=str(error), over=True)
    name = uuid.uuid4().hex[:8]
    log.error("fault %s: a run failed", name, exc_info=error)
    return Bunch(fault=(name, type(error).__name__), over=True)


class Sizes(BaseModel):
    """most: workers of each class at most; gpu: share of a GPU that a worker of the large class takes, 0 for none;
    only: the classes that are deployed, with commas; least: workers kept of each, instead of what the class says.
    """

    model_config = ConfigDict(extra="forbid")
    most: int = Field(4, ge=1, le=1000)
    gpu: float = Field(0.0, ge=0, le=8)
    only: str = ""
    least: int | None = Field(None, ge=0, le=1000)


def application(args: Sizes) -> Any:
    """The application that Serve deploys: Front, and a deployment of Workers for each resource class.

    Raises DemoError where a class is unknown.
    """
    from ray import serve

    wanted = [name.strip() for name in args.only.split(",") if name.strip()] or list(RESOURCES)
    for name in wanted:
        if name not in RESOURCES:
            raise DemoError(f"only has the class {name}; {among(name, RESOURCES)}")
    counted = serve.multiplexed(max_num_models_per_replica=MODELS_EACH)(Worker.model)
    counting = type("Worker", (Worker,), {"model": counted})
    workers = {name: serve.deployment(counting).options(**_options(name, args)).bind(name) for name in wanted}
    front = serve.deployment(Front).options(ray_actor_options={"num_cpus": 0, **_runtime({})})
    return front.bind(**workers)


def _options(name: str, args: Sizes) -> dict[str, Any]:
    one = RESOURCES[name]
    least = min(args.most, one.least if args.least is None else args.least)
    scaling = {"min_replicas": least, "max_replicas": args.most, "target_ongoing_requests": 2 * one.turns}
    device = "cuda" if one.gpu and args.gpu else "cpu"
    needs: dict[str, Any] = {"num_cpus": one.cpus, **({"num_gpus": args.gpu} if device == "cuda" else {})}
    needs |= _runtime({"GENAI_DEMO_DEVICE": device, "OMP_NUM_THREADS": str(one.cpus)})
    return {
        "name": name,
        "max_ongoing_requests": one.ongoing,
        "autoscaling_config": scaling,
        "ray_actor_options": needs,
        "graceful_shutdown_timeout_s": 5,
    }


def _runtime(variables: dict[str, str]) -> dict[str, Any]:
    """A worker computes itself, whatever the setting of the machine says."""
    return {"runtime_env": {"env_vars": {backend.VARIABLE: "", **variables}}}
