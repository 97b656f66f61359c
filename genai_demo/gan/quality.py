"""Measured quality of the shipped GANs: `measure` writes the cards, `table` reads them."""

from __future__ import annotations

from typing import Any

from genai_demo.quality.cards import Watch, card
from genai_demo.quality.tables import percent
from genai_demo.quality.tables import table as table_of


def measure(samples: int, watch: Watch) -> dict[str, Any]:
    """Pictures of every kind against real ones; see `measuring`."""
    from genai_demo.gan import measuring

    return measuring.measure(samples, watch)


def table() -> str:
    """Pictures from nothing, then picture to picture, from the cards."""
    fashion, grown, pix, cycle = (
        card(f"gan/{name}")["quality"] for name in ("fashion", "grown", "pix2pix", "cyclegan")
    )
    heads = ["pictures from nothing", "class-conditional, truncation 2", "truncation 4", "grown", "real pictures"]
    rows = [
        [
            "the judge sees the class asked for",
            percent(fashion["accuracy_at_2"]),
            percent(fashion["accuracy_at_4"]),
            "",
            f"{percent(fashion['accuracy_test'])} (test)",
        ],
        *(
            [
                title,
                f"{fashion[f'{name}_at_2']:{form}}",
                f"{fashion[f'{name}_at_4']:{form}}",
                f"{grown[name]:{form}}",
                f"{fashion[f'{name}_train']:{form}} (training)",
            ]
            for title, name, form in (
                ("Fréchet distance to the test split", "frechet", ".2f"),
                ("density", "density", ".3f"),
                ("coverage", "coverage", ".3f"),
            )
        ),
        ["nearer to a training picture than half of the test", percent(fashion["below_median"]), "", "", "50.0 %"],
        ["classes seen in 1 % of the pictures or more", "", "", f"{grown['modes']} of 10", "10 of 10"],
    ]
    made = [
        ["pix2pix: error, grey levels of 255", f"{pix['error']:.1f}", ""],
        ["pix2pix: the class can still be seen", percent(pix["accuracy"]), f"{percent(pix['accuracy_test'])} (test)"],
        *(
            [f"{words}: {what}", f"{value:.2f}" if what != "seen as the other class" else percent(value), other]
            for way, words in (("sneaker_to_boot", "sneaker to boot"), ("boot_to_sneaker", "boot to sneaker"))
            for what, value, other in (
                ("seen as the other class", cycle[way], ""),
                (
                    "Fréchet distance to the other class",
                    cycle[f"{way}_frechet"],
                    f"{cycle[f'{way}_frechet_before']:.2f} (untranslated)",
                ),
                ("lost there and back, grey levels", cycle[f"{way}_cycle_error"], ""),
            )
        ),
    ]
    note = (
        f"{fashion['samples']:,} pictures of each kind, seed {fashion['seed']}; pix2pix: {pix['split']}, from lines "
        f"found in them; CycleGAN: {cycle['split']}."
    )
    sheet = (
        "class-conditional, a class a row; grown; lines and what pix2pix makes of them; sneakers, as boots, and "
        "back; boots, as sneakers, and back"
    )
    tables = f"{table_of(heads, rows)}\n\n{table_of(['picture to picture', 'measured', 'to compare'], made)}"
    return f"{tables}\n\n{note}\n\n![From the top: {sheet}](samples.png)"
