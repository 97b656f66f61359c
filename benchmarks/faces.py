"""A face through run(recipe), against the bare OpenVINO call on the package's own graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from benchmarks import Row, alternate, seconds
from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.core.spec import find_spec
from genai_demo.core.weights import locate
from genai_demo.gan.openvino_faces import MAPPING, SYNTHESIS, openvino

FACES = 4
RECIPE = Recipe("gan/faces", {"count": FACES, "truncation": 1.0, "size": 1024})


def rows() -> list[Row]:
    """Seconds for 4 faces of 1024 pixels; median of seven, taken in turn; a line without times where they fail."""
    spec = find_spec("gan/mobile-stylegan")
    try:
        load(spec)
        place = Path(locate(spec.sources[0]))
    except DemoError as error:
        return [(f"faces: not measured: {error}", "-", "-", None)]
    core = openvino().Core()
    hints = {"INFERENCE_NUM_THREADS": torch.get_num_threads(), "INFERENCE_PRECISION_HINT": "f32"}
    mapping, synthesis = (core.compile_model(place.parent / name, "CPU", hints) for name in (MAPPING, SYNTHESIS))

    def bare() -> list[np.ndarray]:
        """Code to style to picture (1024, 1024, 3) uint8, and nothing else."""
        codes = [torch.randn(1, 512, generator=generator(seed)).numpy() for seed in range(FACES)]
        images = (synthesis([mapping([z])[0]])[0][0] for z in codes)
        return [(image.transpose(1, 2, 0) * 127.5 + 127.5).round().clip(0, 255).astype(np.uint8) for image in images]

    ours, theirs = alternate(lambda: list(run(RECIPE)), bare)
    return [seconds(f"faces: {FACES} of 1024 pixels, run(recipe) (at most 1.1)", ours, theirs)]
