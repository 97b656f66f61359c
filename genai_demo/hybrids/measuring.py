"""Measures the VAE-GANs' pictures and what masked diffusion fills gaps with."""

from __future__ import annotations

from typing import Any

import torch

from genai_demo.core.load import load
from genai_demo.data import fashion_mnist
from genai_demo.hybrids import likeness
from genai_demo.hybrids.masked import HIDDEN, Filler
from genai_demo.hybrids.sentence import DECODER
from genai_demo.hybrids.vaegan import VaeGan
from genai_demo.language.corpus import corpus
from genai_demo.language.pretrain import JUDGED, TrainConfig
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


@torch.inference_mode()
def gaps(model: Filler) -> dict[str, Any]:
    """Share of the tokens in the middle of stretches held out that are named first: from both sides, and from the
    left alone by the decoder of the same size."""
    decoder = load(DECODER)
    held = corpus("held out", 10**9).held(JUDGED, TrainConfig().length + 1)
    right, left, count = 0, 0, 0
    for rows in held.values():
        ids = rows[:, 1:].to(model.network.device)
        middle = ids.shape[1] // 2
        hidden = ids.clone()
        hidden[:, middle] = HIDDEN
        right += int((model(hidden)[:, middle].argmax(-1) == ids[:, middle]).sum())
        said = decoder.network(ids[:, :middle], use_cache=False).logits[:, -1]
        left += int((said.argmax(-1) == ids[:, middle]).sum())
        count += len(ids)
    return {"gaps": count, "gap": round(right / count, 4), "gap_decoder": round(left / count, 4)}
