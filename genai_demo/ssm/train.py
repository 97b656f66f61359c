"""Trains the models that keep a state and those beside them on one text: `python -m genai_demo.ssm.train [NAME ...]`.

One thread is enough: OMP_NUM_THREADS=1. The decoder beside them is trained by genai_demo.moe.train, as `active`: of the
same size, on the same text and as many tokens of it.
"""

from __future__ import annotations

from genai_demo.language.pretrain import Model, main, plain
from genai_demo.ssm import model

MODELS = (
    Model("mamba2", "Selective state spaces, Mamba-2", model.mamba2, plain, {**model.COMMON, **model.MAMBA}),
    Model(
        "s4",
        "State spaces without selection, S4D",
        model.s4,
        plain,
        {**model.COMMON, **model.MAMBA, "state_size": model.S4_STATE},
    ),
    Model("hybrid", "Mamba-2 with one layer of attention", model.hybrid, plain, {**model.COMMON, **model.HYBRID}),
)

if __name__ == "__main__":
    main("ssm", MODELS)
