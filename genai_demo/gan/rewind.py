"""A training on points taken up again at a step: go on, take one step, branch. Options in, options out.

`at` is the step that is on screen. What came after it is forgotten: its changes are dropped, and since a training
follows from its options, the frames up to it are those that were seen.
"""

from __future__ import annotations

from typing import Literal

from genai_demo.core.errors import DemoError
from genai_demo.gan.points_options import MOST_STEPS, PointsOptions, Settings, in_force, segments

SPAN = 400  # steps that are added by going on, and after a branch
Who = Literal["both", "d", "g"]


def go_on(options: PointsOptions, at: int) -> PointsOptions:
    """The same training for SPAN more steps, both networks learning. Raises DemoError at the last step there can be."""
    return _longer(options, at, {} if _now(options, at).only == "both" else {"only": "both"}, SPAN)


def one_step(options: PointsOptions, at: int, who: Who) -> PointsOptions:
    """One more step of both networks or of one. Raises DemoError at the last step there can be."""
    return _longer(options, at, {} if _now(options, at).only == who else {"only": who}, 1)


def branch(options: PointsOptions, at: int, wanted: PointsOptions) -> PointsOptions:
    """From `at` on with the settings in which `wanted` differs, beside the training as it was.

    Raises DemoError where nothing differs, or something that can't be changed on the way.
    """
    ignored = {"steps", "changes", "beside", "points", "samples"}
    differs = [
        name
        for name in PointsOptions.model_fields
        if name not in ignored and getattr(options, name) != getattr(wanted, name)
    ]
    fixed = [name for name in differs if name not in Settings.model_fields]
    if fixed:
        raise DemoError(f"{fixed[0]} can't change in the middle of a training; set it back, or train anew")
    now = _now(options, at)
    different = {name: getattr(wanted, name) for name in differs if getattr(wanted, name) != getattr(now, name)}
    if not different:
        raise DemoError(f"nothing to branch with at step {at}; change {', '.join(Settings.model_fields)} first")
    longer = _longer(options, at, different, max(SPAN, options.steps - at))
    return longer.model_copy(update={"beside": True})


def _now(options: PointsOptions, at: int) -> Settings:
    """What holds for the step after `at`, without changes made at `at` itself or later."""
    plan = segments(_before(options, at))
    return plan[in_force(plan, at)].settings


def _before(options: PointsOptions, at: int) -> PointsOptions:
    """Without the changes made at `at` or later."""
    entries = [entry.strip() for entry in options.changes.split(";") if entry.strip()]
    kept = [entry for entry in entries if int(entry.split(":")[0]) < at]
    return options.model_copy(update={"changes": "; ".join(kept)})


def _longer(options: PointsOptions, at: int, changes: dict[str, object], steps: int) -> PointsOptions:
    if at >= MOST_STEPS:
        raise DemoError(f"the training is at step {at}, the last there is; rewind, or train anew")
    kept = _before(options, at)
    entry = f"{at}: " + ", ".join(f"{name}={value}" for name, value in changes.items()) if changes else ""
    text = "; ".join(part for part in (kept.changes, entry) if part)
    plain = kept.model_dump() | {"changes": text, "steps": min(MOST_STEPS, at + steps), "beside": False}
    return PointsOptions.parse(plain)
