"""What a run waits for before its first frame, besides its model: said by the engine, read by whoever shows the run."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable, Iterator

Told = tuple[str, float | None]  # what is waited for; how much of it is done, 0 to 1, None where that is not known
Look = Callable[[], Told | None]


class Waits:
    """What one run waits for now. It is set in the run's thread and read in another.

    Of a run that is computed elsewhere also: left, whether nobody reads it any more; computed, the seconds that it has
    taken there.
    """

    def __init__(self) -> None:
        self.looks: list[Look] = []
        self.left = False
        self.computed: float | None = None

    def told(self) -> Told | None:
        """The newest of what is waited for; None where nothing is."""
        return next((said for look in self.looks[::-1] if (said := look())), None)


current: contextvars.ContextVar[Waits | None] = contextvars.ContextVar("waits", default=None)


@contextlib.contextmanager
def on(look: Look) -> Iterator[None]:
    """Inside, `look` tells what is waited for."""
    here = current.get()
    if here is None:
        yield
        return
    here.looks.append(look)
    try:
        yield
    finally:
        here.looks.remove(look)
