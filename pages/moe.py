"""The page of mixtures of experts: where tokens go, more or fewer, some off, capacity, words, balance, cost."""

from __future__ import annotations

from typing import Any

from pages.parts.bench import Bench
from pages.parts.lead import Try
from pages.parts.page import build_page
from pages.parts.timeline import Entry

LABELS = {
    "temperature": "Gate temperature",
    "page": "Part of the text",
    "other": "Another text",
    "stretches": "Held-out stretches",
    "off": "Experts off",
    "force": "Force expert",
    "layer": "Layer",
    "max_new_tokens": "Tokens written",
    "order": "Who is first",
    "listed": "Words listed",
    "seen": "Seen at least",
    "balance": "Balance loss",
    "top_k": "Experts a point",
    "shared": "Shared expert",
    "steps": "Steps",
    "lead": "One begins ahead by",
    "learning_rate": "Learning rate",
    "times": "Passes",
}
CHOICES: dict[str, list[tuple[str, Any]]] = {
    "order": [("As they stand", "as they stand"), ("Surest first", "surest first")]
}
TIMELINE = (
    Entry("Adaptive mixtures", 1991, "", "A few experts and a gate"),
    Entry("Sparsely gated", 2017, "moe/train", "A few of thousands, between LSTM layers"),
    Entry("GShard", 2020, "moe/capacity", "Room for so many; the others are dropped"),
    Entry("Switch", 2021, "moe/route", "One expert is enough", "model=moe/top1"),
    Entry("GLaM", 2021, "moe/twins", "Two of 64, in every second layer"),
    Entry("Expert choice", 2022, "", "Experts choose their tokens"),
    Entry("Mixtral", 2023, "moe/route", "Two of eight, open weights"),
    Entry("DeepSeekMoE", 2024, "moe/train", "Small experts, and shared ones", "shared=true"),
    Entry("OLMoE", 2024, "moe/words", "Eight of 64; all of it open"),
    Entry("DeepSeek-V3", 2024, "", "A bias in place of the balance loss"),
)
LOOK = (
    "Each token has the colour of the expert that it goes to first. Scrub through the layers: four languages and some "
    "Python, and nobody told the router which is which."
)
TRIES = (
    Try(
        "Do experts learn subjects?",
        "run=moe/words&layer=2",
        "Read the favourite words of each expert: a subject, a language, or something else? Then the bits: how much "
        "does the expert alone say of where a token comes from?",
        "Hardly. Words, endings and signs gather at some experts, and a language leans to some of them, but one "
        "choice says a small part of a bit, and some experts get next to nothing.",
    ),
    Try(
        "Does one choice tell the language, or do many together?",
        "run=moe/route",
        "One expert says little of a domain. Delete all but one of the five texts, run it, and read what the load of "
        "all tokens looks like.",
        "Many together: the load of a stretch is nearly always likest that of its own domain, as the table of "
        "measured quality says, though each choice by itself says so little.",
    ),
    Try(
        "Does the token decide where it goes, or what stands around it?",
        "run=moe/context",
        "Some tokens of an English sentence stand in Python too. Are their experts the same there? Read the curves "
        "from the first layer to the last.",
        "In the first layer the token: most of its experts are the same in both texts. Later a program is another "
        "surrounding than a sentence, and a token has no more in common with itself there than with others. Over all "
        "text held out, the other two curves, the token says more in every layer, but the gap gets narrower with each.",
    ),
    Try(
        "Are more experts better?",
        "run=moe/topk",
        "It was trained with two. Guess where perplexity is lowest, and what all eight cost; then scrub.",
        "No. On text held out one costs several per cent, three are about as good as two, and from there on each more "
        "makes it a little worse: those it was not trained to mix in only disturb. A single short text, as yours, may "
        "have its lowest point elsewhere.",
    ),
    Try(
        "Can it do without two of its experts?",
        "run=moe/force&off=1 2",
        "Experts 1 and 2 are off in every layer. Where does the changed text leave the other one, and which places "
        "move most?",
        "Most places hardly move, for others take over; a few move by more than a nat. The texts part early, and at a "
        "place that hardly moves: two tokens are about as likely there, and a small push decides which is taken.",
    ),
    Try(
        "How much room does an expert need?",
        "run=moe/capacity",
        "A capacity factor of 1 would do if the load were even. How many choices are dropped there, and what happens "
        "to perplexity below it?",
        "Nearly half of them, for the load is uneven; and yet perplexity rises slowly down to a factor of about 1.25. "
        "Second choices go first, and count less. Below 1 tokens find no room at all, and it falls apart.",
    ),
    Try(
        "Can a router forget all of its experts but one?",
        "run=moe/train",
        "Two networks, the same weights, the same points; one expert begins well ahead. How many experts work at the "
        "end, with the balance loss and without? Then tick Shared expert.",
        "Without the loss one keeps everything to the end, and names clearly fewer points right: the others are never "
        "chosen, so they never learn. With it three or four come to work, though hardly evenly. A shared expert "
        "hardly undoes the collapse, but makes it cost less.",
    ),
    Try(
        "Does a router need the balance loss, if nobody begins ahead?",
        "run=moe/train&lead=0",
        "The same training with all experts level at the start. How many are left without work, and what does that "
        "cost in right answers?",
        "Without the loss about half of them are left idle, with it one or two. The answers are about as good: three "
        "such experts are enough for these points. An idle one is wasted memory; only a full collapse is worse.",
    ),
    Try(
        "Is a mixture as good as a dense network of all its parameters?",
        "run=moe/twins",
        "Four networks after as much training on the same text. Say the order of their perplexities first: two experts "
        "a token, one, a dense twin as wide as two experts, and one as wide as all.",
        "No. The twin that uses everything it holds is best by far. Two experts a token beat the dense twin that "
        "computes as much; one a token is about level with that twin, with less computation. Both mixtures hold as "
        "much as the largest, and take more time than their FLOPs let one expect.",
    ),
)


