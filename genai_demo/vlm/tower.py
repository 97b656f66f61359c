"""The eye: the picture world's detector, frozen, as a tower that gives a row of numbers for each of 64 patches.

A patch is a cell of 8 x 8 pixels. Its row: what the trunk's last layer holds of it (standardised), what the head says
of it (whether a thing's centre is there, and, weighed by that, its kind, colour, place within the cell and radius), the
background's probabilities, and which row and column it is, for a convolution does not know that.
pictures x (b, 3, 64, 64) in [-1, 1]; features (b, 64, FEATURES).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genai_demo.text_to_image.detector import CELLS, HEAD, NAMES, WIDTHS, Detector

PATCHES = CELLS * CELLS
SIDE = 64  # pixels
PARTS = {  # name -> how many numbers of a patch's row
    "trunk": WIDTHS[-1],
    "there": HEAD[0],
    "kind": HEAD[1],
    "colour": HEAD[2],
    "box": HEAD[3],
    "background": len(NAMES[2]),
    "row": CELLS,
    "column": CELLS,
}
FEATURES = sum(PARTS.values())


class Tower(nn.Module):
    """mean, deviation (96,): of the trunk's numbers over scenes."""

    mean: Tensor
    deviation: Tensor
    places: Tensor

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector.eval().requires_grad_(False)
        self.register_buffer("mean", torch.zeros(WIDTHS[-1]))
        self.register_buffer("deviation", torch.ones(WIDTHS[-1]))
        rows = torch.eye(CELLS).repeat_interleave(CELLS, 0)
        self.register_buffer("places", torch.cat([rows, torch.eye(CELLS).repeat(CELLS, 1)], 1), persistent=False)

    def train(self, mode: bool = True) -> Tower:
        """It never trains: the detector keeps its statistics."""
        super().train(False)
        return self

    def trunk(self, x: Tensor) -> Tensor:
        """(b, 3, 64, 64) -> (b, 64, 96), row by row, as the detector has it."""
        h: Tensor = self.detector.trunk(x)
        return h.flatten(2).transpose(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        """(b, 3, 64, 64) -> (b, 64, FEATURES)."""
        with torch.no_grad():
            h = self.trunk(x)
            ground = self.detector.ground(h.mean(1)).softmax(-1)
            head = F.linear(h, self.detector.head.weight.flatten(1), self.detector.head.bias)
            there, kind, colour, box = head.split(HEAD, -1)
            sure = there.sigmoid()
            said = [sure, sure * kind.softmax(-1), sure * colour.softmax(-1), sure * box.sigmoid()]
            everywhere = [ground[:, None].expand(-1, PATCHES, -1), self.places.expand(len(x), -1, -1)]
            return torch.cat([(h - self.mean) / self.deviation, *said, *everywhere], -1)

    @torch.no_grad()
    def fit(self, x: Tensor) -> None:
        """Measures mean and deviation on pictures of scenes."""
        h = self.trunk(x).flatten(0, 1)
        self.mean.copy_(h.mean(0))
        self.deviation.copy_(h.std(0).clamp(min=1e-3))
