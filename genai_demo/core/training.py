"""What every training shares: reports, a state to go on from, averaged weights, and the files that come of it.

An architecture keeps its own loss and its own loop, `train(...) -> Iterator[TrainStep]`, which page, command line and
tests iterate alike; its `train_all` wraps that loop in a `journal`. All of a training lies in one folder of the cache:
<name>.pt, the journal it goes on from, and, once finished, <name>.safetensors with the card beside it.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from genai_demo.core.cards import machine, write_card
from genai_demo.core.device import pick_device, pick_dtype, threads
from genai_demo.core.errors import DemoError, shown
from genai_demo.core.home import home, whole
from genai_demo.core.spec import WEIGHTS

MOST_BYTES = 10_000_000  # of a file of weights that is shipped
KNOWN = ("config", "state", "kept", "history", "device", "begun")  # what a journal holds


@dataclass(frozen=True, slots=True)
class TrainStep:
    """One report of a training; an architecture adds its own numbers in a subclass.

    index: steps (or passes over the data) done so far, from 1 to `total`; loss: what is minimised, mean since
    the last report; seconds: spent in all sittings.
    """

    index: int
    total: int
    loss: float
    seconds: float


@dataclass(frozen=True, slots=True)
class ModelStep(TrainStep):
    """A report of one of several models that are trained one after another; index and total are of that one."""

    model: str


class Resumable:
    """A training that can be stopped: what `parts` names is saved, beside the steps done and the seconds spent."""

    step: int = 0
    seconds: float = 0.0

    def parts(self) -> Mapping[str, Any]:
        """Networks, optimisers, schedules and random streams by the names they are saved under."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """All it needs to go on."""
        saved = {
            name: part.get_state() if isinstance(part, torch.Generator) else part.state_dict()
            for name, part in self.parts().items()
        }
        return {**saved, "step": self.step, "seconds": self.seconds}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from `state`."""
        for name, part in self.parts().items():
            if isinstance(part, torch.Generator):
                part.set_state(state[name])
            else:
                part.load_state_dict(state[name])
        self.step, self.seconds = state["step"], state.get("seconds", 0.0)

    def take(self, weights: Mapping[str, Tensor]) -> None:
        """Go on from weights alone: the network's and, where there is one, its average's."""
        for name, part in self.parts().items():
            if name in ("model", "network", "average"):
                found = part.load_state_dict({key: value.float() for key, value in weights.items()}, strict=False)
                assert not found.unexpected_keys, found.unexpected_keys  # what is tied to others may be missing


def fit_precision() -> str:
    """For the products of a training: "bfloat16" where the device has it in hardware, "float32" elsewhere.

    A processor without it computes the same by detours, in twice the time of float32.
    """
    device = pick_device()
    if device.type == "cpu":
        known = torch.cpu.get_capabilities()
        return "bfloat16" if known.get("amx_bf16") or known.get("avx512_bf16") else "float32"
    return str(pick_dtype(device)).removeprefix("torch.")


