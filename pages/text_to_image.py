"""The page of text to picture: twelve runs on seven tabs, then how it works."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import gradio as gr

from genai_demo.clip import pictures
from genai_demo.core.run import find_run
from genai_demo.core.spec import Bundled, find_spec
from genai_demo.data.world_words import vocabulary
from genai_demo.text_to_image import emoji_words
from pages.parts.bench import Bench, Panel, bench_id, later
from pages.parts.lead import Try
from pages.parts.pads.pads import PicturePad
from pages.parts.page import build_page
from pages.parts.prompt.prompt import PromptBox
from pages.parts.scene.scene import ScenePicker
from pages.parts.timeline import Entry
from pages.parts.wiring import ASIDE, when_drawn

SAMPLERS: list[tuple[str, Any]] = [("DDIM", "ddim"), ("DPM-Solver++", "dpm"), ("DDPM", "ddpm")]
LABELS = {
    "prompt": "Prompt",
    "negative_prompt": "Negative prompt",
    "samples": "Pictures",
    "steps": "Steps",
    "guidance_scale": "Guidance",
    "sampler": "Sampler",
    "maps": "Show what words look at",
    "planes": "Show guidance",
    "look_for": "Look for other words",
    "other_prompt": "Prompt of B",
    "fork": "Part after step",
    "other_guidance": "Guidance of B",
    "word": "A word of B",
    "weight": "is looked at, times",
    "other_sampler": "Sampler of B",
    "where": "What is changed",
    "strength": "Strength",
    "resample": "Repeats a step",
    "side": "Grows to the",
    "times": "How often",
    "way": "What goes over",
    "channel": "Channel",
    "amount": "Turned up by",
    "prompts": "Prompts",
    "most": "Guidance up to",
    "prompts_of": "New in the prompts",
    "enlarging": "Steps of enlarging",
    "rough": "Noise on the small picture",
    "temperature": "Temperature",
    "exchange": "Exchange the code after",
    "rank": "by the likeliest, number",
    "scenes": "Scenes counted",
    "block": "Attention of block",
    "place": "The patch that asks",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "sampler": SAMPLERS,
    "other_sampler": [("As A", "as A"), *SAMPLERS],
    "where": [("All of it", "everywhere"), ("What I paint over", "painted")],
    "side": [("Right", "right"), ("Left", "left"), ("Bottom", "below"), ("Top", "above")],
    "way": [("The words", "words"), ("The noise", "noise"), ("Both", "both")],
    "prompts_of": [("Nothing", "seen"), ("A thing's colour", "new_colour"), ("How two things lie", "new_relation")],
}
FORK = {  # a run opened as two ways that part at the step on screen
    "run": "text_to_image/fork",
    "without": ["maps", "planes", "look_for"],
    "step": "fork",
    "defaults": {"prompt": "a red house to the left of a yellow tree", "samples": 4},
    "most": {"samples": 6},
}
EXCHANGE = {"run": "text_to_image/write", "without": ["rank"], "step": "exchange", "defaults": {"rank": 2}}
TIMELINE = (
    Entry("alignDRAW", 2015, "", "The first pictures from captions"),
    Entry("VQ-VAE", 2017, "text_to_image/codebook", "A picture as numbers of a codebook that is learnt"),
    Entry("DALL-E", 2021, "text_to_image/write", "Codes of a picture, written one by one like text"),
    Entry("SDEdit", 2021, "text_to_image/edit", "Begin half-way, from a picture"),
    Entry("Latent diffusion", 2021, "text_to_image/autoencoder", "Not in pixels: in the codes of an autoencoder"),
    Entry("DALL-E 2", 2022, "", "From CLIP's vector of a text"),
    Entry("Imagen", 2022, "text_to_image/cascade", "A large reader of text, and a cascade of sizes"),
    Entry("Classifier-free guidance", 2022, "text_to_image/guidance", "Away from what no prompt would give"),
    Entry("Stable Diffusion", 2022, "text_to_image/generate", "The parts of this page, a hundred times larger"),
    Entry("Prompt-to-prompt", 2022, "text_to_image/fork", "Weigh a word where it is looked at", "word=red&weight=0"),
    Entry("DAAM", 2022, "text_to_image/attend", "What a word looks at"),
    Entry("DiT", 2022, "text_to_image/dit", "A transformer in place of the U-Net"),
    Entry("Flow matching", 2022, "text_to_image/dit", "Straight lines from noise to picture", "prompt=a blue ball"),
    Entry("SDXL", 2023, "", "Two readers, larger pictures"),
    Entry(
        "Terminal SNR of zero", 2023, "text_to_image/generate", "So that black can be black", "prompt=a star on black"
    ),
    Entry("FSQ", 2023, "text_to_image/codebook", "A codebook of rounded numbers, of which nearly all is used"),
    Entry("Stable Diffusion 3, FLUX", 2024, "", "Text and picture in one transformer, along straight lines"),
)
LOOK = (
    "Scrub through it: first a grey blur, then where something stands and in which colour, last what it is. A word is "
    "looked for where its thing will be."
)
TRIES = (
    Try(
        "When is it settled where things stand?",
        "run=text_to_image/generate&prompt=a red house to the left of a yellow tree&steps=20",
        "Scrub from the first step on: the background, places, colours, shapes. At which step could you have said what "
        "it will be?",
        "Ground and places in the first steps, colours soon after, shapes in the second half. Things and colours come "
        "out right here as a rule; that the house stands left of the tree, in most of the pictures that have both.",
    ),
    Try(
        "What does one word change?",
        "run=text_to_image/fork&prompt=a red house to the left of a yellow tree"
        "&other_prompt=a blue house to the left of a yellow tree",
        "Same noise, one word exchanged. What else moved besides the colour?",
        "Often the house itself, and the tree with it: where things stand is settled in the first steps too, and the "
        "two ways part at the very first.",
    ),
    Try(
        "And if it is exchanged later?",
        "run=text_to_image/fork&prompt=a red house to the left of a yellow tree"
        "&other_prompt=a blue house to the left of a yellow tree&fork=8",
        "Both ways share the first eight steps. Move the step on: from where on does the new word come too late?",
        "After eight of twenty steps the house stays where it was and turns blue. After twelve or fifteen it is stuck "
        "half-way, orange, pink or purple; after eighteen it stays red, or nearly so.",
    ),
    Try(
        "A word that is there but not looked at",
        "run=text_to_image/fork&prompt=a red house to the left of a yellow tree&other_prompt=&word=red&weight=0",
        "B reads the whole prompt, but attention to “red” is taken away. The transformer that read the prompt has told "
        "the other words of it: does B still know the colour?",
        "It does. The house is red in B too: what was taken away had been told to “house” before, by the transformer "
        "that read the prompt.",
    ),
    Try(
        "Does more guidance always help?",
        "run=text_to_image/guidance",
        "One chart says how many prompts are obeyed, another how much pictures of one prompt differ, a third how many "
        "of their pixels are burnt. Where would you stop?",
        "No. Without it hardly a prompt is obeyed; with a little, most are; with much, fewer again, pictures of one "
        "prompt grow alike, and more of their pixels are burnt.",
    ),
    Try(
        "A thing in a colour it never had",
        "run=text_to_image/guidance&prompts_of=new_colour",
        "These pairs of colour and thing were kept from training. What it has understood rather than remembered is "
        "measured by them.",
        "Far more than none come out right: it puts together a colour and a thing that it has only seen apart. Six "
        "prompts are few; of more, pairs that it knows come out right more often (Data and quality).",
    ),
    Try(
        "The canvas grows",
        "run=text_to_image/outpaint&times=3&prompt=a green tree",
        "Each piece sees half of the piece before. Does the ground go on without a seam?",
        "Not quite: faint grey bars stay where a window ended. Codes at the edge of a picture are unlike those within, "
        "and the network draws such an edge wherever its window ends. Every window reads the whole prompt, too: one "
        "tree was asked for, and each of the three pieces has one.",
    ),
    Try(
        "What is lost before a word is read?",
        "run=text_to_image/autoencoder",
        "Twelve times fewer numbers. Look where the difference lies: on edges or on surfaces?",
        "On edges, and where something is a pixel wide: the boat's mast, the flower's stem. Surfaces come back as they "
        "were. No prompt can bring back what the code has lost.",
    ),
    Try(
        "What do sixteen pixels know?",
        "run=text_to_image/cascade&prompt=a blue cat above a green star",
        "The small picture is all that the second network gets to see, beside the words. What does it have to invent?",
        "The edges, the eyes, the points of the star. Where something stands and in which colour it only takes over: "
        "what the small picture has wrong, two cats in place of one, stays wrong.",
    ),
    Try(
        "How much of a codebook is used?",
        "run=text_to_image/codebook",
        "Two books of 1,000 numbers each. In one the entries are learnt, in the other they are only rounded. Which of "
        "them has more that no picture ever needs?",
        "The learnt one. An entry that is never the nearest learns nothing, so some lie idle for good, while rounding "
        "has no entries that could be left behind. The rounded one gives the picture back a little better, too.",
    ),
    Try(
        "One code exchanged",
        "run=text_to_image/write&exchange=18&rank=2",
        "The second likeliest number stands where the likeliest would. Is it the same picture, but for that place?",
        "No. What was written before stays; what comes after is drawn by other chances, though by the same luck. Here "
        "the house is gone and a tree stands in its place. The transformer can't go back and mend what no longer fits; "
        "diffusion looks at the whole picture in every step.",
    ),
    Try(
        "What does a network learn first?",
        "run=text_to_image/dit",
        "Three networks take off the same noise. The U-Net has learnt for long, both transformers for a short while; "
        "the numbers beneath say from how many noisy latents. What can a beginner draw already, and what not?",
        "The ground, the colours, and roughly where they lie; hardly a thing that one could name. It is the order in "
        "which a picture comes out of noise, too: what a thing is comes last. Both transformers put much the same "
        "blots in the same places, if not on the same ground: flow matching asks for the same in other measures.",
    ),
    Try(
        "Which patches does a patch look at?",
        "run=text_to_image/dit&block=4&place=36",
        "The transformer cuts the latents into 64 patches, and each may look at every other. Scrub: where does the "
        "marked one look at first, and where at the end? A click on another patch asks that one.",
        "Half of its attention is spread over eighteen patches at first and over fourteen at the end; the darkest then "
        "lie at the edges of the blots, some of them far away. Hardly any goes to itself. A U-Net's first layers would "
        "see its neighbours only.",
    ),
    Try(
        "Does it draw, or does it remember?",
        "run=text_to_image/generate&model=text_to_image/emoji&prompt=a blue umbrella, flat",
        "Another model: emoji, each seen in a few pictures only. Beside what it draws stands the nearest picture of "
        "its training. Is it a copy?",
        "No. Both are blue umbrellas with a hook for a handle, but the blue, the folds and the light are others: it "
        "has learnt what umbrellas have in common. How often one sees in its pictures what was asked for stands "
        "under Data and quality.",
    ),
    Try(
        "Where is the star?",
        "run=text_to_image/attend&picture=world:41&prompt=a purple apple and a yellow star",
        "Nothing is drawn here: the network is asked about a picture that is there, and its words point at it. "
        "Where do “purple” and “yellow” look?",
        "“star” looks at the star and “apple” at the apple. The colours look at the empty ground: the transformer that "
        "read the prompt has told them to “apple” and “star” already.",
    ),
)


def _default(run: str, option: str) -> Any:
    return find_run(run).options.parse({}).model_dump()[option]


def _words(model: str) -> list[str]:
    """Which list the words that a model knows are, and the words; [] for one that reads any word."""
    if not any(isinstance(source, Bundled) for source in find_spec(model).sources):
        return []
    if model == "text_to_image/emoji":
        return ["emoji", " ".join(emoji_words.shipped())]
    return ["world", " ".join(vocabulary())]


def _prompt(run: str, option: str = "prompt", label: str = "Prompt") -> Callable[[], PromptBox]:
    """A line for a prompt, which marks the words that the model never saw."""
    known = {key: _words(key) for key in find_run(run).models}
    return later(PromptBox, _default(run, option), known=known, label=label, elem_id=f"{bench_id(run)}-{option}")


def _picked(run: str) -> Callable[[], ScenePicker]:
    own = f"{bench_id(run)}-picture"
    return later(ScenePicker, _default(run, "picture"), library=pictures, label="Picture", elem_id=own, most=1)


def _opens(what: dict[str, Any]) -> Callable[[Panel], None]:
    """The button opens the run on the stage as another one that parts from it at the step on screen."""

    def wire(panel: Panel) -> None:
        js = f"(value) => atlas.openAs('{panel.id}', value, {json.dumps(what)})"
        panel.beside.click(None, panel.strip, None, js=js)

    return wire


def _asks(panel: Panel) -> None:
    """A click on a patch makes it the one that asks, and draws again."""

    def place(event: gr.EventData) -> int:
        return int(event.item)

    draw = f"() => document.getElementById('{panel.id}-run').click()"
    panel.strip.pick(place, None, panel.controls["place"], **ASIDE).then(None, js=draw, **ASIDE)


GENERATE, TWO, EDIT, GROW = (f"text_to_image/{name}" for name in ("generate", "fork", "edit", "outpaint"))
BLEND, ATTEND, CASCADE = (f"text_to_image/{name}" for name in ("blend", "attend", "cascade"))
WRITE, BOOK, DIT = (f"text_to_image/{name}" for name in ("write", "codebook", "dit"))
BENCHES = (
    Bench(
        "Generate",
        GENERATE,
        "Words become pictures: noise is taken off a small code of them, step by step.",
        ("samples", "steps", "guidance_scale", "maps"),
        own={"prompt": _prompt(GENERATE)},
        beside=later(
            gr.Button, "Fork here", size="sm", elem_classes="quiet", elem_id="fork-here", min_width=0, scale=0
        ),
        wire=_opens(FORK),
    ),
    Bench(
        "Two ways",
        TWO,
        "Two prompts on the same noise; or the same prompt with a word weighed, other guidance, another sampler.",
        ("fork", "steps", "guidance_scale", "other_guidance", "word", "weight"),
        own={"prompt": _prompt(TWO, label="Prompt of A"), "other_prompt": _prompt(TWO, "other_prompt", "Prompt of B")},
        labels={**LABELS, "guidance_scale": "Guidance of A", "sampler": "Sampler of A"},
        group="Two prompts",
    ),
    Bench(
        "Blend",
        BLEND,
        "From one prompt to another on one noise: what lies between two sentences?",
        ("way", "samples", "steps", "guidance_scale"),
        primary="Blend",
        own={"prompt": _prompt(BLEND, label="From"), "other_prompt": _prompt(BLEND, "other_prompt", "To")},
        labels={**LABELS, "samples": "Pictures on the way"},
        group="Two prompts",
    ),
    Bench(
        "Change",
        EDIT,
        "Noise is put on a picture and taken off under a prompt: everywhere, or only where you paint.",
        ("where", "strength", "samples", "steps", "guidance_scale"),
        primary="Change it",
        own={
            "picture": _picked(EDIT),
            "prompt": _prompt(EDIT),
            "mask": later(
                PicturePad,
                "",
                label="Paint anew",
                mask=True,
                backdrop_from=f"{bench_id(EDIT)}-picture",
                elem_id="edit-mask",
            ),
        },
        wire=when_drawn("mask", where="painted"),
        group="Edit a picture",
    ),
    Bench(
        "Grow",
        GROW,
        "The canvas grows by half a picture at a time; the network sees the half before and goes on from it.",
        ("side", "times", "samples", "steps", "guidance_scale"),
        primary="Grow",
        own={"picture": _picked(GROW), "prompt": _prompt(GROW)},
        opening={"times": 2},
        group="Edit a picture",
    ),
    Bench(
        "Words in a picture",
        ATTEND,
        "The network is asked about a picture that is there already: where does each word look?",
        ("steps",),
        primary="Look",
        own={"picture": _picked(ATTEND), "prompt": _prompt(ATTEND, label="Words")},
        labels={**LABELS, "steps": "Noise levels"},
    ),
    Bench(
        "Autoencoder",
        "text_to_image/autoencoder",
        "Diffusion never sees the picture, only its code. What does that lose, and what do its channels hold?",
        ("channel", "amount"),
        primary="There and back",
        own={"picture": _picked("text_to_image/autoencoder")},
        group="Codes of a picture",
    ),
    Bench(
        "Codebooks",
        BOOK,
        "A picture as 64 numbers of a codebook: one whose entries are learnt (VQ), and one that only rounds (FSQ).",
        ("scenes",),
        primary="Through both",
        own={"picture": _picked(BOOK)},
        group="Codes of a picture",
    ),
    Bench(
        "Code by code",
        WRITE,
        "No noise at all: a transformer writes the numbers of a picture one after another, as it would a text.",
        ("samples", "guidance_scale", "temperature", "exchange", "rank"),
        primary="Write",
        own={"prompt": _prompt(WRITE)},
        beside=later(
            gr.Button, "Exchange here", size="sm", elem_classes="quiet", elem_id="exchange-here", min_width=0, scale=0
        ),
        wire=_opens(EXCHANGE),
        group="Other ways",
    ),
    Bench(
        "Cascade",
        CASCADE,
        "No code either: a picture of 16 x 16 pixels from words, then a second network enlarges it.",
        ("samples", "steps", "enlarging", "guidance_scale"),
        primary="Small, then large",
        own={"prompt": _prompt(CASCADE)},
        group="Other ways",
    ),
    Bench(
        "Transformer",
        DIT,
        "What takes the noise off: a U-Net, a transformer over patches, or that transformer taught by flow matching.",
        ("samples", "steps", "guidance_scale", "block", "place"),
        primary="Draw with all",
        own={"prompt": _prompt(DIT)},
        wire=_asks,
        group="Other ways",
    ),
    Bench(
        "Guidance",
        "text_to_image/guidance",
        "How often a prompt is obeyed, as a detector sees it, against how much its pictures differ.",
        ("prompts", "samples", "steps", "most", "prompts_of"),
        primary="Measure",
        labels={**LABELS, "samples": "Pictures of each"},
    ),
)


def build() -> None:
    """The page."""
    models = ("text_to_image/world",)
    build_page(
        "text-to-image",
        BENCHES,
        labels=LABELS,
        choices=CHOICES,
        timeline=TIMELINE,
        models=models,
        tries=TRIES,
        look=LOOK,
    )
