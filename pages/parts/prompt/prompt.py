"""A prompt that says, while it is written, which of its words the chosen model never saw. No server is asked."""

from __future__ import annotations

from typing import Any

from genai_demo.core.run import find_run
from genai_demo.core.spec import Bundled, find_spec
from genai_demo.data.world_words import vocabulary
from genai_demo.text_to_image import emoji_words
from pages.parts.pads.pads import Pad
from pages.parts.scripts import call, literal

EMOJI = "text_to_image/emoji"


class PromptBox(Pad):
    """Value: the text. run: whose models are offered beside it; longest: characters."""

    def __init__(self, value: str, *, run: str, label: str = "Prompt", longest: int = 400, **kwargs: Any) -> None:
        super().__init__(
            value=value,
            label=label,
            apply_default_css=False,
            js_on_load=call("prompt", "input", known={key: known(key) for key in find_run(run).models}),
            html_template=_template(label, longest),
            **kwargs,
        )


def known(model: str) -> list[str]:
    """Which list a model's words are ("emoji" or "world"), and the words; [] for a model that reads any word."""
    if not any(isinstance(source, Bundled) for source in find_spec(model).sources):
        return []
    if model == EMOJI:
        return ["emoji", " ".join(emoji_words.shipped())]
    return ["world", " ".join(vocabulary())]


def _template(label: str, longest: int) -> str:
    return f"""
<section class="prompt" aria-label="{literal(label)}">
  <label><span>{literal(label)}</span><textarea rows="2" maxlength="{longest}"></textarea></label>
  <p class="prompt-said" role="status"></p>
</section>"""
