"""The patch on the picture: a click, a finger or the arrow keys move it over a film of clip/occlude, asking nothing."""

from __future__ import annotations

from typing import Any

from pages.parts.pads.pads import Pad
from pages.parts.scripts import call, literal


class PatchPad(Pad):
    """Shows the film of its bench; its value is of no interest. bench: the id of the panel."""

    def __init__(self, bench: str, *, label: str = "Cover a part", **kwargs: Any) -> None:
        super().__init__(
            value="",
            label=label,
            apply_default_css=False,
            js_on_load=call("patches", "input", bench=bench),
            html_template=_template(label),
            **kwargs,
        )


def _template(label: str) -> str:
    return f"""
<section class="patches" aria-label="{literal(label)}" hidden>
  <div class="patches-field" tabindex="0" role="application"
    aria-label="The picture under the patch: arrow keys move it"><canvas width="384" height="384"></canvas></div>
  <div class="patches-said">
    <p class="patches-hint">Click the picture to cover a part of it.</p>
    <dl><dt>whole</dt><dd class="patches-whole"></dd><dt>covered</dt><dd class="patches-covered"></dd>
      <dt>drop</dt><dd class="patches-drop"></dd></dl>
    <label><input type="checkbox" checked> Show where the cosine falls (blue) or rises (vermilion)</label>
    <button type="button">Where it counts most</button>
  </div>
</section>"""
