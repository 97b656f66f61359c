"""The page of hybrids: a decoder that acts, a VAE with a GAN's ruler, one of melodies; who borrows what."""

from __future__ import annotations

from typing import Any

from genai_demo.hybrids import ACTORS, TUNES, TUNES_COLLAPSED, TUNES_DECODER, VAEGANS
from genai_demo.hybrids.music import options as music
from pages.parts.bench import Bench, bench_id, later
from pages.parts.lead import Try
from pages.parts.pads.pads import PicturePad
from pages.parts.page import build_page
from pages.parts.timeline import Entry
from pages.tunes import TunePad, TunePlayer

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
    "between": "Melodies between",
    "form": "Form",
    "busier": "Busier",
    "higher": "Higher",
    "kinship": "In common",
    "bars": "Bars to add",
    "top_p": "Top p",
    "search": "Search",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "hybrid": [
        ("All of them", "all of them"),
        ("Decision Transformer", "Decision Transformer"),
        ("VAE-GAN", "VAE-GAN"),
        ("MusicVAE", "MusicVAE"),
        ("Latent diffusion", "Latent diffusion"),
        ("Masked diffusion", "Masked diffusion"),
        ("State space + attention", "State space + attention"),
    ]
}
EXAMPLES = (
    ("A reel", music.FIRST),
    ("A slow air", music.SECOND),
    ("Running notes", "CDEF GABc | dcBA GFED"),
    ("A scale, and back", "C2D2 E2F2 | G2F2 E2D2"),
    ("Few long notes", "c4 G4 | A4 E4"),
    ("In dotted time", "A>B c>A G>E C2 | D>E F>D G>A B2"),
)
TIMELINE = (
    Entry("VAE-GAN", 2016, "hybrids/weigh", "Likeness as a discriminator sees it"),
    Entry("Searched codes", 2016, "hybrids/sides", "A GAN without an encoder, asked for a picture"),
    Entry("MusicVAE", 2018, "hybrids/interpolate", "Recurrent networks around a latent space of melodies"),
    Entry("Music Transformer", 2018, "hybrids/continue", "A melody as a text that is gone on with"),
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
        "first, seeing all, or from the left, seeing only what stands before. Which puts back more? And a much larger "
        "decoder, that sees only the left?",
        "Seeing both sides, by far, with the same weights: what comes after a gap says much about it. With half the "
        "passes it costs about what going from the left does, and loses little. The large decoder knows far more, and "
        "puts back fewer: it cannot see where the sentence is going. Where there is nothing behind, as in a chat, it "
        "is the one that writes well.",
    ),
    Try(
        "What lies between two melodies?",
        "run=hybrids/interpolate",
        "A running melody becomes a slow one in eight steps. Are those between in the scale? Listen from the first on.",
        "They are melodies of their own, in the scale, and from stop to stop little changes. The ends are the given "
        "ones note for note; what the network itself makes of them is said beside.",
    ),
    Try(
        "What does a code say that the decoder can do without?",
        "run=hybrids/interpolate&model=hybrids/tunes-collapsed",
        "The same network, trained with the KL in full from the first step. Look at the dimensions it uses. What will "
        "lie between the two melodies?",
        "No dimension is used: the posterior has collapsed. Between the two lies nearly the same tune again and again, "
        "the decoder's favourite, whatever was given. By the loss it was trained on that is no mistake: foretelling "
        "each step from those before is cheaper than a code. Then choose the other network.",
    ),
    Try(
        "Can one ask for more notes?",
        "run=hybrids/compose&busier=2",
        "The code is moved in one direction, found from busy and calm tunes. Count the notes; then take busier to -2.",
        "More notes with the same seed, and fewer the other way: in a latent space a wish is a direction. Pushed far, "
        "melodies become alike, for there few tunes were.",
    ),
    Try(
        "Does a decoder remember how the tune began?",
        "run=hybrids/continue",
        "It goes on with two bars until there are eight. Do bars come back, as they do in tunes?",
        "It stays in the key and moves as tunes do, but bars hardly ever come back note for note, which in the books "
        "they often do (Data and quality counts both). It says the next step well; it has no plan for the whole.",
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
        "Between two",
        "hybrids/interpolate",
        "Two melodies become codes; the way between the codes is decoded, and each stop is a melody.",
        ("between", "temperature"),
        primary="Interpolate",
        own={
            "first": later(
                TunePad, music.FIRST, label="First melody", examples=EXAMPLES, open=True, elem_id="tune-first"
            ),
            "second": later(TunePad, music.SECOND, label="Second melody", examples=EXAMPLES, elem_id="tune-second"),
        },
        stage=later(TunePlayer, bench_id("hybrids/interpolate"), series=True),
        group="Music",
        model_in_sight=True,
    ),
    Bench(
        "Compose",
        "hybrids/compose",
        "Codes are drawn by chance and moved towards busier or higher; a recurrent decoder says the notes.",
        ("form", "temperature", "busier", "higher"),
        primary="Compose",
        stage=later(TunePlayer, bench_id("hybrids/compose")),
        group="Music",
    ),
    Bench(
        "Go on",
        "hybrids/continue",
        "A decoder reads your melody as a text and goes on with it, a sixteenth at a time.",
        ("bars", "temperature"),
        primary="Go on",
        own={
            "melody": later(TunePad, music.FIRST, label="Your melody", examples=EXAMPLES, open=True, elem_id="tune-own")
        },
        stage=later(TunePlayer, bench_id("hybrids/continue")),
        group="Music",
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
    models = tuple(spec.key for spec in (*ACTORS, *VAEGANS, TUNES, TUNES_COLLAPSED, TUNES_DECODER))
    build_page(
        "hybrids", BENCHES, labels=LABELS, choices=CHOICES, timeline=TIMELINE, models=models, tries=TRIES, look=LOOK
    )
