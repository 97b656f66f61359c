"""What a run yields, as the rest of the program sees it; `frames` says how its fields are drawn."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, Protocol


class Frame(Protocol):
    """What every frame is: a frozen dataclass as above that knows its place, from 0, among `total`."""

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]

    @property
    def index(self) -> int: ...

    @property
    def total(self) -> int: ...
