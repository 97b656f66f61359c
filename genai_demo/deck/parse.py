"""The text of a deck -> its screens. What is wrong with one screen is that screen's `error`; the rest goes on."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from markdown_it import MarkdownIt

from genai_demo.core.errors import DemoError, among, sentence, shown
from genai_demo.core.home import ASSETS
from genai_demo.core.link import from_query
from genai_demo.core.recipe import Recipe
from genai_demo.core.registry import families, packages
from genai_demo.core.run import all_runs, complete, find_run

DECKS = ASSETS / "decks"
OWN = "GENAI_DEMO_DECKS"  # environment variable: a folder of own decks
LONGEST, MOST_SCREENS = 200_000, 80  # characters of a deck's file; screens
BLOCKS = {"recipe": ("run", "show", "numbers", "say"), "table": ("of",), "chart": ("of",), "architectures": ()}
MARKUP = MarkdownIt("commonmark").enable("table")  # reads HTML, so that it is found and refused
PLAIN = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True, slots=True)
class Block:
    """What is drawn beside a screen's text: a fenced block, its kind and its lines "name: value"."""

    kind: str
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Screen:
    """html: the text, made from Markdown without HTML; error: the one sentence that stands in place of all that."""

    title: str
    html: str = ""
    block: Block | None = None
    notes: str = ""
    error: str = ""
    family: str = ""
    recipe: Recipe | None = None


@dataclass(frozen=True, slots=True)
class Deck:
    """name: of its file, without .md."""

    name: str
    title: str
    summary: str = ""
    screens: tuple[Screen, ...] = field(default_factory=tuple)


def folders() -> list[Path]:
    """Where decks lie: the shipped ones, and the folder that GENAI_DEMO_DECKS names."""
    own = os.environ.get(OWN, "")
    return [DECKS, *([Path(own).expanduser()] if own else [])]


def names() -> dict[str, Path]:
    """Name of each deck -> its file; an own deck goes before a shipped one of the same name."""
    return {path.stem: path for folder in folders() for path in sorted(folder.glob("*.md")) if path.stem != "README"}


def shipped() -> list[str]:
    """Names of the decks that come with the program."""
    return [name for name, path in names().items() if path.parent == DECKS]


def load(name: str) -> Deck:
    """The deck of that name. Raises DemoError where there is none or its file can't be read."""
    known = names()
    if name not in known:
        raise DemoError(f"deck is {shown(name)}; {among(name, known)}")
    path = known[name]
    try:
        told = path.stat()
    except OSError as error:
        raise DemoError(f"{path.name} can't be read ({error.strerror}); check the file") from None
    return _kept(path, told.st_mtime_ns, told.st_size)


@functools.lru_cache(maxsize=32)
def _kept(path: Path, changed: int, size: int) -> Deck:
    """A deck is read again only after its file has changed."""
    return read(path)


