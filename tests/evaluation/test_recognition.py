from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from edgeface.errors import InputError
from edgeface.evaluation.recognition import RecognitionRequest, evaluate_recognition
from edgeface.evaluation.verification import pair_scores


@pytest.fixture
def request_for(people, faces_artifact, recognizer_artifact):
    return RecognitionRequest(people.parent / "pairs.txt", people, recognizer_artifact, faces_artifact, far=0.25)


def test_different_persons_are_distinguished(request_for):
    found = evaluate_recognition(request_for)
    (verification,) = found.verifications
    assert verification.label == "projection-onnx-fp32"
    assert verification.tar.tar == 1.0
    assert verification.best.accuracy == 1.0
    assert verification.accuracy.mean == 1.0
    assert set(verification.tar_intervals) == {"pairs", "persons"}
    assert (found.images, found.without_face, found.faceless_pairs) == (8, (), 0)
    assert (found.changes, found.cosines) == ((), None)


def test_scores_are_the_cosines_of_the_pipeline_s_embeddings(request_for, people):
    from edgeface.inference.pipeline import FacePipeline

    pipeline = FacePipeline.open(request_for.detector, request_for.recognizer)
    first, second = (
        pipeline.main_face(cv2.imread(str(people / "P1" / f"P1_000{number}.png"))).embedding for number in (1, 2)
    )
    scores = evaluate_recognition(request_for).verifications[0].scores
    assert scores[0] == pytest.approx(float(first @ second), abs=1e-6)


def test_an_image_without_a_face_is_reported_and_its_pairs_score_lowest(request_for, people, darken):
    darken(people / "P2" / "P2_0002.png")
    found = evaluate_recognition(request_for)
    assert found.without_face == ("P2/P2_0002",)
    assert found.faceless_pairs == 2
    assert found.verifications[0].scores.tolist().count(-1.0) == 2
    assert found.verifications[0].tar.tar == 0.75


def test_images_without_any_face_are_refused(request_for, people, darken):
    for file in people.rglob("*.png"):
        darken(file)
    with pytest.raises(InputError, match="no image shows a face"):
        evaluate_recognition(request_for)


def test_a_reference_gives_changes_thresholds_and_cosines(request_for, another_recognizer):
    found = evaluate_recognition(replace(request_for, reference=another_recognizer))
    assert [item.label for item in found.verifications] == ["projection-onnx-fp32", "plain-onnx-fp32"]
    (change,) = found.changes
    assert (change.candidate, change.reference, change.drawn) == ("projection-onnx-fp32", "plain-onnx-fp32", "persons")
    assert change.tar.value == 0.0
    assert change.at_far.candidate == found.verifications[0].tar.threshold
    assert change.at_far.reference == found.verifications[1].tar.threshold
    assert 0 < found.cosines.minimum <= found.cosines.mean < 0.9999
    assert found.cosines.images == 8


def test_an_artifact_against_itself_changes_nothing(request_for):
    found = evaluate_recognition(replace(request_for, reference=request_for.recognizer))
    (change,) = found.changes
    assert (change.tar.value, change.tar.low, change.tar.high, change.at_far.shift, change.at_best.shift) == (0,) * 5
    assert found.cosines.minimum == pytest.approx(1.0)


def test_gallery_and_probe_are_compared_with_each_alone(request_for, another_recognizer):
    found = evaluate_recognition(replace(request_for, probe=another_recognizer))
    labels = [item.label for item in found.verifications]
    assert labels == ["projection-onnx-fp32 × plain-onnx-fp32", "projection-onnx-fp32", "plain-onnx-fp32"]
    assert [change.reference for change in found.changes] == labels[1:]
    assert {change.candidate for change in found.changes} == {labels[0]}
    mixed, gallery, probe = (item.scores for item in found.verifications)
    assert not np.allclose(mixed, gallery)
    assert not np.allclose(mixed, probe)


def test_a_gallery_of_another_width_is_refused(request_for, another_recognizer):
    manifest = another_recognizer / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"width": 16', '"width": 8'))
    with pytest.raises(InputError, match="16 numbers cannot be matched with embeddings of 8"):
        evaluate_recognition(replace(request_for, probe=another_recognizer))


def test_probe_and_reference_exclude_each_other(request_for, another_recognizer):
    with pytest.raises(InputError, match="exclude"):
        evaluate_recognition(replace(request_for, probe=another_recognizer, reference=another_recognizer))


def test_aligned_faces_need_no_detector(request_for, people, portrait, tmp_path):
    for person in (1, 2):
        for number in (1, 2):
            face = cv2.resize(portrait(person, 10 * number), (112, 112))
            assert cv2.imwrite(str(tmp_path / f"{person}{number}.png"), face)
    (tmp_path / "own.csv").write_text("11.png,12.png,1\n21.png,22.png,1\n11.png,22.png,0\n21.png,12.png,0\n")
    found = evaluate_recognition(
        replace(request_for, pairs=tmp_path / "own.csv", images=tmp_path, detector=None, far=0.5)
    )
    assert found.verifications[0].best.accuracy == 1.0
    assert set(found.verifications[0].tar_intervals) == {"pairs"}


def test_one_pair_of_a_kind_gives_no_accuracy_by_folds(request_for, people):
    (people / "own.csv").write_text("P1/P1_0001.png,P1/P1_0002.png,1\nP1/P1_0001.png,P2/P2_0002.png,0\n")
    found = evaluate_recognition(replace(request_for, pairs=people / "own.csv"))
    assert found.verifications[0].accuracy is None
    assert found.as_dict()["verifications"][0]["fold_accuracy"] is None


def test_everything_goes_into_json(request_for, another_recognizer):
    document = evaluate_recognition(replace(request_for, reference=another_recognizer)).as_dict()
    assert json.loads(json.dumps(document)) == document
    assert document["pairs"]["images"] == 8


def test_pairs_without_a_face_score_minus_one():
    unit, none = np.array([[0.6, 0.8]], np.float32), np.zeros((0, 2), np.float32)
    assert pair_scores([unit, unit, none], [unit, none, none]) == pytest.approx([1.0, -1.0, -1.0], abs=1e-6)
