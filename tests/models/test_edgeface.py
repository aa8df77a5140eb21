"""EdgeFace: public checkpoints' layout and published sizes, and a small one from torch to the targets."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.graph.onnx_reader import read_onnx
from edgeface.graph.onnx_writer import write_onnx
from edgeface.models._edgenext_network import EdgeFace, Size
from edgeface.models.edgeface import FAMILY
from edgeface.models.torch_export import export_onnx
from edgeface.passes import run_passes

PUBLISHED = {"xxs": 1.24, "xs": 1.77, "s": 3.65, "base": 18.23}
"""Millions of parameters, from the repository of the released checkpoints."""
KEYS = {
    "model.stem.0.weight": (32, 3, 4, 4),
    "model.stem.1.weight": (32,),
    "model.stages.0.blocks.0.conv_dw.weight": (32, 1, 3, 3),
    "model.stages.0.blocks.0.mlp.fc1.linear1.weight": (19, 32),
    "model.stages.0.blocks.0.mlp.fc1.linear2.bias": (128,),
    "model.stages.1.downsample.1.weight": (64, 32, 2, 2),
    "model.stages.1.blocks.2.pos_embd.token_projection.weight": (64, 64, 1, 1),
    "model.stages.2.blocks.8.convs.1.weight": (34, 1, 3, 3),
    "model.stages.3.blocks.2.xca.temperature": (4, 1, 1),
    "model.stages.3.blocks.2.xca.qkv.linear1.weight": (115, 192),
    "model.stages.3.blocks.2.gamma_xca": (192,),
    "model.head.norm.bias": (192,),
    "model.head.fc.linear2.weight": (512, 115),
}


def test_networks_have_the_published_numbers_of_parameters():
    with torch.device("meta"):
        counts = {name: sum(p.numel() for p in FAMILY.build(c).parameters()) for name, c in FAMILY.variants().items()}
    assert {name: round(count / 1e6, 2) for name, count in counts.items()} == PUBLISHED


def test_keys_are_those_of_the_released_checkpoints():
    state = FAMILY.build(FAMILY.variants()["xs"]).state_dict()
    assert {key: tuple(state[key].shape) for key in KEYS} == KEYS


@pytest.mark.parametrize("variant", ["xxs", "xs"])
def test_a_checkpoint_tells_its_variant(variant, tmp_path):
    with torch.device("meta"):
        shapes = {k: tuple(v.shape) for k, v in FAMILY.build(FAMILY.variants()[variant]).state_dict().items()}
    path = tmp_path / "weights.pth"
    torch.save({key: torch.zeros(shape) for key, shape in shapes.items()}, path)
    assert FAMILY.variant_of(path) == variant


@pytest.fixture(scope="module")
def small():
    """A low-rank network of one block a stage, its embedding of a seeded image, and its graph."""
    torch.manual_seed(0)
    module = EdgeFace(Size((8, 10, 12, 16), (1, 1, 1, 1), 2, 0.5), 32).eval().requires_grad_(False)
    contract = FAMILY.variants()["xs"].model_copy(update={"width": 32})
    image = torch.randn(1, 3, 112, 112)
    graph = run_passes(read_onnx(export_onnx(module, contract)))
    return graph, {contract.input.name: image.numpy()}, module(image).numpy()


def kinds(graph):
    return {type(node.op).__name__ for node in graph.nodes}


def test_its_spellings_are_recognized(small):
    assert {"LayerNorm", "Gelu", "L2Normalize", "Softmax", "MatMul", "Gemm"} <= kinds(small[0])
    assert not kinds(small[0]) & {"Erf", "Sqrt", "Div", "ReduceMean", "Tile"}


def test_onnx_and_tflite_compute_what_torch_does(small):
    graph, feed, expected = small
    [name] = graph.outputs
    emit = target("tflite-fp32")
    runner = LiteRtRunner(emit.emit_model(run_passes(graph, emit.legalize), emit.float_plan(), EmitOptions()))
    for found in (OrtRunner(write_onnx(graph)).run(feed)[name], FloatRunner(runner, "nhwc").run(feed)[name]):
        assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()
    attention = sum(type(node.op).__name__ == "MatMul" for node in graph.nodes) // 2
    assert sum(op.name == "TRANSPOSE" for op in runner.operators()) <= 4 * attention
