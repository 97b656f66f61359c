"""A melody as a visitor gives it, and the sound of those that a film shows.

    given = TunePad("G2BG dGBG", label="First melody")             # value: text, in ABC
    player = TunePlayer("p-hybrids-interpolate", series=True)      # above the film of that bench

Sound is made in the browser by Web Audio; what is a melody, and what a file of it looks like, the engine says.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gradio as gr

from genai_demo.core.errors import DemoError, sentence
from genai_demo.hybrids.music import files, melody
from genai_demo.inputs import midi
from pages.parts.pads.pads import Pad, head
from pages.parts.scripts import call, literal

LENGTHS = (("1", "1/16"), ("2", "1/8"), ("4", "1/4"), ("8", "1/2"), ("0", "as played"))  # in steps
WHITE, BLACK = (0, 2, 4, 5, 7, 9, 11), (1, 3, 6, 8, 10)
LOWEST, KEYS = 60, 25  # the piano begins at middle C and has two octaves
NAMES = ("C", "C sharp", "D", "D sharp", "E", "F", "F sharp", "G", "G sharp", "A", "A sharp", "B")
TYPED = "awsedftgyhujkolp"  # the keys of a computer that stand for the piano's, from the left


class TunePad(Pad):
    """Value: the melody in ABC. Its piano is played by mouse, touch or keys; examples: (name, ABC) to choose from."""

    def __init__(
        self, value: str, *, label: str, examples: Sequence[tuple[str, str]] = (), open: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(
            value=value,
            label=label,
            apply_default_css=False,
            server_functions=[answering("tune", _tune)],
            js_on_load=call("tune", "input", step=melody.STEP_S, most=midi.MOST_BYTES, typed=TYPED),
            html_template=_template(label, examples, open),
            **kwargs,
        )


class TunePlayer(gr.HTML):
    """Plays and keeps the melodies that the film of a bench shows. series: its frames are melodies of their own."""

    def __init__(self, bench: str, *, series: bool = False, **kwargs: Any) -> None:
        super().__init__(
            html_template=_player(series),
            apply_default_css=False,
            server_functions=[answering("keep", _kept)],
            js_on_load=call("player", bench=bench),
            **kwargs,
        )


def answering(name: str, does: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """The function of that name that the browser calls: an answer, or {"error": text}."""

    def answer(asked: Any) -> dict[str, Any]:
        try:
            return does(asked if isinstance(asked, Mapping) else {})
        except DemoError as error:
            return {"error": sentence(str(error))}

    answer.__name__ = name
    return answer


def _tune(asked: Mapping[str, Any]) -> dict[str, Any]:
    """{"abc": text} or {"midi": base64} -> the melody's notes, and its text."""
    text = str(asked.get("abc") or "")
    if (packed := asked.get("midi")) is not None:
        try:
            text = files.from_midi(base64.b64decode(str(packed)[: 2 * midi.MOST_BYTES], validate=True))
        except binascii.Error:
            raise DemoError("the MIDI file did not arrive whole; choose it again") from None
    return {**files.looked_at(text), "abc": text}


def _kept(asked: Mapping[str, Any]) -> dict[str, Any]:
    """{"abc": text, "kind": midi or wav} -> {"file": base64}."""
    made = files.as_file(str(asked.get("abc") or ""), str(asked.get("kind") or ""))
    return {"file": base64.b64encode(made).decode()}


def _template(label: str, examples: Sequence[tuple[str, str]], open: bool) -> str:
    chosen = "".join(f'<option value="{literal(abc)}">{literal(name)}</option>' for name, abc in examples)
    menu = f'<select class="tune-examples" aria-label="{literal(label)}: examples"><option value="">Examples</option>'
    lengths = "".join(
        f'<button type="button" data-length="{steps}" aria-pressed="{str(steps == "2").lower()}">{name}</button>'
        for steps, name in LENGTHS
    )
    return f"""
<section class="pad tunepad" aria-label="{literal(label)}">
  {head(label, "A melody in ABC: letters are notes, numbers lengths. Play it in, write it, or bring a MIDI file.")}
  <canvas class="tune-sheet" aria-hidden="true"></canvas>
  <textarea rows="2" spellcheck="false" aria-label="{literal(label)}, in ABC"></textarea>
  <div class="tune-row">
    <button type="button" data-do="listen">Listen</button><button type="button" data-do="undo">Undo</button>
    <button type="button" data-do="clear">Clear</button><button type="button" data-do="file">MIDI file</button>
    {f"{menu}{chosen}</select>" if examples else ""}
  </div>
  <details class="tune-in"{" open" if open else ""}><summary>Piano</summary>
    <div class="tune-row" role="group" aria-label="Length of a note">{lengths}
      <button type="button" data-do="rest">Rest</button></div>
    <div class="tune-piano" role="group" aria-label="Piano; the keys A to P of a keyboard play it too">{_keys()}</div>
  </details>
  <p class="pad-status" role="status"></p>
  <input type="file" accept=".mid,.midi,audio/midi" hidden tabindex="-1" aria-hidden="true">
</section>"""


def _keys() -> str:
    found = []
    for k in range(KEYS):
        pitch = LOWEST + k
        kind = "black" if pitch % 12 in BLACK else "white"
        place = sum(p % 12 in WHITE for p in range(LOWEST, pitch))
        name = f"{NAMES[pitch % 12]} {pitch // 12 - 1}"
        found.append(
            f'<button type="button" class="{kind}" style="--k:{place}" data-pitch="{pitch}" aria-label="{name}">'
            "</button>"
        )
    return "".join(found)


def _player(series: bool) -> str:
    onwards = '<button type="button" data-do="all">Listen from here on</button>' if series else ""
    return f"""
<div class="tune-player" role="group" aria-label="The melody on the stage">
  <button type="button" data-do="listen">Listen</button>{onwards}
  <button type="button" data-do="midi">MIDI</button><button type="button" data-do="wav">WAV</button>
  <span class="tune-said" role="status"></span>
</div>"""
