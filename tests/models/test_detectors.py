"""Families of detectors beside RetinaFace-mnet0.25: shapes, files, layouts of public trainings, further outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from edgeface.contracts import DetectionContract, detection
from edgeface.images.files import letterbox, read_image
from edgeface.models import family
from edgeface.models.layouts import layouts, told_family
from edgeface.models.torch_export import export_onnx
from edgeface.models.torch_run import run_module
from edgeface.tasks.detection.detect import decoding_of

LIGHT = ["retinaface_mnv3", "mos", "blazeface", "blazeface_back"]


def small(name: str) -> DetectionContract:
    contract = detection(next(iter(family(name).variants().values())))
    return contract if name.startswith("blazeface") else contract.with_input_size(64, 96)


@pytest.mark.parametrize("name", LIGHT)
def test_a_file_gives_back_the_family_and_the_outputs_of_its_contract(name: str, tmp_path: Path) -> None:
    contract, path = small(name), tmp_path / "w.pth"
    module = family(name).random(contract, 1)
    torch.save({"model": module.state_dict()}, path)
    assert told_family(path).name == name
    loaded = family(name).load(path, contract)
    image = np.random.default_rng(0).normal(0, 1, (1, 3, contract.input.height, contract.input.width))
    outputs = run_module(loaded, image.astype(np.float32), contract)
    wanted = run_module(module, image.astype(np.float32), contract)
    assert all(np.array_equal(outputs[key], wanted[key]) for key in wanted)
    shapes = {key: value.shape for key, value in outputs.items() if key not in contract.further}
    assert shapes == decoding_of(contract).shapes()


def test_retinaface_r50_has_the_names_of_the_public_training() -> None:
    shapes = layouts(family("retinaface_r50"))["official"].shapes
    assert shapes["body.conv1.weight"] == (64, 3, 7, 7)
    assert shapes["body.layer4.2.conv3.weight"] == (2048, 512, 1, 1)
    assert shapes["fpn.output1.0.weight"] == (256, 512, 1, 1)
    assert shapes["LandmarkHead.2.conv1x1.weight"] == (20, 256, 1, 1)


@pytest.mark.parametrize(("name", "parameters"), [("retinaface_r50", 27_293_600), ("blazeface", 101_390)])
def test_they_have_as_many_parameters_as_the_public_trainings(name: str, parameters: int) -> None:
    with torch.device("meta"):
        module = family(name).build(small(name))
    assert sum(tensor.numel() for tensor in module.parameters()) == parameters


def test_poses_are_a_further_output_of_the_exported_network() -> None:
    contract = small("mos")
    module = family("mos").random(contract, 1)
    image = np.random.default_rng(0).normal(0, 60, (1, 3, 64, 96)).astype(np.float32)
    session = onnxruntime.InferenceSession(export_onnx(module, contract))
    assert [output.name for output in session.get_outputs()] == ["boxes", "scores", "landmarks", "pose"]
    pose = session.run(["pose"], {"input": image})[0]
    assert pose.shape == (1, decoding_of(contract).shapes()["boxes"][1], 3)
    assert -99 <= pose.min() < pose.max() <= 96
    np.testing.assert_allclose(pose, run_module(module, image, contract)["pose"], atol=0.01)


def test_a_contract_says_further_outputs_only_where_there_are_some() -> None:
    assert small("mos").model_dump(mode="json")["further"] == ["pose"]
    assert "further" not in small("retinaface_mnv3").model_dump(mode="json")


@pytest.mark.real_data
def test_public_blazeface_weights_find_a_face(shared_data: Path) -> None:
    path = shared_data / "onnx" / "blazeface_hollance.pth"
    assert told_family(path).name == "blazeface"
    assert family("blazeface").variant_of(path) == "mediapipe"
    contract = small("blazeface")
    module = family("blazeface").load(path, contract)
    photograph = read_image(next((shared_data / "lfw" / "images" / "Abdullah_Gul").iterdir()))
    tensor, scale = letterbox(photograph, contract.input)
    outputs = run_module(module, tensor, contract)
    (face, *_) = decoding_of(contract).faces(outputs, scale, photograph.shape[:2], 0.5)
    x1, y1, x2, y2 = face.box
    assert 60 < x2 - x1 < 160
    assert all(x1 - 20 < x < x2 + 20 and y1 - 20 < y < y2 + 20 for x, y in face.landmarks)
