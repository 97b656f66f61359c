"""Says which emoji a picture shows, in which style and colours; the judge of what is drawn.

A classifier that learnt from the pictures of the training (train_emoji_judge.py); colours are named from the pixels.
x: pictures (b, 3, 64, 64) in [-1, 1].
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from genai_demo.data.emoji_told import COLOURS, STYLES, colours_of
from genai_demo.text_to_image.autoencoder import VISIBLE, as_pictures
from genai_demo.text_to_image.detector import _Block, _layer

NAMES = "names"  # under which the file's metadata lists the concepts, a line each
SIDE = 32  # pixels along a side of what the network sees
WIDTHS = (32, 64, 128)
NAMED = 0.2  # the least share of a colour that counts as one of the picture's
OWN = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")  # colours that stand out from white


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a prompt asks for; "" where it does not say."""

    name: str
    colour: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a picture shows: the likeliest concepts, the first one first, its style and its colours."""

    names: tuple[str, ...]
    style: str
    colours: tuple[str, ...]

    def shows(self, wanted: Wanted) -> tuple[bool, bool, bool]:
        """Whether the concept, the colour and the style are those asked for; what is not asked for is right."""
        return (
            self.names[0] == wanted.name,
            wanted.colour not in OWN or wanted.colour in self.colours,
            wanted.style in ("", self.style),
        )


class Judge(nn.Module):
    """names: of the concepts that it tells apart."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names
        first, *_ = WIDTHS
        layers = [*_layer(3, first, 1), *(part for pair in itertools.pairwise(WIDTHS) for part in _down(*pair))]
        self.trunk = nn.Sequential(*layers)
        self.concept = nn.Linear(4 * WIDTHS[-1], len(names))
        self.style = nn.Linear(4 * WIDTHS[-1], len(STYLES))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of concepts (b, names) and styles (b, styles)."""
        h = self.trunk(F.interpolate(x, (SIDE, SIDE), mode="area"))  # -> (b, 128, 8, 8)
        h = F.adaptive_avg_pool2d(h, 2).flatten(1)  # a quarter of the picture each: where something is counts too
        return self.concept(h), self.style(h)


def _down(before: int, after: int) -> list[nn.Module]:
    return [*_layer(before, after, 2), _Block(after)]


def empty(names: tuple[str, ...]) -> Judge:
    """The network with random weights, in evaluation mode, laid out for fast convolutions."""
    return Judge(names).eval().to(memory_format=torch.channels_last)


def build(path: Path) -> Judge:
    """The trained network from its weights file, whose metadata has the names."""
    with safe_open(path, "pt") as file:
        model = empty(tuple(file.metadata()[NAMES].split("\n")))
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in load_file(path).items()})
    return model


@torch.inference_mode()
def look(model: Judge, x: Tensor, at_once: int = 64) -> list[Found]:
    """What the pictures (b, 3, 64, 64) show."""
    weight, styles, found = next(model.parameters()), tuple(STYLES), []
    for part in x.split(at_once):
        concepts, style = model(part.to(weight.device, weight.dtype))
        best = concepts.topk(min(3, len(model.names))).indices.tolist()
        pictures = as_pictures(part)
        for places, which, picture in zip(best, style.argmax(1).tolist(), pictures):
            found.append(Found(tuple(model.names[i] for i in places), styles[which], colours(picture)))
    return found


def colours(picture: np.ndarray) -> tuple[str, ...]:
    """The names of the colours of what stands on white, (h, w, 3) uint8: those that take a good part of it."""
    stands = (255 - picture.min(-1, keepdims=True) > 255 * VISIBLE / 2).astype(np.uint8) * 255
    return tuple(name for name, share in colours_of(np.concatenate([picture, stands], -1)) if share >= NAMED)


def parse(names: tuple[str, ...], text: str) -> Wanted | None:
    """What a prompt asks for: the longest name that it has, a colour before it, a style. None where it names none."""
    words = re.findall(r"[^\s,.!?;:]+", text.lower())
    said = f" {' '.join(words)} "
    name = max((one for one in names if f" {one} " in said), key=len, default="")
    if not name:
        return None
    before = said.partition(f" {name} ")[0].split()
    colour = next((word for word in before if word in COLOURS), "")
    return Wanted(name, colour, next((word for word in words if word in STYLES), ""))
