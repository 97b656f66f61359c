"""Links made by an earlier version still restore their recipe and the same frames: tests/old_links.json holds fifty.

`python -m tests.test_old_links` wrote the file before the program was laid out anew. It is not written again: a link
that was handed out must go on working. Frames are kept as a few numbers of each array, compared with a tolerance that
allows for another processor; texts and counts must be the same.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest

from genai_demo.core import load as load_module
from genai_demo.core.frames import arrays
from genai_demo.core.link import from_query, plain
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import complete, run
from genai_demo.results.files import steady
from tests.standins import standing_in

FILE = Path(__file__).with_name("old_links.json")
MOST = 8  # frames of a link that are compared
PLACES = 6  # values of an array that are kept


def restored(link: str) -> Recipe:
    """The recipe of a link, as a page would restore it."""
    query = dict(parse_qsl(link, keep_blank_values=True))
    recipe, notice = from_query(query, [query["run"]])
    assert recipe is not None
    assert notice == ""
    return complete(recipe)


def summary(frame: Any) -> dict[str, Any]:
    """The frame's steady numbers and texts, and of each array its kind, shape, mean, spread and some values."""
    return {"said": json.loads(json.dumps(steady(frame))), "arrays": {k: _few(v) for k, v in arrays(frame).items()}}


def _few(value: np.ndarray) -> dict[str, Any]:
    flat = np.nan_to_num(value.astype(np.float64).ravel())
    some = flat[np.linspace(0, len(flat) - 1, PLACES).astype(int)] if len(flat) else flat
    spread = [float(flat.mean()), float(flat.std())] if len(flat) else []
    return {
        "dtype": str(value.dtype),
        "shape": list(value.shape),
        "mean_std": [*map(_short, spread)],
        "some": [*map(_short, some)],
    }


def _short(number: float) -> float:
    return float(f"{float(number):.6g}")


def frames_of(link: str) -> list[dict[str, Any]]:
    frames = run(restored(link))
    try:
        return [summary(frame) for frame in itertools.islice(frames, MOST)]
    finally:
        frames.close()


def stand_in(monkeypatch: Any = None) -> None:
    """What would be fetched is a small network of random numbers, as in the contract's tests."""
    build = standing_in(load_module._build)
    if monkeypatch:
        monkeypatch.setattr(load_module, "_build", build)
    else:
        load_module._build = build


def close(new: Any, old: Any, where: str) -> None:
    """The same but for rounding: 5 % of the size of a number, one grey level for pictures."""
    if isinstance(old, dict):
        assert isinstance(new, dict), where
        assert new.keys() >= old.keys(), where
        for name in old:
            close(new[name], old[name], f"{where}.{name}")
    elif isinstance(old, list):
        assert len(new) == len(old), where
        for place, (one, other) in enumerate(zip(new, old)):
            close(one, other, f"{where}[{place}]")
    elif isinstance(old, float) and isinstance(new, (int, float)):
        assert new == pytest.approx(old, rel=0.05, abs=1e-2), where
    else:
        assert new == old, where


def close_arrays(new: dict[str, Any], old: dict[str, Any], where: str) -> None:
    assert new.keys() == old.keys(), where
    for name, was in old.items():
        now = new[name]
        assert (now["dtype"], now["shape"]) == (was["dtype"], was["shape"]), f"{where}.{name}"
        size = max([1e-3, *map(abs, was["some"]), *map(abs, was["mean_std"])])
        slack = 3 if was["dtype"] == "uint8" else 0.02 * size
        assert now["mean_std"] == pytest.approx(was["mean_std"], abs=slack), f"{where}.{name}"
        assert now["some"] == pytest.approx(was["some"], abs=8 if was["dtype"] == "uint8" else slack), f"{where}.{name}"


OLD: list[dict[str, Any]] = json.loads(FILE.read_text()) if FILE.exists() else []


@pytest.mark.parametrize("old", OLD, ids=[one["link"] for one in OLD])
def test_an_old_link_still_gives_what_it_gave(old: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch)
    now = plain(restored(old["link"]))
    for name in ("run", "model", "seed"):
        assert now[name] == old["recipe"][name]
    assert now["options"].items() >= old["recipe"]["options"].items()
    frames = frames_of(old["link"])
    assert len(frames) == len(old["frames"])
    for place, (new, was) in enumerate(zip(frames, old["frames"])):
        close(new["said"], was["said"], f"frame {place}")
        close_arrays(new["arrays"], was["arrays"], f"frame {place}")


