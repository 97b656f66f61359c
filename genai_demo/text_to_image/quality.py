"""Measured quality of text to picture: `measure` writes it on the denoiser's card, `table` reads all three cards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genai_demo.core.cards import add_to_card, examples
from genai_demo.quality import sheets
from genai_demo.quality.cards import Watch, card, weights, write
from genai_demo.quality.tables import percent
from genai_demo.quality.tables import table as table_of

KEY, CASCADE, CODES, DIT, EMOJI = (f"text_to_image/{name}" for name in ("world", "cascade", "codes", "dit", "emoji"))
MODELS = {KEY: "Picture world", CASCADE: "Cascade", CODES: "Code by code", DIT: "Transformer", EMOJI: "Emoji"}
ROWS = {"seen": "nothing", "new_colour": "a thing in a colour it never had", "new_relation": "two things lie as never"}
EMOJI_ROWS = {
    "seen": "nothing",
    "new_style": "a concept in a style it never had",
    "new_colour": "a concept in a colour it never had",
}
COLUMNS = ("number", "palette", "things", "things_and_colours", "relations", "sizes", "background")


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Draw a picture of each of `samples` prompts of each half and look at them, and write the sheet; see `measuring`
    and, for emoji, `measuring_emoji`, whose pictures come by npm."""
    from genai_demo.text_to_image import measuring, measuring_emoji

    dit, straight = measuring.of_transformers(DIT, samples)
    found = {
        KEY: measuring.measure(KEY, samples, watch),
        CASCADE: measuring.of_cascade(CASCADE, samples),
        CODES: measuring.of_codes(CODES, samples),
        DIT: dit,
        EMOJI: measuring_emoji.measure(EMOJI, samples),
    }
    for key, values in found.items():
        write(key, values)
    add_to_card(_file("straight").with_suffix(".safetensors"), "quality", straight)
    sheets.write("text_to_image", [*measuring.rows(KEY), *measuring_emoji.rows(EMOJI)])
    return found


def _file(name: str) -> Path:
    return weights(KEY).with_name(f"{name}.json")


def _card(name: str) -> dict[str, Any]:
    """The card of one of the parts. Raises KeyError where it is not there."""
    path = _file(name)
    if not path.exists():
        raise KeyError(name)
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def table() -> str:
    """Prompts obeyed, what the judge is worth, what the autoencoder loses, and how near to the training."""
    whole = card(KEY)
    q, eye, code = whole["quality"], _card("detector")["quality"], _card("autoencoder")["quality"]
    rows = _rows(q)
    judge = ["the detector itself, on real scenes", "", "", *(percent(eye[name]) for name in _EYE)]
    heads = [
        "new in the prompt",
        "number",
        "colours",
        "right things",
        "and colours",
        "and places",
        "sizes",
        "background",
    ]
    said = (
        f"{q['prompts']} prompts a row, a picture each: {q['sampler']}, {q['steps']} steps, guidance "
        f"{q['guidance_scale']:g}. Number, colours: whatever the things are. Things: these kinds, as many, and no "
        "other. Places: of the prompts that ask for them; sizes and background likewise, where things and colours are "
        f"right. The last row bounds what can be measured. {whole['parameters']:,} parameters in all, "
        f"{whole['steps']:,} steps of the denoiser: numbers and colours come first, then what a thing is and "
        "the ground; words for places are learnt last."
    )
    lost = (
        f"The autoencoder gives scenes it never saw back with {code['decibels']:.1f} dB ({code['scenes']} scenes). "
        f"Shrunk to 16 x 16, the pictures made lie {q['nearest_median']:.3f} from the nearest "
        f"of {q['scenes_compared']:,} training scenes (median, colours from 0 to 1), new real scenes "
        f"{q['nearest_median_new']:.3f}; {percent(q['memorised'])} lie nearer than all but 1 % of the new ones."
    )
    sheet = (
        "![Picture world: prompts with nothing new, with a new colour, with a new relation, a row each; then emoji, "
        "with nothing new, with a new style, with a new colour](samples.png)"
    )
    others = [part for found, told in _others() for part in (found, table_of(heads, _rows(told)))]
    return "\n\n".join((table_of(heads, [*rows, judge]), said, *others, lost, *_emoji(), sheet, _weak()))


