"""Where AntiBERTy's weights come from (Ruffolo, Gray & Sulam 2021), as a Python package has them."""

from __future__ import annotations

from genai_demo.core.spec import Package

_FOLDER = "antiberty/trained_models"
PACKAGE = Package(
    "antiberty",
    "0.1.3",
    f"{_FOLDER}/AntiBERTy_md_smooth/pytorch_model.bin",
    "f1ae33eac8cc8784a7d4be5a600141d2fa7bc7d8d5b3f5324d64a6a63bd0f137",
    (
        (
            f"{_FOLDER}/AntiBERTy_md_smooth/config.json",
            "e199c1692b5f0246ebc5522102044d6e900ffc7d56fa5932fdd5b3d56ef487e9",
        ),
        (f"{_FOLDER}/vocab.txt", "6db8c6cd6361eb233005b2dfe665d40d7f1ba78951bdf0fe61fa670ce192419a"),
    ),
    96_631_471,
)
