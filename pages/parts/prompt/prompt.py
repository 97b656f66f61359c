"""A prompt that says, while it is written, which of its words the chosen model never saw. No server is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pages.parts.pads.pads import Pad
from pages.parts.scripts import call, literal


class PromptBox(Pad):
    """Value: the text. known: of each model which list its words are ("emoji" or "world"), and the words with spaces
    between; empty for one that reads any word. longest: characters."""

    def __init__(
        self,
        value: str,
        *,
        known: Mapping[str, Sequence[str]],
        label: str = "Prompt",
        longest: int = 400,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            value=value,
            label=label,
            apply_default_css=False,
            js_on_load=call("prompt", "input", known={model: list(words) for model, words in known.items()}),
            html_template=_template(label, longest),
            **kwargs,
        )


def _template(label: str, longest: int) -> str:
    return f"""
<section class="prompt" aria-label="{literal(label)}">
  <label><span>{literal(label)}</span><textarea rows="2" maxlength="{longest}"></textarea></label>
  <p class="prompt-said" role="status"></p>
</section>"""
