"""Hopfield networks: classic (Hopfield 1982) and modern (Krotov & Hopfield 2016; Ramsauer et al. 2020), same pictures.

X: what is stored, (n, 784) of -1 and 1; s: the state (784,), which is pulled to the stored picture it is most like.
Classic: E(s) = -s W s / 2 with W = X^T X / 784 without its diagonal; each unit turns to the sign of its input.
Modern: s becomes X^T softmax(beta X s): attention, the state as query, what is stored as keys and values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import Tok, curve, number, pictures, prose, ranked
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.ebm.options import CapacityOptions, HopfieldOptions
from genai_demo.inputs.pictures import SAMPLES, SIDE, decode_picture, sample_picture

INK = 128  # grey value from which a pixel is on
UNITS = SIDE * SIDE
FILMED, SWEEPS = 20, 2  # frames of a recall; times that each unit of the classic network is asked in it
SETTLED = 12  # times that each unit is asked at most when recalls are counted
TOP = 6  # stored pictures that are listed
SAME = 0.01  # share of the pixels that may be wrong in what counts as recalled


@dataclass(frozen=True, slots=True, eq=False)
class RecallStep:
    """A moment of the recall; pictures (1, 28, 28). stored (n, 28, 28): all that both networks know.

    weights: the modern network's softmax over what is stored. wrong_*: pixels unlike the picture that was spoilt, %.
    attention: largest difference of the modern update to scaled dot-product attention of the same numbers.
    """

    index: int
    total: int
    given: np.ndarray = pictures("the picture, on or off")
    cue: np.ndarray = pictures("spoilt: where both begin")
    classic: np.ndarray = pictures("classic network")
    modern: np.ndarray = pictures("modern network")
    stored: np.ndarray = pictures("what is stored")
    weights: tuple[Tok, ...] = ranked("the modern network's attention", unit="share")
    said: str = prose("the same numbers as attention")
    asked: float = number("times each unit was asked", digits=1)
    updates: int = number("modern updates", digits=0)
    classic_energy: float = curve("classic", chart="energy, per unit")
    modern_energy: float = curve("modern", chart="energy, per unit")
    wrong_classic: float = curve("classic", unit="%", digits=1, chart="wrong pixels")
    wrong_modern: float = curve("modern", unit="%", digits=1, chart="wrong pixels")


def hopfield(options: HopfieldOptions, *, seed: int) -> Iterator[RecallStep]:
    """Store pictures, spoil one of them, and let both networks recall it. Raises DemoError for bad pictures."""
    random = generator(seed)
    own = signs(decode_picture(options.picture)[None])[0]
    patterns = stored(options.picture, own, options.stored)
    cue = spoilt(own, options.corruption, options.strength, random)
    weights = hebbian(patterns)
    classic, modern, updates = cue.clone(), cue.clone(), 0
    order = torch.cat([torch.randperm(UNITS, generator=random) for _ in range(SWEEPS)])
    shown = {"given": drawn(own), "cue": drawn(cue), "stored": drawn(patterns)}
    groups = order.tensor_split(FILMED)
    yield _frame(0, shown, patterns, weights, classic, modern, own, options.beta, 0.0, 0)
    for index, group in enumerate(groups, 1):
        classic = asked(weights, classic, group)
        if index % 2 and updates < options.updates:
            modern, updates = recalled(patterns, modern[None], options.beta)[0], updates + 1
        done = SWEEPS * index / FILMED
        yield _frame(index, shown, patterns, weights, classic, modern, own, options.beta, done, updates)


def signs(images: np.ndarray) -> Tensor:
    """Pictures (n, 28, 28) uint8 -> -1 and 1, (n, 784). Raises DemoError where one is all black or all white."""
    found = torch.from_numpy((images.reshape(-1, UNITS) >= INK).astype(np.float32)) * 2 - 1
    if (found.std(1) == 0).any():
        raise DemoError(f"picture has no pixel on either side of grey {INK}; draw something, or choose sample:0 to 99")
    return found


def stored(picture: str, own: Tensor, count: int) -> Tensor:
    """The picture, then others among the samples, a class after the other, `count` in all, (count, 784)."""
    each = SAMPLES // len(CLASSES)
    turns = [label * each + i for i in range(each) for label in range(len(CLASSES))]
    others = [i for i in turns if picture != f"sample:{i}"][: count - 1]
    return torch.cat([own[None], *(signs(sample_picture(i)[None]) for i in others)])


def spoilt(s: Tensor, corruption: str, strength: float, random: torch.Generator) -> Tensor:
    """Noise turns that share of the units over; covered makes the lower share of the picture unknown, 0."""
    if corruption == "covered":
        rows = round(strength * SIDE)
        return torch.cat([s[: UNITS - rows * SIDE], torch.zeros(rows * SIDE)])
    turned = torch.rand(UNITS, generator=random) < strength
    return torch.where(turned, -s, s)


def hebbian(patterns: Tensor) -> Tensor:
    """W = X^T X / units, without its diagonal (Hopfield 1982, eq. 2), (units, units)."""
    weights = patterns.T @ patterns / patterns.shape[1]
    weights.fill_diagonal_(0)
    return weights


def asked(weights: Tensor, s: Tensor, group: Tensor) -> Tensor:
    """The units of a group turn to the sign of their input, one after the other; s (units,)."""
    s = s.clone()
    for unit in group.tolist():
        s[unit] = 1.0 if float(weights[unit] @ s) >= 0 else -1.0
    return s


def recalled(patterns: Tensor, s: Tensor, beta: float) -> Tensor:
    """The modern update X^T softmax(beta X s) of states (m, units) (Ramsauer et al. 2020, eq. 3)."""
    return (beta * s @ patterns.T).softmax(1) @ patterns


def attended(patterns: Tensor, s: Tensor, beta: float) -> Tensor:
    """The same as PyTorch's attention: states are queries, what is stored are keys and values."""
    found: Tensor = F.scaled_dot_product_attention(
        s[None, None], patterns[None, None], patterns[None, None], scale=beta
    )
    return found[0, 0]


