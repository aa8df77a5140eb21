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


def test_rgb_is_turned_and_a_batch_gives_what_one_by_one_does(faces_artifact, portrait):
    detector = edgeface.load_detector(faces_artifact)
    images = [portrait(1), portrait(2)[:40], np.zeros((64, 64, 3), np.uint8)]
    alone = [detector.detect(image) for image in images]
    assert [len(faces) for faces in alone] == [2, 2, 0]
    assert detector.detect_batch(images) == alone
    assert detector.detect_batch(np.stack([images[0], images[2]])) == [alone[0], alone[2]]
    assert detector.detect_batch([image[:, :, ::-1] for image in images], color="rgb") == alone
    assert detector.detect_batch([]) == []
    assert detector.detect_batch(images, threshold=0.85)[0] == alone[0][:1]
    with pytest.raises(InputError, match="image 2 of the batch"):
        detector.detect_batch([images[0], None])


def test_an_image_that_could_not_be_read_is_said_to_be_one(detector_artifact):
    with pytest.raises(InputError, match="could not read the image"):
        edgeface.load_detector(detector_artifact).detect(None)


@pytest.mark.parametrize("threshold", ["0.5", True, [0.5]])
def test_a_threshold_that_is_no_number_is_refused(detector_artifact, threshold):
    with pytest.raises(InputError, match="is not a score"):
        edgeface.load_detector(detector_artifact).detect(PHOTOGRAPH, threshold)


@pytest.mark.parametrize("threads", [0, "2", 1.5, True])
def test_threads_that_are_no_number_are_refused(detector_artifact, threads):
    with pytest.raises(InputError, match="threads"):
        edgeface.load_detector(detector_artifact, threads)


def test_loaders_refuse_the_other_kind(detector_artifact, recognizer_artifact):
    with pytest.raises(ContractError, match="not a face detector"):
        edgeface.load_detector(recognizer_artifact)
    with pytest.raises(ContractError, match="not a face recognizer"):
        edgeface.load_recognizer(detector_artifact)
