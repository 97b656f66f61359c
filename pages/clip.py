"""The CLIP page: similarity matrix, zero-shot classes, search, sums, occlusion, the gap, written words, training."""

from __future__ import annotations

from typing import Any

import gradio as gr

from genai_demo.clip import options as of
from pages import find_page
from pages.parts.info import Try, info
from pages.parts.panel import Panel, benches, panel
from pages.parts.picker.folder import PictureFolder
from pages.parts.picker.patch import PatchPad
from pages.parts.picker.picker import PicturePicker
from pages.parts.theme import title
from pages.parts.timeline import Entry, timeline

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
    "texts": [("The trained tower, frozen", "frozen tower"), ("Words learnt from nothing", "from nothing")],
}
FAMILY = (
    Entry("InfoNCE", 2018, "clip/contrast", "Train", "The rest of the batch is the contrast"),
    Entry("CLIP", 2021, "clip/similarity", "Matrix", "Pictures and captions from the web"),
    Entry("Zero-shot", 2021, "clip/classify", "Zero-shot", "Classes are texts"),
    Entry("ALIGN", 2021, "clip/contrast", "Train", "A billion noisy pairs, words from nothing", "texts=from nothing"),
    Entry("Multimodal neurons", 2021, "clip/typographic", "Typographic", "It reads what is written"),
    Entry(
        "LiT",
        2022,
        "clip/contrast",
        "Train",
        "One tower locked, the other tuned to it",
        "texts=from nothing&eyes=locked tower",
    ),
    Entry("Mind the gap", 2022, "clip/space", "Gap", "Two modalities, two cones"),
    Entry("SigLIP", 2023, "clip/contrast", "Train", "Each pair on its own: no softmax", "loss=sigmoid"),
)
TRIES = (
    Try(
        "Only left and right exchanged",
        "run=clip/similarity&pictures=world:41"
        "&texts=a purple apple to the left of a yellow star%0Aa purple apple to the right of a yellow star",
        "Both texts name the same things. How far apart are their cosines, and what does the softmax make of it?",
    ),
    Try(
        "One template or four",
        "run=clip/classify&picture=world:27&classes=brown car%0Ared car%0Abrown house%0Ared house%0Abrown mushroom",
        "Scrub: does the ensemble agree more than each template alone?",
    ),
    Try(
        "Which one is red?",
        "run=clip/search&query=a red house and a blue ball",
        "Houses, balls, red and blue are found. Is the red where it was asked for?",
    ),
    Try(
        "A yellow star, less a star, plus a moon",
        "run=clip/arithmetic&start=a yellow star&minus=a star&plus=a moon",
        "At which amount do the stars become moons, and do they stay yellow?",
    ),
    Try(
        "What does it look at?",
        "run=clip/occlude&picture=world:12&text=a pink flower",
        "Click the picture. Then look for something that is not on it.",
    ),
    Try(
        "A word it was never shown",
        "run=clip/typographic&word=iPod",
        "It learnt to read some short words. What does a word do to the apple that was not among them?",
    ),
    Try(
        "Close the gap",
        "run=clip/space",
        "Pictures and texts lie in two clouds. Take the means away: what happens to what is found first?",
    ),
    Try(
        "A batch of four",
        "run=clip/contrast&batch_size=4",
        "With three others to tell apart the loss is low and little is learnt. Then try 64.",
    ),
    Try(
        "Lock the picture tower (LiT)",
        "run=clip/contrast&texts=from nothing&eyes=locked tower",
        "Words learn to point where a trained tower looks. How much sooner is the matrix diagonal?",
    ),
    Try(
        "Each pair on its own (SigLIP)",
        "run=clip/contrast&loss=sigmoid",
        "At first nothing is called a pair. Do the right cells light up before the bias moves?",
    ),
)


def build() -> None:
    """The page."""
    page = find_page("clip")
    title(page)
    timeline(FAMILY)
    info(page, benches(TABS), models=("clip/atlas",), tries=TRIES)


def _panel(run: str, blurb: str, show: tuple[str, ...], **more: Any) -> Panel:
    return panel(run, blurb=blurb, show=show, **{"labels": LABELS, "choices": CHOICES, "blank": True, **more})


def _lines(run: type, name: str, label: str, info: str, rows: int = 6, **more: Any) -> gr.Textbox:
    """A text of several lines, in sight on a phone too."""
    return gr.Textbox(
        _default(run, name),
        label=label,
        info=info,
        lines=rows,
        max_lines=12,
        interactive=True,
        elem_classes="control lines",
        render=False,
        min_width=0,
        **more,
    )


def _default(run: type, name: str) -> Any:
    return run.parse({}).model_dump()[name]  # type: ignore[attr-defined]


def _one(run: type, bench: str, label: str = "Picture", **more: Any) -> PicturePicker:
    return PicturePicker(
        _default(run, "picture"), label=label, elem_id=f"{bench}-picture", most=1, render=False, **more
    )


def _at_once(parts: Panel, *names: str) -> Panel:
    """A slider of these that is let go computes anew: what did not change is remembered, so that it costs nothing."""
    for name in names:
        release = parts.controls[name].release  # type: ignore[attr-defined]
        release(
            None,
            js=f"() => atlas.generate('{parts.id}')",
            queue=False,
            show_progress="hidden",
            api_visibility="private",
        )
    return parts


