"""The toy's picture on the overview."""

from genai_demo.toy.options import SpinOptions
from genai_demo.toy.spin import spin
from PIL import Image


def poster() -> list[Image.Image]:
    """One still."""
    (frame,) = spin(SpinOptions(steps=1), seed=0)
    return [Image.fromarray(frame.x[0]).resize((672, 336))]
