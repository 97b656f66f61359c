"""The Vision Transformer: what a frame shows of the library's own pass, its patches, its training, its file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_demo.core.errors import DemoError
from genai_demo.core.load import load
from genai_demo.core.recipe import Recipe
from genai_demo.core.run import run
from genai_demo.core.training import Journal, halved, stated, write_weights
from genai_demo.data import fashion_mnist
from genai_demo.encoder import vit, vit_train
from genai_demo.encoder.patches import gridded, lit, shuffled
from genai_demo.inputs.pictures import sample_picture


def frames(**options: Any) -> list[Any]:
    return list(run(Recipe("encoder/patches", options)))


def test_the_last_frame_tells_what_the_network_does() -> None:
    shown = frames(picture="sample:30")
    network = load("encoder/patches")
    with torch.inference_mode():
        logits = network(pixel_values=vit.scaled(sample_picture(30)[None])).logits[0]
    told = {tok.text: tok.share for tok in shown[-1].told}
    assert shown[-1].told[0].text == fashion_mnist.CLASSES[int(logits.argmax())]
    for name, chance in zip(fashion_mnist.CLASSES, logits.softmax(0).tolist(), strict=True):
        assert told[name] == pytest.approx(chance, abs=1e-5)
    assert shown[-1].chance == pytest.approx(float(logits.softmax(0).max()), abs=1e-5)
    assert [frame.looked is None for frame in shown] == [True, False, False, False, False]
    assert np.allclose(shown[-1].attention.sum(-1), 1, atol=1e-5)


def test_another_order_keeps_every_patch_and_is_told_otherwise() -> None:
    picture = sample_picture(84)
    mixed = shuffled(picture, 3)
    assert sorted(patch_sums(picture)) == sorted(patch_sums(mixed))
    assert not np.array_equal(picture, mixed)
    assert np.array_equal(shuffled(picture, 3), mixed)
    assert frames(picture="sample:84")[-1].chance != frames(picture="sample:84", shuffle=True)[-1].chance


def patch_sums(picture: np.ndarray) -> list[int]:
    return [
        int(picture[y : y + vit.PATCH, x : x + vit.PATCH].sum())
        for y in range(0, vit.SIDE, vit.PATCH)
        for x in range(0, vit.SIDE, vit.PATCH)
    ]


def test_the_patch_that_is_looked_at_most_shines() -> None:
    weights = np.full(16, 0.01)
    weights[5] = 0.9
    drawn = lit(np.full((28, 28), 200, np.uint8), weights)
    at = drawn[28 + 14, 28 + 14].astype(int)
    assert at[0] - at[2] > 60
    assert np.ptp(drawn[5, 5].astype(int)) < 20
    assert gridded(np.zeros((28, 28), np.uint8))[28, 3].tolist() != [0, 0, 0]


@pytest.mark.parametrize("picture", ["", "sample:100", "@@@@", "A" * 7000])
def test_what_is_no_picture_is_said(picture: str) -> None:
    with pytest.raises(DemoError):
        frames(picture=picture)


def test_a_file_gives_the_network_back(tmp_path: Path) -> None:
    network = vit.empty()
    write_weights(tmp_path / "w.safetensors", halved(network.state_dict()), {"settings": json.dumps(vit.SETTINGS)})
    again = vit.build(tmp_path / "w.safetensors").eval()
    assert torch.allclose(vit.example(again), vit.example(network.eval()), atol=2e-3)


def test_a_training_learns_and_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.zeros((40, 28, 28), np.uint8)
    images[:20, :7], images[20:, :28] = 255, 255
    labels = np.repeat([1, 8], 20)
    monkeypatch.setattr(fashion_mnist, "load", lambda split: (images, labels))
    monkeypatch.setattr(vit_train, "REPORT", 15)
    monkeypatch.setattr(vit_train, "SAVE", 15)
    cfg = vit_train.ViTConfig(steps=60, batch_size=16, warmup=10, smoothing=0.0)
    notes = Journal(tmp_path / "patches.pt", stated(cfg))
    running = vit_train.train_one("patches", notes, cfg)
    first = [next(running), next(running)]
    running.close()
    rest = list(vit_train.train_one("patches", notes, cfg))
    assert [report.index for report in (*first, *rest)] == [15, 30, 45, 60]
    assert rest[-1].loss < first[0].loss / 2
    card = json.loads((tmp_path / "patches.json").read_text())
    assert card["quality"]["accuracy"] == 1.0
    assert (tmp_path / "patches.safetensors").exists()
