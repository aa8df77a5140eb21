from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import onnx
import pytest
import torch

from edgeface.errors import InputError
from edgeface.models import families
from edgeface.models.architectures import SKELETONS, architecture, architectures, skeleton
from edgeface.models.retinaface_mnet025 import FAMILY
from edgeface.models.torch_export import trace_onnx
from edgeface.models.write_skeletons import write_skeleton

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
    assert set(SKELETONS.iterdir()) == {found.skeleton_path for found in known.values()}


@pytest.mark.parametrize("name", architectures())
def test_a_skeleton_has_the_names_and_shapes_of_the_state_dict_but_no_weights(name: str) -> None:
    found = model(name).graph
    with torch.device("meta"):
        module = architecture(name).build()
    assert weights(found) == state_shapes(module)
    assert all(tensor.data_type == onnx.TensorProto.FLOAT for tensor in found.initializer)
    assert all(tensor.ByteSize() < 128 for tensor in found.initializer)
    constants = [a.t for node in found.node if node.op_type == "Constant" for a in node.attribute]
    assert all(
        tensor.raw_data and (tensor.data_type == onnx.TensorProto.INT64 or not tensor.dims) for tensor in constants
    )
    assert all(not node.doc_string and not node.metadata_props for node in found.node)


LIGHT = {"mobilefacenet:y1", DETECTOR}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in LIGHT else pytest.mark.slow) for name in architectures()]
)
def test_a_shipped_skeleton_is_the_network_as_it_is_now(name: str) -> None:
    shipped, written = model(name), onnx.load_from_string(write_skeleton(architecture(name)))
    assert nodes(shipped.graph) == nodes(written.graph)
    assert weights(shipped.graph) == weights(written.graph)
    assert list(shipped.graph.input) == list(written.graph.input)
    assert list(shipped.graph.output) == list(written.graph.output)
    assert list(shipped.opset_import) == list(written.opset_import)


def test_writing_twice_gives_the_same_bytes_whatever_the_weights() -> None:
    found = architecture("mobilefacenet:y1")
    assert write_skeleton(found) == write_skeleton(found)


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


@pytest.mark.parametrize(("height", "width"), [(240, 320), (480, 640), (640, 640), (1080, 1920)])
def test_every_shape_of_the_detector_follows_from_the_input_s(height: int, width: int) -> None:
    found = model(DETECTOR)
    sides = found.graph.input[0].type.tensor_type.shape.dim
    assert [side.dim_value or side.dim_param for side in sides] == [1, 3, "height", "width"]
    sides[2].dim_value, sides[3].dim_value = height, width
    known = shapes(found)
    priors = sum(2 * -(-height // stride) * -(-width // stride) for stride in (8, 16, 32))
    assert all(all(known[output]) for node in found.graph.node for output in node.output)
    assert [known[name] for name in ("boxes", "scores", "landmarks")] == [[1, priors, n] for n in (4, 2, 10)]


def test_the_resizable_detector_computes_the_family_s_numbers() -> None:
    contract = FAMILY.variants()["official"]
    plain, resizable = FAMILY.random(contract, seed=3), architecture(DETECTOR).build()
    resizable.load_state_dict(plain.state_dict())
    image = torch.rand(1, 3, 68, 100) * 255
    with torch.inference_mode():
        pairs = zip(plain(image), resizable(image), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_the_tool_writes_and_lists_every_skeleton(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from edgeface.models import architectures as module
    from edgeface.models import write_skeletons

    one = {DETECTOR: architecture(DETECTOR)}
    monkeypatch.setattr(module, "SKELETONS", tmp_path / "skeletons")
    monkeypatch.setattr(write_skeletons, "SKELETONS", tmp_path / "skeletons")
    monkeypatch.setattr(write_skeletons, "architectures", lambda: one)
    write_skeletons.main()
    assert capsys.readouterr().out.startswith(f"{DETECTOR}.onnx: ")
    assert (tmp_path / "skeletons" / f"{DETECTOR}.onnx").stat().st_size > 10_000
