"""From a plain VAE to a VAE-GAN: the same picture and the same codes through five trained networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from genai_demo.core.frames import curve, number, pictures, prose
from genai_demo.core.load import load
from genai_demo.core.spec import find_spec
from genai_demo.hybrids import VAEGANS, likeness
from genai_demo.hybrids.options import WeighOptions
from genai_demo.inputs.pictures import SAMPLES, decode_picture, sample_picture

BESIDE = range(0, SAMPLES, 4)  # test pictures over which errors are means, beside the visitor's own
SHOWN, INVENTED = 9, 20  # pictures that are drawn, the visitor's first
AXIS = "weight"


@dataclass(frozen=True, slots=True, eq=False)
class WeighStep:
    """One adversarial weight. Errors are means over the pictures in BESIDE; frechet and coverage stand on its card."""

    index: int
    total: int
    given: np.ndarray = pictures("pictures", columns=3)
    again: np.ndarray = pictures("made again", columns=3)
    invented: np.ndarray = pictures("invented, the same codes", columns=5)
    said: str = prose("what happens")
    pixel_error: float = curve("pixels", unit="grey levels", chart="error of pixels", against=AXIS, digits=1)
    feature_error: float = curve("features", chart="error as a discriminator sees it", against=AXIS, digits=3)
    sharp: float = curve("made again", unit="grey levels", chart="sharpness", against=AXIS, digits=1)
    sharp_real: float = curve("real", unit="grey levels", chart="sharpness", against=AXIS, digits=1)
    frechet: float | None = curve("invented", chart="Frechet distance, less is better", against=AXIS, digits=1)
    weight: float = number("adversarial weight", digits=2)


def weigh(options: WeighOptions, *, seed: int) -> Iterator[WeighStep]:
    """A frame a weight, the plain VAE first."""
    given = np.stack([decode_picture(options.picture), *(sample_picture(i) for i in range(5, SAMPLES, 12))])[:SHOWN]
    beside = np.stack([sample_picture(i) for i in BESIDE])
    judge = load(likeness.JUDGE)
    features, sharp_real = likeness.seen(judge, beside), likeness.sharpness(beside)
    for index, spec in enumerate(VAEGANS):
        model = load(spec)
        back = likeness.again(model, beside)
        quality = find_spec(spec.key).card.get("quality", {})
        yield WeighStep(
            index,
            len(VAEGANS),
            given,
            likeness.again(model, given),
            likeness.invented(model, INVENTED, seed),
            _said(model.weight),
            likeness.pixel_error(beside, back),
            likeness.feature_error(judge, features, back),
            likeness.sharpness(back),
            sharp_real,
            quality.get("frechet"),
            model.weight,
        )


def _said(weight: float) -> str:
    if not weight:
        return (
            "A plain VAE: only pixels count. Where it is not sure it draws the mean of what could be, which is blurred."
        )
    if weight == 1:
        return "No loss on pixels any more, as in the paper: what counts is what the discriminator sees."
    return f"{100 * weight:.0f} % of the loss is what the discriminator sees, the rest are pixels."
