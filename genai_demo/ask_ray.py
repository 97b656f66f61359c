"""The app's side of the cluster: a recipe goes to a worker (serve_ray.py), and its frames come back.

A worker that dies in mid-run costs time and no result: the recipe is given to another, and the frames that were here
already are left out. A run about documents or pictures that a visitor brought is computed in this process, unless the
workers see this machine's cache folder. Ray is imported when it is asked for.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from genai_demo.core import backend, waits
from genai_demo.core.errors import DemoError, Fault
from genai_demo.core.frame import Frame
from genai_demo.core.home import home
from genai_demo.core.recipe import Recipe, versions
from genai_demo.core.run import is_kept, run
from genai_demo.core.workers import APP, FRONT, MARK, Asked, Bunch, resource_of

TRIES = 3  # times that a run is given to a worker
LOOK_S = 0.2  # how often it is looked whether the reader left
SILENT_S, ANSWER_S = 20.0, 10.0  # after which silence the cluster is asked whether it is there; until it must answer

log = logging.getLogger("genai_demo.cluster")


class Lost(Exception):
    """A worker, or the cluster, is gone."""


@dataclass(frozen=True)
class Cluster:
    """An application that answers. workers: name of a class -> its handle; sees: it reads this machine's home()."""

    front: Any
    workers: dict[str, Any]
    sees: bool

    def worker(self, recipe: Recipe) -> Any:
        """The handle of the recipe's class; where that is not deployed, of the one that is."""
        kind = resource_of(recipe)
        return self.workers.get(kind) or next(iter(self.workers.values()))

    def close(self) -> None:
        """Its handles tell the cluster nothing more; else they go on with it for as long as this process lives."""
        for handle in (self.front, *self.workers.values()):
            handle.shutdown()


_clusters: dict[str, Cluster] = {}
_connecting = threading.Lock()


def compute(place: str, recipe: Recipe, secret: str) -> Iterator[Frame]:
    """The frames of a complete recipe, from a worker. Raises DemoError, and Fault for one of ours over there."""
    given = 0
    for attempt in range(TRIES):
        try:
            for number, frame in enumerate(_frames(place, recipe, secret)):
                if number >= given:  # the same recipe gives the same frames
                    yield frame
                    given += 1
            return
        except Lost as error:
            log.warning("a run of %s lost its worker, attempt %d: %s", recipe.run, attempt + 1, error)
            _clusters.pop(place, None)
    raise DemoError(f"the cluster lost this run {TRIES} times, after {given} frames; try again in a moment")


def computed_on(place: str, recipe: Recipe) -> dict[str, Any]:
    """The machine of a worker of the recipe's class. Raises DemoError."""
    found: dict[str, Any] = connected(place).worker(recipe).computed_on.remote(recipe.to_json()).result()
    return found


def connected(place: str) -> Cluster:
    """The cluster at that place, asked once. Raises DemoError where none answers or it runs other versions."""
    with _connecting:
        if place not in _clusters:
            _clusters[place] = _connect(place)
        return _clusters[place]


def forget() -> None:
    """The next run asks the cluster anew what it is. To be called while the cluster is still there."""
    while _clusters:
        _clusters.popitem()[1].close()


def _connect(place: str) -> Cluster:
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")  # or a call without a cluster starts one on this machine
    try:
        import ray
        from ray import serve
    except ImportError:
        raise DemoError(
            f"{backend.VARIABLE} asks for Ray, which is not installed here; "
            "pip install -r requirements-cluster.txt, or leave the setting out"
        ) from None
    try:
        if not ray.is_initialized():
            ray.init(place, log_to_driver=False, logging_level="ERROR")
        front = serve.get_deployment_handle(FRONT, APP)
        with _mark() as mark:
            about = front.about.remote(mark).result(timeout_s=3 * ANSWER_S)
    except Exception as error:
        log.warning("no cluster at %s: %s", place, error)
        raise DemoError(
            f"no cluster answers at ray://{place} ({type(error).__name__}); start it and deploy "
            f"genai_demo.serve_ray:application, or leave {backend.VARIABLE} out"
        ) from error
    _check_versions(about["versions"])
    return Cluster(front, {name: serve.get_deployment_handle(name, APP) for name in about["workers"]}, about["sees"])


def _check_versions(there: dict[str, str]) -> None:
    here = versions()
    for name in sorted({*here, *there}):
        if here.get(name) != there.get(name):
            raise DemoError(
                f"{name} is {there.get(name, 'missing')} in the cluster and {here.get(name, 'missing')} here; "
                "install the same on both, then deploy again"
            )


@contextlib.contextmanager
def _mark() -> Iterator[str]:
    """A file in home() while the cluster is asked whether it sees it."""
    path = home() / MARK / uuid.uuid4().hex
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    try:
        yield path.name
    finally:
        path.unlink(missing_ok=True)


def _frames(place: str, recipe: Recipe, secret: str) -> Iterator[Frame]:
    """One attempt. Raises Lost."""
    cluster = connected(place)
    if is_kept(recipe) and not cluster.sees:
        yield from run(recipe, here=True)  # what the visitor brought lies on this machine alone
        return
    handle = cluster.worker(recipe).options(stream=True, multiplexed_model_id=recipe.model or "")
    telling: list[waits.Told | None] = [("a worker of the cluster is awaited", None)]
    told = waits.current.get() or waits.Waits()
    asked = Asked(recipe.to_json(), secret)
    with waits.on(lambda: telling[0]), contextlib.closing(_Answers(handle.frames.remote(asked))) as answers:
        while True:
            bunch = answers.next(told, cluster)
            telling[0], told.computed = bunch.said, bunch.seconds
            yield from bunch.frames
            if bunch.refused:
                raise DemoError(bunch.refused)
            if bunch.fault:
                raise Fault(*bunch.fault)
            if bunch.over:
                return


class _Answers:
    """A worker's bunches, read in a thread of their own, so that a reader who leaves need not wait for the next."""

    def __init__(self, answers: Any) -> None:
        self._answers, self._worker = answers, "none"
        self._found: queue.SimpleQueue[Bunch | BaseException] = queue.SimpleQueue()
        threading.Thread(target=self._read, name="cluster", daemon=True).start()

    def _read(self) -> None:
        try:
            for bunch in self._answers:
                self._found.put(bunch)
            self._found.put(Lost("it ended too early"))
        except BaseException as error:
            self._found.put(error)

    def next(self, told: waits.Waits, cluster: Cluster) -> Bunch:
        """The next bunch. Raises Lost where the worker or the cluster is gone, DemoError where nobody reads."""
        silent = time.monotonic() + SILENT_S
        while True:
            if told.left:
                raise DemoError("this run was just stopped by somebody who asked for the same; run it again")
            try:
                found = self._found.get(timeout=LOOK_S)
            except queue.Empty:
                if time.monotonic() > silent:  # no worker is free; or nothing is there any more
                    _ask(cluster)
                    silent = time.monotonic() + SILENT_S
                continue
            if isinstance(found, BaseException):
                raise Lost(f"worker {self._worker}: {type(found).__name__}") from found
            self._worker = found.worker
            return found

    def close(self) -> None:
        """The worker is told that nobody reads; after the end that changes nothing."""
        self._answers.cancel()


def _ask(cluster: Cluster) -> None:
    try:
        cluster.front.about.remote("").result(timeout_s=ANSWER_S)
    except Exception as error:
        raise Lost(f"the cluster gives no answer: {type(error).__name__}") from error
