"""Trains the models with experts and their dense twins on one text: `python -m genai_demo.moe.train [NAME ...]`.

One thread is enough: OMP_NUM_THREADS=1.
"""

from __future__ import annotations

from genai_demo.language.pretrain import Model, main, plain
from genai_demo.moe import model

SHAPE = {**model.SHAPE, "wide": model.WIDE, "experts": model.EXPERTS}
MODELS = (
    Model("top2", "Eight experts, two a token", model.top2, model.balanced, {**SHAPE, "top_k": 2}),
    Model("top1", "Eight experts, one a token", model.top1, model.balanced, {**SHAPE, "top_k": 1}),
    Model(
        "active",
        "Dense twin, as wide as two experts",
        lambda: model.dense(2 * model.WIDE),
        plain,
        {**SHAPE, "experts": 2},
    ),
    Model("total", "Dense twin, as wide as all experts", lambda: model.dense(8 * model.WIDE), plain, SHAPE),
)

if __name__ == "__main__":
    main("moe", MODELS)