def products(device: torch.device, precision: str) -> torch.autocast:
    """Inside, matrices are multiplied in that precision."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


class Stepping(Protocol):
    """A Resumable whose steps are alike."""

    step: int
    seconds: float

    def advance(self) -> float:
        """One step. -> its loss."""


def reports(training: Stepping, steps: int, every: int) -> Iterator[TrainStep]:
    """From where `training` is to step `steps`, a report every so many and at the end; on one thread."""
    started, total, since = time.monotonic() - training.seconds, 0.0, 0
    while training.step < steps:
        with threads(1):
            total, since = total + training.advance(), since + 1
        if training.step % every == 0 or training.step == steps:
            training.seconds = time.monotonic() - started
            yield TrainStep(training.step, steps, total / since, training.seconds)
            total, since = 0.0, 0


@dataclass
class Journal:
    """What is kept of one training. config: its settings as JSON gives them back; state: {} before the start.

    kept: step -> weights in half precision, of moments that are shipped; history: a row of numbers a report; device:
    what it was trained on; begun: steps and digest of the shipped weights it went on from, and settings of an earlier
    sitting that had others; {} where it began anew.
    """

    path: Path
    config: dict[str, Any]
    state: dict[str, Any] = field(default_factory=dict)
    kept: dict[int, dict[str, Tensor]] = field(default_factory=dict)
    history: list[list[float]] = field(default_factory=list)
    device: str = field(default_factory=machine)
    begun: dict[str, Any] = field(default_factory=dict)

    @property
    def weights(self) -> Path:
        """Where the finished weights go."""
        return self.path.with_suffix(".safetensors")

    @property
    def step(self) -> int:
        """Steps done."""
        return int(self.state.get("step", 0))

    @property
    def seconds(self) -> float:
        """Spent in all sittings."""
        return float(self.state.get("seconds", 0.0))

    def resume(self, training: Resumable) -> None:
        """Put the training where the journal is; one that has not begun stays as it is. Raises DemoError."""
        if self.state:
            try:
                training.restore(self.state)
            except (KeyError, TypeError, ValueError, RuntimeError, AttributeError) as error:
                why = f"does not fit this version of the training ({type(error).__name__})"
                raise _refused(self.path, why) from error

    def go_on(self, training: Resumable, shipped: Path, free: tuple[str, ...]) -> None:
        """As `resume`; one that has not begun here, with more steps to do than the shipped weights had, takes those.

        Their optimiser is not shipped and begins anew. Nothing is taken of weights that other settings made.
        """
        card = _card(shipped)
        was, steps = card.get("training", {}), card.get("steps", 0)
        same = all(was.get(name) == value for name, value in self.config.items() if name not in free)
        if not self.state and same and 0 < steps < self.config["steps"] and shipped.exists():
            training.take(load_file(shipped))
            training.step, training.seconds = steps, float(card["wall_seconds"])
            other = _other(was, self.config, free)
            before = {"begun_from": card["begun_from"]} if card.get("begun_from") else {}
            self.begun = {"steps": steps, "sha256": card["sha256"], **other, **before}
            self.history = card.get("history", [])
        else:
            self.resume(training)

    def keep(self, training: Resumable, report: TrainStep, every: int) -> None:
        """Save when `report` is of every so many steps, or the last."""
        if report.index % every == 0 or report.index == report.total:
            self.save(training)

    def save(self, training: Resumable) -> None:
        """Write everything; a training cut off while writing leaves the file of before."""
        self.state, self.device = training.state(), machine()
        with whole(self.path) as partial:
            torch.save({name: getattr(self, name) for name in KNOWN}, partial)


def sitting(notes: Journal, training: Any, steps: int, name: str, every: int, save: int) -> Iterator[ModelStep]:
    """The rest of a Resumable's steps: a report every so many, its loss in the journal, which is saved every `save`."""
    for report in reports(training, steps, every):
        notes.history.append([report.index, report.loss])
        notes.keep(training, report, save)
        yield ModelStep(report.index, report.total, report.loss, report.seconds, name)


@contextlib.contextmanager
def journal(
    architecture: str, name: str, config: Any, *, anew: bool = False, free: tuple[str, ...] = ()
) -> Iterator[Journal]:
    """The journal of a training (config: a dataclass), which nobody else can open meanwhile; empty where there is none.

    anew: what is there of this training goes first; free: settings in which an older one may differ and still go on.
    Raises DemoError where the training runs already, or where its file is damaged or of other settings.
    """
    from filelock import FileLock, Timeout

    path = folder_of(architecture) / f"{name}.pt"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        lock = FileLock(path.with_suffix(".lock"), timeout=0, thread_local=False).acquire()
    except Timeout:
        raise DemoError(f"{architecture}/{name} is being trained already; wait for that training or stop it") from None
    with lock:
        for left in path.parent.glob(f".partial-*-{name}.*"):  # of trainings that were killed while writing
            left.unlink(missing_ok=True)
        if anew:
            for ending in (".pt", ".safetensors", ".json"):
                path.with_suffix(ending).unlink(missing_ok=True)
            (path.parent / "last.pt").unlink(missing_ok=True)
        yield _read(path, stated(config), free)


def _read(path: Path, config: dict[str, Any], free: tuple[str, ...]) -> Journal:
    """The journal at `path`, or, as it was once named, last.pt. Raises DemoError."""
    former = path.with_name("last.pt")
    at = former if former.exists() and not path.exists() else path
    if not at.exists():
        return Journal(path, config)
    try:
        saved = torch.load(at, map_location="cpu", weights_only=True)
        was = stated(saved["config"])
        if "state" not in saved:  # once everything lay in one row
            saved["state"] = {name: value for name, value in saved.items() if name not in KNOWN}
        if saved["state"]:  # once the seconds lay beside it
            saved["state"].setdefault("seconds", saved.get("seconds", 0.0))
        found = Journal(path, config, **{name: saved[name] for name in KNOWN[1:] if name in saved})
    except Exception as error:  # of many kinds: whatever a file that was cut off or changed makes torch say
        raise _refused(at, f"is damaged ({type(error).__name__})") from error
    differ = [name for name in {**was, **config} if was.get(name) != config.get(name) and name not in free]
    if differ:
        before = ", ".join(f"{name} was {shown(was.get(name))}" for name in differ[:3])
        raise _refused(at, f"is of a training with other settings ({before})")
    if other := _other(was, config, free):
        found.begun = {"steps": found.step, **other, **({"begun_from": found.begun} if found.begun else {})}
    return found


