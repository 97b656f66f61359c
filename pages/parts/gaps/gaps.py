"""A text whose words are hidden by a click: a sign stands where one was; a word of the film's lists fills its gap."""

from __future__ import annotations

from typing import Any

from pages.parts.pads.pads import Pad
from pages.parts.scripts import call, literal


class GapPad(Pad):
    """Value: the text. bench: the id of its panel; mask: the sign; runs: whether a click on a word runs it at once."""

    def __init__(
        self, value: str, bench: str, *, mask: str, runs: bool = False, label: str = "Text", **kwargs: Any
    ) -> None:
        super().__init__(
            value=value,
            label=label,
            apply_default_css=False,
            js_on_load=call("gaps", "input", bench=bench, mask=mask, runs=runs),
            html_template=_template(label, mask),
            **kwargs,
        )


def _template(label: str, mask: str) -> str:
    hint = f"Click a word to hide it, or a gap to get its word back; or write, with {mask} for a gap."
    return f"""
<section class="gaps" aria-label="{literal(label)}">
  <div class="gaps-words" role="group" aria-label="Hide words"></div>
  <textarea rows="2" aria-label="{literal(label)}"></textarea>
  <p class="gaps-hint">{literal(hint)}</p>
</section>"""
