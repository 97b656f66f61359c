"""A generative classifier: which class makes the picture likeliest? p(y | x) is p(x | y) / sum over all classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from genai_demo.core.device import generator
from genai_demo.core.frames import Tok, curve, number, pictures, ranked
from genai_demo.data.fashion_mnist import CLASSES
from genai_demo.flow.grey import dequantised
from genai_demo.flow.picture_options import ClassifyOptions
from genai_demo.flow.pictures import all_classes, bits, pixels
from genai_demo.flow.tarflow import Tarflow
from genai_demo.inputs.pictures import decode_picture


@dataclass(frozen=True, slots=True, eq=False)
class ClassifyStep:
    """One more draw of the noise that fills the grey values. given (1, 28, 28); told (10, 28, 28).

    chances: p(y | x), all classes alike likely beforehand; nats: log p(x | y) below that of the best class, the mean
    of the draws so far. told: the picture's noise under its best class, decoded as each class in turn. apart: nats from
    the best class to the next.
    """

    index: int
    total: int
    given: np.ndarray = pictures("the picture")
    told: np.ndarray | None = pictures("its noise, decoded as each class", columns=5)
    chances: tuple[Tok, ...] = ranked("p(class | picture)", unit="probability")
    nats: tuple[Tok, ...] = ranked("log p(picture | class), below the best", unit="nats")
    best: str = number("class")
    apart: float = curve("ahead of the next class", unit="nats", digits=1)
    cost: float = number("picture, told its class", unit="bits per dimension", digits=2)


@torch.inference_mode()
def classify(model: Tarflow, options: ClassifyOptions, *, seed: int) -> Iterator[ClassifyStep]:
    """Bayes' rule with equal chances beforehand; each draw is a bound, their mean is steadier (Theis et al. 2016)."""
    picture = decode_picture(options.picture)[None]
    random, device = generator(seed), next(model.parameters()).device
    total, draws = torch.zeros(model.classes), []
    for i in range(options.draws):
        x = dequantised(torch.from_numpy(picture), random).to(device)
        total += all_classes(model, x)[0].cpu()
        draws.append(x)
        mean = total / (i + 1)
        best = int(mean.argmax())
        told = as_each(model, draws[0], best) if i == options.draws - 1 else None
        yield _frame(i, options.draws, picture, told, mean)


def as_each(model: Tarflow, x: torch.Tensor, label: int) -> np.ndarray:
    """The noise of one picture under its class, decoded under every class, (classes, 28, 28)."""
    z, _ = model.encode(x, torch.tensor([label], device=x.device))
    every = torch.arange(model.classes, device=x.device)
    return pixels(model.decode(z.expand(model.classes, -1, -1, -1), every))


def _frame(index: int, total: int, picture: np.ndarray, told: np.ndarray | None, mean: torch.Tensor) -> ClassifyStep:
    order = mean.argsort(descending=True).tolist()
    chance = mean.softmax(0)
    first = float(mean[order[0]])
    least = max(1e-9, first - float(mean[order[-1]]))
    return ClassifyStep(
        index,
        total,
        picture,
        told,
        tuple(Tok(CLASSES[y], share=float(chance[y]), kind="best" if y == order[0] else "") for y in order),
        tuple(Tok(CLASSES[y], share=(first - float(mean[y])) / least, value=float(mean[y]) - first) for y in order),
        CLASSES[order[0]],
        first - float(mean[order[1]]),
        float(bits(mean[order[0]])),
    )
