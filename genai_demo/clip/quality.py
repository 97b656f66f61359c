"""Measured quality of the small CLIP: `measure` writes the card, `table` reads it."""

from __future__ import annotations

from typing import Any

from genai_demo.quality.cards import Watch, card
from genai_demo.quality.tables import table as table_of

MODEL = "clip/atlas"
SHEET = "Twelve scenes of emoji (Noto), then twelve of the picture world"


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Names, captions and words among many pictures, whose numbers are its own; see `measuring`."""
    from genai_demo.clip import measuring

    return measuring.measure(samples, watch)


def table() -> str:
    """Share of texts and pictures that find each other, from the card."""
    q = card(MODEL)["quality"]

    def share(name: str) -> str:
        return f"{100 * q[name]:.1f} %"

    rows = [
        [f"{words}: {which}", *(share(f"{part}_{name}_{end}") for end in ("to_picture_1", "to_picture_5", "to_text_1"))]
        for part, words in (("vendor", "emoji of a vendor never seen"), ("taught", "emoji of a vendor seen"))
        for name, which in (("seen", "concepts seen"), ("unseen", "concepts never seen"))
    ]
    several = (
        ("world", "picture world"),
        ("scenes", "scenes of emoji"),
        ("scenes_vendor", "scenes of emoji of a vendor never seen"),
    )
    rows += [[words, share(f"{part}_to_picture_1"), "", share(f"{part}_to_text_1")] for part, words in several]
    swaps = "; ".join(f"{words} {share(f'{part}_relation_swap')}" for part, words in several)
    note = (
        f"Emoji: the name among all {q['vendor_pictures']:,} pictures of the vendor, {q['vendor_unseen_concepts']} of "
        f"them of concepts that were in no training. Scenes: a caption among {q['among']} pictures, {q['captions']:,} "
        "captions. The true caption against the one with the relation reversed, left for right or above for below "
        f"(half is chance): {swaps}; against the one with two colours exchanged: picture world "
        f"{share('world_colour_swap')}. Zero-shot, which of {q['attack_kinds']} kinds of thing a scene of the picture "
        f"world shows: {share('attack_right')}. The same with the name of another kind written on it: right "
        f"{share('attack_right_with_word')}, taken for what is written {share('attack_word')}; with other letters, as "
        f"many: right {share('attack_right_with_letters')}, taken for that kind {share('attack_letters')}. A word by "
        f"itself, among the {q['words_words']} that training wrote: {share('words_to_text_1')}."
    )
    heads = ["searched", "text to picture, first", "among the first 5", "picture to text, first"]
    return f"{table_of(heads, rows)}\n\n{note}\n\n![{SHEET}](samples.png)"
