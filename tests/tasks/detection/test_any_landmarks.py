"""Faces have any number of landmarks, and everything that takes faces takes them."""

import numpy as np
import pytest

from edgeface.contracts import ARCFACE_TEMPLATE, DetectionContract
from edgeface.core.thresholds import Thresholds
from edgeface.errors import EdgefaceError, InputError
from edgeface.evaluation.work import _rows_of, faces_of
from edgeface.images.files import letterbox
from edgeface.tasks.detection.contract_evidence import _mirror
from edgeface.tasks.detection.detect import decoding_of, detect_faces, moved_right
from edgeface.tasks.detection.draw import draw_faces
from edgeface.tasks.detection.drift import candidate_drift
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.landmark_error import landmark_nme
from edgeface.tasks.detection.landmark_orders import landmark_sides, mirrored_order
from edgeface.tasks.detection.match import match_faces
from edgeface.tasks.detection.requirements import face_requirements
from edgeface.tasks.recognition.similarity import check_alignable, similarity_transform

COUNTS = (0, 1, 4, 5, 6, 10, 68)
CELLS = 8 * 8


def contract(count):
    return DetectionContract.model_validate(
        {
            "family": "made",
            "variant": "own",
            "input": {"height": 64, "width": 64, "color": "rgb", "mean": [0, 0, 0]},
            "anchors": {"strides": [8], "sizes": [[16]], "landmarks": count},
        }
    )


def outputs(count, offset=0.0):
    scores = np.zeros((1, CELLS, 2), np.float32)
    scores[0, 27, 1] = 0.9
    made = {"boxes": np.zeros((1, CELLS, 4), np.float32), "scores": scores}
    points = np.arange(CELLS * 2 * count, dtype=np.float32).reshape(1, CELLS, 2 * count) / CELLS + offset
    return made | ({"landmarks": points} if count else {})


@pytest.mark.parametrize("count", COUNTS)
def test_faces_with_any_number_of_landmarks_go_through_all_that_takes_faces(count):
    made = contract(count)
    assert DetectionContract.model_validate_json(made.model_dump_json()) == made
    assert tuple(made.outputs.by_role) == ("boxes", "scores", "landmarks")[: 3 if count else 2]
    assert decoding_of(made).landmark_count() == count
    (face,), (moved,) = (detect_faces(outputs(count, offset), made, 1.0, (64, 64)) for offset in (0.0, 5.0))
    assert len(face.landmarks) == len(face.as_dict()["landmarks"]) == count
    assert faces_of(_rows_of([face], count)) == [face]
    assert _rows_of([], count).shape == (0, 5 + 2 * count)
    assert draw_faces(np.zeros((64, 64, 3), np.uint8), [face]).any()
    assert [x for x, _ in moved_right([face], 3)[0].landmarks] == pytest.approx([x + 3 for x, _ in face.landmarks])
    assert len(_mirror(face, 64).landmarks) == (count if count in {0, 5, 6} else 0)
    far = match_faces([face], [moved])
    assert len(far.landmark_errors_percent) == (1 if count else 0)
    assert far.severity[1] == pytest.approx(100 * 0.1 * 5 * 2**0.5 if count else 0.0, rel=1e-4)
    drift = candidate_drift(outputs(count), outputs(count, 5.0), made)["landmarks"]
    assert drift.mean == pytest.approx(far.severity[1], rel=1e-4) if count else drift.count == 0
    assert len(landmark_sides(count)) == count


@pytest.mark.parametrize("count", COUNTS)
def test_landmarks_are_required_to_agree_only_of_a_detector_that_has_them(count):
    (face,) = detect_faces(outputs(count), contract(count), 1.0, (64, 64))
    limits = Thresholds(landmark_error_percent=1.0, matched_percent=99.0)
    names = [requirement.what for requirement in face_requirements(limits, match_faces([face], [face]))]
    assert any("landmark" in name for name in names) == (count > 0)


def test_other_landmarks_are_other_points_and_are_not_compared():
    faces = [detect_faces(outputs(count), contract(count), 1.0, (64, 64)) for count in (5, 6)]
    found = match_faces(*faces)
    assert (found.matched, found.landmark_errors_percent) == (1, ())
    points = np.zeros((1, 5, 2))
    with pytest.raises(InputError, match="must both be"):
        landmark_nme(points, points[:, :4], "box", [[0, 0, 1, 1]])


@pytest.mark.parametrize("count", [5, 6])
def test_a_mirrored_face_mirrored_again_is_the_face(count):
    order = mirrored_order(count)
    assert sorted(order) == list(range(count))
    assert [order[k] for k in order] == list(range(count))
    face = Face((10, 10, 30, 30), 0.9, tuple((float(k), 2.0 * k) for k in range(count)))
    assert _mirror(_mirror(face, 64), 64) == face


def test_six_landmarks_align_by_eyes_nose_and_the_middle_of_the_mouth():
    turned = np.array([[0.8, -0.3], [0.3, 0.8]])
    places = np.array(ARCFACE_TEMPLATE) @ turned.T + 7
    six = np.concatenate([places[:3], places[3:].mean(axis=0)[None], [[-50, 3], [400, 9]]])
    np.testing.assert_allclose(
        similarity_transform(six, ARCFACE_TEMPLATE), similarity_transform(places, ARCFACE_TEMPLATE), atol=1e-9
    )


@pytest.mark.parametrize(("count", "why"), [(0, "no landmarks"), (4, "4 landmarks"), (10, "10 landmarks")])
def test_faces_that_cannot_be_aligned_are_refused_with_the_reason(count, why):
    with pytest.raises(InputError, match=why) as caught:
        check_alignable(count, "detector")
    assert "five landmarks" in str(caught.value.fix)
    with pytest.raises(InputError):
        similarity_transform(tuple((float(k), 2.0 * k * k) for k in range(count)), ARCFACE_TEMPLATE)


@pytest.mark.parametrize("odd", [-1, 1.5, 1 << 20])
def test_a_number_of_landmarks_is_a_small_whole_number(odd):
    with pytest.raises(EdgefaceError, match="landmarks"):
        decoding_of(contract(odd))


def test_faces_of_a_stretched_image_are_in_its_pixels():
    made = contract(5)
    made = made.model_copy(update={"input": made.input.model_copy(update={"fit": "stretch"})})
    image = np.zeros((32, 128, 3), np.uint8)
    tensor, scale = letterbox(image, made.input)
    assert tensor.shape == (1, 3, 64, 64)
    (plain,) = detect_faces(outputs(5), contract(5), 1.0, (64, 64))
    (face,) = detect_faces(outputs(5), made, scale, (32, 128))
    for index, factor in enumerate((2.0, 0.5, 2.0, 0.5)):
        assert face.box[index] == pytest.approx(plain.box[index] * factor)
    assert face.landmarks[0] == pytest.approx((plain.landmarks[0][0] * 2, plain.landmarks[0][1] * 0.5))
