"""Faces: seeds, truncation, mixing and walks on a stand-in; the rewired graph on a small one that OpenVINO runs."""

from __future__ import annotations

import copy
import importlib.util
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_demo.core import load as load_module
from genai_demo.core import weights
from genai_demo.core.errors import DemoError
from genai_demo.core.recipe import MAX_SEED, Recipe
from genai_demo.core.run import run
from genai_demo.core.spec import find_spec
from genai_demo.gan import faces as module
from genai_demo.gan import openvino_faces
from genai_demo.gan.faces_options import LAYERS, FacesOptions, MixOptions, WalkOptions
from tests.gan import stand_in

MODEL = stand_in.faces()


def faces(seed: int = 0, **options: Any) -> list[Any]:
    return list(module.faces(MODEL, FacesOptions.parse({"size": 256, **options}), seed=seed))


def mix(seed: int = 0, **options: Any) -> list[Any]:
    return list(module.mix(MODEL, MixOptions.parse({"size": 256, **options}), seed=seed))


def walk(seed: int = 0, **options: Any) -> list[Any]:
    return list(module.walk(MODEL, WalkOptions.parse({"size": 256, **options}), seed=seed))


def test_a_face_is_found_again_by_its_seed() -> None:
    many, alone = faces(seed=3, count=3), faces(seed=5, count=1)
    assert [frame.seed for frame in many] == [3, 4, 5]
    assert np.array_equal(many[2].face, alone[0].face)
    assert not np.array_equal(many[0].face, many[1].face)
    assert np.array_equal(many[2].faces[0], many[0].faces[0])
    assert not many[0].faces[1:].any(), "black before they are there"


def test_after_the_last_seed_comes_the_first() -> None:
    assert [frame.seed for frame in faces(seed=MAX_SEED, count=2)] == [MAX_SEED, 0]


def test_truncation_pulls_every_face_to_the_mean() -> None:
    swept = faces(count=2, sweep=3, truncation=0.8)
    assert [frame.truncation for frame in swept] == pytest.approx([0, 0, 0.4, 0.4, 0.8, 0.8])
    assert np.array_equal(swept[0].face, swept[1].face), "the mean face is the same for all"
    assert [frame.distance for frame in swept[:2]] == [0, 0]
    assert swept[4].distance == pytest.approx(2 * swept[2].distance, rel=1e-4)
    assert np.array_equal(swept[4].face, faces(count=1, truncation=0.8)[0].face)


def test_a_large_face_is_shown_at_the_size_asked_for() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), np.uint8)
    for side in (256, 512, 1024):
        assert module.shrunk(picture, side).shape == (side, side, 3)
    squares = picture.reshape(256, 4, 256, 4, 3).mean((1, 3))
    assert np.abs(module.shrunk(picture, 256) - squares).max() <= 0.51


def test_every_layer_from_b_is_b_and_none_is_a() -> None:
    frames = mix(seed=1, other_seed=2, truncation=0.5)
    a, b = (faces(seed=seed, count=1, truncation=0.5)[0].face for seed in (1, 2))
    assert np.array_equal(frames[0].mix, a)
    assert np.array_equal(frames[1].mix, b)
    assert np.array_equal(frames[-1].mix, b)
    assert (frames[-1].share == 1).all()
    assert np.array_equal(frames[-1].classic[:2], [a[0], b[0]])
    assert [frame.change for frame in frames[:6]] == [None] * 5 + [0.0]


def test_coarse_middle_and_fine_are_all_layers_once() -> None:
    _, (_, every), *parts = module.classic(stand_in.SIDES)
    assert sorted(i for _, layers in parts for i in layers) == sorted(every) == list(range(len(stand_in.SIDES)))
    assert [len(layers) for _, layers in parts] == [3, 2, 1]


def test_layers_are_taken_over_one_by_one_or_by_size() -> None:
    by_layer = [frame.share.sum() for frame in mix(by="layer", first=2, last=5)[5:]]
    assert by_layer == [0, 1, 2, 3, 4]
    by_size = [frame.share.tolist() for frame in mix(by="size", first=2, last=5)[5:]]
    assert by_size == [[0] * 6, [0, 1, 1, 0, 0, 0], [0, 1, 1, 1, 1, 0]]


def test_layers_in_the_wrong_order_or_beyond_are_said() -> None:
    with pytest.raises(DemoError, match="first is 9 and last is 4; choose"):
        run(Recipe("gan/mix", {"first": 9, "last": 4}))
    with pytest.raises(DemoError, match="choose a whole number from 1 to 23"):
        run(Recipe("gan/mix", {"last": LAYERS + 1}))
    with pytest.raises(DemoError, match=r"first is 7; this network has 6 layers"):
        mix(first=7)


