"""Cards: the JSON beside each file of weights that says what it is, how it came to be and how good it is.

What can be computed is computed here (hash, size, parameters, machine, versions, date); the rest is passed in.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import math
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genai_demo.core.home import whole
from genai_demo.core.recipe import versions


def write_card(weights_path: Path, **fields: Any) -> Path:
    """Write the card of a safetensors file beside it, with the ending .json; `fields` win over what is computed.

    Expected of the caller: title, data, licence, config, training, wall_seconds, quality.
    """
    card = {
        "sha256": hashlib.sha256(weights_path.read_bytes()).hexdigest(),
        "bytes": weights_path.stat().st_size,
        "parameters": parameters(weights_path),
        "device": machine(),
        "platform": platform.platform(),
        "versions": versions(),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        **fields,
    }
    return _write(weights_path.with_suffix(".json"), card)


def add_to_card(weights_path: Path, name: str, values: Mapping[str, Any]) -> Path:
    """Merge `values` into the part `name` of an existing card, such as its measured quality."""
    path = weights_path.with_suffix(".json")
    card = json.loads(path.read_text())
    card[name] = {**card.get(name, {}), **values}
    return _write(path, card)


def parameters(weights_path: Path) -> int:
    """Numbers in the floating-point tensors of a safetensors file, read from its header alone."""
    with weights_path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    sizes = (math.prod(entry["shape"]) for entry in header.values() if "F" in entry.get("dtype", ""))
    return sum(sizes)


def examples(card: Mapping[str, Any]) -> int:
    """From how many examples a training has learnt, each as often as it came; the batch may differ by sitting.

    What another model had learnt with which it began is not counted.
    """
    steps, batch = card["steps"], card["training"]["batch_size"]
    found, before = 0, card.get("begun_from") or {}
    while before and "model" not in before:
        found += (steps - before["steps"]) * batch
        steps, batch = before["steps"], before.get("batch_size", batch)
        before = before.get("begun_from") or {}
    return int(found + steps * batch)


def machine() -> str:
    """The GPU where there is one, else the processor and its threads; with torch's version."""
    import torch

    if torch.cuda.is_available():
        return f"{torch.cuda.get_device_name()}, torch {torch.__version__}"
    return f"{platform.machine()} CPU, {torch.get_num_threads()} threads, torch {torch.__version__}"


def _write(path: Path, card: Mapping[str, Any]) -> Path:
    """JSON with a name a line; lists of numbers stay on one line, so that a card can be read and compared.

    Whole or not at all: whoever reads meanwhile, and whoever stops this, finds the card as it was before.
    """
    lines = [f"  {json.dumps(name)}: {_value(value)}" for name, value in card.items()]
    with whole(path) as partial:
        partial.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    return path


def _value(value: Any) -> str:
    if isinstance(value, Mapping) and len(json.dumps(value)) > 100:
        inner = ",\n".join(f"    {json.dumps(name)}: {json.dumps(part)}" for name, part in value.items())
        return "{\n" + inner + "\n  }"
    return json.dumps(value)
