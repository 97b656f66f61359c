"""Event wiring: a recipe becomes the values of a film strip, paced for the eye and never slower than the model.

The model computes in a thread of its own, so that packing and sending a frame overlaps the computation of the next.
Closing the generator (Stop, a closed tab) closes the run at its next frame.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import json
import logging
import os
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any, ParamSpec, TypeVar

import gradio as gr

from genai_demo.core import waits
from genai_demo.core.errors import DemoError, sentence
from genai_demo.core.frames import Frame, Paced, pack
from genai_demo.core.link import plain, to_query
from genai_demo.core.load import is_loaded, load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import complete, run, visitor
from genai_demo.core.spec import ModelSpec, find_spec
from genai_demo.core.waits import Waits
from genai_demo.core.weights import fetched, progress
from genai_demo.core.wire import PackedFrame

FPS = 30  # frames a second that are sent at most
BUNCHES = 10  # messages a second, where each brings several frames
AHEAD = 256  # frames that may be computed before they are sent
MODEL_SLOTS = 2  # runs that compute at the same time
MODEL: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": MODEL_SLOTS}  # for events that compute
BATCHED: dict[str, Any] = {"concurrency_id": "batched", "concurrency_limit": 8}  # for a model that answers many at once
CHEAP: dict[str, Any] = {"concurrency_limit": None}  # for events that cost nothing
LOOK_S = 0.5  # how often a fetch is asked how far it is
LOADING = "Loading the model, a few seconds the first time"

log = logging.getLogger("genai_demo.pages")
P = ParamSpec("P")
R = TypeVar("R")


@contextlib.contextmanager
def kind_errors() -> Iterator[None]:
    """DemoError becomes gr.Error with its sentence; anything unexpected is logged and becomes one kind sentence."""
    try:
        yield
    except DemoError as error:
        raise gr.Error(sentence(str(error)), title="Not like this", print_exception=False) from error
    except gr.Error:
        raise
    except Exception as error:
        log.exception("an event failed")
        message = f"Something went wrong here ({type(error).__name__}); it was noted, please try again."
        raise gr.Error(message, title="Sorry", print_exception=False) from error


def kind(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator for the handlers of a page that are no generators: their errors become kind ones."""

    @functools.wraps(function)
    def handler(*args: P.args, **kwargs: P.kwargs) -> R:
        with kind_errors():
            return function(*args, **kwargs)

    return handler


def stream(recipe: Recipe, secret: str = "") -> Iterator[dict[str, Any]]:
    """Film strip values: one frame a message, then a last message that carries all frames. Raises gr.Error.

    secret: the visitor's, told to the run and to nothing else. While a model's package is fetched, messages
    {"waiting": text} say how much of it is there.
    """
    with kind_errors():
        recipe = complete(recipe)
        about = {"run": uuid.uuid4().hex[:12], "badge": "live", "recipe": plain(recipe), "link": to_query(recipe)}
        sent: list[PackedFrame] = []
        with _computing(recipe, secret) as work:
            for message in _messages(work, sent):
                yield {**about, **message} if "total" in message else message
        yield {**about, "frames": sent, "done": True, "note": work.note(len(sent))}


def _messages(work: _Work, sent: list[PackedFrame]) -> Iterator[dict[str, Any]]:
    """What is sent of the frames, at most FPS a second; they are added to `sent`, packed.

    Paced frames that were `seen_before` are not sent by themselves: all go with the first that is new.
    Those that are `bunched`, tokens of a quick model, go several in one message. They travel as a JSON text:
    of lists inside lists that get shorter, Gradio makes wrong differences between one message and the next.
    """
    due, held, first = 0.0, False, 0
    for item in work.frames():
        if isinstance(item, Waiting):
            yield {"waiting": item.html}
            continue
        work.last = item
        sent.append(pack(item))
        if isinstance(item, Paced) and item.seen_before:
            held = True
            continue
        bunched = isinstance(item, Paced) and item.bunched
        if bunched and time.monotonic() < due:
            continue
        time.sleep(max(0.0, due - time.monotonic()))
        due = max(due, time.monotonic()) + 1 / (BUNCHES if bunched else FPS)
        place = {"total": item.total, "index": first}
        yield {**place, "append": json.dumps(sent[first:]), "held": held}
        held, first = False, len(sent)


