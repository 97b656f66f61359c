"""What the server remembers of a visit: only the components that it changed for it.

Gradio notes the configuration of every component of every page for each new visit, so that a deep link could restore
them: half a second of its only event loop, and 3 MB. Here links are recipes, and nothing reads those notes.
"""

from __future__ import annotations

import ctypes
import datetime
import os
from collections import ChainMap
from copy import copy
from typing import Any

import gradio.routes
from gradio.blocks import Blocks
from gradio.state_holder import SessionState, StateHolder

HEAPS = 2
M_ARENA_MAX = -8  # as malloc.h calls it


class Visit(SessionState):
    """A session without the notes; the components of the app are shared until one is changed for the visit."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks_config = copy(blocks.default_config)
        self.blocks_config.blocks = ChainMap({}, blocks.default_config.blocks)  # type: ignore[assignment]
        self.blocks_config.fns = blocks.default_config.fns
        self.config_values = {}
        self.state_data, self._state_ttl, self.is_closed = {}, {}, False
        self.STATE_TTL_WHEN_CLOSED = 0  # there is no gr.State

    def __setitem__(self, key: int, value: Any) -> None:
        self.blocks_config.blocks[key] = value

    def _update_config(self, key: int) -> None: ...

    def _update_value_in_config(self, key: int, value: Any) -> None: ...


class Visits(StateHolder):
    """Makes a Visit where Gradio makes a session."""

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = Visit(self.blocks)
        self.time_last_used[session_id] = datetime.datetime.now()
        self.update(session_id)
        return self.session_data[session_id]


def install() -> None:
    """Before an app is launched: the server that Gradio makes for it then keeps Visits, in few heaps."""
    gradio.routes.StateHolder = Visits  # type: ignore[attr-defined]
    few_heaps()


def few_heaps() -> bool:
    """Has all threads allocate from HEAPS heaps; whether it could be said (glibc alone knows it).

    Each of a server's threads would get one of its own, whose holes are kept: a megabyte for every visit at first.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    return bool(mallopt and mallopt(M_ARENA_MAX, HEAPS))
