"""The picker: pictures from the library, from files or drawn, as the text options of the CLIP runs carry them.

    several = PicturePicker("world:17, world:54", library=pictures, label="Pictures", elem_id="mine")
    one = PicturePicker("world:12", library=pictures, label="Picture", elem_id="one", most=1)
    term = PicturePicker("a red car", library=pictures, label="A", elem_id="a", most=1, words=True)  # or words

Files are shrunk and drawings made in the browser; the server is asked only for pictures of the library. Events:
`input` (the visitor did it), `taken` (a picture of the film was taken over, see `follow`).
"""

from __future__ import annotations

import contextlib
import functools
import logging
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from genai_demo.core.errors import DemoError
from genai_demo.core.frames import png_uri
from genai_demo.data.world import COLOURS
from genai_demo.inputs.pictures import LONGEST_SIDE, MOST_BYTES, MOST_PIXELS
from pages.parts.pads.pads import ICONS, Pad
from pages.parts.scripts import call, literal

SHOWN = 24  # pictures of the library shown at once
THUMB = 64  # pixels of their sides
PLAIN = {"black": (20, 20, 20), "grey": (150, 150, 150), "white": (255, 255, 255)}
PENS = {name: "#{:02x}{:02x}{:02x}".format(*colour) for name, colour in {**COLOURS, **PLAIN}.items()}
TOOLS = (("choose", "pick", "Library"), ("upload", "upload", "Upload"), ("draw", "brush", "Draw"))

log = logging.getLogger(__name__)


class Picture(Protocol):
    """name: as the value has it, "world:12"; pixels: (h, w, 3) uint8; about: words on it."""

    @property
    def name(self) -> str: ...
    @property
    def pixels(self) -> np.ndarray: ...
    @property
    def about(self) -> str: ...


class Library(Protocol):
    """Where pictures are found. A module may be one.

    SIDE: pixels of a picture that a visitor brings; ROOM: characters it may take; MOST: pictures of a value; SCENES:
    how many the picture world has.
    """

    SIDE: int
    ROOM: int
    MOST: int
    SCENES: int

    def __hash__(self) -> int: ...

    def one(self, text: str, /) -> Picture:
        """The picture of that name. Raises DemoError."""

    def world_picture(self, number: int, /) -> Picture: ...

    def to_build(self, text: str, /) -> str:
        """A scene as "built:...", to be changed. Raises DemoError."""

    def emoji_here(self) -> bool:
        """Whether they have been fetched."""

    def emoji_list(self) -> Sequence[Picture]:
        """All of them; fetches what is missing. Raises DemoError."""

    def emoji_progress(self) -> tuple[str, float | None] | None:
        """What is being fetched and how much of it is there, 0 to 1; None where nothing is."""

    def square(self, picture: np.ndarray, side: int, /) -> np.ndarray:
        """(h, w, 3) -> (side, side, 3)."""


