"""The chat: bubbles, a place to write, edit, regenerate, copy, export. All of a conversation stays in the browser.

Answers are shown with their Markdown (marks.js), messages as they were written.

Its value is the text option `turns` of a run: the conversation up to the message that is to be answered. The answer is
read off the film strip of the same bench, whose frames carry what was said (`said`) and what was left out (`folded`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pages.parts.pads.pads import Pad
from pages.parts.scripts import call, literal


class ChatPad(Pad):
    """Value: '[["user", "..."], ["assistant", "..."], ["user", "..."]]'.

    bench: the id of its panel; hints: messages to begin with; note: a sentence beside the box.
    """

    def __init__(
        self, bench: str, *, hints: Sequence[str] = (), note: str = "", label: str = "Conversation", **kwargs: Any
    ) -> None:
        super().__init__(
            value="",
            label=label,
            html_template=_template(label, note),
            apply_default_css=False,
            js_on_load=call("chat", "input", bench=bench, hints=list(hints)),
            elem_classes="chat-place",
            **kwargs,
        )


def _template(label: str, note: str) -> str:
    return f"""
<section class="chat" aria-label="{literal(label)}">
  <div class="chat-scroll" tabindex="0" role="log" aria-label="What was said"><ol class="chat-log"></ol></div>
  <div class="chat-hints"></div>
  <form class="chat-form">
    <textarea rows="1" aria-label="Your message" placeholder="Write a message"></textarea>
    <button type="submit" class="chat-send">Send</button>
    <button type="button" class="chat-stop" hidden>Stop</button>
  </form>
  <p class="chat-aside">{literal(note)}</p>
  <div class="chat-foot"><span class="chat-state" role="status"></span>
    <button type="button" data-do="new">New conversation</button>
    <button type="button" data-do="markdown">Markdown</button>
    <button type="button" data-do="json">JSON</button></div>
</section>"""
