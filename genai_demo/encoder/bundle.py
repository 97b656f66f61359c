"""Weights of the masked language model on disk: 8 bits a number and a scale a row, in files under 10 MB.

A row of a matrix is its largest magnitude / 127 times whole numbers from -127 to 127; vectors are in half precision.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from genai_demo.core.training import halved, write_weights

PARTS = 3  # files that the weights are spread over
FIRST = "words-1.safetensors"
SCALE = ".scale"  # behind the name of a matrix, the scales of its rows
TIED = ("cls.predictions.decoder.weight", "cls.predictions.decoder.bias", "bert.embeddings.position_ids")


def part(first: Path, number: int) -> Path:
    """The file of that number, from 1, beside the first."""
    return first.with_name(first.name.replace("-1.", f"-{number}."))


def quantised(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """(rows, columns) -> int8 of the same shape, and scales (rows,) float32."""
    scale = matrix.abs().amax(1).clamp(min=1e-12) / 127
    return (matrix / scale[:, None]).round().to(torch.int8), scale


def packed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights as they are written; what is tied to others is left out."""
    out: dict[str, Tensor] = {}
    for name, value in state.items():
        if name in TIED:
            continue
        if value.ndim == 2:
            out[name], out[name + SCALE] = quantised(value.detach().float())
        else:
            out |= halved({name: value})
    return out


def unpacked(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights as float32, as `packed` wrote them."""
    return {
        name: value.float() * tensors[name + SCALE][:, None] if value.dtype == torch.int8 else value.float()
        for name, value in tensors.items()
        if not name.endswith(SCALE)
    }


def save(first: Path, state: Mapping[str, Tensor], config: Mapping[str, Any]) -> list[Path]:
    """Write the files of about the same size, each with the configuration. -> the files."""
    tensors = packed(state)
    limit = sum(value.nbytes for value in tensors.values()) / PARTS
    written = []
    for number, share in enumerate(_shares(tensors, limit), 1):
        write_weights(part(first, number), share, {"config": json.dumps(dict(config))})
        written.append(part(first, number))
    return written


def _shares(tensors: Mapping[str, Tensor], limit: float) -> Iterator[dict[str, Tensor]]:
    """The tensors in PARTS shares; one that does not fit is cut between its rows: "name", "name@1" and so on."""
    share: dict[str, Tensor] = {}
    room, parts = limit, 1
    for name, value in tensors.items():
        pieces = 0
        while value.nbytes > room and parts < PARTS:
            rows = int(room // max(1, value[0].nbytes)) if value.ndim == 2 else 0
            if rows:
                share[f"{name}@{pieces}" if pieces else name] = value[:rows].contiguous()
                value, pieces = value[rows:], pieces + 1
            yield share
            share, room, parts = {}, limit, parts + 1
        share[f"{name}@{pieces}" if pieces else name] = value.contiguous()
        room -= value.nbytes
    yield share


def read(first: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The weights float32 and the configuration, of the first file and those beside it."""
    pieces: dict[str, Tensor] = {}
    for number in range(1, PARTS + 1):
        with safe_open(part(first, number), "pt") as file:
            config = json.loads(file.metadata()["config"])
            pieces |= {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no mapping)
    whole: dict[str, Tensor] = {}
    for name in sorted(pieces, key=lambda name: (name.partition("@")[0], name)):
        stem = name.partition("@")[0]
        whole[stem] = torch.cat([whole[stem], pieces[name]]) if stem in whole else pieces[name]
    return unpacked(whole), config
