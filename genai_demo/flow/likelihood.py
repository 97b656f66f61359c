"""Exact likelihoods of pictures: of the data, of other things, of nothing at all, and of the visitor's own.

cost: bits per dimension, the less the likelier. AUROC: chance that one of the others costs more than a test picture.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.device import generator
from genai_demo.core.frames import Tok, bars, curve, number, pictures, ranked
from genai_demo.core.load import load
from genai_demo.data import others
from genai_demo.flow import bounds
from genai_demo.flow.grey import dequantised
from genai_demo.flow.picture_options import LikelihoodOptions
from genai_demo.flow.pictures import PictureFlow, bits, free_log_prob
from genai_demo.inputs.pictures import SAMPLES, decode_picture, sample_picture
from genai_demo.quality.measures import auroc

BATCH = 10  # pictures judged for a frame
SHOWN = 10  # pictures of a row
BINS, MOST = 32, 8.0  # of the histograms, which reach from 0 to so many bits per dimension
APART, BOUND = "told apart, AUROC", "the picture, bits per dimension"
EACH = f"share of them, by cost from 0 to {MOST:g} bits per dimension"


@dataclass(frozen=True, slots=True, eq=False)
class LikelihoodStep:
    """Some more pictures judged. Pictures (n, 28, 28); costs in bits per dimension.

    most, least: the likeliest and unlikeliest of the 10,000 test pictures, as shipped with the weights. stranger: of
    those of the other kind so far, the likeliest first. by_cost, by_distance: AUROC of the cost, and of how far it is
    from the test pictures' median. exact: the picture's cost; vae: at most this by the VAE's bound with `drawn` codes.
    likelier: share of the 10,000 test pictures that cost less than it.
    """

    index: int
    total: int
    given: np.ndarray = pictures("the picture")
    most: np.ndarray = pictures(f"likeliest {SHOWN} of 10,000 test pictures", columns=SHOWN // 2)
    least: np.ndarray = pictures("unlikeliest", columns=SHOWN // 2)
    stranger: np.ndarray | None = pictures("the others, likeliest first", columns=SHOWN // 2)
    flat: np.ndarray | None = pictures("nothing but grey", columns=len(others.FLATS))
    rows: tuple[Tok, ...] = ranked("who is likeliest?", unit="bits per dimension")
    test: np.ndarray = bars(f"test pictures: {EACH}")
    other: np.ndarray | None = bars(f"the others: {EACH}")
    phase: str = number("phase", phase=True)
    by_cost: float | None = curve("by likelihood", digits=2, chart=APART)
    by_distance: float | None = curve("by distance from what is usual", digits=2, chart=APART)
    drawn: int | None = number("codes of the VAE", digits=0)
    vae: float | None = curve("VAE, at most", unit="bits", digits=3, chart=BOUND)
    exact: float = curve("flow, exactly", unit="bits", digits=3, chart=BOUND)
    likelier: float = number("test pictures that are likelier", unit="%", digits=1)


@torch.inference_mode()
def likelihood(model: PictureFlow, options: LikelihoodOptions, *, seed: int) -> Iterator[LikelihoodStep]:
    """Judge the picture, `count` test pictures, as many others and flat ones; then the VAE's bound, draw by draw."""
    random = generator(seed)
    picture = decode_picture(options.picture)[None]
    known = test_pictures(options.count)
    strange = others.load(options.others, known, seed)
    exact = float(costs(model, picture, random)[0])
    held = model.test
    frame = LikelihoodStep(
        0,
        2 * -(-options.count // BATCH) + 1 + len(doublings(options.draws)),
        picture,
        held.most[:SHOWN],
        held.least[:SHOWN],
        None,
        None,
        (),
        histogram(np.zeros(0)),
        None,
        "",
        None,
        None,
        None,
        None,
        exact,
        100 * float((held.cost < exact).mean()),
    )
    test, other = np.zeros(0), np.zeros(0)
    at = 0
    for start in range(0, options.count, BATCH):
        test = np.append(test, costs(model, known[start : start + BATCH], random))
        yield replace(frame, index=at, phase="test pictures", **told(exact, test, other, strange))
        at += 1
    for start in range(0, options.count, BATCH):
        other = np.append(other, costs(model, strange[start : start + BATCH], random))
        yield replace(frame, index=at, phase=options.others, **told(exact, test, other, strange))
        at += 1
    flat = costs(model, others.flats(), random)
    fields = told(exact, test, other, strange, flat)
    yield replace(frame, index=at, phase="flat pictures", **fields)
    for drawn, vae in vae_costs(picture, options.draws, seed):
        at += 1
        yield replace(frame, index=at, phase="the VAE's bound", drawn=drawn, vae=vae, **fields)


def test_pictures(count: int) -> np.ndarray:
    """Of the bundled test pictures, evenly over the classes, (count, 28, 28) uint8."""
    return np.stack([sample_picture(i * SAMPLES // count) for i in range(count)])


def costs(model: PictureFlow, found: np.ndarray, random: torch.Generator) -> np.ndarray:
    """Bits per dimension of pictures (n, 28, 28) uint8 whose class nobody told, (n,)."""
    x = dequantised(torch.from_numpy(found.copy()), random).to(next(model.parameters()).device)
    cost: np.ndarray = bits(free_log_prob(model, x)).double().cpu().numpy()
    return cost


def doublings(most: int) -> list[int]:
    """1, 2, 4, ... and `most`."""
    return [*(2**k for k in range(most.bit_length()) if 2**k < most), most]


def vae_costs(picture: np.ndarray, most: int, seed: int) -> Iterator[tuple[int, float]]:
    """(codes drawn, bits per dimension at most) of a picture (1, 28, 28), for more and more codes."""
    vae = copy.deepcopy(load(bounds.VAE)).float()  # bits are counted in float32, whatever the device prefers
    x: Tensor = dequantised(torch.from_numpy(picture), generator(seed)).to(next(vae.parameters()).device)
    found = bounds.weights(vae, x, most, generator(seed))
    for drawn in doublings(most):
        yield drawn, float(bits(bounds.bound(found[:, :drawn]))[0])


def told(
    exact: float, test: np.ndarray, other: np.ndarray, strange: np.ndarray, flat: np.ndarray | None = None
) -> dict[str, Any]:
    """The fields of a frame that follow from the costs so far."""
    rows = {"your picture": exact, "clothes, mean": float(test.mean())}
    fields: dict[str, Any] = {"test": histogram(test)}
    if len(other):
        rows["others, mean"] = float(other.mean())
        usual = float(np.median(test))
        fields |= {
            "stranger": strange[np.argsort(other, kind="stable")[:SHOWN]],
            "other": histogram(other),
            "by_cost": auroc(test, other),
            "by_distance": auroc(np.abs(test - usual), np.abs(other - usual)),
        }
    if flat is not None:
        rows |= {f"flat, grey {grey}": float(cost) for grey, cost in zip(others.FLATS, flat)}
        fields["flat"] = others.flats()
    most = max(map(abs, rows.values()))
    order = sorted(rows, key=lambda name: rows[name])
    kinds = {"your picture": "picked", "clothes, mean": "best"}
    fields["rows"] = tuple(
        Tok(name, share=abs(rows[name]) / most, value=rows[name], kind=kinds.get(name, ""))  # type: ignore[arg-type]
        for name in order
    )
    return fields


def histogram(cost: np.ndarray) -> np.ndarray:
    """Share of the costs in each of BINS, those beyond in the first and the last, (BINS,)."""
    where = np.clip((cost * (BINS / MOST)).astype(int), 0, BINS - 1)
    return np.bincount(where, minlength=BINS) / max(1, len(cost))
