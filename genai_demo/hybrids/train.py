"""Trains the models of this folder, one after another: `python -m genai_demo train hybrids`.

Each keeps its state in the cache folder (train/hybrids/<name>.pt) and goes on from there; what is finished is left
alone. One thread is enough: OMP_NUM_THREADS=1. `python -m genai_demo.hybrids.train NAME ...` trains some.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genai_demo.core import training as kit
from genai_demo.core.errors import DemoError, shown
from genai_demo.core.training import ModelStep
from genai_demo.hybrids import train_decision, train_vaegan
from genai_demo.hybrids.music import train_decoder, train_vae

NAMES: dict[str, Any] = {
    **{name: functools.partial(train_decision.train_one, name) for name in train_decision.NAMES},
    **{name: functools.partial(train_vaegan.train_one, name) for name in train_vaegan.WEIGHTS},
    **{name: functools.partial(train_vae.train_one, name) for name in train_vae.NAMES},
    train_decoder.NAME: train_decoder.train_one,
}


def train_all(
    names: tuple[str, ...] = (), *, ship: bool = False, out: Path | None = None, anew: bool = False
) -> Iterator[ModelStep]:
    """Those of these names (all where none is given) that are not finished yet. Raises DemoError.

    They go into the cache, with `ship` into assets/weights/hybrids, or into the folder `out`.
    """
    folder = kit.target("hybrids", ship=ship, out=out)
    for name in names or NAMES:
        if name not in NAMES:
            raise DemoError(f"model is {shown(name)}; choose of {', '.join(NAMES)}")
        yield from NAMES[name](anew=anew)
        kit.deliver(kit.folder_of("hybrids") / f"{name}.safetensors", folder)


if __name__ == "__main__":
    try:
        for report in train_all(tuple(sys.argv[1:])):
            print(f"{report.model} {report.index}/{report.total} loss {report.loss:.4f}", flush=True)
    except DemoError as error:
        sys.exit(str(error))
