"""The page of vision-language models: ask, what answers rest on, patches as words, erase, move, parts, training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from genai_demo.clip import pictures
from genai_demo.core.run import find_run
from pages.parts.bench import Bench, bench_id, later
from pages.parts.chat.chat import ChatPad
from pages.parts.drop.drop import DropPad
from pages.parts.lead import Try
from pages.parts.page import build_page
from pages.parts.scene.scene import ScenePicker
from pages.parts.stream import BATCHED
from pages.parts.timeline import Entry

LABELS = {
    "question": "Question",
    "max_new_tokens": "Length",
    "top": "Listed",
    "listed": "Words listed",
    "word": "Erase",
    "direction": "Direction",
    "strength": "Strength",
    "thing": "Thing",
    "x": "To, from the left",
    "y": "To, from the top",
    "questions": "Questions",
    "steps": "Steps",
    "scenes": "Held-out scenes",
    "training": "Training",
    "asked": "Things asked for",
    "others": "Other pictures",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "direction": [("Of patches that show it", "of patches that show it"), ("Of its word", "of its word")],
    "training": [
        ("LLaVA: words, projector, both", "the whole training"),
        ("Words alone", "language"),
        ("The projector", "aligned"),
        ("Projector and decoder", "llava"),
        ("Cross-attention and its gates", "fusion"),
    ],
}
HINTS = (
    "Where is the house?",
    "What is to the right of the house?",
    "How many things are there?",
    "Which colour is the cat?",
    "Describe the picture.",
)
NOTE = "It knows the words of the picture world only, and answers in a few words."
TIMELINE = (
    Entry("ViLBERT", 2019, "", "Two encoders that attend to each other"),
    Entry("CLIP", 2021, "clip/similarity", "Pictures and captions in one space", page="clip"),
    Entry("Frozen", 2021, "vlm/stages", "A picture as a few vectors before the words", "training=aligned"),
    Entry("Flamingo", 2022, "vlm/stages", "A frozen decoder looks across; gates open", "training=fusion"),
    Entry("BLIP-2", 2023, "", "32 questions ask the picture; only their answers are read"),
    Entry("LLaVA", 2023, "vlm/ask", "Each patch a vector among words; two stages"),
    Entry("POPE", 2023, "vlm/invent", "Ask for what isn't there"),
    Entry("GPT-4V", 2023, "", "Chat about pictures, for everybody; its parts are not told"),
    Entry("Gemini", 2023, "", "Trained on pictures, sound and text from the start"),
    Entry("ProjectAway", 2024, "vlm/erase", "A thing erased by its direction"),
    Entry("SmolVLM", 2025, "vlm/ask", "LLaVA's way with a quarter of a billion weights"),
)
LOOK = (
    "Below the answer stands what the model says of a grey picture. If both are the same, the answer was never about "
    "the picture."
)
TRIES = (
    Try(
        "Does it answer from the picture, or from habit?",
        "run=vlm/ask&turns=Where is the house?",
        "Read the answer first, then what it says of a grey picture.",
        "From the picture: of a grey one it says that there is no house, and the first answer is hardly likely there.",
    ),
    Try(
        "It says that the house is red. Does it know that it is not yellow?",
        "run=vlm/ask&turns=Is there a yellow house?",
        "A red house and a yellow star are there. Guess the answer, then ask the model of the first stage as well.",
        "It does: it says no. The first stage says yes, though it calls the house red: its decoder was seldom asked "
        "for a thing in the colour of another. Only what is asked in training is learnt.",
    ),
    Try(
        "Is what it attends to what the answer rests on?",
        "run=vlm/rest&question=Which colour is the house?",
        "Leave patches out by clicks: how few have to go until it says something else? Compare the map with attention.",
        "One is enough: the patch in which the house has its centre, for there the tower says what it is. Attention "
        "has its peak there too, but not always: over many questions both agree in part only (Data and quality).",
    ),
    Try(
        "Are its patches words?",
        "run=vlm/patches",
        "Scrub from the projector through the layers: what are the patches on the things nearest to?",
        "At the projector to what is there, as house and star. Behind the layers to where it is, a row or a column, "
        "and some to “many”. Nearly all others say background.",
    ),
    Try(
        "Can a thing be taken out of its sight?",
        "run=vlm/erase&word=house&question=Is there a house?",
        "The direction of the house is subtracted from every patch, more with each frame. Does the fish stay?",
        "It can. From about a half on it says no, and from three quarters on its caption has something else in the "
        "same colour where the house was. Star and fish stay.",
    ),
    Try(
        "Which answers flip as a thing moves?",
        "run=vlm/move",
        "The house goes from left to right, step by step. Which of the five answers may change, and which must not?",
        "Only those about its place: first its own, then on which side of the star it is. Colour, number and what is "
        "above the star stay.",
    ),
    Try(
        "Is the order of the patches needed?",
        "run=vlm/parts&question=Where is the house?",
        "The patches come shuffled. Is that as bad as noise?",
        "No. Nearly all answers stay right, for each patch says its own row and column. Noise, a new projector or none "
        "leave no more than a grey picture does.",
    ),
    Try(
        "What does the projector learn before the decoder may change?",
        "run=vlm/stages",
        "Follow the right answers through the stages: how far does the projector alone come?",
        "About as far as the decoder came with words, in a fraction of the steps: it learns to say what the decoder "
        "can read already. The rest takes both.",
    ),
    Try(
        "Does it see what isn't there?",
        "run=vlm/invent",
        "Four ways to ask for what is missing, one for what is there. Which tempts it most?",
        "One thing in the colour of another, and even that seldom. The first stage says yes to every one of these; to "
        "all other questions about missing things it too says that they are not there.",
    ),
    Try(
        "Does a model that was trained otherwise find the picture by its caption?",
        "run=vlm/caption",
        "With each word CLIP looks again. Which word brings the picture to the first place?",
        "The second thing: with a red house alone, other pictures fit as well.",
    ),
)


def _default(run: str, option: str) -> Any:
    return find_run(run).options.parse({}).model_dump()[option]


def _picked(run: str, label: str = "Picture") -> Callable[[], ScenePicker]:
    own = f"{bench_id(run)}-picture"
    return later(ScenePicker, _default(run, "picture"), library=pictures, label=label, elem_id=own, most=1)


def _question(run: str) -> Callable[[], gr.Textbox]:
    """A line for a question, in sight on a phone too."""
    common = {"max_lines": 2, "interactive": True, "elem_classes": "control", "min_width": 0}
    info = find_run(run).options.model_fields["question"].description
    return later(gr.Textbox, _default(run, "question"), label="Question", info=info, **common)


def _lines(run: str, option: str, label: str) -> Callable[[], gr.Textbox]:
    """Several lines, in sight on a phone too."""
    look = {"lines": 5, "max_lines": 12, "interactive": True, "elem_classes": "control lines", "min_width": 0}
    info = find_run(run).options.model_fields[option].description
    return later(gr.Textbox, _default(run, option), label=label, info=info, **look)


ASK, REST = "vlm/ask", "vlm/rest"
BENCHES = (
    Bench(
        "Ask",
        ASK,
        "Build a scene, ask about it and chat on. Below: each word of the answer, and the answer to a grey picture.",
        ("temperature",),
        primary="Ask",
        own={"picture": _picked(ASK), "turns": later(ChatPad, bench_id(ASK), hints=HINTS, note=NOTE)},
        stage="turns",
        model_in_sight=True,
        slots=BATCHED,
    ),
    Bench(
        "What it rests on",
        REST,
        "Each patch is left out once: what does the answer lose? Beside it: covered in the picture, and attention.",
        (),
        primary="Leave each out",
        own={"picture": _picked(REST), "question": _question(REST), "dropped": later(DropPad, bench_id(REST))},
        stage="dropped",
        model_in_sight=True,
    ),
    Bench(
        "Patches as words",
        "vlm/patches",
        "Which word is each patch nearest to, as the projector gives it and behind each layer of the decoder?",
        (),
        primary="Read them",
        own={"picture": _picked("vlm/patches")},
        model_in_sight=True,
        group="Inside",
    ),
    Bench(
        "Erase",
        "vlm/erase",
        "A thing's direction is subtracted from all patches: is it gone from the answers, and the others still there?",
        ("word", "direction", "strength"),
        primary="Erase",
        own={"picture": _picked("vlm/erase"), "question": _question("vlm/erase")},
        group="Change",
    ),
    Bench(
        "Move",
        "vlm/move",
        "One thing goes somewhere else, step by step, and the same questions are asked at each: which answers flip?",
        ("thing", "x", "y"),
        primary="Move it",
        own={"picture": _picked("vlm/move", "Scene"), "questions": _lines("vlm/move", "questions", "Questions")},
        group="Change",
    ),
    Bench(
        "Parts",
        "vlm/parts",
        "The projector shuffled, replaced by noise, new or left out; or cross-attention in its place, on one question.",
        ("scenes",),
        primary="Try each",
        own={"picture": _picked("vlm/parts"), "question": _question("vlm/parts")},
        group="Inside",
    ),
    Bench(
        "Training",
        "vlm/stages",
        "As it was trained, from the cards of its weights: words, then the projector, then both; or gates that open.",
        ("training",),
        primary="Show",
        own={"picture": _picked("vlm/stages"), "question": _question("vlm/stages")},
    ),
    Bench(
        "Invented",
        "vlm/invent",
        "It is asked for things that are not there, in scenes that it never saw. How often does it see them?",
        ("scenes", "asked"),
        primary="Ask",
        model_in_sight=True,
    ),
    Bench(
        "Caption",
        "vlm/caption",
        "The picture in words; and CLIP, which was trained otherwise, looks for the picture by them.",
        ("others",),
        primary="Describe",
        own={"picture": _picked("vlm/caption")},
        model_in_sight=True,
    ),
)


def build() -> None:
    """The page."""
    models = ("vlm/llava", "vlm/fusion", "vlm/aligned", "vlm/language")
    build_page("vlm", BENCHES, labels=LABELS, choices=CHOICES, timeline=TIMELINE, models=models, tries=TRIES, look=LOOK)
