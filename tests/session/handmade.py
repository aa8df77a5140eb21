"""Artifacts whose networks were made by hand, so that what they decide is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from edgeface.contracts import ARCFACE_TEMPLATE, Contract, ImageInput, RecognitionContract, detection
from edgeface.core.artifact import MANIFEST, Manifest, sha256_hex, write_json
from edgeface.models import family

Arrays = Mapping[str, NDArray[np.float32]]
SIDE = 64
PRIORS = 2 * (8 * 8 + 4 * 4 + 2 * 2)
"""Of two sides in each cell of strides 8, 16 and 32."""


def one_face(folder: Path) -> Path:
    """An artifact in `folder` that finds one face, whatever it is shown: the prior of side 32 at row 2, column 3."""
    scores = np.tile(np.array([1, 0], np.float32), (1, PRIORS, 1))
    scores[0, _prior(2, 3, large=True)] = 0.1, 0.9
    outputs = {"boxes": np.zeros((1, PRIORS, 4), np.float32), "scores": scores}
    outputs["landmarks"] = np.zeros((1, PRIORS, 10), np.float32)
    nodes = [helper.make_node("ReduceSum", ["input"], ["sum"], keepdims=0)]
    nodes += [helper.make_node("Mul", ["sum", "nothing"], ["zero"])]
    nodes += [helper.make_node("Add", [f"{name}_constant", "zero"], [name]) for name in outputs]
    constants = {**{f"{name}_constant": array for name, array in outputs.items()}, "nothing": np.float32(0)}
    return _write(folder / "one_face-onnx-fp32", _detection(), nodes, constants, _shapes(outputs))


def two_faces(folder: Path) -> Path:
    """An artifact in `folder` that finds two faces of scores 0.9 and 0.8, but none where an image is nearly black."""
    near, far = _prior(4, 3, large=True), _prior(1, 6, large=False)
    outputs = {"boxes": np.zeros((1, PRIORS, 4), np.float32), "scores": np.zeros((1, PRIORS, 2), np.float32)}
    outputs["scores"][0, [near, far], 1] = 0.9, 0.8
    variance = detection(_detection()).anchors.variances[0]
    points = (np.array(ARCFACE_TEMPLATE, np.float32) - 56) / 112 * 0.8 / variance
    outputs["landmarks"] = np.tile(points.reshape(-1), (1, PRIORS, 1)).astype(np.float32)
    nodes = [helper.make_node("ReduceMean", ["input"], ["mean"], keepdims=0)]
    nodes += [helper.make_node("Greater", ["mean", "black"], ["lit"]), helper.make_node("Cast", ["lit"], ["one"], to=1)]
    nodes += [helper.make_node("Mul", [f"{name}_constant", "one"], [name]) for name in outputs]
    constants = {**{f"{name}_constant": array for name, array in outputs.items()}, "black": np.float32(-100)}
    return _write(folder / "two_faces-onnx-fp32", _detection(), nodes, constants, _shapes(outputs))


def projection(folder: Path) -> Path:
    """An artifact in `folder` that embeds a face of 112×112 as 16 fixed random sums of its 14×14 blocks' means."""
    spec = ImageInput(height=112, width=112, color="rgb", mean=(127.5,) * 3, scale=(1 / 128,) * 3)
    contract = RecognitionContract(family="mobilefacenet", variant="test", activation="prelu", input=spec, width=16)
    nodes = [helper.make_node("AveragePool", ["input"], ["blocks"], kernel_shape=[8, 8], strides=[8, 8])]
    nodes += [helper.make_node("Flatten", ["blocks"], ["flat"])]
    nodes += [helper.make_node("MatMul", ["flat", "projection"], ["embedding"])]
    matrix = np.random.default_rng(5).normal(size=(3 * 14 * 14, 16)).astype(np.float32)
    return _write(
        folder / "projection-onnx-fp32", contract, nodes, {"projection": matrix}, {"embedding": [1, contract.width]}
    )


def _detection() -> Contract:
    return family("retinaface_mnet025").variants()["official"].with_input_size(SIDE, SIDE)


def _prior(row: int, column: int, *, large: bool) -> int:
    """The number of a prior of stride 8: of side 16 or 32."""
    return 2 * (row * (SIDE // 8) + column) + large


def _shapes(outputs: Arrays) -> dict[str, list[int]]:
    return {name: list(array.shape) for name, array in outputs.items()}


def _write(
    folder: Path, contract: Contract, nodes: Sequence[NodeProto], constants: Arrays, outputs: Mapping[str, list[int]]
) -> Path:
    """An artifact folder of ONNX nodes that read "input" and make `outputs`."""
    size = [1, 3, contract.input.height, contract.input.width]
    image = helper.make_tensor_value_info("input", TensorProto.FLOAT, size)
    made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()]
    weights = [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "g", [image], made, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()
    folder.mkdir()
    (folder / "model.onnx").write_bytes(model)
    manifest = Manifest(
        name=folder.name.removesuffix("-onnx-fp32"),
        target="onnx-fp32",
        model_file="model.onnx",
        model_sha256=sha256_hex(model),
        model_bytes=len(model),
        layout="nchw",
        io="float",
        macs=1_000_000,
        contract=contract,
        sources={},
        versions={},
    )
    write_json(folder / MANIFEST, manifest.model_dump(mode="json"))
    return folder
