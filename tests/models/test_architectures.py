from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable

import onnx
import pytest
import torch

from edgeface.errors import InputError
from edgeface.models import families
from edgeface.models.architectures import architecture, architectures, skeleton
from edgeface.models.skeletons import index
from edgeface.models.torch_export import trace_onnx

DETECTOR = "retinaface_mnet025"


def model(name: str) -> onnx.ModelProto:
    return onnx.load_from_string(skeleton(name))


def nodes(graph: onnx.GraphProto) -> list[tuple[object, ...]]:
    """What is computed. Tensors are known by their position, as exporters name them differently; weights by name."""
    ids: dict[str, object] = {tensor.name: tensor.name for tensor in graph.initializer}

    def known(names: Iterable[str]) -> list[object]:
        return [ids.setdefault(name, len(ids)) if name else None for name in names]

    return [
        (node.op_type, known(node.input), known(node.output), sorted(str(attribute) for attribute in node.attribute))
        for node in graph.node
    ]


def weights(graph: onnx.GraphProto) -> dict[str, tuple[int, ...]]:
    return {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}


def state_shapes(module: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    state = module.state_dict()
    return {key: tuple(value.shape) for key, value in state.items() if not key.endswith("num_batches_tracked")}


def shapes(found: onnx.ModelProto) -> dict[str, list[int]]:
    """Static shapes by tensor; 0 stands for an open side."""
    inferred = onnx.shape_inference.infer_shapes(found, check_type=True, strict_mode=True, data_prop=True).graph
    values = [*inferred.value_info, *inferred.output]
    return {value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in values}


def test_skeletons_are_read_without_torch() -> None:
    code = (
        "import sys; from edgeface.models.architectures import architectures, skeleton; "
        "[skeleton(name) for name in architectures()]; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_architecture_is_refused_with_the_closest_name() -> None:
    with pytest.raises(InputError, match="did you mean iresnet100"):
        skeleton("iresnet101")
    with pytest.raises(InputError, match="known architectures: mobilefacenet:y1, "):
        architecture("xyz")


def test_architectures_are_not_families_and_match_the_shipped_files() -> None:
    known = architectures()
    assert [name for name, found in known.items() if found.name != name] == []
    assert set(families()) & set(known) == {DETECTOR, "vargfacenet"}
    assert {found.skeleton for found in known.values()} <= set(index()["tensors"])


def test_a_skeleton_computes_what_the_export_with_weights_does() -> None:
    found = architecture("mobilefacenet:y1")
    module = found.build()
    for tensor in module.parameters():
        tensor.data.uniform_()
    for tensor in module.buffers():
        tensor.copy_(torch.rand(tensor.shape))
    exported = onnx.load_from_string(trace_onnx(module, found.input_size, found.outputs)).graph
    assert nodes(exported) == nodes(model(found.name).graph)
    assert weights(exported) == weights(model(found.name).graph)


@pytest.mark.parametrize("name", [name for name, found in architectures().items() if not found.resizable])
def test_every_shape_of_a_recognizer_is_known(name: str) -> None:
    found = model(name)
    known = shapes(found)
    assert all(all(known[output]) for node in found.graph.node for output in node.output)
    assert [value.name for value in found.graph.output] == list(architecture(name).outputs)
