"""The look: a theme of system fonts and hairlines, the style sheet, the header. Nothing is asked of another host."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from genai_demo.core.link import LONGEST
from genai_demo.core.registry import GROUPS
from pages import PAGES, Page
from pages.parts import scripts as parts
from pages.parts.language import language

ROOT = Path(__file__).resolve().parents[2]
CSS = ROOT / "assets" / "css" / "atlas.css"
SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "Arial", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace")

KEYS = (
    ("Space", "play or pause"),
    ("Left, Right", "one step back, one step on"),
    ("Home, End", "first step, last step"),
    ("G", "generate"),
    ("/", "search"),
    ("P", "present this bench"),
    ("?", "this list"),
    ("Esc", "close"),
)


def theme() -> gr.themes.Base:
    """Gradio's variables, set to those of the style sheet, which knows light and dark."""
    base = gr.themes.Base(
        primary_hue=gr.themes.colors.slate,
        secondary_hue=gr.themes.colors.slate,
        neutral_hue=gr.themes.colors.slate,
        font=SANS,
        font_mono=MONO,
        radius_size=gr.themes.sizes.radius_sm,
        spacing_size=gr.themes.sizes.spacing_md,
    )
    return base.set(**{name + dark: value for name, value in _VARIABLES.items() for dark in _shades(name)})


def _shades(name: str) -> tuple[str, ...]:
    plain = name.endswith(("_size", "_weight", "_padding", "_radius", "_gap", "_width"))
    return ("",) if plain and name not in ("block_border_width",) else ("", "_dark")


_LINE, _SURFACE, _INK, _MUTED, _FAMILY, _CLEAR = (
    "var(--line)",
    "var(--surface)",
    "var(--ink)",
    "var(--muted)",
    "var(--family)",
    "transparent",
)
_VARIABLES = {
    "body_background_fill": "var(--ground)",
    "body_text_color": _INK,
    "body_text_color_subdued": _MUTED,
    "background_fill_primary": _SURFACE,
    "background_fill_secondary": "var(--ground)",
    "border_color_primary": _LINE,
    "border_color_accent": _FAMILY,
    "border_color_accent_subdued": _LINE,
    "color_accent_soft": "var(--family-soft)",
    "link_text_color": _FAMILY,
    "link_text_color_hover": _INK,
    "link_text_color_active": _FAMILY,
    "link_text_color_visited": _FAMILY,
    "code_background_fill": "var(--sunk)",
    "block_background_fill": _CLEAR,
    "block_border_width": "0px",
    "block_border_color": _LINE,
    "block_label_background_fill": _CLEAR,
    "block_label_text_color": _MUTED,
    "block_label_border_color": _CLEAR,
    "block_title_text_color": _INK,
    "block_info_text_color": _MUTED,
    "panel_background_fill": _CLEAR,
    "input_background_fill": _SURFACE,
    "input_border_color": "var(--line-strong)",
    "input_border_color_focus": _FAMILY,
    "input_placeholder_color": _MUTED,
    "slider_color": _FAMILY,
    "checkbox_background_color": _SURFACE,
    "checkbox_background_color_selected": _FAMILY,
    "checkbox_border_color": "var(--line-strong)",
    "checkbox_border_color_selected": _FAMILY,
    "checkbox_border_color_focus": _FAMILY,
    "checkbox_label_background_fill": _CLEAR,
    "checkbox_label_background_fill_hover": "var(--sunk)",
    "checkbox_label_text_color": _INK,
    "checkbox_label_background_fill_selected": "var(--family-soft)",
    "checkbox_label_text_color_selected": _INK,
    "checkbox_label_border_color": _LINE,
    "checkbox_label_border_color_selected": _FAMILY,
    "button_primary_background_fill": "var(--action)",
    "button_primary_background_fill_hover": "var(--action-hover)",
    "button_primary_text_color": "var(--on-action)",
    "button_primary_border_color": "var(--action)",
    "button_secondary_background_fill": _CLEAR,
    "button_secondary_background_fill_hover": "var(--sunk)",
    "button_secondary_text_color": _INK,
    "button_secondary_border_color": "var(--line-strong)",
    "table_even_background_fill": _CLEAR,
    "table_odd_background_fill": _CLEAR,
    "table_border_color": _LINE,
    "loader_color": _FAMILY,
    "accordion_text_color": _INK,
    "stat_background_fill": "var(--family-soft)",
    "button_large_radius": "var(--radius)",
    "button_small_radius": "var(--radius)",
    "block_radius": "var(--radius)",
    "button_medium_radius": "var(--radius)",
    "input_radius": "var(--radius)",
    "container_radius": "var(--radius)",
    "block_padding": "0px",
    "form_gap_width": "0px",
    "layout_gap": "16px",
    "button_large_text_weight": "600",
}


