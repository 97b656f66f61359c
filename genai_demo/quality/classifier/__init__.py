"""The judge of generated pictures: a small classifier trained on the real ones; quality.py uses its features."""

from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, ModelSpec

SPECS = (
    ModelSpec(
        "classifier/fashion",
        "Fashion classifier, the judge",
        (Bundled("classifier/fashion.safetensors"),),
        "genai_demo.quality.classifier.model:build",
        "Apache-2.0 (trained here on Fashion-MNIST, MIT)",
        "genai_demo.quality.classifier.model:example",
    ),
)

RUNS: tuple[Run, ...] = ()  # it judges what others make; a visitor runs nothing of it