def status_before(recipe: Recipe) -> str:
    """What to say before the first frame: that a model is being loaded, or nothing."""
    with kind_errors():
        model = complete(recipe).model
        return LOADING if model and not is_loaded(find_spec(model)) else ""


@dataclass(frozen=True)
class Waiting:
    """In the place of a frame: what is waited for, as text; share: how much of it is there, 0 to 1."""

    text: str
    share: float | None = None

    @property
    def html(self) -> str:
        bar = "" if self.share is None else f'<progress value="{self.share:.3f}"></progress> '
        return f"{bar}{escape(sentence(self.text))}"


@dataclass
class _Work:
    """A run that computes in its own thread. `seconds` counts the model's own time, without loading it."""

    recipe: Recipe
    secret: str = field(default="", repr=False)
    ready: queue.Queue[Any] = field(default_factory=lambda: queue.Queue(AHEAD))
    stopped: threading.Event = field(default_factory=threading.Event)
    seconds: float = 0.0
    load_seconds: float = 0.0
    last: Frame | None = None  # the newest frame that was read
    waits: Waits = field(default_factory=Waits)

    def compute(self) -> None:
        """The thread: frames, then None or the exception, into `ready`."""
        waits.current.set(self.waits)
        try:
            visitor.set(self.secret)
            self._load()
            frames = run(self.recipe)
            with contextlib.closing(frames):  # type: ignore[type-var]
                start = time.monotonic()
                for frame in frames:
                    self.seconds += time.monotonic() - start
                    if not self._put(frame):
                        return
                    start = time.monotonic()
            self._put(None)
        except Exception as error:
            self._put(error)

    def _load(self) -> None:
        """Loads the model first, so that a run's time does not count it; on ZeroGPU it is loaded where it runs."""
        if self.recipe.model and not os.environ.get("SPACES_ZERO_GPU"):
            start = time.monotonic()
            load(find_spec(self.recipe.model))
            self.load_seconds = time.monotonic() - start

    def _put(self, item: Any) -> bool:
        """False where nobody reads any more."""
        while not self.stopped.is_set():
            with contextlib.suppress(queue.Full):
                self.ready.put(item, timeout=0.2)
                return True
        return False

    def frames(self) -> Iterator[Frame | Waiting]:
        spec = find_spec(self.recipe.model) if self.recipe.model else None
        text = ""
        while True:
            try:
                item = self.ready.get(timeout=LOOK_S)
            except queue.Empty:
                said = self.waits.told()  # a run that fetches its own library
                before, text = text, said[0] if said else progress(spec) if spec else ""
                if before or text:
                    yield Waiting(text or LOADING, said[1] if said else _share(spec))
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item

    def note(self, count: int) -> str:
        """The time the model took and the time a step took, as text."""
        steps = max(self.last.index + 1 if self.last else 0, count, 1)
        loading = f", after {self.load_seconds:.1f} s of loading" if self.load_seconds > 0.5 else ""
        each = self.seconds / steps
        step = f"{each:.1f} s" if each >= 1 else f"{1000 * each:.3g} ms"
        return f"{self.seconds:.2f} s, {step} per step{loading}"


@contextlib.contextmanager
def _computing(recipe: Recipe, secret: str) -> Iterator[_Work]:
    work = _Work(recipe, secret)
    context = contextvars.copy_context()  # a lent GPU is asked for in the visitor's name
    threading.Thread(target=context.run, args=(work.compute,), name=f"run {recipe.run}", daemon=True).start()
    try:
        yield work
    finally:
        work.stopped.set()


def _share(spec: ModelSpec | None) -> float | None:
    """How much of the model's package has come in; None where that is not known."""
    found = fetched(spec) if spec else None
    return min(1.0, found[1] / found[0].bytes) if found and found[0].bytes else None