def _weak() -> str:
    """What the cards say is weak."""
    told = (f"- **{title}**: {card(key)['weak']}" for key, title in MODELS.items())
    return "What is weak, and what should mend it:\n\n" + "\n".join(told)


def _others() -> Iterator[tuple[str, dict[str, Any]]]:
    """What is said of the cascade, the transformer and codes, with their quality."""
    small = card(CASCADE)
    q = small["quality"]
    yield (
        f"**The cascade**, of as many prompts: {q['steps']} steps to 16 x 16 pixels and {q['enlarging']} more to "
        f"64 x 64. Shrunk again, its large pictures differ from the small ones by {q['off']:.1f} grey levels. Its "
        f"first network began from the latent denoiser and learnt {small['steps']:,} steps; the one that enlarges, "
        f"{_card('enlarger')['steps']:,}.",
        q,
    )
    unet, dit, straight = card(KEY), card(DIT), _card("straight")
    pictures = [examples(one) for one in (dit, unet)]
    count = dit["quality"]["prompts"]
    yield (
        f"**The transformer** in the U-Net's place, drawn alike, {count} prompts a row: it learnt "
        f"from {pictures[0]:,} noisy latents, the U-Net from {pictures[1]:,}, on the same scenes and captions.",
        dit["quality"],
    )
    yield (
        f"**The transformer, taught by flow matching**: begun with the other's weights, "
        f"{examples(straight):,} noisy latents more.",
        straight["quality"],
    )
    writer, (vq, fsq) = card(CODES), (_card(way)["quality"] for way in ("vq", "fsq"))
    q = writer["quality"]
    yield (
        f"**Code by code**, of as many prompts: guidance {q['guidance_scale']:g}, temperature {q['temperature']:g}, "
        f"{writer['steps']:,} steps of the transformer. Its codes are FSQ's: of {vq['scenes']} scenes never seen, FSQ "
        f"gives back {fsq['decibels']:.1f} dB and uses {fsq['used']:,} of {fsq['codes']:,} codes, as many as "
        f"{fsq['perplexity']:.0f} evenly used; VQ {vq['decibels']:.1f} dB and {vq['used']:,} codes, as "
        f"{vq['perplexity']:.0f}.",
        q,
    )


def _emoji() -> tuple[str, str]:
    """What is said of the model of emoji, and its table."""
    whole, made = card(EMOJI), _card("emoji-autoencoder")["quality"]
    q = whole["quality"]
    heads = ["new in the prompt", "concept", "among the first three", "colour", "style", "all of it"]
    rows = [[title, *(percent(q[name][column]) for column in EMOJI_COLUMNS)] for name, title in EMOJI_ROWS.items()]
    judge = ["real emoji, through the autoencoder", *(percent(q["judge"][column]) for column in EMOJI_COLUMNS)]
    said = (
        f"**Emoji**, {q['seen']['prompts']} prompts a row as “a blue banana, noto”, a picture each, by "
        f"{whole['parameters']:,} parameters: the U-Net began as the picture world's and learnt {whole['steps']:,} "
        f"steps of {whole['training']['batch_size']}. A classifier that learnt from the pictures of the training says "
        "which concept it sees; the last row bounds what it can say. The autoencoder gives emoji it never saw back "
        f"with {made['decibels']:.1f} dB. As latents, the pictures made lie {q['nearest_median']:.3f} from the nearest "
        f"of {q['pictures_compared']:,} of the training (median), real ones of concepts held out "
        f"{q['nearest_median_new']:.3f}; {percent(q['memorised'])} lie nearer than all but 1 % of those."
    )
    return said, table_of(heads, [*rows, judge])


def _rows(found: dict[str, Any]) -> list[list[str]]:
    return [[title, *(percent(found[name][column]) for column in COLUMNS)] for name, title in ROWS.items()]


EMOJI_COLUMNS = ("concept", "within_three", "colour", "style", "all")
_EYE = ("things", "things_and_colours", "relations", "sizes", "backgrounds")
