"""The picker: pictures from the library, from files or drawn, as the text options of the CLIP runs carry them.

    several = PicturePicker("world:17, world:54", label="Pictures", elem_id="mine")          # all need an elem_id
    one = PicturePicker("world:12", label="Picture", most=1)
    term = PicturePicker("a red car", label="A", most=1, words=True)        # words, or a picture in their place

Files are shrunk and drawings made in the browser; the server is asked only for pictures of the library. Events:
`input` (the visitor did it), `taken` (a picture of the film was taken over, see `follow`).
"""

from __future__ import annotations

import functools
import logging
import re
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from genai_demo.clip import pictures as library
from genai_demo.clip.pictures import MOST, Picture
from genai_demo.core.errors import DemoError
from genai_demo.core.frames import png_uri
from genai_demo.data.world import COLOURS
from genai_demo.inputs.pictures import LONGEST_SIDE, MOST_BYTES, MOST_PIXELS
from pages.parts.pads.pads import ICONS, Pad
from pages.parts.scripts import call, literal

SHOWN = 24  # pictures of the library shown at once
PLAIN = {"black": (20, 20, 20), "grey": (150, 150, 150), "white": (255, 255, 255)}
PENS = {name: "#{:02x}{:02x}{:02x}".format(*colour) for name, colour in {**COLOURS, **PLAIN}.items()}
TOOLS = (("choose", "pick", "Library"), ("upload", "upload", "Upload"), ("draw", "brush", "Draw"))

log = logging.getLogger(__name__)


class PicturePicker(Pad):
    """Value: "world:12, emoji:grinning face, mine:<base64>", 1 to `most` of them; "" for none.

    words: the value may be words in place of a picture. follow: id of a bench; a click on a picture in its film, or on
    its name, takes it and triggers `taken`. empty: what is said where none is picked. In the browser
    `atlas.pairs(elem_id, lines)` gives the texts that belong to the pictures, one a line, as they are after the
    visitor's last change.
    """

    def __init__(
        self,
        value: str = "",
        *,
        label: str,
        elem_id: str,
        info: str = "",
        most: int = MOST,
        words: bool = False,
        follow: str = "",
        empty: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            value=value,
            label=label,
            elem_id=elem_id,
            html_template=_template(label, info, most, words),
            apply_default_css=False,
            server_functions=[shelf],
            js_on_load=call(
                "picker",
                "input",
                "taken",
                own=elem_id,
                most=most,
                words=words,
                follow=follow,
                empty=empty,
                known=_known(value),
                side=library.SIDE,
                room=library.ROOM,
                bytes=MOST_BYTES,
                longest=LONGEST_SIDE,
                pixels=MOST_PIXELS,
                scenes=library.SCENES,
                shown=SHOWN,
            ),
            **kwargs,
        )


def shelf(asked: Any) -> dict[str, Any]:
    """What the browser asks for: {"see": names}, {"world": first}, {"emoji": words} or {"fetch": true}.

    -> {"found": [{"text", "about", "src"}]}; for emoji also {"here", "total", "waiting", "share"}; or {"error": text}.
    """
    asked = asked if isinstance(asked, Mapping) else {}
    try:
        if "see" in asked:
            return {"found": _see(asked["see"])}
        if "world" in asked:
            first = _whole(asked["world"])
            return {"found": [_told(library.world_picture(first + i)) for i in range(SHOWN)]}
        if asked.get("fetch"):
            fetch()
        return _emoji(str(asked.get("emoji") or "")[:80])
    except DemoError as error:
        return {"error": str(error)}
    except Exception:
        log.exception("the library could not be shown")
        return {"error": "The library could not be shown; close it and try again."}


def _told(picture: Picture) -> dict[str, str]:
    return {"text": picture.name, "about": picture.about, "src": png_uri(library.square(picture.pixels, 64))}


@functools.lru_cache(maxsize=64)
def _known(value: str) -> dict[str, dict[str, str]]:
    """What is shown before anything is asked: the scenes of the value."""
    return {name: _told(library.one(name)) for name in re.findall(r"world:\d{1,15}", value)}


def _see(names: Any) -> list[dict[str, str]]:
    found = []
    for name in (names if isinstance(names, Sequence) and not isinstance(names, str) else [])[:MOST]:
        try:
            if str(name).startswith("world:") or (str(name).startswith("emoji:") and library.emoji_here()):
                found.append({**_told(library.one(str(name))), "text": str(name)})
        except DemoError:  # the run itself will say what is wrong with it
            continue
    return found


def _whole(value: Any) -> int:
    number = value if isinstance(value, int) and not isinstance(value, bool) else 0
    return max(0, min(library.SCENES - SHOWN, number))


_fetching = threading.Lock()
_failed = ""


def fetch() -> None:
    """Begin to bring the emoji here, in a thread of its own; nothing where that goes on already."""

    def work() -> None:
        global _failed
        try:
            library.emoji_list()
            _failed = ""
        except DemoError as error:
            _failed = str(error)
        finally:
            _fetching.release()

    if not library.emoji_here() and _fetching.acquire(blocking=False):
        threading.Thread(target=work, name="emoji", daemon=True).start()


def _emoji(words: str) -> dict[str, Any]:
    """Those whose name has the words, or how far they are on their way here."""
    if not library.emoji_here():
        if _fetching.locked():
            text, share = library.emoji_progress() or ("the emoji are made ready", None)
            return {"here": False, "waiting": text, "share": share}
        return {"here": False, "error": _failed} if _failed else {"here": False}
    wanted = words.lower().split()
    found = [p for p in library.emoji_list() if all(f" {word}" in f" {p.about}" for word in wanted)]
    return {
        "here": True,
        "total": len(found),
        "credit": "OpenMoji, CC BY-SA 4.0.",
        "found": [_told(picture) for picture in found[: 2 * SHOWN]],
    }


def _icon(name: str) -> str:
    return f'<svg viewBox="0 0 20 20" aria-hidden="true">{ICONS[name]}</svg>'


def _template(label: str, info: str, most: int, words: bool) -> str:
    name = literal(label)
    tools = "".join(
        f'<button type="button" data-do="{do}" title="{text}" aria-label="{name}: {text}">{_icon(icon)}'
        f"<span>{text}</span></button>"
        for do, icon, text in TOOLS
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