class PicturePicker(Pad):
    """Value: "world:12, emoji:grinning face, mine:<base64>", 1 to `most` of them; "" for none.

    most: pictures, as many as the library allows by default. words: the value may be words in place of a picture.
    follow: id of a bench; a click on a picture in its film, or on its name, takes it and triggers `taken`. empty: what
    is said where none is picked. tools: (name, icon, text) of the buttons; more: settings for them. In the browser
    `atlas.pairs(elem_id, lines)` gives the texts that belong to the pictures, one a line, as they are after the
    visitor's last change.
    """

    def __init__(
        self,
        value: str = "",
        *,
        library: Library,
        label: str,
        elem_id: str,
        info: str = "",
        most: int | None = None,
        words: bool = False,
        follow: str = "",
        empty: str = "",
        tools: Sequence[tuple[str, str, str]] = TOOLS,
        more: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        most = library.MOST if most is None else most
        known = _known(library)
        settings = {"own": elem_id, "most": most, "words": words, "follow": follow, "empty": empty, **(more or {})}
        settings["known"] = known.shown(value)

        def shelf(asked: Any) -> dict[str, Any]:  # Gradio marks what it is given, so that no method will do
            return known.answer(asked)

        super().__init__(
            value=value,
            label=label,
            elem_id=elem_id,
            html_template=_template(label, info, most, words, tools),
            apply_default_css=False,
            server_functions=[shelf],
            js_on_load=call("picker", "input", "taken", **settings, **_limits(library)),
            **kwargs,
        )


def _limits(library: Library) -> dict[str, int]:
    """What the browser must keep to."""
    of_files = {"bytes": MOST_BYTES, "longest": LONGEST_SIDE, "pixels": MOST_PIXELS}
    return {"side": library.SIDE, "room": library.ROOM, "scenes": library.SCENES, "shown": SHOWN, **of_files}


class Known:
    """What the server knows of one library."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._fetching = threading.Lock()
        self._failed = ""

    def answer(self, asked: Any) -> dict[str, Any]:
        """What the browser asks for: {"see": names}, {"change": scene}, {"world": first}, {"emoji": words}
        or {"fetch": true}.

        -> {"found": [{"text", "about", "src"}]}; for emoji also {"here", "total", "waiting", "share"}; {"built": scene}
        of a scene to be changed; or {"error": text}.
        """
        asked = asked if isinstance(asked, Mapping) else {}
        try:
            if "see" in asked:
                return {"found": self._see(asked["see"])}
            if "change" in asked:
                return {"built": self.library.to_build(str(asked["change"])[:1000])}
            if "world" in asked:
                first = self._whole(asked["world"])
                return {"found": [self._told(self.library.world_picture(first + i)) for i in range(SHOWN)]}
            if asked.get("fetch"):
                self.fetch()
            return self._emoji(str(asked.get("emoji") or "")[:80])
        except DemoError as error:
            return {"error": str(error)}
        except Exception:
            log.exception("the library could not be shown")
            return {"error": "The library could not be shown; close it and try again."}

    def shown(self, value: str) -> dict[str, dict[str, str]]:
        """What is shown before anything is asked: the scenes of the value."""
        return {name: self._told(self.library.one(name)) for name in re.findall(r"world:\d{1,15}|built:[^,\n]+", value)}

    def fetch(self) -> None:
        """Begin to bring the emoji here, in a thread of its own; nothing where that goes on already."""
        if not self.library.emoji_here() and self._fetching.acquire(blocking=False):
            threading.Thread(target=self._fetch, name="emoji", daemon=True).start()

    def _fetch(self) -> None:
        try:
            self.library.emoji_list()
            self._failed = ""
        except DemoError as error:
            self._failed = str(error)
        finally:
            self._fetching.release()

    def _told(self, picture: Picture) -> dict[str, str]:
        small = self.library.square(picture.pixels, THUMB)
        return {"text": picture.name, "about": picture.about, "src": png_uri(small)}

    def _see(self, names: Any) -> list[dict[str, str]]:
        found = []
        asked = names if isinstance(names, Sequence) and not isinstance(names, str) else []
        for name in map(str, asked[: self.library.MOST]):
            with contextlib.suppress(DemoError):  # the run itself will say what is wrong with it
                if name.startswith(("world:", "built:")) or (name.startswith("emoji:") and self.library.emoji_here()):
                    found.append({**self._told(self.library.one(name)), "text": name})
        return found

    def _whole(self, value: Any) -> int:
        number = value if isinstance(value, int) and not isinstance(value, bool) else 0
        return max(0, min(self.library.SCENES - SHOWN, number))

    def _emoji(self, words: str) -> dict[str, Any]:
        """Those whose name has the words, or how far they are on their way here."""
        if not self.library.emoji_here():
            if self._fetching.locked():
                text, share = self.library.emoji_progress() or ("the emoji are made ready", None)
                return {"here": False, "waiting": text, "share": share}
            return {"here": False, "error": self._failed} if self._failed else {"here": False}
        wanted = words.lower().split()
        found = [p for p in self.library.emoji_list() if all(f" {word}" in f" {p.about}" for word in wanted)]
        return {
            "here": True,
            "total": len(found),
            "credit": "OpenMoji, CC BY-SA 4.0.",
            "found": [self._told(picture) for picture in found[: 2 * SHOWN]],
        }


_known = functools.cache(Known)  # one for all pickers of a library


def _icon(name: str) -> str:
    return f'<svg viewBox="0 0 20 20" aria-hidden="true">{ICONS[name]}</svg>'


def _template(label: str, info: str, most: int, words: bool, ways: Sequence[tuple[str, str, str]]) -> str:
    name = literal(label)
    tools = "".join(
        f'<button type="button" data-do="{do}" title="{text}" aria-label="{name}: {text}">{_icon(icon)}'
        f"<span>{text}</span></button>"
        for do, icon, text in ways
    )
    field = f'<input type="text" class="picker-words" aria-label="{name}: words" maxlength="200">' if words else ""
    kind = "term" if words else "one" if most == 1 else "several"
    several = " multiple" if most > 1 else ""
    return f"""
<section class="pad picker {kind}" aria-label="{name}">
  <div class="pad-label" title="{literal(info)}">{name}</div>
  <div class="picker-body">{field}<ol class="picker-list"></ol>
    <div class="pad-tools" role="toolbar" aria-label="{name}: where pictures come from">{tools}</div></div>
  <div class="pad-foot"><p class="pad-status" role="status"></p></div>
  <input type="file" accept="image/*"{several} hidden tabindex="-1" aria-hidden="true">
  {_library(most)}{_drawing()}
</section>"""


def _library(most: int) -> str:
    what = "Click a picture to take it." if most == 1 else "Click pictures to take them, again to put them back."
    return f"""<dialog class="pad-dialog picker-library" aria-label="Library of pictures">
    <div class="pad-dialog-head"><div class="picker-kinds" role="tablist">
      <button type="button" role="tab" data-kind="world">Picture world</button>
      <button type="button" role="tab" data-kind="emoji">Emoji</button></div>
      <button type="button" class="pad-close">Done</button></div>
    <div class="picker-find"><input type="search" aria-label="Emoji by name" placeholder="Search by name, as in cat"
      maxlength="80"><button type="button" class="picker-more">Others</button><span class="picker-said" role="status"
      >{what}</span></div>
    <div class="picker-grid"></div></dialog>"""


def _drawing() -> str:
    pens = "".join(
        f'<button type="button" class="picker-pen" data-pen="{css}" title="{name}" aria-label="{name}"'
        f' aria-pressed="{str(name == "red").lower()}" style="--c: {css}"></button>'
        for name, css in PENS.items()
    )
    tools = "".join(
        f'<button type="button" data-do="{do}" title="{text}" aria-label="{text}"{pressed}>{_icon(do)}</button>'
        for do, text, pressed in (
            ("small", "Thin", ' aria-pressed="false"'),
            ("large", "Thick", ' aria-pressed="true"'),
            ("undo", "Undo", ""),
            ("clear", "Clear: fill all with the colour", ""),
        )
    )
    return f"""<dialog class="pad-dialog picker-draw" aria-label="Draw a picture">
    <div class="pad-dialog-head"><strong>Draw a picture</strong><button type="button" class="pad-close">Leave</button>
      </div>
    <div class="pad-frame"><canvas width="128" height="128" tabindex="0" role="application"
      aria-label="Arrow keys move the brush, space draws"></canvas><span class="pad-ring" hidden></span></div>
    <div class="picker-pens" role="toolbar" aria-label="Colours">{pens}</div>
    <div class="picker-draw-foot"><div class="pad-tools" role="toolbar" aria-label="Tools">{tools}</div>
      <button type="button" class="picker-take">Take it</button></div></dialog>"""
