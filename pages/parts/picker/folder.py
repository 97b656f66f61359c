"""A visitor's own pictures to search: chosen by file or folder, made small in the browser, kept under its secret."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from genai_demo.core.errors import DemoError, sentence
from genai_demo.inputs.pictures import LONGEST_SIDE, MOST_BYTES, MOST_PIXELS
from pages.parts.pads.pads import Pad
from pages.parts.scripts import call, literal

SIDE, ROOM = 64, 3000  # pixels a side, characters of a picture: a thousand of them are 3 MB
MOST_SENT = 50  # pictures in one message

log = logging.getLogger(__name__)


class Folders(Protocol):
    """Where pictures are kept: at most MOST in a folder, for TIME_TO_LIVE seconds. A module may be one."""

    MOST: int
    TIME_TO_LIVE: int

    def add(self, secret: str, pictures: Sequence[tuple[str, str]], to: str, /) -> tuple[str, str, int]:
        """[(name, picture as text)] into a folder -> (secret, folder, pictures in it). Raises DemoError."""

    def forget(self, secret: str, /) -> None:
        """Everything kept under it goes."""


class PictureFolder(Pad):
    """Value: the name of a folder of the visitor's, "" for none.

    forgotten: told the name of a folder that is gone.
    """

    def __init__(
        self,
        folders: Folders,
        *,
        forgotten: Callable[[str], None] = lambda name: None,
        label: str = "Your own pictures",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            value="",
            label=label,
            html_template=_template(label, folders),
            apply_default_css=False,
            server_functions=[answering(folders, forgotten)],
            js_on_load=call(
                "folder",
                "input",
                most=folders.MOST,
                hours=folders.TIME_TO_LIVE // 3600,
                side=SIDE,
                room=ROOM,
                bytes=MOST_BYTES,
                longest=LONGEST_SIDE,
                pixels=MOST_PIXELS,
            ),
            **kwargs,
        )


def answering(folders: Folders, forgotten: Callable[[str], None]) -> Callable[[Any], dict[str, Any]]:
    """The function `folder` that the browser calls.

    {"secret", "add": [[name, text]], "to": folder} or {"secret", "forget": true, "to"}
    -> {"secret", "folder", "count"}, {} or {"error": text}.
    """

    def folder(asked: Any) -> dict[str, Any]:
        asked = asked if isinstance(asked, Mapping) else {}
        secret, to = (str(asked.get(name) or "")[:100] for name in ("secret", "to"))
        try:
            if asked.get("forget"):
                folders.forget(secret)
                forgotten(to)
                return {}
            secret, name, count = folders.add(secret, _entries(asked.get("add")), to)
            return {"secret": secret, "folder": name, "count": count}
        except DemoError as error:
            return {"error": sentence(str(error))}
        except Exception:
            log.exception("pictures could not be kept")
            return {"error": "The pictures could not be kept; try again."}

    return folder


def _entries(sent: Any) -> list[tuple[str, str]]:
    pairs = sent if isinstance(sent, list) else []
    if len(pairs) > MOST_SENT or not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise DemoError(f"{len(pairs)} pictures came at once; send pairs of name and picture, {MOST_SENT} at most")
    return [(str(name), str(text)) for name, text in pairs]


def _template(label: str, folders: Folders) -> str:
    name = literal(label)
    hint = f"Up to {folders.MOST:,} pictures, kept {folders.TIME_TO_LIVE // 3600} hours and for you alone"
    inputs = "".join(
        f'<button type="button" data-folder>{text}</button><input type="file" accept="image/*" multiple {more} hidden '
        'tabindex="-1" aria-hidden="true">'
        for text, more in (("Choose a folder", "webkitdirectory"), ("Choose files", ""))
    )
    return f"""
<section class="pad folder" aria-label="{name}">
  <div class="pad-label" title="{literal(hint)}">{name}</div>
  <div class="folder-row">{inputs}<button type="button" class="folder-forget" hidden>Forget them</button></div>
  <progress value="0" max="1" hidden aria-label="Pictures read"></progress>
  <div class="pad-foot"><p class="pad-status" role="status"></p></div>
</section>"""
