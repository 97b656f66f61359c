"""Trains all models of this folder, one after another: `python -m genai_demo.text_to_image.train [NAME ...]`.

Each keeps its state in the cache folder (train/text_to_image/<name>.pt) and goes on from there; what is finished is
left alone. One thread is enough: OMP_NUM_THREADS=1.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from genai_demo.core.errors import DemoError, shown
from genai_demo.core.training import ModelStep
from genai_demo.text_to_image import train_autoencoder, train_denoiser, train_detector

TRAININGS = (train_autoencoder, train_detector, train_denoiser)  # in the order in which they need each other
NAMES = {part.NAME: part.train_one for part in TRAININGS}


def train_all(names: tuple[str, ...] = (), *, anew: bool = False) -> Iterator[ModelStep]:
    """Those of these names (all where none is given) that are not finished yet. Raises DemoError."""
    for name in names or NAMES:
        if name not in NAMES:
            raise DemoError(f"model is {shown(name)}; choose of {', '.join(NAMES)}")
        yield from NAMES[name](anew=anew)


if __name__ == "__main__":
    try:
        for report in train_all(tuple(sys.argv[1:])):
            print(
                f"{report.model} {report.index}/{report.total} loss {report.loss:.5f} seconds {report.seconds:.0f}",
                flush=True,
            )
    except DemoError as error:
        sys.exit(str(error))