def energy_classic(weights: Tensor, s: Tensor) -> float:
    """E(s) = -s W s / 2, a unit."""
    return float(-(s @ weights @ s) / 2 / len(s))


def energy_modern(patterns: Tensor, s: Tensor, beta: float) -> float:
    """-logsumexp(beta X s) / beta + s s / 2, a unit (Ramsauer et al. 2020, eq. 2 without its constants)."""
    return float((-(beta * patterns @ s).logsumexp(0) / beta + s @ s / 2) / len(s))


def drawn(s: Tensor) -> np.ndarray:
    """States (784,) or (n, 784) from -1 to 1 as pictures, (n, 28, 28) uint8."""
    grey: np.ndarray = ((s.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).reshape(-1, SIDE, SIDE).numpy()
    return grey


def _frame(
    index: int,
    shown: dict[str, np.ndarray],
    patterns: Tensor,
    weights: Tensor,
    classic: Tensor,
    modern: Tensor,
    own: Tensor,
    beta: float,
    done: float,
    updates: int,
) -> RecallStep:
    shares = (beta * patterns @ modern).softmax(0)
    most = shares.sort(descending=True, stable=True).indices[:TOP].tolist()
    apart = float((recalled(patterns, modern[None], beta) - attended(patterns, modern[None], beta)).abs().max())
    return RecallStep(
        index,
        FILMED + 1,
        classic=drawn(classic),
        modern=drawn(modern),
        weights=tuple(
            Tok(f"picture {i + 1}" + (", the one asked for" if i == 0 else ""), share=float(shares[i])) for i in most
        ),
        said=said(apart),
        asked=done,
        updates=updates,
        classic_energy=energy_classic(weights, classic),
        modern_energy=energy_modern(patterns, modern, beta),
        wrong_classic=wrong(classic, own),
        wrong_modern=wrong(modern, own),
        **shown,
    )


def said(apart: float) -> str:
    """What the modern update is, and how far PyTorch's attention is from it."""
    within = f" within {apart:.0e}" if apart else ", to the last bit"
    return (
        "softmax(beta X s) X is attention: the state is the query, the stored pictures are keys and values, beta "
        f"is the scale. PyTorch's scaled_dot_product_attention gives the same {UNITS} numbers{within}."
    )


def wrong(s: Tensor, own: Tensor) -> float:
    """Share of the units whose sign is another, %."""
    return 100 * float(((s >= 0) != (own >= 0)).float().mean())


@dataclass(frozen=True, slots=True, eq=False)
class CapacityStep:
    """`stored` pictures are known to both networks; each was spoilt and recalled. Shares in %; 1 % may be wrong.

    classic, modern (k, 28, 28): what came back of the last pictures that were stored, first row of `asked_for`.
    """

    index: int
    total: int
    asked_for: np.ndarray = pictures("asked for")
    classic_back: np.ndarray = pictures("what the classic network gives back")
    modern_back: np.ndarray = pictures("what the modern network gives back")
    stored: int = number("stored", digits=0)
    classic: float = curve("classic", unit="%", digits=1, chart="recalled", against="stored")
    modern: float = curve("modern", unit="%", digits=1, chart="recalled", against="stored")
    most_classic: int = number("most that the classic one gave back, all of them", digits=0)
    most_modern: int = number("most that the modern one gave back, all of them", digits=0)


def capacity(options: CapacityOptions, *, seed: int) -> Iterator[CapacityStep]:
    """Store more and more, spoil each, and count how many come back. Raises DemoError past the pictures there are."""
    random = generator(seed)
    most = options.stored
    every = _learnt(options.patterns, most, random)
    counts = sorted({round(most ** (i / (options.frames - 1))) for i in range(options.frames)})
    best = [0, 0]
    for index, count in enumerate(counts):
        patterns = every[:count]
        cues = torch.stack([spoilt(s, "noise", options.strength, random) for s in patterns])
        back = [settled(hebbian(patterns), cues, random), _often(patterns, cues, options.beta)]
        shares = [100 * float((unlike(found, patterns) <= SAME).float().mean()) for found in back]
        best = [count if share == 100 else known for share, known in zip(shares, best)]
        last = slice(max(0, count - TOP), count)
        yield CapacityStep(
            index,
            len(counts),
            drawn(patterns[last]),
            drawn(back[0][last]),
            drawn(back[1][last]),
            count,
            classic=shares[0],
            modern=shares[1],
            most_classic=best[0],
            most_modern=best[1],
        )


def _learnt(patterns: str, count: int, random: torch.Generator) -> Tensor:
    """Pictures in an order of chance, or units that are on and off by chance, (count, 784)."""
    if patterns == "random":
        return torch.randint(2, (count, UNITS), generator=random).float() * 2 - 1
    if count > SAMPLES:
        raise DemoError(f"stored is {count}; there are {SAMPLES} pictures, choose at most as many, or random patterns")
    order = torch.randperm(SAMPLES, generator=random)[:count].tolist()
    return signs(np.stack([sample_picture(i) for i in order]))


def settled(weights: Tensor, s: Tensor, random: torch.Generator, groups: int = 28) -> Tensor:
    """Classic recall of many states (m, units) at once, until none changes: units in turns, `groups` of them."""
    for _ in range(SETTLED):
        before = s
        for group in torch.randperm(len(weights), generator=random).tensor_split(groups):
            s = s.index_copy(1, group, torch.where(s @ weights[group].T >= 0, 1.0, -1.0))
        if torch.equal(s, before):
            break
    return s


def _often(patterns: Tensor, s: Tensor, beta: float, updates: int = 5) -> Tensor:
    """The modern update of many states, a few times."""
    for _ in range(updates):
        s = recalled(patterns, s, beta)
    return s


def unlike(s: Tensor, patterns: Tensor) -> Tensor:
    """Share of the units whose sign is another, (m,)."""
    return ((s >= 0) != (patterns >= 0)).float().mean(1)
