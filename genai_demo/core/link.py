"""A run <-> the query string: ?run=diffusion/denoise&seed=7&steps=20, with only what differs from defaults."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlencode

from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import Recipe, seed_of
from genai_demo.core.run import Run, find_run
from genai_demo.core.wire import PlainRecipe

LONGEST = 20_000  # characters of a whole query string
OWN = ("run", "seed", "model")
VIEW = ("present", "tour", "lesson", "part", "lock", "lang")  # how a page is looked at; no option has these names


def plain(recipe: Recipe) -> PlainRecipe:
    """The recipe as JSON values, as it travels with frames and in exports."""
    return {
        "run": recipe.run,
        "options": dict(recipe.options),
        "seed": recipe.seed,
        "model": recipe.model,
        "versions": dict(recipe.versions),
        "format": recipe.format,
    }


def to_query(recipe: Recipe) -> str:
    """The query string, without "?", that brings this recipe back. Options at their default are left out."""
    entry = find_run(recipe.run)
    defaults = entry.options.parse({}).model_dump()
    pairs = [("run", recipe.run), ("seed", str(recipe.seed))]
    if recipe.model is not None and recipe.model != entry.models[0]:
        pairs.append(("model", recipe.model))
    chosen = entry.options.parse(recipe.options).model_dump()
    pairs += [(name, _text(value)) for name, value in chosen.items() if value != defaults[name]]
    return urlencode(pairs, safe="/:,")


def from_query(params: Mapping[str, str], runs: Collection[str]) -> tuple[Recipe | None, str]:
    """(recipe, notice) from a query string, for a page that shows `runs`.

    Nothing here raises: what is unknown or out of range falls back to its default, and the notice, one sentence,
    says what. (None, "") where the query names no run.
    """
    name = str(params.get("run", ""))
    if not name:
        return None, ""
    if sum(len(str(value)) for value in params.values()) > LONGEST:
        return None, f"The link is longer than {LONGEST} characters, so the page opened as usual."
    if name not in runs:
        return None, f"The link asks for {_short(name)}, which is not on this page; it has {', '.join(runs)}."
    entry = find_run(name)
    notices: list[str] = []
    options = _options(entry, params, notices)
    seed, model = 0, None
    try:
        seed = seed_of(params.get("seed", "0"))
    except DemoError as error:
        notices.append(str(error))
    if params.get("model"):
        model = str(params["model"])
        if model not in entry.models:
            notices.append(f"model is {_short(model)}; choose one of {', '.join(entry.models) or 'none'}")
            model = None
    notice = f"The link was followed with a default in place of what it asked: {notices[0]}." if notices else ""
    return Recipe(name, options, seed, model), notice


def _options(entry: Run, params: Mapping[str, str], notices: list[str]) -> dict[str, Any]:
    """The options that hold, one by one; a sentence in `notices` for each that does not."""
    kept: dict[str, Any] = {}
    for name, value in params.items():
        if name in (*OWN, *VIEW) or name.startswith("_"):
            continue
        try:
            kept[name] = getattr(entry.options.parse({**kept, name: value}), name)
        except DemoError as error:
            notices.append(str(error))
    return kept


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else f"{text[:40]}..."
