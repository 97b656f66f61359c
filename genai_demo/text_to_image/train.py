"""Trains all models of this folder, one after another: `python -m genai_demo train text_to_image`.

Each keeps its state in the cache folder (train/text_to_image/<name>.pt) and goes on from there; what is finished is
left alone. One thread is enough: OMP_NUM_THREADS=1. `python -m genai_demo.text_to_image.train NAME ...` trains some.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genai_demo.core import training as kit
from genai_demo.core.cards import write_card
from genai_demo.core.errors import DemoError, shown
from genai_demo.core.training import ModelStep
from genai_demo.text_to_image import (
    cascade,
    emoji_studio,
    pair,
    studio,
    train_autoencoder,
    train_cascade,
    train_codes,
    train_denoiser,
    train_detector,
    train_emoji,
    train_emoji_autoencoder,
    train_emoji_judge,
    train_emoji_text,
    train_text,
    writer,
)
from genai_demo.text_to_image.quantized import WAYS

NAMES: dict[str, Any] = {  # in the order in which they need each other
    train_autoencoder.NAME: train_autoencoder.train_one,
    train_detector.NAME: train_detector.train_one,
    train_text.NAME: train_text.train_one,
    **{name: functools.partial(train_denoiser.train_one, name=name) for name in train_denoiser.NAMES},
    **{name: functools.partial(train_cascade.train_one, name=name) for name in train_cascade.KINDS},
    **{way: functools.partial(train_codes.train_tokenizer, way=way) for way in WAYS},
    train_codes.WRITER: train_codes.train_writer,
    **{
        part.NAME: part.train_one
        for part in (train_emoji_autoencoder, train_emoji_text, train_emoji_judge, train_emoji)
    },
}
BESIDE = {train_emoji.NAME: train_emoji.KNOWN}  # a second file that a training writes
WHOLE: dict[str, tuple[Any, tuple[str, ...]]] = {  # the first file of a model, what builds it, and its other files
    "denoiser": (studio.build, ("autoencoder", "detector")),
    train_cascade.BASE: (cascade.build, (train_cascade.ENLARGER, "denoiser", "autoencoder", "detector")),
    "dit": (pair.build, ("straight", "denoiser", "autoencoder", "detector")),
    train_codes.WRITER: (writer.build, (*WAYS, "denoiser", "autoencoder", "detector")),
    train_emoji.NAME: (emoji_studio.build, tuple(f"emoji-{part}" for part in emoji_studio.PARTS)),
}
WEAK = {  # of these models, what their pictures show and no number says, and what would mend it
    "denoiser": "A thing too many or too few, or one drawn as another; nine prompts in ten with the right things were "
    "aimed at. Its last steps, by Muon with a rate that fell, helped: more of them should, or attention on a finer "
    "grid, which doubles the price of a step.",
    train_cascade.BASE: "What it has wrong is mostly what a thing is, and edges are frayed. Longer training of both "
    "networks should mend it.",
    "dit": "A beginner beside the U-Net: blots in the right colours. It has learnt from far fewer pictures; as many as "
    "the U-Net's would make the comparison a fair one.",
    train_codes.WRITER: "What it has wrong is mostly what a thing is. Longer training should mend it.",
    train_emoji.NAME: "Small parts such as faces and legs are rough, and the style asked for is often missed. The loss "
    "was still falling when the training was stopped: more steps should mend it.",
}


def train_all(
    names: tuple[str, ...] = (), *, ship: bool = False, out: Path | None = None, anew: bool = False
) -> Iterator[ModelStep]:
    """Those of these names (all where none is given) that are not finished yet; emoji need npm. Raises DemoError.

    They go into the cache, with `ship` into assets/weights/text_to_image, or into the folder `out`.
    """
    folder = kit.target("text_to_image", ship=ship, out=out)
    for name in names or NAMES:
        if name not in NAMES:
            raise DemoError(f"model is {shown(name)}; choose of {', '.join(NAMES)}")
        yield from NAMES[name](anew=anew)
        if name == train_text.NAME:
            continue  # it lies in the files of those that are trained on it
        for file in (name, BESIDE.get(name, name)):
            kit.deliver(kit.folder_of("text_to_image") / f"{file}.safetensors", folder)
    if ship or out:
        counted(folder)


def counted(folder: Path) -> None:
    """Put the parameters of a model as a whole, and what is weak, on the first of its cards, if all of it is there."""
    for name, (build, others) in WHOLE.items():
        first = folder / f"{name}.safetensors"
        if all((folder / f"{part}.safetensors").exists() for part in (name, *others)):
            found = json.loads(first.with_suffix(".json").read_text())
            found["parameters"] = sum(part.numel() for part in build(first).parameters())
            write_card(first, **{**found, "weak": WEAK[name]})


if __name__ == "__main__":
    try:
        for report in train_all(tuple(sys.argv[1:])):
            print(
                f"{report.model} {report.index}/{report.total} loss {report.loss:.5f} seconds {report.seconds:.0f}",
                flush=True,
            )
    except DemoError as error:
        sys.exit(str(error))
