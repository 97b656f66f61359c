"""Reads a lesson. The form is that of docs/decisions/0071: a head between ---, then a ## heading for each step."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import parse_qsl

from genai_demo.core.errors import DemoError, among, shown
from genai_demo.core.link import from_query
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import find_run
from genai_demo.lessons.lesson import SIGNS, Choice, Condition, Lesson, Step

MOST_BYTES = 20_000
MOST_STEPS = 12
MOST_FRAMES = 5_000
LEVELS = ("first", "second", "further")
HEAD = ("title", "page", "minutes", "level")
LINES = ("recipe", "look", "point", "frame", "predict", "shows", "holds", "check", "yes", "not yet", "solution")
KEY = re.compile(r"([a-z][a-z ]{1,11}):(?:\s+(.*))?$")
CHOICE = re.compile(r"[-*] \[([ xX])\] (.+)$")
CONDITION = re.compile(r"(\w+)\s*(>=|<=|!=|>|<|=)\s*(\S(?:.*\S)?)$")


@dataclass(slots=True)
class Draft:
    """A step while it is read: what its lines say, and where each stands."""

    title: str
    line: int
    text: list[str] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    at: dict[str, int] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)


def parse(name: str, text: str, pages: Mapping[str, Collection[str]]) -> Lesson:
    """The lesson that a text is. pages: path of each page -> its runs.

    Raises DemoError, one sentence with the line, for what can't be read, is not there or is too long.
    """
    size = len(text.encode("utf-8", "replace"))
    if size > MOST_BYTES:
        raise DemoError(f"the lesson has {size} bytes; leave out what takes it over {MOST_BYTES}")
    lines = text.removeprefix("\ufeff").splitlines()
    head, start = _head(lines)
    page = _one_of("page", head, pages)
    drafts = _drafts(lines, start)
    if not 1 <= len(drafts) <= MOST_STEPS:
        raise DemoError(f"the lesson has {len(drafts)} steps; give it 1 to {MOST_STEPS}, a line `## Heading` for each")
    steps = tuple(_step(one, page, pages[page]) for one in drafts)
    if not steps[-1].check:
        _refuse(drafts[-1].line, "the last step has no check", "end with a question that a `check:` line answers")
    return Lesson(name, head["title"][0], page, _minutes(head), _one_of("level", head, LEVELS), steps)


def _refuse(line: int, what: str, remedy: str) -> NoReturn:
    raise DemoError(f"line {line}: {what}; {remedy}")


def _head(lines: list[str]) -> tuple[dict[str, tuple[str, int]], int]:
    """(name -> value and line, index of the first line behind the head)."""
    if not lines or lines[0].strip() != "---" or "---" not in [one.strip() for one in lines[1:]]:
        _refuse(1, "the head is missing", f"begin with ---, a line each for {', '.join(HEAD)}, and --- again")
    end = [one.strip() for one in lines].index("---", 1)
    found = {}
    for number, line in enumerate(lines[1:end], 2):
        name, colon, value = line.partition(":")
        if not line.strip():
            continue
        if not colon or name.strip() not in HEAD:
            _refuse(number, f"{shown(name)} is no part of the head", among(name, HEAD))
        found[name.strip()] = (value.strip(), number)
    for name in HEAD:
        if not found.get(name, ("",))[0]:
            _refuse(end + 1, f"the head has no {name}", f"add a line `{name}: ...` above this one")
    return found, end + 1


def _one_of(name: str, head: Mapping[str, tuple[str, int]], known: Collection[str]) -> str:
    value, line = head[name]
    if value not in known:
        _refuse(line, f"{name} is {shown(value)}", among(value, known))
    return value


def _minutes(head: Mapping[str, tuple[str, int]]) -> int:
    value, line = head["minutes"]
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:4]) <= 120):
        _refuse(line, f"minutes is {shown(value)}", "choose a whole number from 1 to 120")
    return int(value)


def _drafts(lines: list[str], start: int) -> list[Draft]:
    """The steps as they stand there; an indented line goes on with the one above it."""
    drafts: list[Draft] = []
    last = ""
    for number, line in enumerate(lines[start:], start + 1):
        if line.startswith("## "):
            drafts.append(Draft(line[3:].strip(), number))
            last = ""
        elif line.strip() and not drafts:
            _refuse(number, f"{shown(line)} stands before the first step", "begin a step with `## Heading`")
        elif line.strip():
            last = _take(drafts[-1], line, number, last)
    return drafts


def _take(draft: Draft, line: str, number: int, last: str) -> str:
    """One line of a step. Returns the key that an indented line after it goes on with."""
    if line[0] in " \t" and last:
        draft.said[last] += f" {line.strip()}"
        return last
    if choice := CHOICE.match(line):
        draft.choices.append(Choice(choice[2].strip(), choice[1] != " "))
        return ""
    key = KEY.match(line)
    prose = bool(draft.text) and not draft.said  # its lines may begin with any word and a colon
    if not key or (prose and key[1] not in LINES):
        draft.text.append(line.strip())
        return ""
    name = key[1]
    if name not in LINES:
        _refuse(number, f"{shown(name)} is no line of a step", f"{among(name, LINES)}, or begin with a capital")
    if name in draft.said:
        _refuse(number, f"this step has a second {name}", "give each step one")
    draft.said[name], draft.at[name] = (key[2] or "").strip(), number
    return name


def _step(draft: Draft, page: str, runs: Collection[str]) -> Step:
    said = draft.said
    if not draft.title or not said.get("recipe"):
        _refuse(draft.line, "this step has no recipe", "add `recipe: run=...`, as in the link of a page")
    recipe = _recipe(draft, "recipe", page, runs)
    if bool(said.get("predict")) != bool(draft.choices) or len(draft.choices) == 1:
        _refuse(draft.line, "a prediction needs a question and choices", "write `predict:` and lines `- [ ] ...`")
    if draft.choices and not (any(one.right for one in draft.choices) and said.get("shows")):
        _refuse(draft.line, "the prediction has no answer", "mark one choice `- [x] ...` and say it in a line `shows:`")
    check = _conditions(draft, "check")
    if check and not (said.get("yes") and said.get("not yet")):
        _refuse(draft.at["check"], "the check has no sentences", "add a line `yes:` and a line `not yet:`")
    solved = _recipe(draft, "solution", page, runs) if said.get("solution") else None
    return Step(
        title=draft.title,
        text=" ".join(draft.text),
        query=said["recipe"].removeprefix("?"),
        recipe=recipe,
        look=said.get("look", ""),
        point=tuple(one.strip() for one in said.get("point", "").split(";") if one.strip()),
        frame=_frame(draft),
        predict=said.get("predict", ""),
        choices=tuple(draft.choices),
        shows=said.get("shows", ""),
        holds=_conditions(draft, "holds"),
        check=check,
        yes=said.get("yes", ""),
        not_yet=said.get("not yet", ""),
        solution=solved,
    )


def _recipe(draft: Draft, key: str, page: str, runs: Collection[str]) -> Recipe:
    line, query = draft.at[key], draft.said[key].removeprefix("?")
    asked = dict(parse_qsl(query, keep_blank_values=True))
    name = asked.get("run", "")
    if name not in runs:
        _refuse(line, f"run is {shown(name)}, which is not on the page {page}", among(name, runs))
    known = {"run", "seed", "model", *find_run(name).options.model_fields}
    for other in asked.keys() - known:
        _refuse(line, f"{shown(other)} is no option of {name}", among(other, known))
    recipe, notice = from_query(asked, runs)
    if notice or recipe is None:
        raise DemoError(f"line {line}: {notice.partition(': ')[2].rstrip('.') or notice}")
    return recipe


def _frame(draft: Draft) -> int | None:
    if "frame" not in draft.said:
        return None
    value = draft.said["frame"]
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:5]) <= MOST_FRAMES):
        _refuse(draft.at["frame"], f"frame is {shown(value)}", f"choose a whole number from 1 to {MOST_FRAMES}")
    return int(value)


def _conditions(draft: Draft, key: str) -> tuple[Condition, ...]:
    """What `coverage > 90 and steps <= 300` says, with the numbers as numbers."""
    if key not in draft.said:
        return ()
    found = []
    for part in re.split(r"\s+and\s+|,\s*", draft.said[key]):
        one = CONDITION.match(part.strip())
        if not one:
            _refuse(draft.at[key], f"{shown(part)} is no condition", f"write NAME, one of {' '.join(SIGNS)}, VALUE")
        found.append(Condition(one[1], one[2], _value(one[3])))
    return tuple(found)


def _value(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text
