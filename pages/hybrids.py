"""The page of hybrids: a decoder that acts, a VAE with a GAN's ruler; who borrows what."""

from __future__ import annotations

from typing import Any

from genai_demo.hybrids import ACTORS, VAEGANS
from pages.parts.bench import Bench, later
from pages.parts.lead import Try
from pages.parts.pads.pads import PicturePad
from pages.parts.page import build_page
from pages.parts.timeline import Entry

LABELS = {
    "ask": "Return asked for",
    "start": "Start",
    "temperature": "Temperature",
    "lowest": "From",
    "highest": "To",
    "steps": "Steps",
    "weight": "Adversarial weight",
    "learning_rate": "Learning rate",
    "hybrid": "Hybrid",
    "text": "Sentence",
    "first": "First word hidden",
    "hidden": "Words hidden",
    "sentences": "Sentences after it",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "hybrid": [
        ("All of them", "all of them"),
        ("Decision Transformer", "Decision Transformer"),
        ("VAE-GAN", "VAE-GAN"),
        ("Latent diffusion", "Latent diffusion"),
        ("Masked diffusion", "Masked diffusion"),
        ("State space + attention", "State space + attention"),
    ]
}
TIMELINE = (
    Entry("VAE-GAN", 2016, "hybrids/weigh", "Likeness as a discriminator sees it"),
    Entry("Searched codes", 2016, "hybrids/sides", "A GAN without an encoder, asked for a picture"),
    Entry("RAG", 2020, "", "A retriever and a language model"),
    Entry("Decision Transformer", 2021, "hybrids/decide", "Acting is the next token, after the return"),
    Entry("Masked diffusion", 2021, "hybrids/order", "Text out of gaps, the surest first"),
    Entry("Latent diffusion", 2022, "", "Diffusion in a VAE's latents"),
    Entry("Jamba", 2024, "", "Attention among state spaces"),
)
LOOK = (
    "A decoder walks through a world of cells and gathers what lies there. It was told what it should gather in all; "
    "see how the way changes with that number."
)
TRIES = (
    Try(
        "Can one ask a network for a worse result?",
        "run=hybrids/decide&ask=1",
        "It is asked for 1, though 11 is to be had. What will it do with its 24 steps? Then ask for 10.",
        "It takes one small thing, or none, and idles away from the rest: it learnt from walks of all qualities, and "
        "acts as those did that ended with such a return. Asked for 10 it goes for what is worth most.",
    ),
    Try(
        "Does it get what it is asked for?",
        "run=hybrids/returns",
        "From every start, one return after the other. Does the line follow the diagonal? And beyond what there is?",
        "Nearly, as far as there is something to be had. Asked for more it gets a little less than the best: nothing "
        "it learnt from looked like that. Decoders that only imitate get one return, whatever one wants.",
    ),
    Try(
        "What does a discriminator find more alike than pixels do?",
        "run=hybrids/weigh",
        "The adversarial weight grows from frame to frame. One of the two errors falls and the other rises. Which? "
        "And what happens to the sharpness?",
        "The error of pixels rises, that of features falls a little, and pictures get sharper: an edge that is a pixel "
        "off costs much in pixels, a blurred edge costs much to a discriminator.",
    ),
    Try(
        "Can a GAN draw your picture?",
        "run=hybrids/sides",
        "VAE and VAE-GAN encode it in one pass. The GAN has no encoder: its code is searched. Does it get there?",
        "This sneaker, yes, nearer than both others, but in a hundred steps where they need one pass. Then draw "
        "something that is no garment: what it can't draw, no search finds.",
    ),
    Try(
        "Is text better written from the left, or from both sides?",
        "run=hybrids/order",
        "Three words are hidden, here and in sentence after sentence. One network fills the gaps in two ways: surest "
        "first, seeing all, or from the left, seeing only what stands before. Which puts back more? And a decoder, six "
        "times as large, that sees only the left?",
        "Seeing both sides, by far, with the same weights: what comes after a gap says much about it. With half the "
        "passes it costs about what going from the left does, and loses little. The large decoder knows far more, and "
        "puts back fewer: it cannot see where the sentence is going. Where there is nothing behind, as in a chat, it "
        "is the one that writes well.",
    ),
)
PICTURE = "sample:73"
BENCHES = (
    Bench(
        "Decide",
        "hybrids/decide",
        "A decoder reads returns, states and actions as one text, and acts after the return that is asked for.",
        ("ask", "start", "temperature"),
        primary="Walk",
        group="Decision Transformer",
        model_in_sight=True,
    ),
    Bench(
        "Asked and had",
        "hybrids/returns",
        "One return after the other is asked for, from every start, beside decoders that only imitate.",
        ("lowest", "highest", "temperature"),
        primary="Ask",
        group="Decision Transformer",
    ),
    Bench(
        "Weight",
        "hybrids/weigh",
        "From a plain VAE to a VAE-GAN: the same picture and codes, and the adversarial weight as the film's axis.",
        (),
        primary="Compare",
        own={"picture": later(PicturePad, PICTURE, label="Picture", elem_id="weigh-picture")},
        group="VAE-GAN",
    ),
    Bench(
        "Three ways",
        "hybrids/sides",
        "VAE, VAE-GAN and GAN on the same picture; the GAN's code has to be searched.",
        ("steps",),
        labels={**LABELS, "steps": "Steps of the search"},
        primary="Search",
        own={"picture": later(PicturePad, PICTURE, label="Picture", elem_id="sides-picture")},
        group="VAE-GAN",
    ),
    Bench(
        "Train",
        "hybrids/learn",
        "A VAE and a VAE-GAN learn drawn shapes side by side, from the same weights and pictures.",
        ("weight", "steps"),
        primary="Train",
        group="VAE-GAN",
    ),
    Bench(
        "Order",
        "hybrids/order",
        "Hidden words, put back by masked diffusion and from left to right: which is right, and what does it cost?",
        ("text", "first", "hidden", "sentences"),
        primary="Put back",
        model_in_sight=True,
    ),
    Bench(
        "Who borrows what",
        "hybrids/borrowed",
        "The parameters of each hybrid by where its parts come from, and what it gains over its parents.",
        ("hybrid",),
        primary="Count",
    ),
)


def build() -> None:
    """The page."""
    models = tuple(spec.key for spec in (*ACTORS, *VAEGANS))
    build_page(
        "hybrids", BENCHES, labels=LABELS, choices=CHOICES, timeline=TIMELINE, models=models, tries=TRIES, look=LOOK
    )
