"""State spaces: the scan in chunks against the token loop of Transformers' Mamba, in training; a panel's cost."""

from __future__ import annotations

from collections.abc import Callable

import torch

from benchmarks import Row, alternate, seconds
from genai_demo.core.device import generator, seeded, threads
from genai_demo.core.load import load
from genai_demo.ssm import model
from genai_demo.ssm.network import read
from genai_demo.ssm.options import StateOptions
from genai_demo.ssm.reading import select
from genai_demo.ssm.state import state

ROWS, LENGTH = 4, 128  # of a training step
TEXT = "The library reads files, and this package contains the documentation of the library. " * 8


@threads(1)
def rows() -> list[Row]:
    """Both on one thread."""
    found = load("ssm/mamba2")
    options = StateOptions(text=TEXT)
    ids = read(found, TEXT)

    @torch.inference_mode()
    def bare() -> None:
        found(ids)

    panel = alternate(lambda: next(state(found, options, seed=0)), bare)
    return [
        seconds("state space, a training step in chunks (at most 0.20 of Mamba's loop)", *alternate(*training(), 3)),
        seconds("state of a text, all that a bench needs (at most 1.15)", *panel),
    ]


def training() -> tuple[Callable[[], None], Callable[[], None]]:
    """A step of one layer, forward and back: Mamba-2 by scan.py, and Transformers' Mamba with as large a state."""
    from transformers import MambaConfig
    from transformers.models.mamba.modeling_mamba import MambaMixer

    with seeded(0):
        config = MambaConfig(hidden_size=model.WIDTH, state_size=model.STATE, expand=2, num_hidden_layers=1)
        loop, mixer = MambaMixer(config, 0).train(), model.mamba2().backbone.layers[0].mixer.train()
    u = torch.randn(ROWS, LENGTH, model.WIDTH, generator=generator(0))

    def ours() -> None:
        gate, selected = select(mixer, u)
        mixer.out_proj(mixer.norm(selected.y.flatten(2), gate)).square().mean().backward()

    def theirs() -> None:
        loop(u).square().mean().backward()

    return ours, theirs
