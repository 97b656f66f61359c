"""Patches left out by hand: the picture of a film as a grid, in which a click takes a patch away and asks again.

Its value is the option `dropped` of a run whose frames carry `drops`, what each patch is worth, and `gone`. Moving over
the grid asks the server nothing: what the answer loses without a patch is in the frames.
"""

from __future__ import annotations

from typing import Any

from pages.parts.pads.pads import Pad
from pages.parts.scripts import call, literal


class DropPad(Pad):
    """Value: "43 44", patches counted from 1, row by row; "" for none. bench: the id of its panel."""

    def __init__(self, bench: str, *, label: str = "Leave patches out", **kwargs: Any) -> None:
        super().__init__(
            value="",
            label=label,
            apply_default_css=False,
            js_on_load=call("drop", "input", bench=bench),
            html_template=_template(label),
            **kwargs,
        )


def _template(label: str) -> str:
    return f"""
<section class="drop" aria-label="{literal(label)}" hidden>
  <div class="drop-field" tabindex="0" role="application"
    aria-label="The picture's patches: arrow keys choose one, space leaves it out"
    ><canvas width="384" height="384"></canvas></div>
  <div class="drop-said">
    <p class="drop-hint">Move over the picture: each patch says what the answer would lose without it. A click leaves it
      out, and the question is asked again.</p>
    <p class="drop-here" role="status"></p>
    <p class="drop-gone"></p>
    <label><input type="checkbox" checked> Show what each patch is worth</label>
    <button type="button">Put all back</button>
  </div>
</section>"""