STILL = (  # Gradio's own bar of pages, which goes again, and its "Loading" would move the page
    "<style>.nav-holder { display: none !important; }"
    ".wrap.full.translucent { position: fixed !important; inset: 0 !important; }</style>"
)


def looks() -> dict[str, Any]:
    """The arguments of launch() that make the look: theme, css, head, footer."""
    return {"theme": theme(), "css": CSS.read_text(), "head": STILL + parts.head(), "footer_links": []}


def header(page: Page) -> gr.HTML:
    """The bar on top of every page: name, grouped navigation with the current page marked, search, dark or light."""
    return gr.HTML(header_html(page), js_on_load=parts.call("header", longest=LONGEST), elem_classes="atlas-header")


def header_html(page: Page) -> str:
    """The bar as HTML, which the part "header" brings to life."""
    groups = "".join(_group(name, page) for name in GROUPS)
    overview = _link(PAGES[0], page)
    glossary = ' aria-current="page"' if page.path == "glossary" else ""
    keys = "".join(f"<dt>{escape(key)}</dt><dd>{escape(what)}</dd>" for key, what in KEYS)
    title = f"{page.title} - GenAI Atlas" if page.path else "GenAI Atlas"
    present = '<button type="button" class="atlas-present">Present</button>' if page.architecture else ""
    return (
        f'<header class="atlas" data-title="{escape(title)}" data-family="{page.family}">'
        f'<a class="skip" href="{_here(page)}#stage">Skip to the page</a><a class="brand" href="./">GenAI Atlas</a>'
        f'<nav aria-label="Pages"><ul>{overview}{groups}</ul></nav>'
        '<div class="tools"><button type="button" class="atlas-search">Search<kbd aria-hidden="true">/</kbd></button>'
        f'<a href="./glossary"{glossary}>Glossary</a>{present}'
        '<button type="button" class="atlas-ask" aria-label="Keys" data-say="keys to press">Keys</button>'
        '<button type="button" class="atlas-dark" aria-label="Dark" aria-pressed="false">Dark</button>'
        f"{language.menu()}</div>"
        f'<dialog class="atlas-keys" aria-label="Keys"><h2 data-say="keys to press">Keys</h2><dl>{keys}</dl>'
        '<form method="dialog"><button>Close</button></form></dialog></header>'
    )


def title(page: Page) -> gr.HTML:
    """A page's name and its one sentence."""
    html = f'<div class="page-title" id="stage"><h1>{escape(page.title)}</h1><p>{escape(page.summary)}</p></div>'
    return gr.HTML(html)


def _group(name: str, current: Page) -> str:
    """One group as a menu; empty where no page belongs to it yet."""
    inside = [page for page in PAGES if page.group == name]
    if not inside:
        return ""
    mark = ' class="current"' if current.group == name else ""
    links = "".join(_link(page, current) for page in inside)
    menu = f"<details><summary{mark}>{escape(name)}</summary><ul>{links}</ul></details>"
    return f'<li data-family="{inside[0].family}">{menu}</li>'


def _link(page: Page, current: Page) -> str:
    mark = ' aria-current="page"' if page.path == current.path else ""
    return f'<li data-family="{page.family}"><a href="./{page.path}"{mark}>{escape(page.title)}</a></li>'


def _here(page: Page) -> str:
    return f"./{page.path}"
