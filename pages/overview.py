"""The landing page: what this is in one line, and every architecture that has a page, by family. No model, no event.

`python -m pages.overview` makes the pictures on the cards, each by its page's own model.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from genai_demo.core.registry import GROUPS
from pages import PAGES, Page
from pages.parts.theme import ROOT

if TYPE_CHECKING:
    from PIL import Image

IMAGES = ROOT / "assets" / "images"


def build() -> None:
    """The page; only HTML."""
    families = "".join(_family(group) for group in GROUPS)
    gr.HTML(
        '<section class="hero" id="stage"><h1>Watch generative models think.</h1>'
        "<p>Every architecture here runs live, on real weights, one step at a time. Pick one, press Generate, "
        f"and scrub through what it did.</p></section>{families}"
    )


def _family(group: str) -> str:
    pages = [page for page in PAGES if page.group == group]
    if not pages:
        return ""
    cards = "".join(map(_card, pages))
    return f'<section data-family="{pages[0].family}"><h2>{escape(group)}</h2><ul class="cards">{cards}</ul></section>'


def _card(page: Page) -> str:
    links = "".join(
        f'<li><a href="./{page.path}?{escape(query)}">{escape(label)}</a></li>' for label, query in page.links
    )
    more = f'<ul class="links">{links}</ul>' if links else ""
    return (
        f'<li class="card"><a class="whole" href="./{page.path}">{_picture(page)}<h3>{escape(page.title)}</h3>'
        f"<p>{escape(page.summary)}</p></a>{more}</li>"
    )


def _picture(page: Page) -> str:
    """The picture a page's own model made, or a quiet placeholder."""
    for ending in ("webp", "png"):
        if (IMAGES / f"{page.path}.{ending}").exists():
            return f'<img src="./images/{page.path}.{ending}" alt="Made by the models of this page" loading="lazy">'
    return '<span class="no-picture" aria-hidden="true"></span>'


def library(frames: list[Any]) -> Image.Image:
    """The map of the library: all chunks grey, those that are sent and the question in colour; 672 x 336 pixels."""
    from PIL import Image, ImageDraw

    drawn = Image.new("RGB", (1344, 672), "#fafaf8")
    pen = ImageDraw.Draw(drawn)
    layers = (("chunks", "#b4b8b0", 6), ("picked", "#7a4fa3", 15), ("asked", "#d55e00", 15))
    for name, colour, size in layers:
        points = next(value for frame in frames if (value := getattr(frame, name)) is not None)
        for x, y in points:
            at = 672 + 1100 * x, 336 - 560 * y
            pen.ellipse([at[0] - size, at[1] - size, at[0] + size, at[1] + size], fill=colour)
    return drawn.resize((672, 336), Image.Resampling.LANCZOS)


def compared(step: Any) -> Image.Image:
    """Scenes left, what each is to each caption right, as shades; 672 x 336 pixels."""
    import numpy as np
    from PIL import Image

    from genai_demo.core.frames import sheet

    shares = (step.cosines.clip(0, None) / step.cosines.max())[..., None]
    shades = np.array([246, 248, 246]) + shares * (np.array([0, 122, 90]) - np.array([246, 248, 246]))
    side = 336 // len(shares)
    both = [
        Image.fromarray(sheet(step.drawn, 3)).resize((336, 336), Image.Resampling.LANCZOS),
        Image.fromarray(shades.round().astype(np.uint8)).resize(2 * (side * len(shares),), Image.Resampling.NEAREST),
    ]
    drawn = Image.new("RGB", (672, 336), "#fafaf8")
    for k, picture in enumerate(both):
        drawn.paste(picture, (336 * k + (336 - picture.width) // 2, (336 - picture.height) // 2))
    return drawn


def make_pictures() -> None:
    """assets/images: diffusion, gan, decoder.webp, films that play once; vae, rag, clip.png; all two to one."""
    import numpy as np
    from PIL import Image

    from genai_demo.core.frames import colours, sheet
    from genai_demo.core.recipe import Recipe
    from genai_demo.core.run import run

    def film(name: str, shown: list[np.ndarray], columns: int = 6, times: int = 3) -> None:
        sheets = [sheet(pictures, columns).repeat(times, 0).repeat(times, 1) for pictures in shown]
        films = [Image.fromarray(one) for one in sheets]
        films[0].save(
            IMAGES / f"{name}.webp",
            save_all=True,
            append_images=films[1:],
            duration=90,
            loop=1,
            lossless=True,
            method=6,
        )

    noise = Recipe("diffusion/denoise", {"samples": 18, "steps": 24, "label": "any"}, seed=4)
    film("diffusion", [step.x for step in run(noise)])
    walk = {"walks": 18, "steps": 24, "start_label": "ankle boot", "end_label": "bag", "other_seed": 5}
    film("gan", [step.drawn for step in run(Recipe("gan/walk", walk, seed=4))])
    looks = list(run(Recipe("decoder/inside", {"text": "The quick brown fox jumps over the lazy dog and runs into"})))
    heads = [np.stack([colours(head) for head in look.attention[:8]]) for look in looks[1:-1]]  # (8, n, n, 3)
    film("decoder", heads, columns=4, times=14)
    library(list(run(Recipe("rag/ask", {"max_new_tokens": 1})))).save(IMAGES / "rag.png", optimize=True)
    scenes = ", ".join(f"world:{n}" for n in range(100, 109))
    *_, step = run(Recipe("clip/similarity", {"pictures": scenes, "texts": "", "steps": 1}))
    compared(step).save(IMAGES / "clip.png", optimize=True)
    *_, last = run(Recipe("vae/manifold", {"size": 16, "extent": 2.5}))
    whole = last.grid[0]  # (448, 448)
    Image.fromarray(whole[112:336]).save(IMAGES / "vae.png", optimize=True)


if __name__ == "__main__":
    make_pictures()
