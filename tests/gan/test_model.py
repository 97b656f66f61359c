"""The networks for pictures: shapes, classes, what growing and translating promise."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from genai_demo.core.device import generator
from genai_demo.gan.edges import as_drawn, edges
from genai_demo.gan.grow import LATENT, SIDES, Critic, Grower, at_stage, double
from genai_demo.gan.model import Discriminator, GanConfig, Generator, plain
from genai_demo.gan.train_grow import GrowConfig
from genai_demo.gan.translate import PatchGan, ResNet, UNet, drop

SMALL = GanConfig(width=4, latent=8)


@pytest.mark.parametrize("classes", [0, 10])
@pytest.mark.parametrize("norm", ["batch", "spectral", "layer", "none"])
def test_pictures_come_out_and_logits_come_back(classes: int, norm: str) -> None:
    config = GanConfig(4, 8, classes, norm)  # type: ignore[arg-type]
    y = torch.tensor([1, 2, 3]) if classes else None
    x = Generator(config)(torch.randn(3, 8), y)
    assert x.shape == (3, 1, 28, 28)
    assert float(x.detach().abs().max()) <= 1
    assert Discriminator(config)(x, y).shape == (3,)


def test_weights_over_classes_are_the_class_where_they_are_all_on_one() -> None:
    g = Generator(SMALL).eval()
    torch.nn.init.normal_(g.norm2.scale.weight)  # type: ignore[union-attr]
    z, y = torch.randn(4, 8), torch.tensor([0, 3, 3, 9])
    torch.testing.assert_close(g(z, y), g(z, F.one_hot(y, 10).float()))


def test_the_class_matters_to_both() -> None:
    g, d = Generator(SMALL).eval(), Discriminator(SMALL).eval()
    torch.nn.init.normal_(g.norm2.scale.weight)  # type: ignore[union-attr]
    z = torch.randn(1, 8).expand(2, -1)
    x = g(z, torch.tensor([1, 2]))
    assert not torch.equal(x[0], x[1])
    one = d(x[:1].expand(2, -1, -1, -1), torch.tensor([1, 2]))
    assert float((one[0] - one[1]).detach()) != 0


def test_what_is_shipped_judges_as_the_trained_one_and_no_layer_stretches() -> None:
    d = Discriminator(SMALL)
    for _ in range(30):  # the power iteration settles
        d(torch.randn(8, 1, 28, 28), torch.arange(8))
    d.eval()
    shipped = plain(d)
    x, y = torch.randn(4, 1, 28, 28), torch.tensor([0, 1, 2, 3])
    torch.testing.assert_close(shipped(x, y), d(x, y), atol=1e-5, rtol=1e-5)
    assert shipped.config.norm == "none"
    for module in shipped.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            stretch = torch.linalg.matrix_norm(module.weight.detach().flatten(1), 2)
            assert float(stretch) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_growing_begins_where_the_smaller_picture_was(stage: int) -> None:
    torch.manual_seed(0)
    g, d = Grower().eval(), Critic().eval()
    z = torch.randn(3, LATENT)
    assert g(z, stage).shape == (3, 1, SIDES[stage], SIDES[stage])
    if not stage:
        return
    torch.testing.assert_close(g(z, stage, 0.0), double(g(z, stage - 1)))
    x = torch.randn(3, 1, SIDES[stage], SIDES[stage])
    torch.testing.assert_close(d(x, stage, 0.0), d(F.avg_pool2d(x, 2), stage - 1))
    half = g(z, stage, 0.5)
    torch.testing.assert_close(half, (g(z, stage, 0.0) + g(z, stage)) / 2)


def test_real_pictures_grow_with_the_networks() -> None:
    x = torch.randn(2, 1, 28, 28)
    torch.testing.assert_close(at_stage(x, 2, 1.0), x)
    assert at_stage(x, 0, 1.0).shape == (2, 1, 7, 7)
    torch.testing.assert_close(at_stage(x, 1, 0.0), double(F.avg_pool2d(x, 4)))


def test_the_plan_of_growing() -> None:
    cfg = GrowConfig((10, 20), (100, 100, 100))
    assert cfg.at(0) == (0, 1.0)
    assert cfg.at(100) == (1, 0.0)
    assert cfg.at(105) == (1, 0.5)
    assert cfg.at(110) == (1, 1.0)
    assert cfg.at(220) == (2, 0.5)
    assert cfg.at(cfg.steps) == (2, 1.0)
    assert cfg.steps in GrowConfig().kept or GrowConfig().kept[-1] == GrowConfig().steps


def test_lines_run_along_the_border_of_a_square() -> None:
    picture = torch.zeros(1, 28, 28, dtype=torch.uint8)
    picture[:, 8:20, 8:20] = 200
    found = edges(picture)[0]
    assert set(found.unique().tolist()) == {0, 255}
    on = found.nonzero()
    assert len(on) >= 36
    near = torch.minimum((on - 8).abs().min(1).values, (on - 19).abs().min(1).values)
    assert int(near.max()) <= 1, "a line lies away from the border"
    assert not edges(torch.full((1, 28, 28), 9, dtype=torch.uint8))[0, 2:-2, 2:-2].any()


def test_drawn_lines_differ_from_found_ones_but_not_between_two_equal_streams() -> None:
    lines = (torch.rand(40, 28, 28, generator=generator(0)) < 0.1).to(torch.uint8) * 255
    one, two = (as_drawn(lines, generator(1)) for _ in range(2))
    assert torch.equal(one, two)
    assert not torch.equal(one, lines)
    assert any(torch.equal(a, b) for a, b in zip(one, lines, strict=True)), "some are left as they are"


def test_dropout_is_the_callers() -> None:
    h = torch.ones(1000)
    assert torch.equal(drop(h, 0.5, None), h)
    kept = drop(h, 0.5, generator(0))
    assert set(kept.unique().tolist()) == {0.0, 2.0}
    g, x = UNet(4).eval(), torch.randn(2, 1, 28, 28)
    assert torch.equal(g(x, generator(3)), g(x, generator(3)))
    assert not torch.equal(g(x, generator(3)), g(x, generator(4)))


def test_each_logit_sees_one_patch() -> None:
    d, x = PatchGan(1, 4).eval(), torch.zeros(1, 1, 28, 28)
    for module in d.modules():  # instance normalisation looks at the whole picture; without it a logit sees a patch
        if isinstance(module, torch.nn.InstanceNorm2d):
            module.forward = lambda h: h  # type: ignore[method-assign, assignment]
    y = x.clone()
    y[..., 0, 0] = 5
    changed = (d(x) != d(y))[0]
    assert changed[0, 0]
    assert not changed[4:, 4:].any()


def test_a_residual_generator_keeps_the_size() -> None:
    assert ResNet(4, 1)(torch.zeros(2, 1, 28, 28)).shape == (2, 1, 28, 28)