def read(path: Path) -> Deck:
    """The deck in a file. Raises DemoError where it can't be read."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LONGEST + 1)
    except OSError as error:
        raise DemoError(f"{path.name} can't be read ({error.strerror}); check the file") from None
    except UnicodeDecodeError:
        raise DemoError(f"{path.name} is no text in UTF-8; save it as such") from None
    return parse(text, path.stem)


def parse(text: str, name: str = "deck") -> Deck:
    """The deck in a text. Raises DemoError where it is too long or has no screens."""
    if len(text) > LONGEST:
        raise DemoError(f"{name} has more than {LONGEST} characters; split the deck")
    front, body = _front(text.replace("\r\n", "\n").lstrip("\ufeff"))
    parts = [part for part in _parts(body) if part.strip()]
    if not 1 <= len(parts) <= MOST_SCREENS:
        raise DemoError(f"{name} has {len(parts)} screens; a deck has 1 to {MOST_SCREENS}, with a line --- between two")
    screens = [screen for part in parts for screen in _screens(part)]
    return Deck(name, front.get("title") or screens[0].title, front.get("summary", ""), tuple(screens))


def _front(text: str) -> tuple[dict[str, str], str]:
    """The lines "name: value" between two --- at the start, and the rest."""
    found = re.match(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL)
    if not found or any(line.strip() and ":" not in line for line in found[1].split("\n")):
        return {}, text.removeprefix("---\n")
    return _lines(found[1]), found[2]


def _lines(text: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in text.split("\n") if line.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _parts(body: str) -> list[str]:
    """The text cut at lines of ---, except inside a fence."""
    parts, fenced = [""], False
    for line in body.split("\n"):
        fenced ^= line.startswith("```")
        if line.rstrip() == "---" and not fenced:
            parts.append("")
        else:
            parts[-1] += line + "\n"
    if fenced:  # a fence that nothing closes would swallow the screens after it
        return re.split(r"(?m)^---[ \t]*$", body)
    return parts


def _screens(text: str) -> list[Screen]:
    """One screen, or one for each architecture. Nothing is raised: what is wrong is said on the screen."""
    text, _, notes = ("\n" + text).partition("\nNotes:")
    title = next((line[2:].strip() for line in text.split("\n") if line.startswith("# ")), "")
    try:
        screen = _screen(text, title, notes.strip())
    except DemoError as error:
        said = sentence(str(error))
        return [Screen(title or "This screen can't be shown", notes=notes.strip(), error=said)]
    if screen.block and screen.block.kind == "architectures":
        from genai_demo.deck.blocks import in_order

        return [_of_family(name, screen.notes) for name in in_order()]
    if screen.block and screen.block.kind == "table":
        return _paged(screen, screen.block)
    return [screen]


def _paged(screen: Screen, block: Block) -> list[Screen]:
    """A screen for each part of a long table; one, that says so, where there is nothing to show."""
    from genai_demo.deck.blocks import pages

    try:
        count = pages(block.said["of"])
    except DemoError:
        return [screen]
    if count < 2:
        return [screen]
    return [replace(screen, block=Block("table", {**block.said, "page": str(page)})) for page in range(count)]


def _screen(text: str, title: str, notes: str) -> Screen:
    tokens = MARKUP.parse(text)
    flat = [each for token in tokens for each in (token, *(token.children or ()))]
    for token in flat:
        if token.type.startswith("html"):
            raise DemoError(f"the screen holds the markup {shown(token.content)}; write Markdown without HTML")
        if token.type == "image":
            raise DemoError("the screen holds a picture by address; show a run in its place, with a recipe block")
    if not title:
        raise DemoError("the screen has no title; begin it with a line # Title")
    if text.count("\n```") % 2:
        raise DemoError("a block of the screen has no end; close it with a line ```")
    fences = [token for token in tokens if token.type == "fence" and token.info.strip() in BLOCKS]
    unknown = [token.info.strip() for token in tokens if token.type == "fence" and token.info.strip() not in BLOCKS]
    if unknown:
        raise DemoError(f"a block is called {shown(unknown[0])}; {among(unknown[0], BLOCKS)}")
    if len(fences) > 1:
        raise DemoError(f"the screen has {len(fences)} blocks; a screen shows one idea and one block at most")
    block = _block(fences[0].info.strip(), fences[0].content) if fences else None
    html = PLAIN.render(re.sub(r"(?ms)^```.*?^```[ \t]*$", "", text))
    screen = Screen(title, html, block, notes)
    return _with_recipe(screen) if block and block.kind == "recipe" else screen


def _block(kind: str, text: str) -> Block:
    said = _lines(text)
    unknown = [name for name in said if name not in BLOCKS[kind]]
    if unknown:
        raise DemoError(f"the {kind} block has a line {shown(unknown[0])}; it has {', '.join(BLOCKS[kind]) or 'none'}")
    if kind in ("table", "chart"):
        from genai_demo.deck.blocks import CHARTS, TABLES

        known = TABLES if kind == "table" else CHARTS
        what = said.get("of", "").split(" ", 1)[0]
        if what not in known:
            raise DemoError(f"the {kind} is of {shown(what)}; {among(what, known)}")
    return Block(kind, said)


def _with_recipe(screen: Screen) -> Screen:
    """The screen with the family and the recipe of its run, checked. A run alone has the options of its recording."""
    from genai_demo.results.recording import recorded_recipe

    assert screen.block is not None
    query = screen.block.said.get("run", "")
    name, _, rest = query.partition("&")
    find_run(name)
    family = next(
        key for key, package in packages().items() if any(r.name == name for r in getattr(package, "RUNS", ()))
    )
    if rest:
        params = dict(pair.partition("=")[::2] for pair in f"run={query}".split("&"))
        recipe, notice = from_query({key: value.replace("+", " ") for key, value in params.items()}, all_runs())
        if notice or recipe is None:
            raise DemoError(notice.rstrip(".") or f"the run {shown(query)} can't be read; write name&option=value")
    else:
        kept = recorded_recipe(name)
        recipe = Recipe(name, kept["options"], kept["seed"], kept["model"]) if kept else Recipe(name)
    return replace(screen, family=family, recipe=complete(recipe))


def _of_family(name: str, notes: str) -> Screen:
    """The screen of one architecture: what it is, and the first of its runs that was recorded."""
    from genai_demo.deck.blocks import facts, first_recorded

    family = families()[name]
    html = PLAIN.render(f"# {family.title}\n\n{family.summary}\n\n{facts(name)}")
    run = first_recorded(name)
    screen = Screen(family.title, html, Block("recipe", {"run": run}) if run else None, notes, family=name)
    return _with_recipe(screen) if run else screen
