"""Event wiring: a recipe becomes the values of a film strip, paced for the eye and never slower than the model.

Every run waits for its turn (core/schedule.py) and is computed there, so that packing and sending a frame overlaps the
computation of the next, and who reads slowly holds up nobody. Closing the generator (Stop, a closed tab) leaves the
run, which ends at its next frame where nobody else reads it.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass
from html import escape
from typing import Any, ParamSpec, TypeVar

import gradio as gr
import orjson

from genai_demo.core.backend import backend
from genai_demo.core.caches import weigh
from genai_demo.core.errors import DemoError, Fault, sentence
from genai_demo.core.frames import Frame, Paced, pack
from genai_demo.core.link import plain, to_query
from genai_demo.core.load import is_loaded, load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import complete, is_own, run, size_of, visitor
from genai_demo.core.schedule import Schedule, Ticket
from genai_demo.core.spec import ModelSpec, find_spec
from genai_demo.core.weights import fetched, progress
from genai_demo.core.wire import FilmValue, WaitingValue

FPS = 30  # frames a second that are sent at most
BUNCHES = 6  # messages a second, where each brings several frames
TOLD = 20  # times a second that those who wait are told how it stands, in all
MESSAGES, LEAST = 60, 2  # a second in all, of which each costs the server some 5 ms; and to each reader at least
UNWATCHED = 20  # a second in all to programs, which watch no film
REFUSED = "Not like this"  # the title of a message about what the visitor did
TURNS = Schedule()  # of the runs of all pages
BATCHED = Schedule(8)  # of those whose model answers as many at once
CHEAP: dict[str, Any] = {"concurrency_limit": None}  # what computes takes its turn in a schedule, not here
LOOK_S = 0.5  # how often a fetch is asked how far it is
TICK_S = 1.0  # how often who waits is told so again, which lets one that was stopped leave; each time costs the server
LOADING = "Loading the model, a few seconds the first time"

log = logging.getLogger("genai_demo.pages")
_loads: dict[str, Future[None]] = {}  # models that are being loaded
_loads_lock = threading.Lock()
P = ParamSpec("P")
R = TypeVar("R")


@contextlib.contextmanager
def kind_errors() -> Iterator[None]:
    """DemoError becomes gr.Error with its sentence; anything unexpected is logged and becomes one kind sentence.

    Of what a visitor did wrong the log has one line, without the value; of a fault it has the traceback, under a name
    that the visitor sees too.
    """
    try:
        yield
    except DemoError as error:
        log.warning("refused: %s", str(error).rpartition("; ")[2] if "; " in str(error) else "it said why")
        raise gr.Error(as_text(sentence(str(error))), title=REFUSED, print_exception=False) from error
    except gr.Error:
        raise
    except Exception as error:
        raise gr.Error(noted(error), title="Sorry", print_exception=False) from error


def as_text(message: str) -> str:
    """A message for Gradio, which takes it for HTML: what a visitor typed into it begins no element there."""
    return message.replace("<", "&lt;")


def noted(error: Exception) -> str:
    """The sentence of a fault that is being handled; the log has its traceback under the name that the sentence has."""
    if isinstance(error, Fault):
        fault, kind = error.name, error.kind
        log.error("fault %s: %s", fault, error)
    else:
        fault, kind = uuid.uuid4().hex[:8], type(error).__name__
        log.exception("fault %s: an event failed", fault)
    return f"Something went wrong here ({kind}); it was noted as fault {fault}, please try again."


def kind(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator for the handlers of a page that are no generators: their errors become kind ones."""

    @functools.wraps(function)
    def handler(*args: P.args, **kwargs: P.kwargs) -> R:
        with kind_errors():
            return function(*args, **kwargs)

    return handler