@pytest.mark.parametrize("space", ["w", "z"])
def test_a_walk_passes_its_faces(space: str) -> None:
    stops = [frame.face for frame in faces(seed=4, count=3)]
    there = walk(seed=4, stops=3, frames=9, loop=False, space=space)
    assert [np.abs(there[i].face.astype(int) - stops[i // 4]).max() <= 1 for i in (0, 4, 8)] == [True] * 3
    around = walk(seed=4, stops=3, frames=12, loop=True, space=space)
    assert [np.abs(around[i].face.astype(int) - stops[i // 4]).max() <= 1 for i in (0, 4, 8)] == [True] * 3
    assert around[-1].leg == "6 and 4"
    assert np.array_equal(around[0].way[0, 0], around[0].way[0, -1])


def test_the_plane_shows_where_codes_land_once() -> None:
    first, second = walk(stops=2, frames=2)
    assert second.density is None
    inside = np.abs(MODEL.plane(MODEL.known)).max(1) <= module.EXTENT
    assert first.density.sum() == pytest.approx(inside.sum(), rel=0.02)
    up = MODEL.plane(MODEL.known)[inside][:, 1] > module.EXTENT / 2
    assert first.density[: module.CELLS // 4].sum() == pytest.approx(up.sum(), rel=0.1), "row 0 is at the top"


def test_the_plane_is_the_same_in_every_process_and_draws_nothing_from_the_shared_numbers() -> None:
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    again = stand_in.faces()
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(again.axes, MODEL.axes)
    assert torch.allclose(again.axes @ again.axes.T, torch.eye(2), atol=1e-5)
    assert again.spread[0] >= again.spread[1] > 0


def test_a_walk_in_w_is_straight_and_one_in_z_keeps_the_length_of_its_codes() -> None:
    way = walk(stops=2, frames=5, loop=False, space="w")[0].way[0]
    assert np.allclose(np.diff(way, axis=0), np.diff(way, axis=0)[0], atol=1e-4)
    a, b = torch.randn(2, 1, 512, generator=torch.Generator().manual_seed(0))
    b = b / b.norm() * a.norm()
    t = torch.linspace(0, 1, 7)[:, None]
    points = module.arc(a.expand(7, -1), b.expand(7, -1), t)
    assert torch.allclose(points.norm(dim=1), a.norm(), rtol=1e-4)
    assert torch.allclose(points[[0, -1]], torch.cat([a, b]), atol=1e-4)
    assert torch.allclose(module.arc(a, a, t[3:4]), a, atol=1e-5), "no angle, no division by it"


def test_a_run_can_be_stopped_between_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    model = copy.deepcopy(MODEL)
    drawn: list[int] = []
    monkeypatch.setattr(model, "draw", lambda styles: drawn.append(1) or np.zeros((16, 16, 3), np.uint8), raising=False)
    frames = module.walk(model, WalkOptions(), seed=0)
    next(frames)
    next(frames)
    frames.close()
    assert len(drawn) == 2


def test_without_the_package_one_sentence_says_so_and_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    load_module.clear()
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "openvino" else real(name))
    monkeypatch.setattr(weights.subprocess, "run", lambda *given, **more: pytest.fail("it was fetched"))
    with pytest.raises(DemoError, match=r"needs the Python package openvino.*pip install openvino") as error:
        next(run(Recipe("gan/faces")))
    assert len(str(error.value)) < 200


def test_while_it_is_fetched_the_page_is_told_how_much_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    from pages.parts import stream

    arrived = threading.Event()

    def build(spec: Any) -> load_module.Loaded:
        arrived.wait(20)
        return load_module.Loaded(MODEL, spec.sources[0], 0.0, 0, 0, "cpu", "float32")

    load_module.clear()
    monkeypatch.setattr(load_module, "_build", build)
    monkeypatch.setattr(stream, "LOOK_S", 0.01)
    monkeypatch.setattr(stream, "progress", lambda spec: "" if arrived.is_set() else "fetching x, 12 of 38 MB")
    messages = stream.stream(Recipe("gan/faces", {"count": 1}))
    assert next(messages) == {"waiting": "Fetching x, 12 of 38 MB."}
    arrived.set()
    rest = [message for message in messages if "waiting" not in message]
    assert [message.get("done", False) for message in rest] == [False, True]
    load_module.clear()


# ---- with OpenVINO ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def library() -> Any:
    if importlib.util.find_spec("openvino") is None:  # importorskip would import it, and its report would be sent
        pytest.skip("openvino is not installed (requirements-faces.txt)")
    return openvino_faces.openvino()


@pytest.fixture(scope="module")
def package(library: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two small graphs laid out and named as the package's: style (1, 6) -> three layers -> img (1, 3, 8, 8)."""
    import openvino.opset13 as ops

    folder, random = tmp_path_factory.mktemp("faces"), np.random.default_rng(0)

    def some(*shape: int) -> Any:
        return ops.constant(random.normal(size=shape).astype(np.float32))

    var = ops.parameter([1, 6], np.float32, name="var")
    mapped = ops.result(ops.tanh(ops.matmul(var, some(6, 6), False, True)))
    library.save_model(
        library.Model([mapped], [var], "mapping"), folder / openvino_faces.MAPPING, compress_to_fp16=False
    )
    style = ops.parameter([1, 6], np.float32, name="style")
    x, side = some(1, 4, 4, 4), 4
    for number in (9, 52, 110):  # as text "110" comes before "9"
        scale = ops.matmul(style, some(4, 6), False, True, name=f"Gemm_{number}/WithoutBiases")
        x = ops.multiply(x, ops.reshape(scale, np.array([1, 4, 1, 1]), False))
        x = ops.tanh(ops.convolution(x, some(4, 4, 3, 3), [1, 1], [1, 1], [1, 1], [1, 1]))
        if side == 4:
            x, side = ops.concat([ops.concat([x, x], 2)] * 2, 3), 8
    batch = ops.reduce_sum(ops.convert(ops.shape_of(style), "f32"), np.array([0]), False)  # another reader of the style
    image = ops.add(
        ops.convolution(x, some(3, 4, 1, 1), [1, 1], [0, 0], [0, 0], [1, 1]), ops.multiply(batch, np.float32(0))
    )
    library.save_model(
        library.Model([ops.result(image)], [style], "synthesis"),
        folder / openvino_faces.SYNTHESIS,
        compress_to_fp16=False,
    )
    return folder / openvino_faces.MAPPING


@pytest.fixture(scope="module")
def built(package: Path) -> openvino_faces.Faces:
    return openvino_faces.build(package)


def original(library: Any, package: Path, w: np.ndarray) -> np.ndarray:
    hints = {"INFERENCE_PRECISION_HINT": "f32"}
    image = library.Core().compile_model(package.parent / openvino_faces.SYNTHESIS, "CPU", hints)([w])[0]
    picture: np.ndarray = np.clip((image[0].transpose(1, 2, 0) + 1) * 127.5, 0, 255).round()
    return picture


def test_one_style_for_all_layers_is_the_network_as_it_came(built: Any, library: Any, package: Path) -> None:
    assert built.sides == (4, 8, 8)
    for seed in range(3):
        w = built.codes(module.codes(built, seed, 1), 1.0)
        picture = built.draw(w[0])
        assert picture.dtype == np.uint8
        assert np.abs(picture - original(library, package, w.numpy())).max() <= 1
        assert picture.std() > 5


def test_each_layer_has_a_style_of_its_own_in_the_order_they_run(built: Any) -> None:
    a, b = built.codes(module.codes(built, 0, 2), 1.0)
    pictures = [built.draw(a)]
    for layer in range(3):
        styles = a.repeat(3, 1)
        styles[layer] = b
        pictures.append(built.draw(styles))
    assert all(not np.array_equal(one, other) for i, one in enumerate(pictures) for other in pictures[:i])
    assert built.sides == (4, 8, 8), "110 runs after 9 and 52"


def test_the_mean_is_that_of_many_mapped_codes(built: Any) -> None:
    z = torch.randn(20_000, 6, generator=torch.Generator().manual_seed(9))
    assert torch.allclose(built.mapping(z).mean(0), built.mean, atol=0.05)
    assert np.allclose(built.plane(built.known).std(0), 1, atol=0.01)
    assert np.allclose((built.axes @ built.axes.T).numpy(), np.eye(2), atol=1e-3)


def test_it_loads_as_any_model_and_says_where_it_runs(
    built: Any, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_module.clear()
    monkeypatch.setattr(weights, "locate", lambda source: package)
    info = load_module.load_info(find_spec("gan/mobile-stylegan"))
    assert (info.device, info.dtype) == ("cpu", "float32")
    assert info.parameters > 36 + 3 * 24
    frames = list(run(Recipe("gan/faces", {"count": 2, "size": 256})))
    assert [frame.face.shape for frame in frames] == [(1, 256, 256, 3)] * 2
    load_module.clear()


def test_visitors_share_it_and_a_copy_is_the_same_graph(built: Any) -> None:
    w = built.codes(module.codes(built, 0, 8), 1.0)
    alone = [built.draw(one) for one in w]
    either = (built, copy.deepcopy(built))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: either[i % 2].draw(w[i]), range(8), timeout=20))
    assert np.array_equal(found, alone)


def test_its_blocks_can_be_traced(built: Any) -> None:
    from genai_demo.core.inspect import _trace

    blocks = {block.name: block for block in _trace(copy.deepcopy(built), openvino_faces.example, 2)}
    assert blocks["mapping"].shape_in == (2, 6)
    assert blocks["synthesis"].shape_out == (1, 8, 8, 3)


def test_a_network_without_styles_is_said(library: Any) -> None:
    import openvino.opset13 as ops

    style = ops.parameter([1, 6], np.float32, name="style")
    with pytest.raises(DemoError, match="no layer that reads a style"):
        openvino_faces.per_layer(library, library.Model([ops.result(ops.tanh(style))], [style], "none"))


def test_the_import_sends_no_report(library: Any) -> None:
    code = (
        "import sys; from genai_demo.gan.openvino_faces import openvino; openvino().Core()\n"
        "assert not [name for name in sys.modules if name.startswith('openvino_telemetry')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
