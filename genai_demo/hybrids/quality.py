"""Measured quality of the hybrids trained here: `measure` writes it on their cards, `table` reads it."""

from __future__ import annotations

from typing import Any

from genai_demo.hybrids import ACTORS, TUNES, TUNES_DECODER, VAEGANS
from genai_demo.quality.cards import Watch, card, write
from genai_demo.quality.tables import table as table_of

ASKED = (0, 4, 8, 10, 12)  # returns of the table


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Returns, distances of `samples` pictures to real ones, and melodies."""
    from genai_demo.core.load import load
    from genai_demo.hybrids import measuring
    from genai_demo.hybrids.music import measuring as music
    from genai_demo.hybrids.train_decision import measured as returns

    found: dict[str, Any] = {spec.key: returns(load(spec)) for spec in ACTORS}
    for spec in watch(VAEGANS, "VAE-GANs"):
        found[spec.key] = measuring.pictures(load(spec), samples)
    for spec in watch((TUNES, TUNES_DECODER), "melodies"):
        found[spec.key] = (music.of_vae if spec is TUNES else music.of_decoder)(load(spec))
    for key, values in found.items():
        write(key, values)
    return found


def table() -> str:
    """Returns by what was asked for; pictures by the adversarial weight."""
    actor, clone, best = (card(spec.key)["quality"] for spec in ACTORS)
    returns = table_of(
        ["", *(f"asked for {asked}" for asked in ASKED)],
        [
            ["Decision Transformer", *(f"{actor[f'asked {asked}']:.1f}" for asked in ASKED)],
            ["imitates all walks", *[f"{clone['had']:.1f}"] * len(ASKED)],
            ["imitates the best tenth", *[f"{best['had']:.1f}"] * len(ASKED)],
        ],
    )
    pictures = table_of(
        ["weight", "error of pixels", "error of features", "sharpness", "Frechet distance", "coverage"],
        [_row(card(spec.key)) for spec in VAEGANS],
    )
    first = card(VAEGANS[0].key)["quality"]
    tunes, decoder = card(TUNES.key)["quality"], card(TUNES_DECODER.key)["quality"]
    return "\n\n".join(
        (
            returns,
            f"Returns, means over {actor['starts']:.0f} starts; the most there is: {actor['most']:.1f}.",
            pictures,
            f"Errors and sharpness in grey levels, on {first['again']} test pictures (real ones: sharpness "
            f"{first['sharp_real']:.1f}); distance and coverage of {first['samples']} pictures of its own (as many "
            f"real ones: {first['frechet_train']:.1f} and {first['coverage_train']:.2f}).",
            _returned(tunes),
            _own_melodies(tunes),
            _said(decoder),
        )
    )


def _returned(q: dict[str, Any]) -> str:
    rows = [["notes, at their place and pitch", f"{q['notes']:.0f} %"], ["steps", f"{q['steps']:.0f} %"]]
    rows += [["two bars without a fault", f"{q['whole']:.0f} %"], ["KL", f"{q['kl']:.1f} nats"]]
    rows += [["active units", f"{q['active']} of {q['dimensions']}"]]
    return table_of([f"MusicVAE in small, {q['windows']} held-out pairs of bars", "returned"], rows)


def _own_melodies(q: dict[str, Any]) -> str:
    less, more = q["notes, less and more busy"]
    low, high = q["pitch, lower and higher"]
    return (
        f"Of its own melodies {q['own in scale']:.1f} % of the notes belong to the scale (of real ones "
        f"{q['real in scale']:.1f} %), and two bars have {q['own notes']:.1f} notes (real: {q['real notes']:.1f}). One "
        f"step less or more busy: {less:.1f} or {more:.1f} notes; one lower or higher: a mean pitch of {low:.1f} or "
        f"{high:.1f}."
    )


def _said(q: dict[str, Any]) -> str:
    counted = next(name for name in q if name.endswith("-grams"))
    rows = [["decoder", f"{q['nats']:.3f}"], [counted.removeprefix("nats, "), f"{q[counted]:.3f}"]]
    rows += [["how often each token comes", f"{q['nats, counted alone']:.3f}"]]
    return "\n\n".join(
        (
            table_of([f"{q['tunes']} held-out times eight bars", "nats a step"], rows),
            f"The likeliest step is right in {q['right']:.0f} % of cases. Of what it adds to two bars "
            f"{q['own in scale']:.1f} % of the notes belong to the scale (the tunes themselves: "
            f"{q['real in scale']:.1f} %), and {q['own bars again']:.0f} % of the bars stood before, note for note "
            f"(the tunes: {q['real bars again']:.0f} %).",
        )
    )


def _row(found: dict[str, Any]) -> list[str]:
    q = found["quality"]
    return [
        f"{found['config']['weight']:g}",
        f"{q['pixel_error']:.1f}",
        f"{q['feature_error']:.4f}",
        f"{q['sharp']:.1f}",
        f"{q['frechet']:.1f}",
        f"{q['coverage']:.2f}",
    ]
