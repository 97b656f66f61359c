"""Measured quality of the hybrids trained here: `measure` writes it on their cards, `table` reads it."""

from __future__ import annotations

from typing import Any

from genai_demo.hybrids import ACTORS, TUNES, TUNES_COLLAPSED, TUNES_DECODER, VAEGANS
from genai_demo.quality.cards import Watch, card, write
from genai_demo.quality.tables import table as table_of

ASKED = (0, 4, 8, 10, 12)  # returns of the table
RETURNED = (
    "notes, at their place and pitch",
    "steps",
    "two bars without a fault",
    "KL",
    "active units",
    "bound: nats of the steps, and KL",
)


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Returns, distances of `samples` pictures to real ones, and melodies."""
    from genai_demo.core.load import load
    from genai_demo.hybrids import measuring
    from genai_demo.hybrids.music import measuring as music
    from genai_demo.hybrids.train_decision import measured as returns

    found: dict[str, Any] = {spec.key: returns(load(spec)) for spec in ACTORS}
    for spec in watch(VAEGANS, "VAE-GANs"):
        found[spec.key] = measuring.pictures(load(spec), samples)
    for spec in watch((TUNES, TUNES_COLLAPSED, TUNES_DECODER), "melodies"):
        found[spec.key] = (music.of_decoder if spec is TUNES_DECODER else music.of_vae)(load(spec))
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
            _returned(tunes, card(TUNES_COLLAPSED.key)["quality"]),
            _own_melodies(tunes),
            _said(decoder),
        )
    )


def _returned(own: dict[str, Any], collapsed: dict[str, Any]) -> str:
    head = [f"{own['windows']} held-out pairs of bars", "MusicVAE in small", "collapsed"]
    rows = [list(row) for row in zip(RETURNED, _column(own), _column(collapsed), strict=True)]
    return "\n\n".join(
        (
            table_of(head, rows),
            "Collapsed: the KL counts in full from the first step, and the decoder is told every step before (Bowman "
            f"et al. 2016). Its bound is {own['bound'] - collapsed['bound']:.1f} nats lower, that is better, though "
            "hardly a note comes back: that is why training falls into it.",
        )
    )


def _column(q: dict[str, Any]) -> list[str]:
    """A cell for each of RETURNED."""
    shares = [f"{q[name]:.0f} %" for name in ("notes", "steps", "whole")]
    return [*shares, f"{q['kl']:.1f} nats", f"{q['active']} of {q['dimensions']}", f"{q['bound']:.1f} nats"]


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
