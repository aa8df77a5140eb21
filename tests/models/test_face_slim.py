"""The slim and RFB detectors of the 1 MB repository, with seeded and with public weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from edgeface.images.files import letterbox, read_image
from edgeface.models import family
from edgeface.models.layouts import told_family
from edgeface.models.torch_run import run_module
from edgeface.tasks.detection.detect import decoding_of
from edgeface.tasks.detection.faces import face_boxes
from edgeface.tasks.detection.nms import iou_matrix
from edgeface.tasks.detection.pascal_voc import read_labels

NAMES = ["face_slim", "face_rfb"]
PARAMETERS = {"face_slim": 343_488, "face_rfb": 359_592}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("height", "width"), [(64, 96), (97, 70)])
def test_outputs_fit_the_decoder_at_any_size(name: str, height: int, width: int) -> None:
    contract = family(name).variants()["1mb"].with_input_size(height, width)
    outputs = family(name).random(contract, 1)(torch.zeros(1, 3, height, width))
    found = dict(zip(contract.output_names, (tuple(output.shape) for output in outputs), strict=True))
    assert found == decoding_of(contract).shapes()
    torch.testing.assert_close(outputs[1].sum(-1), torch.ones(outputs[1].shape[:2]))


@pytest.mark.parametrize("name", NAMES)
def test_they_have_as_many_parameters_as_the_public_trainings(name: str) -> None:
    with torch.device("meta"):
        module = family(name).build(family(name).variants()["1mb"])
    assert sum(tensor.numel() for tensor in module.parameters()) == PARAMETERS[name]


@pytest.mark.real_data
@pytest.mark.parametrize("name", NAMES)
def test_public_weights_tell_the_family_and_find_the_labeled_faces(name: str, shared_data: Path) -> None:
    path = shared_data / "weights" / f"{name}_landmark.pth"
    assert told_family(path).name == name
    assert family(name).variant_of(path) is None  # the color order is for images to tell
    contract = family(name).variants()["1mb"].with_input_size(480, 640)
    module = family(name).load(path, contract)
    photograph = next((shared_data / "labelled").glob("12_Group_*_24.jpg"))
    image, labels = read_image(photograph), read_labels(photograph.with_suffix(".xml"))
    tensor, scale = letterbox(image, contract.input)
    outputs = run_module(module, tensor, contract)
    faces = decoding_of(contract).faces(outputs, scale, (image.shape[0], image.shape[1]), 0.5)
    found = iou_matrix(labels, face_boxes(faces)).max(axis=1) > 0.5
    assert found.mean() > 0.9
    assert len(faces) < 1.2 * len(labels)
