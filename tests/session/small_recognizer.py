"""A small recognizer as a user's ONNX file: its parts have names, and one channel reaches much further than others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from onnx import TensorProto, helper, numpy_helper

SIDE, LOUD = 32, 16.0
CONTRACT = """
task = "recognition"
width = 16
output = "embedding"
[input]
height = 32
width = 32
color = "rgb"
mean = [127.5, 127.5, 127.5]
scale = [0.0078125, 0.0078125, 0.0078125]
"""


@dataclass(frozen=True)
class Small:
    """Paths of the model, of its contract, and of two folders of images."""

    model: Path
    contract: Path
    calibration: Path
    images: Path

    @property
    def options(self) -> tuple[str, ...]:
        """As the command line takes them."""
        named = {"contract": self.contract, "calibration": self.calibration, "images": self.images}
        return (str(self.model), *(word for name, path in named.items() for word in (f"--{name}", str(path))))


def network() -> bytes:
    """Stem, depthwise filter, two branches' worth of channels, and a projection; channel 0 of the stem is loud."""
    draw = np.random.default_rng(3)
    constants = {
        "stem.w": draw.normal(size=(8, 3, 3, 3)) / 3,
        "stem.b": draw.normal(size=8) * 0.1,
        "dw.w": draw.normal(size=(8, 1, 3, 3)) / 2,
        "dw.b": draw.normal(size=8) * 0.1,
        "wide.w": draw.normal(size=(16, 8, 1, 1)) / 2,
        "wide.b": draw.normal(size=16) * 0.1,
        "head.w": draw.normal(size=(16, 16, 4, 4)) / 8,
        "head.b": draw.normal(size=16) * 0.1,
    }
    constants["stem.w"][0] *= LOUD
    constants["stem.b"][0] *= LOUD
    constants["dw.w"][0] /= LOUD

    def conv(read: str, made: str, weight: str, origin: str, **attributes: object) -> list:
        relu = helper.make_node("Relu", [f"{made}/conv"], [made], name=origin.replace("Conv", "Relu"))
        given = [read, f"{weight}.w", f"{weight}.b"]
        return [helper.make_node("Conv", given, [f"{made}/conv"], name=origin, **attributes), relu]

    nodes = [
        *conv("input", "stem", "stem", "/body/stem/Conv", strides=[2, 2], pads=[1] * 4, kernel_shape=[3, 3]),
        *conv("stem", "dw", "dw", "/body/dw/Conv", strides=[2, 2], pads=[1] * 4, kernel_shape=[3, 3], group=8),
        *conv("dw", "wide", "wide", "/body/wide/Conv", kernel_shape=[1, 1]),
        helper.make_node("AveragePool", ["wide"], ["pooled"], name="/head/Pool", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["pooled", "head.w", "head.b"], ["flat"], name="/head/Conv", kernel_shape=[4, 4]),
        helper.make_node("Flatten", ["flat"], ["embedding"], name="/head/Flatten"),
    ]
    weights = [numpy_helper.from_array(array.astype(np.float32), name) for name, array in constants.items()]
    image = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    made = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [1, 16])
    graph = helper.make_graph(nodes, "small", [image], [made], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return model.SerializeToString()


def faces(folder: Path, count: int, seed: int, brightness: float = 1.0) -> Path:
    """Images of the input's size, smooth noise."""
    folder.mkdir()
    draw = np.random.default_rng(seed)
    for number in range(count):
        coarse = draw.uniform(0, 255 * brightness, size=(6, 6, 3)).astype(np.float32)
        image = np.clip(cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), 0, 255)
        assert cv2.imwrite(str(folder / f"{number:02}.png"), image.astype(np.uint8))
    return folder


def small_recognizer(folder: Path) -> Small:
    """The model, its contract and images, written into a folder."""
    model, contract = folder / "small.onnx", folder / "small.toml"
    model.write_bytes(network())
    contract.write_text(CONTRACT)
    return Small(model, contract, faces(folder / "calibration", 12, 1), faces(folder / "images", 8, 2))
