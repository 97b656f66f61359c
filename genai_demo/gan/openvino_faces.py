"""Faces of 1024 pixels by MobileStyleGAN (Belousov 2021, arXiv 2104.04767), run by OpenVINO.

z: (n, 512) from a standard Gaussian; w: (n, 512) = mapping(z), the style space W of StyleGAN (Karras et al. 2019);
styles: (layers, 512), the w that each modulated convolution is given. The package's network hands one w to all of
them; here its graph is rewired so that each has its own, which is what mixing styles needs.
"""

from __future__ import annotations

import importlib
import re
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from genai_demo.core.device import generator
from genai_demo.core.errors import DemoError

MAPPING, SYNTHESIS = "MappingNetwork.xml", "SynthesisNetwork.xml"
KNOWN, KNOWN_SEED = 4096, 0  # z that are mapped to find the mean of W and its two widest directions
_one_import = threading.Lock()


def openvino() -> Any:
    """The library, without the report of its import that it would send to its maker over the network."""
    with _one_import:
        if "openvino" not in sys.modules:
            before = sys.modules.get("openvino_telemetry")
            sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # as if not installed: it has a stub
            try:
                importlib.import_module("openvino")
            finally:
                sys.modules.pop("openvino_telemetry")
                if before is not None:
                    sys.modules["openvino_telemetry"] = before
        return sys.modules["openvino"]


class Network(nn.Module):
    """A compiled graph of one input and one output. Torch knows its weights by shape alone; OpenVINO has the numbers.

    It never changes, so a deep copy is the same graph; one inference at a time.
    """

    def __init__(self, core: Any, graph: Any) -> None:
        super().__init__()
        held = [op.output(0) for op in graph.get_ordered_ops() if op.get_type_name() == "Constant"]
        shapes = [tuple(one.shape) for one in held if one.element_type.is_real()]  # the others are axes and sizes
        self.weights = nn.ParameterList(nn.Parameter(torch.empty(shape, device="meta")) for shape in shapes)
        threads = {"INFERENCE_NUM_THREADS": torch.get_num_threads(), "INFERENCE_PRECISION_HINT": "f32"}
        self._run = _Shared(core.compile_model(graph, "CPU", threads))

    def _apply(self, fn: Any, recurse: bool = True) -> Network:
        return self  # nothing of it can be moved or cast

    def forward(self, x: Tensor) -> Tensor:
        return torch.from_numpy(self._run(np.ascontiguousarray(x.numpy(), np.float32)))


class _Shared:
    """A compiled graph that copies of a module share, called by one thread at a time."""

    def __init__(self, compiled: Any) -> None:
        self.compiled, self.lock = compiled, threading.Lock()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        with self.lock:
            return np.asarray(self.compiled([x])[0])  # a copy: the library's own memory is written again

    def __deepcopy__(self, memo: Any) -> _Shared:
        return self


class Faces(nn.Module):
    """mapping: (n, 512) -> (n, 512); synthesis: (1, layers, 512) -> (1, side, side, 3) uint8.

    mean (512,): of W; axes (2, 512), spread (2,): the directions in which W is widest, and its deviation along them;
    known (KNOWN, 512): the w these were found from; sides: the side in pixels of what each layer works on.
    """

    mean: Tensor
    axes: Tensor
    spread: Tensor
    known: Tensor
    runs_on = (torch.device("cpu"), torch.float32)

    def __init__(self, mapping: nn.Module, synthesis: nn.Module, sides: tuple[int, ...], latent: int) -> None:
        super().__init__()
        self.mapping, self.synthesis, self.sides, self.latent = mapping, synthesis, sides, latent
        known = mapping(torch.randn(KNOWN, latent, generator=generator(KNOWN_SEED)))
        mean = known.mean(0)
        _, axes = torch.linalg.eigh(torch.cov(known.double().T))  # the widest come last
        axes = axes[:, [-1, -2]].T.float()
        axes = axes * axes.sum(1, keepdim=True).sign()  # a direction and its opposite are the same
        self.register_buffer("known", known)
        self.register_buffer("mean", mean)
        self.register_buffer("axes", axes)
        self.register_buffer("spread", ((known - mean) @ axes.T).std(0))

    @property
    def layers(self) -> int:
        return len(self.sides)

    def codes(self, z: Tensor, truncation: float) -> Tensor:
        """z (n, 512) -> w (n, 512), drawn to the mean of W: 0 is the mean itself, 1 leaves them where they are."""
        w: Tensor = self.mapping(z)
        return self.mean + truncation * (w - self.mean)

    def draw(self, styles: Tensor) -> np.ndarray:
        """styles (layers, 512), or one w (512,) for all layers -> (side, side, 3) uint8."""
        picture: np.ndarray = self.synthesis(styles.expand(1, self.layers, self.latent))[0].numpy()
        return picture

    def plane(self, w: Tensor) -> np.ndarray:
        """w (n, 512) -> (n, 2): standard deviations from the mean along the two widest directions."""
        found: np.ndarray = ((w - self.mean) @ self.axes.T / self.spread).numpy()
        return found


