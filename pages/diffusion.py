"""The page of diffusion."""

from __future__ import annotations

import gradio as gr

from genai_demo.run import all_runs
from pages import find_page
from pages._panel import panel
from pages._theme import title


def build() -> None:
    """A panel for every run."""
    title(find_page("diffusion"))
    with gr.Tabs():
        for name, entry in all_runs().items():
            if name.startswith("diffusion/"):
                with gr.Tab(entry.summary):
                    panel(name)