def stream(
    recipe: Recipe, secret: str = "", who: str = "", turns: Schedule = TURNS, whole: bool = True
) -> Iterator[FilmValue | WaitingValue]:
    """Film strip values: one frame a message, then a last message. Raises gr.Error.

    whole: the last message carries all frames, which a program wants; a page has them, and gets what is new. They are
    JSON already (orjson.Fragment), so that many who want the same cost the server little. What is known already is
    that one message.
    secret: the visitor's, told to a run that is about the visitor's own and to nothing else; who: the visitor, of whom
    one run is computed at a time. {"waiting": text} says what is waited for, as HTML; "" only lets the caller leave.
    """
    with kind_errors():
        recipe = complete(recipe)
        name, link = uuid.uuid4().hex[:12], to_query(recipe)
        about: FilmValue = {"run": name, "badge": "live", "recipe": plain(recipe), "link": link}
        began = time.monotonic()
        for waiting in _loading(recipe):
            yield {"waiting": waiting.html}
        loaded = time.monotonic() - began
        sent: list[str] = []  # frames as JSON
        told = 0  # frames that went with a message
        with _asked(recipe, secret, who, turns) as ticket, READERS:
            if whole and ticket.done:
                sent += [item.text() for item in ticket]
            else:
                for message in _messages(ticket, sent, about, not whole):
                    yield message
                    told = len(sent) if "append" in message else told
            note = _note(ticket, loaded)
        about |= {"done": True, "note": note}
        if whole:
            yield {**about, "frames": orjson.Fragment(_listed(sent))}
        else:
            yield {**about, "append": _listed(sent[told:]), "index": told, "held": not told}


def _listed(frames: list[str]) -> str:
    return f"[{','.join(frames)}]"


def _asked(recipe: Recipe, secret: str, who: str, turns: Schedule) -> Ticket:
    """A place in the queue. What is the visitor's own is shared with none, and nothing else knows the secret."""
    own = is_own(recipe)
    frames = functools.partial(_frames, recipe, secret if own else "")
    return turns.submit(recipe, frames, who=who, private=own, size=size_of(recipe))


def _frames(recipe: Recipe, secret: str) -> Iterator[Sendable]:
    visitor.set(secret)
    with contextlib.closing(run(recipe)) as frames:  # type: ignore[type-var]
        for frame in frames:
            yield Sendable(frame)


def last_frame(recipe: Recipe) -> Any:
    """The last frame of a short run, computed in its turn, for what a page draws beside a film. Raises DemoError."""
    with TURNS.submit(recipe, lambda: run(recipe), private=True, size=size_of(recipe)) as ticket:
        *_, last = ticket
    return last


def in_turn(name: str, work: Callable[[], R], model: str | None = None) -> R:
    """What `work` gives, computed when it is its turn among the runs, where it is called `name`. Raises DemoError."""

    def once() -> Iterator[R]:
        yield work()

    with TURNS.submit(Recipe(name, model=model), once, private=True) as ticket:
        (found,) = ticket
    return found  # type: ignore[no-any-return]


def _messages(ticket: Ticket, sent: list[str], about: FilmValue, watched: bool) -> Iterator[FilmValue | WaitingValue]:
    """What is sent of the frames; they are added to `sent`, as JSON. watched: by a person, who wants to see each.

    Paced frames that were `seen_before` are not sent by themselves: all go with the first that is new.
    Where there may be fewer than FPS, as for a program, which watches no film, for tokens of a quick model, and where
    many read, frames go several in one message; a page shows them one by one. They travel as a JSON text: of lists
    inside lists that get shorter, Gradio makes wrong differences between one message and the next.
    """
    due, held, first = 0.0, False, 0
    said, ticked = "", 0.0
    for item in ticket.frames(LOOK_S):
        now = time.monotonic()
        if item is None:
            pause = READERS.pause()
            if now >= ticked + pause and ((waiting := _waiting(ticket)) != said or now > ticked + max(pause, TICK_S)):
                said, ticked = waiting, now
                yield {"waiting": said}
            continue
        sent.append(item.text())
        if item.seen_before:
            held = True
            continue
        rate = READERS.rate(watched, BUNCHES if item.bunched or not watched else FPS)
        if rate < FPS and now < due:
            continue
        time.sleep(max(0.0, due - now))
        due = max(due, now) + 1 / rate
        yield {**about, "total": item.total, "index": first, "append": _listed(sent[first:]), "held": held}
        held, first = False, len(sent)


