"""The bundled autoencoders are trained and shipped one by one by one command, which goes on where it was."""

from __future__ import annotations

import numpy as np
import pytest

from genai_demo.data import fashion_mnist, shapes
from genai_demo.vae import bundle
from genai_demo.vae import train as vae


@pytest.fixture
def few(monkeypatch, tmp_path):
    """A data set of 128 drawn shapes, and a cache folder of its own."""
    monkeypatch.setattr(fashion_mnist, "load", lambda split: shapes.load(128, seed=split == "test"))
    monkeypatch.setenv("GENAI_DEMO_HOME", str(tmp_path / "home"))
    return tmp_path


def test_the_autoencoders_are_trained_one_by_one_and_go_on_where_they_were(few, monkeypatch) -> None:
    monkeypatch.setattr(vae, "VARIANTS", {name: vae.VARIANTS[name] for name in ("ae", "vae")})
    monkeypatch.setattr(vae, "REPORT", 2)
    first = vae.train_all(steps=2, out=few)
    seen = [next(first), next(first)]
    first.close()  # in the middle of the second
    seen += vae.train_all(steps=2, out=few)
    assert [report.model for report in seen] == ["ae-2", "vae-2", "ae-16", "vae-16"]
    assert {(report.index, report.total) for report in seen} == {(2, 2)}
    assert all(np.isfinite(report.loss) for report in seen)
    assert bundle.build(few / "vae-16.safetensors").config.latent == 16
    before = (few / "ae-2.json").read_text()
    (few / "ae-2.json").write_text(before.replace('"quality"', '"kept": 1,\n "quality"'))
    (few / "vae-2.json").unlink()
    assert list(vae.train_all(steps=2, out=few)) == []
    assert '"kept"' in (few / "ae-2.json").read_text()
    assert (few / "vae-2.json").exists()
