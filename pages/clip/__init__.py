"""The CLIP page: similarity matrix, zero-shot classes, search, sums, occlusion, the gap, written words, training."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import gradio as gr

from genai_demo.clip import folder as folders
from genai_demo.clip import pictures
from genai_demo.core.run import find_run
from pages.parts.bench import Bench, Panel, bench_id, later
from pages.parts.lead import Try
from pages.parts.page import build_page
from pages.parts.picker.folder import PictureFolder
from pages.parts.picker.patch import PatchPad
from pages.parts.picker.picker import PicturePicker
from pages.parts.timeline import Entry

LABELS = {
    "way": "Search",
    "k": "Shown",
    "pictures": "Pictures",
    "amount": "Amount",
    "text": "Looked for",
    "axes": "Across",
    "scenes": "Pairs",
    "paper": "On white paper",
    "size": "Letters",
    "place": "Where",
    "word": "Write",
    "texts": "Texts are read by",
    "eyes": "Pictures are seen by",
    "loss": "Loss",
    "shown": "Pairs shown",
    "batch_size": "Batch",
    "query": "Words",
    "stride": "Step",
    "temperature": "Temperature",
    "words": "Among",
    "library": "Library",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "way": [
        ("Words to pictures", "words to pictures"),
        ("Picture to pictures", "picture to pictures"),
        ("Picture to words", "picture to words"),
    ],
    "library": [
        ("Picture world", "world"),
        ("Emoji", "emoji"),
        ("Both", "world and emoji"),
        ("Your own pictures", "yours"),
    ],
    "axes": [("The gap", "the gap across"), ("Most variance", "most variance")],
    "eyes": [("Convolutions learnt from nothing", "from nothing"), ("The trained tower, locked", "locked tower")],
    "loss": [("Softmax over the batch", "softmax"), ("Sigmoid of each pair", "sigmoid")],
    "texts": [("A bag of words, learnt from nothing", "from nothing"), ("The trained tower, frozen", "frozen tower")],
}
TIMELINE = (
    Entry("InfoNCE", 2018, "clip/contrast", "The rest of the batch is the contrast"),
    Entry("CLIP", 2021, "clip/similarity", "Pictures and captions from the web"),
    Entry("Zero-shot", 2021, "clip/classify", "Classes are texts"),
    Entry(
        "ALIGN",
        2021,
        "clip/contrast",
        "Both towers from nothing (here on captions that are true)",
        "texts=from nothing",
    ),
    Entry("Multimodal neurons", 2021, "clip/typographic", "It reads what is written"),
    Entry(
        "LiT", 2021, "clip/contrast", "One tower locked, the other tuned to it", "texts=from nothing&eyes=locked tower"
    ),
    Entry("Mind the gap", 2022, "clip/space", "Two modalities, two cones"),
    Entry("SigLIP", 2023, "clip/contrast", "Each pair on its own: no softmax", "loss=sigmoid"),
)
LOOK = (
    "A row is a picture, a column a text. As the temperature falls, the same cosines become a clear choice: the "
    "pairs on the diagonal stand out."
)
TRIES = (
    Try(
        "Can it tell left from right?",
        "run=clip/similarity&pictures=world:41"
        "&texts=a purple apple to the left of a yellow star%0Aa purple apple to the right of a yellow star",
        "Both texts name the same things. How far apart are their cosines, and what does the softmax make of it?",
        "Hardly: the cosines differ in the third digit, and the softmax gives both about a half. Both towers look for "
        "what there is; where it lies is a small part of the vector.",
    ),
    Try(
        "Is it surer with one template or with four?",
        "run=clip/classify&picture=world:27&classes=brown car%0Ared car%0Abrown house%0Ared house%0Abrown mushroom",
        "Scrub: does the ensemble agree more than each template alone?",
        "With four. Each alone names the right class already; the mean of their vectors is freer of what is special "
        "about one wording.",
    ),
    Try(
        "Which one is red?",
        "run=clip/search&query=a red house and a blue ball",
        "Houses, balls, red and blue are found. Is the red where it was asked for?",
        "Mostly not: red balls come first. One vector for the whole sentence says which words there are, not which "
        "belongs to which.",
    ),
    Try(
        "A yellow star, less a star, plus a moon: what comes first?",
        "run=clip/arithmetic&start=a yellow star&minus=a star&plus=a moon",
        "At which amount do the stars become moons, and do they stay yellow?",
        "A yellow moon, once most of the difference is added; moons of other colours follow. On the way there are "
        "pictures of both, and other yellow shapes.",
    ),
    Try(
        "What does it look at?",
        "run=clip/occlude&picture=world:12&text=a pink flower",
        "Where does the cosine fall when a patch is covered? Click the picture. Then look for something that is not on "
        "it.",
        "At the flower, most where only one is left in sight. For what is not there no place stands out, and there is "
        "a map all the same.",
    ),
    Try(
        "What does a word do that it was never shown?",
        "run=clip/typographic&word=iPod",
        "It learnt to read some short words, and this was not among them. Scrub: the word gets larger.",
        "It draws the answer away from apple, though not to what it says: large letters cover the picture and look "
        "like something, whether they can be read or not.",
    ),
    Try(
        "Does closing the gap help the search?",
        "run=clip/space",
        "Pictures and texts lie in two clouds. The means are taken away: what happens to what is found first?",
        "Next to nothing: the clouds come to lie on one another, and what is found first is nearly the same. The gap "
        "is one and the same step for all of them.",
    ),
    Try(
        "What is learnt from a batch of four?",
        "run=clip/contrast&batch_size=4",
        "Each is told apart from three others. Compare the loss with how many of the pairs shown are right; then take "
        "64.",
        "The loss is low and little is learnt: three others are seldom alike. With 64 the loss stays higher, and more "
        "of the pairs shown are right.",
    ),
    Try(
        "How much sooner does it learn with a locked picture tower?",
        "run=clip/contrast&texts=from nothing&eyes=locked tower",
        "LiT: words learn to point where a trained tower looks. When is the matrix diagonal? Then let both towers "
        "learn.",
        "Much sooner: the matrix is diagonal before the other has learnt a few pairs. Only one side has to move.",
    ),
    Try(
        "Each pair on its own: what does SigLIP learn first?",
        "run=clip/contrast&loss=sigmoid",
        "At first nothing is called a pair. Do the right cells light up before the bias moves?",
        "They do: the bias has hardly moved when a good part of the pairs is right. It says how rare pairs are; which "
        "they are is for the vectors.",
    ),
)


def forgotten(folder: str) -> None:
    """The searched vectors of a folder that is gone go too."""
    if "genai_demo.clip.library" in sys.modules:  # else nothing was searched yet
        sys.modules["genai_demo.clip.library"].forget(folder)


def _default(run: str, option: str) -> Any:
    return find_run(run).options.parse({}).model_dump()[option]


def _lines(run: str, option: str, label: str, info: str, rows: int = 6) -> Callable[[], gr.Textbox]:
    """A text of several lines, in sight on a phone too."""
    look = {"lines": rows, "max_lines": 12, "interactive": True, "elem_classes": "control lines", "min_width": 0}
    return later(gr.Textbox, _default(run, option), label=label, info=info, **look)


def _line(run: str, option: str, label: str, info: str, look: str = "control") -> Callable[[], gr.Textbox]:
    """A text of a line or two, in sight on a phone too."""
    common = {"max_lines": 2, "interactive": True, "elem_classes": look, "min_width": 0}
    return later(gr.Textbox, _default(run, option), label=label, info=info, **common)


def _picked(run: str, option: str = "picture", label: str = "Picture", **more: Any) -> Callable[[], PicturePicker]:
    """A picker of pictures: one of them, unless told otherwise."""
    own = f"{bench_id(run)}-{option}"
    given = {"library": pictures, "label": label, "elem_id": own, "most": 1, **more}
    return later(PicturePicker, _default(run, option), **given)


def _at_once(panel: Panel) -> None:
    """A temperature that is let go computes anew: what did not change is remembered, so that it costs nothing."""
    panel.controls["temperature"].release(None, js=f"() => atlas.generate('{panel.id}')", **BROWSER)


def _paired(panel: Panel) -> None:
    """The texts follow the pictures the visitor adds or removes, in the browser."""
    picked, texts = panel.controls["pictures"], panel.controls["texts"]
    picked.input(None, texts, texts, js=f"(lines) => atlas.pairs('{picked.elem_id}', lines)", **BROWSER)


def _matrix(panel: Panel) -> None:
    _paired(panel)
    _at_once(panel)


def _search(panel: Panel) -> None:
    """The browser shows what belongs to way and library, and hides the rest; a picture that was found is searched."""
    for name in ("way", "library"):
        control = panel.controls[name]
        shown = f"(value) => {{ document.getElementById('{panel.id}').dataset.{name} = value; }}"
        control.change(None, control, js=shown, **BROWSER)
    taken = panel.controls["picture"].taken(
        None, None, panel.controls["way"], js="() => 'picture to pictures'", **BROWSER
    )
    taken.then(None, js=f"() => atlas.generate('{panel.id}')", **BROWSER)


TERM = {"words": True, "info": "Words, or a picture in their place"}
SCENES = {**LABELS, "pictures": "Scenes"}
BROWSER: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}  # asks no server

BENCHES = (
    Bench(
        "Matrix",
        "clip/similarity",
        "Every picture is compared with every text. Pairs stand on the diagonal.",
        ("template", "temperature"),
        primary="Compare",
        own={
            "pictures": _picked("clip/similarity", "pictures", "Pictures", most=pictures.MOST),
            "texts": _lines(
                "clip/similarity",
                "texts",
                "Texts",
                "One a line; text 1 belongs to picture 1, and so on. Empty: the captions of the scenes",
            ),
        },
        labels={**LABELS, "texts": "Texts"},
        opening={"temperature": 0.1},
        wire=_matrix,
    ),
    Bench(
        "Zero-shot",
        "clip/classify",
        "Nobody trained a classifier: the classes are texts, and the nearest text wins.",
        ("temperature",),
        primary="Classify",
        own={
            "picture": _picked("clip/classify"),
            "classes": _lines("clip/classify", "classes", "Classes", "One a line, as many as you like up to 64"),
            "templates": _lines(
                "clip/classify", "templates", "Templates", "One a line; {} is where the class goes", rows=5
            ),
        },
        wire=_at_once,
    ),
    Bench(
        "Search",
        "clip/search",
        "Words and pictures are looked up in the same space. Click a picture to go on from it.",
        ("way", "library", "pictures", "k"),
        primary="Search",
        private="picture_secret",
        labels=SCENES,
        own={
            "query": _line("clip/search", "query", "Words", "What the pictures are to show", "control search-words"),
            "picture": _picked("clip/search", follow=bench_id("clip/search")),
            "folder": later(PictureFolder, folders, forgotten=forgotten, elem_id=f"{bench_id('clip/search')}-folder"),
        },
        wire=_search,
        group="Search",
    ),
    Bench(
        "Sums",
        "clip/arithmetic",
        "A - B + C, with words and pictures alike; then the nearest pictures.",
        ("amount", "library", "pictures", "k"),
        primary="Add up",
        own={
            "start": _picked("clip/arithmetic", "start", "A", **TERM),
            "minus": _picked("clip/arithmetic", "minus", "less B", **TERM),
            "plus": _picked("clip/arithmetic", "plus", "plus C", **TERM),
        },
        labels=SCENES,
        group="Search",
    ),
    Bench(
        "Occlude",
        "clip/occlude",
        "A grey patch hides a part. Where the cosine falls, something counted.",
        ("patch", "stride"),
        primary="Slide the patch",
        stage=later(PatchPad, bench_id("clip/occlude")),
        own={
            "picture": _picked("clip/occlude"),
            "text": _line("clip/occlude", "text", "Looked for", "Words; empty for the caption of a scene"),
        },
        group="What it sees",
    ),
    Bench(
        "Gap",
        "clip/space",
        "Pictures and texts on one map: two clouds with a gap between, until their means are taken away.",
        ("scenes", "axes"),
        primary="Draw the map",
        own={
            "pictures": _picked(
                "clip/space", "pictures", "Pairs of your own", most=pictures.MOST, empty="None: scenes are drawn."
            ),
            "texts": _lines("clip/space", "texts", "Their texts", "One a line; empty: the captions of the scenes"),
        },
        wire=_paired,
    ),
    Bench(
        "Typographic",
        "clip/typographic",
        "A word is written on the picture. Is the picture then taken for the word?",
        ("word", "size", "paper", "place"),
        primary="Write it",
        own={
            "picture": _picked("clip/typographic"),
            "classes": _lines("clip/typographic", "classes", "Classes", "One a line; the word among them", rows=4),
        },
        group="What it sees",
    ),
    Bench(
        "Train live",
        "clip/contrast",
        "Two towers learn in front of you: what belongs together is pulled together, the rest apart. The one for texts "
        "is a bag of words: their order plays no part.",
        ("texts", "eyes", "loss", "steps", "batch_size", "learning_rate"),
        primary="Train",
        opening={"texts": "from nothing"},
    ),
)


def build() -> None:
    """The page."""
    models = ("clip/atlas",)
    build_page(
        "clip", BENCHES, labels=LABELS, choices=CHOICES, timeline=TIMELINE, models=models, tries=TRIES, look=LOOK
    )
