"""Skeletons: what torch exports today without its weights, and with them what torch computes."""

from __future__ import annotations

import gzip

import numpy as np
import onnx
import pytest
import torch

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.contracts import Contract
from edgeface.errors import InputError
from edgeface.graph.onnx_reader import read_onnx
from edgeface.models import Family, families, family, skeletons, write_skeletons
from edgeface.models.network import CheckpointNetworks, skeleton_of, with_weights
from edgeface.models.skeletons import index, is_resizable, read_skeleton, skeleton_name, skeleton_shapes
from edgeface.models.taken import is_counter
from edgeface.models.torch_run import run_module
from edgeface.models.write_skeletons import write_skeleton

LIGHT = {"retinaface_mnet025-official", "mobilefacenet-prelu-112x96", "blazeface-mediapipe"}
"""Networks that are traced in a second; `make hostile` traces all."""


def networks() -> dict[str, tuple[Family, Contract]]:
    """Family and contract by the name of each skeleton; the first variant's."""
    found: dict[str, tuple[Family, Contract]] = {}
    for each in families().values():
        for contract in each.variants().values():
            found.setdefault(str(skeleton_name(each, contract)), (each, contract))
    return found


def outputs_of(model: onnx.ModelProto) -> dict[str, list[int]]:
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    return {value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in inferred.output}


def test_every_network_of_every_family_has_one_and_there_are_no_others():
    wanted = set(networks())
    assert set(index()["tensors"]) == wanted
    files = {path.name for path in skeletons.SKELETONS.iterdir()}
    assert files == {skeletons.INDEX, *(f"{name}{skeletons.SUFFIX}" for name in wanted)}
    assert sum(path.stat().st_size for path in skeletons.SKELETONS.iterdir()) < 600_000


@pytest.mark.parametrize("name", networks())
def test_its_tensors_are_those_of_the_state_dict(name):
    found, contract = networks()[name]
    with torch.device("meta"):
        state = found.build(contract).state_dict()
    wanted = {key: tuple(value.shape) for key, value in state.items() if not is_counter(key)}
    assert skeleton_shapes(name) == wanted
    weights = [tensor for tensor in onnx.load_from_string(read_skeleton(name)).graph.initializer if not tensor.raw_data]
    assert {tensor.name: tuple(tensor.dims) for tensor in weights} == wanted
    assert {tensor.data_type for tensor in weights} == {onnx.TensorProto.FLOAT}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in LIGHT else pytest.mark.hostile) for name in networks()]
)
def test_it_is_what_torch_exports_today(name):
    found, contract = networks()[name]
    assert write_skeleton(found.build(contract), contract, is_resizable(contract)) == read_skeleton(name)


@pytest.mark.parametrize("name", ["retinaface_mnet025", "mos", "blazeface", "face_rfb"])
@pytest.mark.parametrize(("height", "width"), [(64, 96), (480, 640), (1088, 1920)])
def test_every_shape_of_a_detector_follows_from_the_size(name, height, width):
    contract = next(iter(family(name).variants().values())).with_input_size(height, width)
    skeleton = skeleton_of(family(name), contract)
    model = onnx.load_from_string(with_weights(skeleton.onnx, contract, {}))
    shapes = outputs_of(model)
    assert all(all(shape) for shape in shapes.values())
    assert len({shape[1] for shape in shapes.values()}) == 1


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("retinaface_mnet025", "1mb"),
        ("mos", "s"),
        ("face_rfb", "1mb"),
        ("blazeface", "mediapipe"),
        ("mobilefacenet", "relu6-128"),
        pytest.param("edgeface", "xxs", marks=pytest.mark.slow),
        pytest.param("ghostfacenet", "v2-s2", marks=pytest.mark.slow),
    ],
)
def test_with_a_checkpoint_it_computes_what_torch_does(name, variant, tmp_path):
    found = family(name)
    contract = found.variants()[variant]
    if is_resizable(contract):
        contract = contract.with_input_size(96, 128)
    module = found.random(contract, 3)
    torch.save(module.state_dict(), tmp_path / "w.pth")
    spec = contract.input
    image = np.random.default_rng(0).normal(0, 60 if spec.scale[0] == 1 else 0.5, spec.shape).astype(np.float32)
    network = CheckpointNetworks(found, tmp_path / "w.pth").onnx(contract)
    made, wanted = OrtRunner(network, optimize=False).run({spec.name: image}), run_module(module, image, contract)
    assert list(made) == list(wanted)
    for key, array in wanted.items():
        np.testing.assert_allclose(made[key], array, rtol=1e-4, atol=1e-4 * max(1.0, float(np.abs(array).max())))
    graph = read_onnx(network)
    assert {key: graph.values[key].type.shape for key in made} == {key: array.shape for key, array in made.items()}


def test_variants_that_differ_in_preprocessing_share_one():
    found = family("retinaface_mnet025")
    named = {variant: skeleton_name(found, contract) for variant, contract in found.variants().items()}
    assert named["official"] == named["rgb"] != named["1mb"]
    declared = found.variants()["1mb"].with_color("rgb").with_input_size(320, 320)
    assert skeleton_name(found, declared) == named["1mb"]


def test_a_contract_of_another_network_has_none():
    steep = family("retinaface_mnet025").variants()["official"].model_copy(update={"negative_slope": 0.3})
    assert skeleton_name(family("retinaface_mnet025"), steep) is None


def test_a_contract_that_names_other_outputs_is_refused():
    contract = family("mobilefacenet").variants()["y1"].model_copy(update={"output": "other"})
    skeleton = skeleton_of(family("mobilefacenet"), contract)
    with pytest.raises(InputError, match="input, embedding as input and outputs"):
        with_weights(skeleton.onnx, contract, {})


def test_a_network_that_makes_sizes_constants_is_named():
    class Fixed(torch.nn.Module):
        def forward(self, image):
            rows, columns = (int(side) for side in image.shape[2:])
            return (image.reshape(1, rows * columns, 3),)

    contract = family("mobilefacenet").variants()["y1"]
    with pytest.raises(InputError, match="makes sizes constants"):
        write_skeleton(Fixed(), contract, resizable=True)


def test_the_tool_writes_them_with_their_index(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(skeletons, "SKELETONS", tmp_path)
    before = {"families": dict(index()["families"]), "tensors": dict(index()["tensors"])}
    write_skeletons.main(["blazeface"])
    assert capsys.readouterr().out.startswith("blazeface-mediapipe.onnx.gz: ")
    assert (tmp_path / "blazeface-mediapipe.onnx.gz").read_bytes() == (
        skeletons.packed(read_skeleton("blazeface-mediapipe"))
    )
    assert b'"blazeface":{"mediapipe":"blazeface-mediapipe"}' in gzip.decompress(
        (tmp_path / skeletons.INDEX).read_bytes()
    )
    assert before == index()
