"""Measured quality of the models trained here: `measure` writes it on their cards, `table` reads it."""

from __future__ import annotations

from typing import Any

from genai_demo.quality.cards import Watch, card, write
from genai_demo.quality.tables import percent
from genai_demo.quality.tables import table as table_of

SEEING = ("llava", "fusion", "aligned")
LANGUAGE = "language"
ASKED = 60  # questions of which it is seen how far what an answer rests on agrees with attention


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """On scenes that no training saw, the same for all models: `samples` is not needed."""
    from genai_demo.core.load import load
    from genai_demo.vlm import agreement, measuring

    found: dict[str, Any] = {}
    for name in watch((*SEEING, LANGUAGE), "models"):
        key = f"vlm/{name}"
        if name == LANGUAGE:
            found[key] = measuring.measured_language(measuring.blind(load(key)))
        else:
            model = load(key)
            found[key] = measuring.measured(model) | {"agreement": agreement.measured(model, ASKED)}
        write(key, found[key])
    return found


def table() -> str:
    """Right answers by kind: with the picture, with a grey one, of what was never seen together, and from words."""
    cards = {name: card(f"vlm/{name}") for name in (*SEEING, LANGUAGE)}
    q = {name: one["quality"] for name, one in cards.items()}
    columns = [
        (cards["llava"]["title"], q["llava"]["picture"]),
        ("a grey picture", q["llava"]["blank"]),
        ("a colour never seen on the thing", q["llava"]["new_colour"]),
        ("two things never seen so", q["llava"]["new_relation"]),
        (cards["fusion"]["title"], q["fusion"]["picture"]),
        ("a grey picture", q["fusion"]["blank"]),
        ("projector alone trained", q["aligned"]["picture"]),
        ("the scene in words", q[LANGUAGE]["told"]),
        ("nothing: the language's prior", q[LANGUAGE]["nothing"]),
    ]
    rows = [[kind, *(percent(found[kind], 0) for _, found in columns)] for kind in q["llava"]["picture"]]
    return "\n\n".join(
        (table_of(["asked", *(title for title, _ in columns)], rows), _said(q), _agreed(q), _made(cards))
    )


def _said(q: dict[str, Any]) -> str:
    first, second = ([percent(share, 0) for share in q[name]["invented"].values()] for name in SEEING[:2])
    return (
        f"Answers right word for word, of {q['llava']['questions']:,} questions about {q['llava']['scenes']} scenes "
        "that no training saw; all: the mean over kinds. Things that are not there: LLaVA in small says yes to "
        f'"is there one?" in {first[0]}, and answers a question that takes one for granted in {first[1]}; Flamingo in '
        f"small in {second[0]} and {second[1]}."
    )


def _agreed(q: dict[str, Any]) -> str:
    one, other = (q[name]["agreement"] for name in SEEING[:2])
    return (
        f"What an answer rests on, {ASKED} questions each: the map of what is lost without each patch correlates with "
        f"that of patches covered in the picture by {one['covered']:.2f} (Flamingo in small {other['covered']:.2f}), "
        f"with attention, sinks masked, by {one['attention, sinks masked']:.2f} "
        f"({other['attention, sinks masked']:.2f}). The patch that counts most is the first by attention "
        f"in {percent(one['first by attention'], 0)} ({percent(other['first by attention'], 0)})."
    )


def _made(cards: dict[str, dict[str, Any]]) -> str:
    rows = [
        [one["title"], f"{one['parameters']:,}", f"{one['steps']:,}", f"{one['wall_seconds'] / 60:.0f} minutes"]
        for one in cards.values()
    ]
    return table_of(["", "parameters", "steps of its own training", "on one thread"], rows)
