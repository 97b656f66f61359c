"""A long measurement in parts, each kept on disk as soon as it is done: ended on the way, it goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from genai_demo.core.home import home, whole
from genai_demo.quality.cards import Watch

Job = TypeVar("Job")


def every(
    name: str,
    asked: Mapping[str, Any],
    jobs: Sequence[Job],
    measured: Callable[[Job], Any],
    watch: Watch,
    text: str = "measure",
) -> list[Any]:
    """measured(job) of each job, in their order; watch(jobs, text) as in `cards`.

    measured gives what JSON can hold. asked: all else that decides what is found (options, versions); where it differs
    from that of the last time, that is forgotten. What is kept, in the cache folder, goes once all is measured.
    """
    path = home() / "quality" / f"{name}.json"
    wanted = json.loads(json.dumps(asked))
    done = _done(path, wanted)
    for job in watch(jobs, text):
        if str(job) not in done:
            done[str(job)] = measured(job)
            with whole(path) as partial:
                partial.write_text(json.dumps({"asked": wanted, "done": done}))
    path.unlink(missing_ok=True)
    return [done[str(job)] for job in jobs]


def _done(path: Path, wanted: Any) -> dict[str, Any]:
    """What was measured of the same; nothing where the file is of something else, or can't be read."""
    try:
        found = json.loads(path.read_text())
        return dict(found["done"]) if found["asked"] == wanted else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
