"""Cards and files of results as measures write them and tables read them: as they are on disk now; imports no torch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from genai_demo.core.cards import add_to_card
from genai_demo.core.errors import DemoError
from genai_demo.core.spec import Bundled, find_spec

Watch = Callable[[Iterable[Any], str], Iterator[Any]]  # watch(items, text) passes items on; may show how far it is


def weights(key: str) -> Path:
    """The bundled weights file of a model."""
    return next(source.path for source in find_spec(key).sources if isinstance(source, Bundled))


def card(key: str) -> dict[str, Any]:
    """The card of a bundled model. Raises DemoError where there is none."""
    path = next(source.card_path for source in find_spec(key).sources if isinstance(source, Bundled))
    if not path.exists():
        raise DemoError(f"the card of {key} is missing; restore assets/weights, or train it")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def write(key: str, quality: Mapping[str, Any]) -> None:
    """Put what was measured of a model on its card."""
    add_to_card(weights(key), "quality", quality)


def results(path: Path, name: str) -> dict[str, Any]:
    """What `quality NAME` wrote into a file of its own. Raises DemoError where it did not."""
    if not path.exists():
        raise DemoError(f"assets/{path.name} is missing; `python -m genai_demo quality {name}` measures it")
    found: dict[str, Any] = json.loads(path.read_text())
    return found
