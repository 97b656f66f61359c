"""One number of state and a signal: discretisation as it is done in S4 and Mamba (Gu et al. 2021; Gu & Dao 2023).

In continuous time x' = a x + b u. A moment lasts delta, and u is level meanwhile (zero-order hold), so that

    x <- kept x + added u        kept = exp(delta a)        added = (kept - 1) / a * b

Here b = -a: a level signal is followed to its own level. u (n,): the signal; x (n,): the state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genai_demo.core.frames import bars, curve, number, prose
from genai_demo.ssm.options import SignalOptions

LENGTH = 48  # moments
UNMARKED = 0.001  # of delta, where it is chosen and a moment bears no mark
MOST = 1000.0  # of a state that is drawn
CHART = "signal and state"


@dataclass(frozen=True, slots=True, eq=False)
class SignalStep:
    """One moment. weights (n,): what each one adds to the state as it is now, 0 for those to come."""

    index: int
    total: int
    said: str = prose("what happens")
    signal: float = curve("signal", chart=CHART)
    state: float | None = curve("state", chart=CHART)
    weights: np.ndarray = bars("what each moment so far weighs in the state")
    delta: float = curve("length of the moment, delta")
    kept: float = number("of the old state is kept", unit="%", digits=3)
    added: float = number("of the signal is added", unit="%", digits=3)
    apart: float = number("step by step and as one sum differ by")


def signal(options: SignalOptions, *, seed: int) -> Iterator[SignalStep]:
    """A frame a moment."""
    u, marked = drawn(options.signal, seed)
    delta = options.delta * np.where(marked, 1.0, UNMARKED) if options.selection else np.full(LENGTH, options.delta)
    kept, added = discrete(delta, complex(-options.a, options.turn), options.rule)
    x = recurrent(u, kept, added)
    weights = unrolled(kept, added)
    apart = float(np.abs(x - summed(u, weights, fixed=not options.selection)).max())
    shown = np.clip(weights.real, -MOST, MOST)
    for t in range(LENGTH):
        state = float(x[t].real)
        yield SignalStep(
            t,
            LENGTH,
            _said(options, bool(marked[t]), float(abs(kept[t]))),
            float(u[t]),
            state if abs(state) < MOST else None,
            shown[t].copy(),
            float(delta[t]),
            100 * float(abs(kept[t])),
            100 * float(abs(added[t])),
            apart,
        )


def drawn(name: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """-> the signal (n,), and which moments bear a mark (n,)."""
    random, u, marked = np.random.default_rng(seed), np.zeros(LENGTH), np.zeros(LENGTH, bool)
    places = np.sort(random.choice(np.arange(2, LENGTH - 4), 4, replace=False))
    marked[places] = True
    values = random.choice([-1.0, -0.6, 0.6, 1.0], 4)
    if name == "values in noise":
        u = random.uniform(-0.35, 0.35, LENGTH)
        u[places] = values
    elif name == "steps":
        for place, value in zip(places, values):
            u[place:] = value
    elif name == "pulses":
        u[places] = values
    else:
        at = np.arange(LENGTH)
        slow = np.sin(2 * np.pi * at / LENGTH * 1.5)
        u = 0.7 * slow + 0.3 * np.sin(2 * np.pi * at / 4 + random.uniform(0, 6))
        marked = np.abs(slow) > 0.99
    return u, marked


def discrete(delta: np.ndarray, a: complex, rule: str) -> tuple[np.ndarray, np.ndarray]:
    """delta (n,) > 0 -> kept and added of each moment, complex (n,), for b = -a."""
    d = delta * a
    if rule == "zero-order hold":
        return np.exp(d), -np.expm1(d)
    if rule == "bilinear":
        return (1 + d / 2) / (1 - d / 2), -d / (1 - d / 2)
    return 1 + d, -d


def recurrent(u: np.ndarray, kept: np.ndarray, added: np.ndarray) -> np.ndarray:
    """The state behind each moment (n,) complex, one after the other."""
    x, found = 0j, []
    for value, keep, add in zip(u, kept, added):
        x = keep * x + add * value
        found.append(x)
    return np.array(found)


def unrolled(kept: np.ndarray, added: np.ndarray) -> np.ndarray:
    """(n, n) complex: what moment s adds to the state at t, at [t, s]: added there, and kept in all moments since."""
    found = np.zeros((len(kept), len(kept)), complex)
    for t in range(len(kept)):
        found[t] = (found[t - 1] if t else 0) * kept[t]
        found[t, t] = added[t]
    return found


def summed(u: np.ndarray, weights: np.ndarray, *, fixed: bool) -> np.ndarray:
    """The same states as one sum: a convolution with a fixed kernel, the first column, else each row by itself."""
    return np.convolve(u, weights[:, 0])[: len(u)] if fixed else weights @ u


def _said(options: SignalOptions, marked: bool, kept: float) -> str:
    """What a moment does."""
    if kept > 1:
        return (
            f"More than all of the state is kept: it grows without bound. {options.rule} does that where delta times a "
            "is above 2; zero-order hold never does."
        )
    if options.selection:
        return (
            "This moment is marked: it lasts long, and the state takes it up."
            if marked
            else "No mark: the moment lasts next to nothing, and the state stays what it was."
        )
    return (
        "Every moment lasts equally long: the state is the signal convolved with one fixed kernel, its weights "
        "the same ones moved along."
    )