# ruff: noqa: E501  links as they were handed out
LINKS = """
run=diffusion/denoise&label=ankle boot&steps=6&sampler=dpm
run=diffusion/denoise&label=dress&guidance_scale=15&planes=true&steps=8&samples=2
run=diffusion/denoise&seed=7&samples=2&steps=8&schedule=linear&spacing=leading&sampler=heun
run=diffusion/denoise&seed=8&samples=2&steps=8&schedule=sigmoid&spacing=karras&sampler=euler
run=diffusion/denoise&seed=9&samples=2&steps=37&spacing=linspace&eta=0.5
run=diffusion/fork&label=t-shirt&other_label=dress&fork=4&steps=7
run=diffusion/compare&sampler=ddim&other=heun&other_steps=5&steps=6
run=diffusion/error&most=16&reference=20&samples=1
run=diffusion/forward&picture=sample:21&steps=7&schedule=linear
run=diffusion/inpaint&picture=sample:40&steps=6&resample=1&samples=2
run=diffusion/superres&picture=sample:50&size=7&steps=6&samples=2
run=diffusion/repair&picture=sample:60&noise=0.6&steps=6&samples=2
run=diffusion/points&data=moons&train_steps=60&steps=10
run=diffusion/points&data=moons&sampler=langevin&train_steps=60&steps=8
run=vae/encode&picture=sample:27&seed=3
run=vae/decode&x=0.5&y=-1
run=vae/manifold&model=vae/ae-2&extent=6&size=5
run=vae/manifold&extent=2.5&size=5
run=vae/sample&model=vae/beta4-16&seed=5
run=vae/interpolate&start=sample:60&end=sample:93
run=vae/compare&picture=sample:84&corruption=noise&strength=0.8
run=vae/dimensions&model=vae/beta12-16
run=vae/checkpoints&seed=1
run=vae/train&steps=40
run=vae/points&data=ring&train_steps=60
run=gan/points&data=grid&steps=60
run=gan/points&objective=wgan-gp&steps=40&seed=2
run=gan/train&objective=wgan-gp&d_steps=3&lr_d=0.003&steps=20
run=gan/sample&label=dress&truncation=0.3
run=gan/walk&start_label=ankle boot&end_label=bag&steps=8
run=gan/arithmetic
run=gan/opinion&picture=sample:93&label=sandal&steps=8
run=gan/checkpoints&label=bag
run=gan/edges&seed=3
run=gan/cycle&cycles=3&samples=4
run=gan/grow&seed=2
run=gan/faces&count=2&sweep=3
run=gan/walk-faces&frames=8
run=decoder/tokens&text=Once upon a time&temperature=1.5&top_k=0&top_p=1&max_new_tokens=6
run=decoder/inside&text=The capital of France is
run=decoder/ablate&text=The capital of France is&heads=&layers=1&max_new_tokens=4
run=decoder/rotary&distance=12
run=decoder/steps&text=The cat sat
run=decoder/chat&turns=Hello there&max_new_tokens=8&seed=4
run=clip/similarity&pictures=world:41&texts=a purple apple to the left of a yellow star%0Aa purple apple to the right of a yellow star
run=clip/classify&picture=world:27&classes=brown car%0Ared car%0Abrown house%0Ared house%0Abrown mushroom
run=clip/search&query=a red house and a blue ball&pictures=100
run=clip/occlude&picture=world:12&text=a pink flower
run=clip/contrast&batch_size=4&steps=20
run=rag/chunk&how=tokens&size=32
"""


if __name__ == "__main__":
    stand_in()
    kept = []
    for link in LINKS.strip().splitlines():
        recipe = plain(restored(link))
        del recipe["versions"]
        kept.append({"link": link, "recipe": recipe, "frames": frames_of(link)})
        print(link, len(kept[-1]["frames"]), flush=True)
    FILE.write_text("[\n" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in kept) + "\n]\n")