def _other(was: Mapping[str, Any], config: Mapping[str, Any], free: tuple[str, ...]) -> dict[str, Any]:
    """The settings in which an earlier sitting, `was`, differed, as far as it stated them."""
    return {n: was[n] for n in free if n != "steps" and n in was and was[n] != config.get(n)}


def _refused(path: Path, why: str) -> DemoError:
    return DemoError(f"{path} {why}; delete it, or train anew (--anew)")


def stated(config: Any) -> dict[str, Any]:
    """A dataclass or mapping as JSON gives it back: what journals and cards say of a training."""
    found: dict[str, Any] = json.loads(json.dumps(config if isinstance(config, Mapping) else asdict(config)))
    return found


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float, step: int) -> None:
    """Exponential moving average: average <- decay * average + (1 - decay) * network; buffers are copied.

    Early on the decay is (1 + step) / (10 + step), so that the random first weights are soon forgotten.
    """
    decay = min(decay, (1 + step) / (10 + step))
    torch._foreach_lerp_(list(average.parameters()), [p.detach() for p in network.parameters()], 1 - decay)
    for kept, now in zip(average.buffers(), network.buffers(), strict=True):
        kept.copy_(now)


def halved(tensors: Mapping[str, Tensor], *, but: tuple[str, ...] = ()) -> dict[str, Tensor]:
    """Copies in half precision, those `but` and whole numbers as they are."""
    return {
        name: (v.detach().half() if v.is_floating_point() and name not in but else v.detach()).clone().contiguous()
        for name, v in tensors.items()
    }


def write_weights(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> None:
    """Write a safetensors file that everybody may read, whole or not at all. Raises DemoError where it is too large."""
    with whole(path) as partial:
        save_file(dict(tensors), partial, dict(metadata) if metadata else None)
        if (size := partial.stat().st_size) > MOST_BYTES:
            raise DemoError(f"{path.name} has {size:,} bytes; choose a network that stays within {MOST_BYTES:,}")
        partial.chmod(0o644)


def folder_of(architecture: str) -> Path:
    """The folder of the cache where its trainings lie, half done and finished."""
    return home() / "train" / architecture


def target(architecture: str, *, ship: bool = False, out: Path | None = None) -> Path:
    """Where finished weights go: `out`, or with `ship` where the program finds them, else they stay in the cache.

    Raises DemoError where both are asked for.
    """
    if ship and out:
        raise DemoError(f"ship and out={shown(str(out))} are two places; give one of them")
    return out or (WEIGHTS / architecture if ship else folder_of(architecture))


def is_finished(weights: Path, **facts: Any) -> bool:
    """Whether there are weights whose card has these entries, as in config=..., steps=..."""
    card = _card(weights)
    return weights.exists() and bool(card) and all(card.get(name) == fact for name, fact in facts.items())


def deliver(weights: Path, folder: Path) -> Path:
    """Copy finished weights and their card into a folder. -> the copy; what is there and equal is left alone.

    Quality that was measured there is kept if it was measured on these very bytes; on others it is left out: the card
    then has no more than the training itself found, and `python -m genai_demo quality` measures the rest.
    """
    copy, card = folder / weights.name, _card(weights)
    if copy == weights:
        return copy
    old, same = _card(copy), copy.exists() and copy.read_bytes() == weights.read_bytes()
    if same and old.get("sha256") == card["sha256"]:
        return copy
    if old.get("sha256") == card["sha256"]:
        card["quality"] = {**card.get("quality", {}), **old.get("quality", {})}
    with whole(copy) as partial:
        partial.write_bytes(weights.read_bytes())
        partial.chmod(0o644)
    write_card(copy, **card)
    return copy


def _card(weights: Path) -> dict[str, Any]:
    """The card beside a file of weights, {} where there is none that can be read."""
    try:
        found: dict[str, Any] = json.loads(weights.with_suffix(".json").read_text())
    except (OSError, ValueError):
        return {}
    return found
