"""The tables of measured quality in the READMEs, made from the cards alone; they stand between two marks.

That of the 2-D laboratory is made from its results file and stands in docs/laboratory.md.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genai_demo.core.errors import DemoError
from genai_demo.core.spec import Bundled, find_spec

FOLDER = Path(__file__).parent.parent
PLACES = {
    "lab": "../docs/laboratory.md",
    "classifier": "quality/classifier/README.md",
}  # from FOLDER, of what does not lie in it
SHEET_OF_CLIP = "Twelve scenes of emoji (Noto), then twelve of the picture world"
START, END = "<!-- quality -->", "<!-- /quality -->"


def card(key: str) -> dict[str, Any]:
    """The card of a bundled model as it is on disk now. Raises DemoError where there is none."""
    path = next(source.card_path for source in find_spec(key).sources if isinstance(source, Bundled))
    if not path.exists():
        raise DemoError(f"the card of {key} is missing; restore assets/weights, or train it")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def render(name: str) -> str:
    """The table of an architecture, Markdown. Raises DemoError where its cards say too little."""
    try:
        made = {
            "diffusion": _diffusion,
            "vae": _vae,
            "gan": _gan,
            "classifier": _classifier,
            "lab": _lab,
            "clip": _clip,
            "decoder": _decoder,
            "rag": _rag,
        }
        return made[name]()
    except KeyError as missing:
        raise DemoError(f"{missing} of {name} is not measured; `python -m genai_demo quality {name}` does it") from None


def check(name: str) -> Path:
    """The README of an architecture, or the page of the laboratory. Raises DemoError where the table has no place."""
    path = (FOLDER / PLACES.get(name, f"{name}/README.md")).resolve()
    text = path.read_text() if path.exists() else ""
    if text.count(START) != 1 or text.count(END) != 1 or text.index(START) > text.index(END):
        raise DemoError(
            f"{path.relative_to(FOLDER.resolve().parent)} needs one line {START} and below it one {END}; add them"
        )
    return path


def shown(name: str) -> str:
    """What stands between the marks now."""
    text = check(name).read_text()
    return text[text.index(START) + len(START) : text.index(END)].strip()


def fill(name: str) -> Path:
    """Write the table between the marks; the rest of the README stays as it is. -> the README."""
    path = check(name)
    text = path.read_text()
    before, after = text[: text.index(START)], text[text.index(END) :]
    path.write_text(f"{before}{START}\n{render(name)}\n{after}")
    return path


def _table(heads: list[str], rows: list[list[str]], texts: int = 1) -> str:
    """texts: columns on the left that hold no numbers."""
    lines = [heads, [*["---"] * texts, *["---:"] * (len(heads) - texts)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"


def _diffusion() -> str:
    q = card("diffusion/fashion")["quality"]
    rows = [
        ["the judge sees the class asked for", _percent(q["accuracy"]), f"{_percent(q['accuracy_test'])} (test)"],
        ["Fréchet distance to the test split", f"{q['frechet']:.2f}", f"{q['frechet_train']:.2f} (training)"],
        ["density", f"{q['density']:.3f}", f"{q['density_train']:.3f} (training)"],
        ["coverage", f"{q['coverage']:.3f}", f"{q['coverage_train']:.3f} (training)"],
        [
            "distance to the nearest training picture, median",
            f"{q['nearest_median']:.2f}",
            f"{q['nearest_median_test']:.2f} (test)",
        ],
        ["the same, smallest of all", f"{q['nearest_least']:.2f}", f"{q['nearest_least_test']:.2f} (test)"],
        ["nearer than half of the test pictures are", _percent(q["below_median"]), "50.0 %"],
        ["nearer than 99 % of the test pictures are", _percent(q["below_percentile"]), "1.0 %"],
    ]
    note = (
        f"{q['samples']:,} samples, as many of each class: {q['sampler']}, {q['steps']} steps, guidance "
        f"{q['guidance_scale']:g}, {q['schedule']} schedule, seeds {q['seed']} to {q['seed'] + q['seeds'] - 1}. "
        "Real pictures: as many in the place of the samples."
    )
    sheet = "![Twelve samples of each class, a class a row](samples.png)"
    return f"{_table(['', 'samples', 'real pictures'], rows)}\n\n{note}\n\n{sheet}"


def _vae() -> str:
    from genai_demo.vae import SPECS

    heads = [
        "model",
        "reconstruction, nats",
        "KL, nats",
        "ELBO, nats",
        "squared error",
        "units in use",
        "Fréchet",
        "density",
        "coverage",
    ]
    cards = {spec.key: card(spec.key) for spec in SPECS}
    rows = [_vae_row(key.split("/")[1], found) for key, found in cards.items()]
    q = cards["vae/vae-2"]["quality"]
    note = (
        f"On the test split; even a perfect reconstruction costs {q['floor_nats']:.1f} nats, since grey values are "
        f"read as probabilities. Fréchet distance, density and coverage: {q['samples']:,} draws from the prior; as "
        f"many training pictures have {q['frechet_train']:.2f}, {q['density_train']:.3f} and "
        f"{q['coverage_train']:.3f}. The plain kinds have no prior to draw from, so no KL and no ELBO either."
    )
    rows_of = "test pictures; vae-2, vae-16 and beta4-16 on them; two rows drawn from the prior of each of the three"
    return f"{_table(heads, rows)}\n\n{note}\n\n![From the top: {rows_of}](samples.png)"


def _vae_row(name: str, found: Mapping[str, Any]) -> list[str]:
    q = found["quality"]
    variational = found["config"]["kind"] == "vae"
    only = [f"{q['kl_nats']:.2f}", f"{q['elbo_nats']:.1f}"] if variational else ["", ""]
    drawn = [f"{q['frechet']:.2f}", f"{q['density']:.3f}", f"{q['coverage']:.3f}"] if variational else ["", "", ""]
    units = f"{q['active_units']} of {found['config']['latent']}"
    return [name, f"{q['reconstruction_nats']:.1f}", *only, f"{q['mean_squared_error']:.4f}", units, *drawn]


def _gan() -> str:
    fashion, grown, pix, cycle = (
        card(f"gan/{name}")["quality"] for name in ("fashion", "grown", "pix2pix", "cyclegan")
    )
    heads = ["pictures from nothing", "class-conditional, truncation 2", "truncation 4", "grown", "real pictures"]
    rows = [
        [
            "the judge sees the class asked for",
            _percent(fashion["accuracy_at_2"]),
            _percent(fashion["accuracy_at_4"]),
            "",
            f"{_percent(fashion['accuracy_test'])} (test)",
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
        ["nearer to a training picture than half of the test", _percent(fashion["below_median"]), "", "", "50.0 %"],
        ["classes seen in 1 % of the pictures or more", "", "", f"{grown['modes']} of 10", "10 of 10"],
    ]
    made = [
        ["pix2pix: error, grey levels of 255", f"{pix['error']:.1f}", ""],
        ["pix2pix: the class can still be seen", _percent(pix["accuracy"]), f"{_percent(pix['accuracy_test'])} (test)"],
        *(
            [f"{words}: {what}", f"{value:.2f}" if what != "seen as the other class" else _percent(value), other]
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
    tables = f"{_table(heads, rows)}\n\n{_table(['picture to picture', 'measured', 'to compare'], made)}"
    return f"{tables}\n\n{note}\n\n![From the top: {sheet}](samples.png)"


def _classifier() -> str:
    q = card("classifier/fashion")["quality"]
    rows = [[name, _percent(share)] for name, share in q["by_class"].items()]
    return _table(["class", "recognised"], [*rows, [f"all ({q['split']})", _percent(q["accuracy"], 2)]])


def _clip() -> str:
    from genai_demo.clip.table import table

    heads, rows, note = table(card("clip/atlas")["quality"])
    return f"{_table(heads, rows)}\n\n{note}\n\n![{SHEET_OF_CLIP}](samples.png)"


def _decoder() -> str:
    from genai_demo.decoder.table import table

    heads, rows, note = table()
    return f"{_table(heads, rows)}\n\n{note}"


def _rag() -> str:
    from genai_demo.rag.table import table

    heads, rows, note = table()
    return f"{_table(heads, rows, texts=2)}\n\n{note}"


def _lab() -> str:
    from genai_demo.quality.laboratory_table import table

    heads, rows, note = table()
    return f"{_table(heads, rows, texts=2)}\n\n{note}"
