from __future__ import annotations

import numpy as np
import pytest

import edgeface
from edgeface.backends.open import open_runner
from edgeface.core.artifact import MANIFEST, Artifact, write_json
from edgeface.errors import ContractError, InputError

PHOTOGRAPH = np.full((32, 64, 3), 90, np.uint8)


def test_faces_are_in_pixels_of_the_image(detector_artifact):
    (face,) = edgeface.load(detector_artifact).detect(np.full((64, 128, 3), 90, np.uint8))
    assert face.score == pytest.approx(0.9)
    assert face.box == pytest.approx((24, 8, 88, 64), abs=1e-3)  # twice the input's pixels, cut at the image's edge
    assert face.landmarks[2] == pytest.approx((56, 40), abs=1e-3)


def test_the_threshold_defaults_to_the_contract_s(detector_artifact):
    detector = edgeface.load(detector_artifact, threads=2)
    assert len(detector.detect(PHOTOGRAPH)) == 1
    assert detector.detect(PHOTOGRAPH, threshold=0.95) == []


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_that_is_not_a_score_is_refused(detector_artifact, threshold):
    with pytest.raises(InputError, match="threshold"):
        edgeface.load(detector_artifact).detect(PHOTOGRAPH, threshold)


def test_an_array_that_is_not_an_image_is_refused(detector_artifact):
    with pytest.raises(InputError, match="uint8"):
        edgeface.load(detector_artifact).detect(PHOTOGRAPH.astype(np.float32))


def test_a_model_that_contradicts_its_contract_is_refused(detector_artifact):
    manifest = Artifact.open(detector_artifact).manifest
    other = manifest.model_copy(update={"contract": manifest.contract.with_input_size(96, 64)})
    write_json(detector_artifact / MANIFEST, other.model_dump(mode="json"))
    with pytest.raises(ContractError, match="96"):
        edgeface.load(detector_artifact)


def test_the_model_file_opens_like_its_folder(detector_artifact):
    assert edgeface.load(detector_artifact / "model.onnx").artifact.folder == detector_artifact
    assert open_runner(detector_artifact).inputs == open_runner(Artifact.open(detector_artifact)).inputs