BENCHES = (
    Bench(
        "Your text",
        "moe/route",
        "Where each token of your text goes, layer by layer, and how the experts are loaded.",
        ("text", "temperature"),
        primary="Route",
        group="Route",
    ),
    Bench(
        "Another context",
        "moe/context",
        "The same tokens in two texts: does the token decide where it goes, or what stands around it?",
        ("text", "other"),
        primary="Compare",
        group="Route",
    ),
    Bench(
        "Top-k",
        "moe/topk",
        "One expert a token, two, up to all of them: scrub, and read what each costs.",
        ("text", "temperature", "stretches"),
        primary="Measure",
    ),
    Bench(
        "Off or forced",
        "moe/force",
        "Switch experts off, or send every token to one: what comes next, before and after.",
        ("text", "off", "force", "layer"),
        opening={"off": "1 2"},
        primary="Write on",
    ),
    Bench(
        "Capacity",
        "moe/capacity",
        "Less and less room at each expert: which tokens find none, and what that costs.",
        ("text", "order", "layer"),
        primary="Squeeze",
    ),
    Bench(
        "Experts' words",
        "moe/words",
        "Which words does each expert like best, and which domains does it tell apart?",
        ("layer", "stretches"),
        primary="Read",
    ),
    Bench(
        "Balance",
        "moe/train",
        "Six experts learn points while you watch, once with the balance loss and once without.",
        ("balance", "top_k", "shared", "lead", "steps"),
        primary="Train",
    ),
    Bench(
        "Cost",
        "moe/twins",
        "What mixtures and their dense twins hold, use, take and give: times are measured now on this machine.",
        ("text", "times"),
        primary="Measure",
    ),
)


def build() -> None:
    """The page."""
    build_page(
        "moe",
        BENCHES,
        labels=LABELS,
        choices=CHOICES,
        timeline=TIMELINE,
        models=("moe/top2", "moe/top1", "moe/active", "moe/total"),
        tries=TRIES,
        look=LOOK,
    )