def _matrix() -> Panel:
    own = "p-clip-similarity-pictures"
    picked = PicturePicker(_default(of.SimilarityOptions, "pictures"), label="Pictures", elem_id=own, render=False)
    texts = _lines(
        of.SimilarityOptions,
        "texts",
        "Texts",
        "One a line; text 1 belongs to picture 1, and so on. Empty: the captions of the scenes",
    )
    parts = _panel(
        "clip/similarity",
        "Every picture is compared with every text. Pairs stand on the diagonal.",
        ("template", "temperature"),
        primary="Compare",
        extra={"pictures": picked, "texts": texts},
        labels={**LABELS, "texts": "Texts"},
    )
    return _at_once(_paired(parts, own), "temperature")


def _zero_shot() -> Panel:
    options = of.ClassifyOptions
    classes = _lines(options, "classes", "Classes", "One a line, as many as you like up to 64")
    templates = _lines(options, "templates", "Templates", "One a line; {} is where the class goes", rows=5)
    parts = _panel(
        "clip/classify",
        "Nobody trained a classifier: the classes are texts, and the nearest text wins.",
        ("temperature",),
        primary="Classify",
        extra={"picture": _one(options, "p-clip-classify"), "classes": classes, "templates": templates},
    )
    return _at_once(parts, "temperature")


def _search() -> Panel:
    run = "p-clip-search"
    query = gr.Textbox(
        _default(of.SearchOptions, "query"),
        label="Words",
        info="What the pictures are to show",
        max_lines=2,
        interactive=True,
        elem_classes="control search-words",
        render=False,
        min_width=0,
    )
    picture, mine = _one(of.SearchOptions, run, follow=run), PictureFolder(elem_id=f"{run}-folder", render=False)
    parts = _panel(
        "clip/search",
        "Words and pictures are looked up in the same space. Click a picture to go on from it.",
        ("way", "library", "pictures", "k"),
        primary="Search",
        private="picture_secret",
        labels={**LABELS, "pictures": "Scenes"},
        extra={"query": query, "picture": picture, "folder": mine},
    )
    way = parts.controls["way"]
    quiet: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
    for name in ("way", "library"):  # the browser shows what belongs to them, and hides the rest
        parts.controls[name].change(  # type: ignore[attr-defined]
            None,
            parts.controls[name],
            js=f"(value) => {{ document.getElementById('{run}').dataset.{name} = value; }}",
            **quiet,
        )
    picture.taken(None, None, way, js="() => 'picture to pictures'", **quiet).then(  # type: ignore[attr-defined]
        None, js=f"() => atlas.generate('{run}')", **quiet
    )
    return parts


def _sums() -> Panel:
    options = of.ArithmeticOptions
    terms = {
        name: PicturePicker(
            _default(options, name),
            label=label,
            elem_id=f"p-clip-arithmetic-{name}",
            most=1,
            words=True,
            render=False,
            info="Words, or a picture in their place",
        )
        for name, label in (("start", "A"), ("minus", "less B"), ("plus", "plus C"))
    }
    return _panel(
        "clip/arithmetic",
        "A - B + C, with words and pictures alike; then the nearest pictures.",
        ("amount", "library", "pictures", "k"),
        primary="Add up",
        extra=terms,
        labels={**LABELS, "pictures": "Scenes"},
    )


def _occlude() -> Panel:
    run = "p-clip-occlude"
    patches = PatchPad(run, render=False)
    text = gr.Textbox(
        _default(of.OccludeOptions, "text"),
        label="Looked for",
        max_lines=2,
        interactive=True,
        info="Words; empty for the caption of a scene",
        elem_classes="control",
        render=False,
        min_width=0,
    )
    return _panel(
        "clip/occlude",
        "A grey patch hides a part. Where the cosine falls, something counted.",
        ("patch", "stride"),
        primary="Slide the patch",
        stage=patches,
        extra={"picture": _one(of.OccludeOptions, run), "text": text},
    )


def _gap() -> Panel:
    own = "p-clip-space-pictures"
    picked = PicturePicker(label="Pairs of your own", elem_id=own, render=False, empty="None: scenes are drawn.")
    texts = _lines(of.SpaceOptions, "texts", "Their texts", "One a line; empty: the captions of the scenes")
    parts = _panel(
        "clip/space",
        "Pictures and texts on one map: two clouds with a gap between, until their means are taken away.",
        ("scenes", "axes"),
        primary="Draw the map",
        extra={"pictures": picked, "texts": texts},
    )
    return _paired(parts, own)


def _paired(parts: Panel, own: str) -> Panel:
    """The texts follow the pictures the visitor adds or removes, in the browser."""
    picked, texts = parts.controls["pictures"], parts.controls["texts"]
    picked.input(
        None,
        texts,
        texts,
        js=f"(lines) => atlas.pairs('{own}', lines)",
        queue=False,  # type: ignore[attr-defined]
        show_progress="hidden",
        api_visibility="private",
    )
    return parts


def _typographic() -> Panel:
    options = of.TypographicOptions
    return _panel(
        "clip/typographic",
        "A word is written on the picture. Is the picture then taken for the word?",
        ("word", "size", "paper", "place"),
        primary="Write it",
        extra={
            "picture": _one(options, "p-clip-typographic"),
            "classes": _lines(options, "classes", "Classes", "One a line; the word among them", rows=4),
        },
    )


def _train() -> Panel:
    return _panel(
        "clip/contrast",
        "Two towers learn in front of you: what belongs together is pulled together, the rest apart.",
        ("texts", "eyes", "loss", "steps", "batch_size", "learning_rate"),
        primary="Train",
    )


TABS = {
    "Matrix": _matrix,
    "Zero-shot": _zero_shot,
    "Search": _search,
    "Sums": _sums,
    "Occlude": _occlude,
    "Gap": _gap,
    "Typographic": _typographic,
    "Train": _train,
}
