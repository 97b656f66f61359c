"""The tree of alternatives: a click on another token goes on from there, one on a branch returns to it.

Its value is the option `given` of a run: the numbers of the tokens that the answer is to begin with. The tree is made
of the films that this browser has seen of the same text and settings; each film is a recipe of its own.
"""

from __future__ import annotations

from typing import Any

from pages.parts.pads.pads import Pad
from pages.parts.scripts import call, literal


class BranchPad(Pad):
    """Value: "504, 2520", "" for none. `bench`: the id of its panel."""

    def __init__(self, bench: str, *, label: str = "Alternatives", **kwargs: Any) -> None:
        hint = literal("Click a bar below: the text goes on with that token, and the branches gather here.")
        on = literal("Go on from this step")
        super().__init__(
            value="",
            label=label,
            apply_default_css=False,
            js_on_load=call("branches", "input", bench=bench),
            html_template=f'<section class="branches" aria-label="{literal(label)}"><div class="branches-head">'
            f'<p class="branches-hint">{hint}</p><button type="button" class="branches-on" title="Writes as many '
            f'tokens as Length says; set it to 1 to go token by token">{on}</button></div>'
            '<div class="branches-tree"></div></section>',
            **kwargs,
        )
