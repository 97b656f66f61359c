"""A prompt that says, while it is written, which of its words the picture world does not have. No server is asked."""

from __future__ import annotations

from typing import Any

from genai_demo.data.world_words import vocabulary
from pages.parts.pads.pads import Pad
from pages.parts.scripts import call, literal


class PromptBox(Pad):
    """Value: the text. longest: characters."""

    def __init__(self, value: str, *, label: str = "Prompt", longest: int = 400, **kwargs: Any) -> None:
        super().__init__(
            value=value,
            label=label,
            apply_default_css=False,
            js_on_load=call("prompt", "input", known=" ".join(vocabulary())),
            html_template=_template(label, longest),
            **kwargs,
        )


def _template(label: str, longest: int) -> str:
    return f"""
<section class="prompt" aria-label="{literal(label)}">
  <label><span>{literal(label)}</span><textarea rows="2" maxlength="{longest}"></textarea></label>
  <p class="prompt-said" role="status"></p>
</section>"""
