"""What a visitor sees. PAGES is the only list of pages: navigation, routes and the overview are made from it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from types import ModuleType

GROUPS = ("Text", "Images", "Images and text", "Systems")


@dataclass(frozen=True, slots=True)
class Page:
    """path: the route, one segment, "" for the landing page; group: one of GROUPS, "" for none.

    `summary` is one sentence for a visitor; `links`: (label, query string) pairs shown on the overview, as in
    ("Boots, 50 steps", "run=diffusion/denoise&label=9"). The module of the same name has build().
    """

    path: str
    title: str
    group: str
    summary: str
    links: tuple[tuple[str, str], ...] = ()

    @property
    def family(self) -> str:
        """The family as a CSS name: text, images, images-and-text, systems, or none."""
        return self.group.lower().replace(" ", "-") or "none"

    @property
    def module(self) -> ModuleType:
        """The page's module, imported when asked for."""
        return importlib.import_module(f"pages.{self.path.replace('-', '_') or 'overview'}")


PAGES: tuple[Page, ...] = (
    Page("", "Overview", "", "Every generative architecture, running live on real weights."),
    Page(
        "decoder",
        "Decoder",
        "Text",
        "A language model writes one token at a time: chat with it, and see how each token comes to be.",
        (
            ("Chat", "run=decoder/chat"),
            ("Click another token, go on from there", "run=decoder/tokens"),
            ("A sentence through the whole model", "run=decoder/steps"),
        ),
    ),
    Page(
        "diffusion",
        "Diffusion",
        "Images",
        "Learn to remove noise, then start from nothing but noise.",
        (
            ("Boots in six steps", "run=diffusion/denoise&label=ankle boot&steps=6&sampler=dpm"),
            ("One noise, two endings", "run=diffusion/fork&label=t-shirt&other_label=dress&fork=4"),
            ("Points that find two moons", "run=diffusion/points&data=moons"),
        ),
    ),
    Page(
        "vae",
        "VAE",
        "Images",
        "Squeeze a picture into a few numbers, then draw new pictures from numbers nobody squeezed.",
        (
            ("From a shirt to a boot", "run=vae/interpolate&start=sample:60&end=sample:93"),
            ("Watch one learn", "run=vae/train&steps=300"),
            ("Which numbers are used", "run=vae/dimensions"),
        ),
    ),
    Page(
        "gan",
        "GAN",
        "Images",
        "One network forges, another finds the forgeries; both get better.",
        (
            ("Two networks learn a ring", "run=gan/points"),
            ("Draw a boot, get a boot", "run=gan/edges"),
            ("A boot turns into a bag", "run=gan/walk&start_label=ankle boot&end_label=bag"),
        ),
    ),
    Page(
        "clip",
        "CLIP",
        "Images and text",
        "Pictures and words in one space: what belongs together lies together.",
        (
            ("Every picture against every text", "run=clip/similarity"),
            ("What does it look at?", "run=clip/occlude"),
            ("Watch one learn", "run=clip/contrast"),
        ),
    ),
    Page(
        "rag",
        "RAG",
        "Systems",
        "Ask a library of documents, and see why it answers as it does.",
        (("Ask", "run=rag/ask"), ("Knock a passage out", "run=rag/knock"), ("See a text cut", "run=rag/chunk")),
    ),
    Page("glossary", "Glossary", "", "The words of generative AI, each in a sentence, with an article behind it."),
)


def find_page(path: str) -> Page:
    """The page with that path. Raises KeyError: a page that is not listed is a mistake in the program."""
    return next(page for page in PAGES if page.path == path)
