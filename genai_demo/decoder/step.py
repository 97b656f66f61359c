"""One step of a transformer as it is drawn: numbers, a sentence, and the code that computed them.

The code is the source of the functions, read when it is shown. n: tokens; d: numbers of a head; the first SHOWN numbers
of a row are drawn.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_demo.core.frames import Tok, listing, matrix, number, prose, ranked, tokens

SHOWN = 12  # numbers of a vector that are drawn


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step. tensor (k, n, w), what it gives; weights (n, n), one head's; masked (n, n), minus infinity where a
    token may not look; lengths (layers + 1, n)."""

    index: int
    total: int
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    names: tuple[str, ...]
    name: str = number("step")
    said: str = prose("what happens")
    code: str = listing("the code that did it")
    pieces: tuple[Tok, ...] = tokens("the text")
    ids: tuple[Tok, ...] = tokens("token numbers")
    tensor: np.ndarray | None = matrix("numbers", rows="rows", columns="columns", names="names", signed=True)
    masked: np.ndarray | None = matrix("masked scores", rows="rows", columns="columns", signed=True, triangle=True)
    weights: np.ndarray | None = matrix("attention", rows="rows", columns="columns", triangle=True)
    lengths: np.ndarray | None = matrix("lengths", rows="rows", columns="columns", unit="log10")
    shape: str | None = number("shape of the tensor")
    next_: tuple[Tok, ...] | None = ranked("next token", unit="probability")
    logits: tuple[Tok, ...] | None = ranked("highest logits", unit="logit")


def source(*functions: Callable[..., Any]) -> str:
    """The source of functions without their docstrings."""
    return "\n\n".join(_source(function) for function in functions)


@functools.cache
def _source(function: Callable[..., Any]) -> str:
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    body = getattr(ast.parse("\n".join(lines)).body[0], "body", [])
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        del lines[body[0].lineno - 1 : body[0].end_lineno]
    return "\n".join(lines)


def step(name: str, said: str, *functions: Callable[..., Any], **drawn: Any) -> Step:
    """A step that is not counted yet; what is not given is not drawn."""
    empty: dict[str, Any] = {"pieces": (), "ids": (), "rows": (), "columns": (), "names": ()}
    nothing = dict.fromkeys(("tensor", "masked", "weights", "lengths", "shape", "next_", "logits"))
    return Step(index=0, total=0, name=name, said=said, code=source(*functions), **{**empty, **nothing, **drawn})


def few(*vectors: Tensor) -> np.ndarray:
    """(n, w) each -> (k, n, at most SHOWN) float32, on the CPU."""
    found: np.ndarray = torch.stack([x[:, :SHOWN].float() for x in vectors]).cpu().numpy()
    return found


def size(x: Tensor) -> str:
    """A tensor's shape as text."""
    return " × ".join(map(str, x.shape))
