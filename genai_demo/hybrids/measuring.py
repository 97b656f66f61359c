"""Measures the VAE-GANs' pictures."""

from __future__ import annotations

from typing import Any

from genai_demo.core.load import load
from genai_demo.data import fashion_mnist
from genai_demo.hybrids import likeness
from genai_demo.hybrids.vaegan import VaeGan
from genai_demo.quality import measures

AGAIN = 1000  # test pictures that are made again


def pictures(model: VaeGan, samples: int) -> dict[str, Any]:
    """Errors and sharpness of test pictures made again; distance and coverage of as many invented ones as said."""
    test, labels = fashion_mnist.load("test")
    given = test[measures.even(labels, AGAIN)]
    back = likeness.again(model, given)
    count = samples // 10 * 10
    real = measures.reference(count)
    own = measures.distances(real, measures.features(likeness.invented(model, count, seed=0)))
    return {
        "again": len(given),
        "pixel_error": round(likeness.pixel_error(given, back), 2),
        "feature_error": round(likeness.feature_error(load(likeness.JUDGE), given, back), 4),
        "sharp": round(likeness.sharpness(back), 2),
        "sharp_real": round(likeness.sharpness(given), 2),
        "samples": count,
        **own,
        **{f"{name}_train": value for name, value in real.floor.items()},
    }
