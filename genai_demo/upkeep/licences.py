"""Whose work the program is made of, and on what terms: docs/licences.md, written by `python -m genai_demo licences`.

Nothing in it is typed in: weights say their licence where they are declared, data stands on the cards of the weights
that learnt from it, packages say theirs in their own metadata, as they are installed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from genai_demo.core.home import whole
from genai_demo.core.spec import WEIGHTS, ModelSpec, all_specs
from genai_demo.quality.tables import ROOT, table

PAGE = ROOT / "docs" / "licences.md"
REQUIREMENTS = ("requirements.txt", "requirements-faces.txt")
PACKAGES = "## Packages"
TERMS = re.compile(
    r"non-commercial|\bNC\b|research licen|OpenRAIL|Tongyi|\bA?GPL|proprietary|licences of the packages|not said",
    re.IGNORECASE,
)
LONGEST = 100  # characters of a licence; some packages put its whole text there
HEAD = """# Licences

Written by `python -m genai_demo licences`. The program itself and the weights trained here are under Apache-2.0
([LICENSE](../LICENSE)). What this table says is what authors say of their own work; it is no legal advice.
"""


def render() -> str:
    """The whole page, Markdown."""
    specs = list(all_specs().values())
    parts = [
        HEAD,
        "## To be looked at before use\n",
        _careful(specs),
        "## Weights\n",
        table(("model", "title", "from", "licence"), [_weights(spec) for spec in specs], texts=4),
        "\n## Data that the bundled weights learnt from\n",
        table(("data, with its licence", "weights"), _data(), texts=2),
        f"\n{PACKAGES}\n",
        f"As installed, with all that they need themselves; {' and '.join(REQUIREMENTS)} name the first ones.\n",
        table(("package", "licence"), [[name, licence(name)] for name in installed()], texts=2),
    ]
    return "\n".join(parts) + "\n"


def fill() -> Path:
    """Write the page. -> its path."""
    with whole(PAGE) as partial:
        partial.write_text(render())
    return PAGE


def _careful(specs: Iterable[ModelSpec]) -> str:
    """What may not serve every use, by the words of its licence."""
    found = [(f"model `{spec.key}`", spec.licence) for spec in specs]
    found += [(f"data of {weights}", data) for data, weights in _data()]
    found += [(f"package `{name}`", licence(name)) for name in installed()]
    return "".join(f"- {name}: {terms}\n" for name, terms in found if TERMS.search(terms)) or "Nothing.\n"


def _weights(spec: ModelSpec) -> list[str]:
    return [f"`{spec.key}`", spec.title, "; ".join(map(str, spec.sources)), spec.licence]


def _data() -> list[list[str]]:
    """[what the cards say of the data, the weights that learnt from it], by the name of the first of them."""
    import json

    from genai_demo.data import emoji

    learnt: dict[str, list[str]] = {}
    for path in sorted(WEIGHTS.rglob("*.safetensors")):
        data = str(json.loads(path.with_suffix(".json").read_text())["data"])
        learnt.setdefault(data, []).append(f"`{path.relative_to(WEIGHTS).with_suffix('')}`")
    rows = [[data, ", ".join(names)] for data, names in learnt.items()]
    return [*rows, [f"{emoji.OPENMOJI}: {emoji.OPENMOJI_CREDIT}", "shown by the CLIP page, learnt from by none"]]


def installed() -> list[str]:
    """Names of the packages that the requirements name and that are here, with those they need, by name."""
    from packaging.requirements import InvalidRequirement, Requirement

    lines = [line for name in REQUIREMENTS for line in (ROOT / name).read_text().splitlines()]
    wanted = [line.partition("#")[0].strip() for line in lines]
    found: dict[str, str] = {}
    while wanted:
        try:
            one = Requirement(wanted.pop())
        except InvalidRequirement:  # an empty line
            continue
        key = re.sub(r"[-_.]+", "-", one.name).lower()
        extras = one.extras or {""}
        if key in found or (one.marker and not any(one.marker.evaluate({"extra": extra}) for extra in extras)):
            continue
        try:
            about = metadata.distribution(one.name)
        except metadata.PackageNotFoundError:
            continue
        found[key] = about.metadata["Name"]
        for text in about.requires or ():
            needed = Requirement(text)
            if not needed.marker or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                needed.marker = None
                wanted.append(str(needed))
    return sorted(found.values(), key=str.lower)


def licence(name: str) -> str:
    """What a package says of its licence, in a line."""
    about = metadata.metadata(name)
    said = _first(about, "License-Expression")
    if not said:
        classes = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier") or () if "License ::" in line]
        said = ", ".join(one for one in classes if one != "OSI Approved") or _first(about, "License")
    return said[:LONGEST] if said and said.upper() != "UNKNOWN" else "not said in its metadata"


def _first(about: metadata.PackageMetadata, name: str) -> str:
    """The first line of an entry; "" where there is none."""
    return next((line.strip() for text in about.get_all(name) or () for line in text.strip().splitlines()[:1]), "")