class Readers:
    """How many read films now: they share what the server can send."""

    def __init__(self) -> None:
        self._count = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._count -= 1

    def rate(self, watched: bool, most: int) -> float:
        """Messages a second for each, `most` at most."""
        readers = max(1, self._count)
        return min(most, max(LEAST, MESSAGES / readers) if watched else UNWATCHED / readers)

    def pause(self) -> float:
        """Seconds between two words on how the wait stands, for each."""
        return self._count / TOLD


READERS = Readers()


def _waiting(ticket: Ticket) -> str:
    """What is waited for, as HTML: earlier runs, or what the run itself says; "" where nothing is to be said."""
    if before := ticket.waiting:
        return Waiting(before.text).html
    said = ticket.told
    return Waiting(*said).html if said else ""


def status_before(recipe: Recipe) -> str:
    """What to say before the first frame: that a model is being loaded, or nothing."""
    with kind_errors():
        model = complete(recipe).model
        return LOADING if model and not _runs_elsewhere() and not is_loaded(find_spec(model)) else ""


def _runs_elsewhere() -> bool:
    """Whether models are loaded in other processes: on ZeroGPU, and where a backend computes."""
    return bool(os.environ.get("SPACES_ZERO_GPU") or backend())


@dataclass(frozen=True)
class Waiting:
    """In the place of a frame: what is waited for, as text; share: how much of it is there, 0 to 1."""

    text: str
    share: float | None = None

    @property
    def html(self) -> str:
        bar = "" if self.share is None else f'<progress value="{self.share:.3f}"></progress> '
        return f"{bar}{escape(sentence(self.text))}"


class Sendable:
    """A frame on its way to those who asked for it: written once, by whichever of them comes first, then let go."""

    def __init__(self, frame: Frame) -> None:
        self._frame: Frame | None = frame
        self._text = ""
        self._lock = threading.Lock()
        self.index, self.total = frame.index, frame.total
        self.seen_before = isinstance(frame, Paced) and frame.seen_before
        self.bunched = isinstance(frame, Paced) and frame.bunched

    def text(self) -> str:
        """The frame as JSON."""
        with self._lock:
            if self._frame is not None:
                self._text, self._frame = orjson.dumps(pack(self._frame)).decode(), None
            return self._text

    @property
    def bytes(self) -> int:
        """What it takes once it is written, which it is from now on: mostly far less than its arrays."""
        return weigh(self.text())


def _loading(recipe: Recipe) -> Iterator[Waiting]:
    """Until the recipe's model is in memory, in no turn: a fetch must hold up nobody. Raises DemoError.

    A model that runs elsewhere is loaded there, and the run says so.
    """
    spec = find_spec(recipe.model) if recipe.model else None
    if spec is None or _runs_elsewhere() or is_loaded(spec):
        return
    with _loads_lock:
        here = _loads.get(spec.key)
        if here is None:
            here = _loads[spec.key] = Future()
            threading.Thread(target=_load, args=(spec, here), name=f"load {spec.key}", daemon=True).start()
    while not wait([here], LOOK_S).done:
        yield Waiting(progress(spec) or LOADING, _share(spec))
    here.result()


def _load(spec: ModelSpec, here: Future[None]) -> None:
    try:
        load(spec)
    except Exception as error:
        here.set_exception(error)
    else:
        here.set_result(None)
    finally:
        with _loads_lock:
            del _loads[spec.key]


def _note(ticket: Ticket, loaded: float) -> str:
    """The time the model took and the time a step took, as text."""
    newest = ticket.newest
    each = ticket.seconds / (newest.index + 1 if newest else 1)  # of some steps there is no frame
    step = f"{each:.1f} s" if each >= 1 else f"{1000 * each:.3g} ms"
    loading = f", after {loaded:.1f} s of loading" if loaded > LOOK_S else ""
    shared = ", computed for an equal request a moment ago" if ticket.shared else ""
    return f"{ticket.seconds:.2f} s, {step} per step{loading}{shared}"


def _share(spec: ModelSpec | None) -> float | None:
    """How much of the model's package has come in; None where that is not known."""
    found = fetched(spec) if spec else None
    return min(1.0, found[1] / found[0].bytes) if found and found[0].bytes else None
