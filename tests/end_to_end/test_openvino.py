"""openvino-int8 of the real networks: what the gate finds in OpenVINO, on photographs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import edgeface
from edgeface.images.folder import list_images

pytestmark = pytest.mark.hostile  # minutes
RECOGNIZER = "mobilefacenet_prelu_112x96.ckpt"


def certificate(artifact):
    return json.loads((artifact.folder / "certificate.json").read_text())


def folder_of(place: Path, files: list[Path]) -> Path:
    place.mkdir()
    for file in files:
        (place / file.name).symlink_to(file)
    return place


@pytest.fixture(scope="module")
def detector(shared_data, tmp_path_factory):
    """The detector, for 640×480: calibrated on 40 scenes, judged on the others."""
    folder, scenes = tmp_path_factory.mktemp("detector"), list_images(shared_data / "scenes")
    (made,) = edgeface.export(
        weights=shared_data / "weights" / "retinaface_mnet025_1mb.pth",
        target="openvino-int8",
        input_size=(480, 640),
        calibration=folder_of(folder / "calibration", scenes[:40]),
        judge=folder_of(folder / "judge", scenes[40:]),
        out=folder / "out",
        latency=False,
        images=False,
    )
    return made


def test_the_detector_finds_what_float32_finds(detector):
    found = certificate(detector)
    assert found["decisions"]["matched_percent"] >= 99.0
    assert found["decisions"]["new"] == found["decisions"]["lost"] == 0
    assert found["kernels"]["left_in_float"] == []
    assert found["kernels"]["convolutions_in_integers"] >= 36


def test_the_prelu_recognizer_is_wholly_in_integers(shared_data, detector, tmp_path):
    faces = list_images(shared_data / "lfw" / "images")
    (made,) = edgeface.export(
        weights=shared_data / "weights" / RECOGNIZER,
        target="openvino-int8",
        detector=detector,
        calibration=folder_of(tmp_path / "calibration", faces[::24]),
        judge=folder_of(tmp_path / "judge", faces[8::13]),
        out=tmp_path / "out",
        latency=False,
        images=False,
    )
    found = certificate(made)
    assert found["kernels"]["convolutions_in_integers"] == 50
    assert found["kernels"]["convolutions_in_float"] == 0
    assert found["decisions"]["mean_cosine"] >= 0.996