def build(path: Path) -> Faces:
    """The model from the folder in which `path` lies. Raises DemoError where the graphs are not what they were."""
    library = openvino()
    core = library.Core()
    mapping = core.read_model(path.parent / MAPPING)
    latent = int(mapping.inputs[0].partial_shape[1].get_length())
    mapping.reshape([-1, latent])
    synthesis, sides = per_layer(library, core.read_model(path.parent / SYNTHESIS))
    return Faces(Network(core, mapping), Network(core, synthesis), sides, latent)


def example(model: Faces, batch: int) -> Tensor:
    """Maps `batch` codes and draws one face of each: (batch, side, side, 3) uint8."""
    w = model.mapping(torch.randn(batch, model.latent, generator=generator(0)))
    return torch.cat([model.synthesis(one.expand(1, model.layers, model.latent)) for one in w])


def per_layer(library: Any, graph: Any) -> tuple[Any, tuple[int, ...]]:
    """The graph style (1, k) -> (1, 3, h, w) in [-1, 1], made one styles (1, layers, k) -> (1, h, w, 3) uint8.

    A layer is a product of the style with a matrix; its nodes carry the numbers of the exporter, which counted them
    as they run. With the graph come the sides of the maps they modulate, from the first to the last.
    Raises DemoError where there is no such layer.
    """
    ops = importlib.import_module("openvino.opset13")
    (style,) = graph.get_parameters()
    readers = list(style.output(0).get_target_inputs())
    layers = sorted((one for one in readers if one.get_node().get_type_name() == "MatMul"), key=_count)
    if not layers:
        raise DemoError("the face network has no layer that reads a style; restore its package (SHA-256 was right)")
    shape = [1, len(layers), int(style.partial_shape[1].get_length())]
    styles = ops.parameter(shape, np.float32, name="styles")
    one = np.int64(1)
    for i, layer in enumerate(layers):
        layer.replace_source_output(ops.gather(styles, np.int64(i), one).output(0))
    for other in readers:
        if other not in layers:  # it asks for the batch
            other.replace_source_output(ops.gather(styles, np.int64(0), one).output(0))
    sides = tuple(_side(layer.get_node()) for layer in layers)
    image = graph.get_results()[0].input_value(0)
    bytes_ = ops.clamp(
        ops.round(ops.multiply(ops.add(image, np.float32(1)), np.float32(127.5)), "half_to_even"), 0, 255
    )
    pixels = ops.convert(ops.transpose(bytes_, np.array([0, 2, 3, 1])), "u8")
    return library.Model([ops.result(pixels)], [styles], "faces"), sides


def _count(reader: Any) -> int:
    """52 of a node called Gemm_52/WithoutBiases."""
    found = re.search(r"_(\d+)", reader.get_node().get_friendly_name())
    return int(found[1]) if found else 0


def _side(node: Any) -> int:
    """The side of the first map (1, c, h, w), h > 1, that a convolution makes behind a node; 0 where there is none."""
    waiting, seen = [node], set()
    while waiting:
        node = waiting.pop(0)
        for target in node.output(0).get_target_inputs():
            after = target.get_node()
            shape = after.output(0).partial_shape
            if (
                after.get_type_name() in ("Convolution", "GroupConvolution")
                and shape.is_static
                and shape[2].get_length() > 1
            ):
                return int(shape[2].get_length())
            if after.get_friendly_name() not in seen:
                seen.add(after.get_friendly_name())
                waiting.append(after)
    return 0
