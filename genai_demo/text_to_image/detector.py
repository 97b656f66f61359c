"""Sees what a picture of the picture world shows: which things, colours, sizes and places; the judge of what is drawn.

A picture is cut into 8 x 8 cells; each says whether the centre of a thing lies in it, and of which (as in YOLO, Redmon
et al. 2016). x: pictures (b, 3, 64, 64) in [-1, 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from genai_demo.data.world import BACKGROUNDS, COLOURS, SIZES, Scene, Thing
from genai_demo.data.world_kinds import KINDS

CELLS = 8  # along a side
WIDTHS = (24, 48, 96)
DEPTH = 2  # residual blocks on the cells
NAMES = (tuple(KINDS), tuple(COLOURS), tuple(BACKGROUNDS))
HEAD = (1, len(KINDS), len(COLOURS), 3)  # whether, what, which colour; x, y within the cell and radius
LARGE = (SIZES["small"][1] + SIZES["large"][0]) / 2  # the radius from which on a thing is called large
NEAR = SIZES["small"][0]  # two centres this close are one thing that two cells saw


class _Block(nn.Module):
    def __init__(self, wide: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(*_layer(wide, wide, 1), *_layer(wide, wide, 1))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x + self.inner(x)
        return found


def _layer(before: int, after: int, stride: int) -> list[nn.Module]:
    return [nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.SiLU()]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the network says, as logits but for `box`. there (b, 8, 8); kind, colour (b, 8, 8, n); box (b, 8, 8, 3):

    x and y of the centre from the cell's corner, in cells, and the radius in units of the side; background (b, n).
    """

    there: Tensor
    kind: Tensor
    colour: Tensor
    box: Tensor
    background: Tensor


class Detector(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers = [part for pair in zip((3, *WIDTHS), WIDTHS) for part in _layer(*pair, 2)]
        self.trunk = nn.Sequential(*layers, *(_Block(WIDTHS[-1]) for _ in range(DEPTH)))
        self.head = nn.Conv2d(WIDTHS[-1], sum(HEAD), 1)
        self.ground = nn.Linear(WIDTHS[-1], len(BACKGROUNDS))

    def forward(self, x: Tensor) -> Seen:
        h = self.trunk(x)  # (b, 3, 64, 64) -> (b, 96, 8, 8)
        there, kind, colour, box = self.head(h).permute(0, 2, 3, 1).split(HEAD, -1)
        return Seen(there[..., 0], kind, colour, box.sigmoid(), self.ground(h.mean((2, 3))))


def empty() -> Detector:
    """The network with random weights, in evaluation mode, laid out for fast convolutions."""
    return Detector().eval().to(memory_format=torch.channels_last)


def build(path: Path) -> Detector:
    """The trained network from its weights file."""
    model = empty()
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in load_file(path).items()})
    return model


def truth(scenes: list[Scene]) -> tuple[Tensor, Tensor, Tensor]:
    """-> things (n, 5): scene, row, column, kind, colour; their boxes (n, 3) as in Seen; backgrounds (scenes,)."""
    cells, boxes = [], []
    for which, scene in enumerate(scenes):
        for thing in scene.things:
            x, y = thing.x * CELLS, thing.y * CELLS
            kind, colour = NAMES[0].index(thing.kind), NAMES[1].index(thing.colour)
            cells.append((which, int(y), int(x), kind, colour))
            boxes.append((x % 1, y % 1, thing.radius))
    return torch.tensor(cells), torch.tensor(boxes), torch.tensor([NAMES[2].index(s.background) for s in scenes])


def loss(seen: Seen, scenes: list[Scene]) -> Tensor:
    """Cross-entropies of whether, what, which colour and background, and the error of the boxes, added."""
    device = seen.there.device
    cells, boxes, grounds = (part.to(device) for part in truth(scenes))
    at = cells[:, 0], cells[:, 1], cells[:, 2]
    there = torch.zeros_like(seen.there)
    there[at] = 1
    return (
        10 * F.binary_cross_entropy_with_logits(seen.there, there)
        + F.cross_entropy(seen.kind[at], cells[:, 3])
        + F.cross_entropy(seen.colour[at], cells[:, 4])
        + F.cross_entropy(seen.background, grounds)
        + 5 * F.smooth_l1_loss(seen.box[at], boxes, beta=0.1)
    )


@torch.inference_mode()
def look(model: Detector, x: Tensor, at_once: int = 64) -> list[Scene]:
    """What the pictures (b, 3, 64, 64) show."""
    weight = next(model.parameters())
    return [scene for part in x.split(at_once) for scene in _read(model(part.to(weight.device, weight.dtype)))]


def _read(seen: Seen) -> list[Scene]:
    grounds = seen.background.argmax(-1).tolist()
    kinds, colours = seen.kind.argmax(-1), seen.colour.argmax(-1)
    found: list[Scene] = []
    for which, ground in enumerate(grounds):
        things: list[Thing] = []
        rows, columns = (seen.there[which] > 0).nonzero(as_tuple=True)
        for at in seen.there[which, rows, columns].argsort(descending=True):  # the surest first
            row, column = int(rows[at]), int(columns[at])
            dx, dy, radius = seen.box[which, row, column].tolist()
            x, y = (column + dx) / CELLS, (row + dy) / CELLS
            if all(max(abs(x - other.x), abs(y - other.y)) > NEAR for other in things):
                kind, colour = NAMES[0][kinds[which, row, column]], NAMES[1][colours[which, row, column]]
                things.append(Thing(kind, colour, "large" if radius > LARGE else "small", x, y, radius))
        found.append(Scene(tuple(things), NAMES[2][ground]))
    return found
