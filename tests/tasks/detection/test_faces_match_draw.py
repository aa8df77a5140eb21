import numpy as np
import pytest

from edgeface.core.confidence import Interval
from edgeface.errors import ContractError
from edgeface.models import family
from edgeface.tasks.detection.agreement import FaceAgreement
from edgeface.tasks.detection.detect import detect_faces
from edgeface.tasks.detection.draw import draw_faces
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.match import match_faces

CONTRACT = family("retinaface_mnet025").variants()["official"].with_input_size(64, 96)
COUNT = 2 * (8 * 12 + 4 * 6 + 2 * 3)


def face(x: float, y: float, side: float, score: float = 0.9, shift: float = 0.0) -> Face:
    points = [(0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8)]
    landmarks = tuple((x + side * a + shift, y + side * b) for a, b in points)
    return Face((x, y, x + side, y + side), score, landmarks)


def outputs(scored: dict[int, float]) -> dict[str, np.ndarray]:
    scores = np.zeros((1, COUNT, 2), np.float32)
    for index, score in scored.items():
        scores[0, index, 1] = score
    return {
        "boxes": np.zeros((1, COUNT, 4), np.float32),
        "scores": scores,
        "landmarks": np.zeros((1, COUNT, 10), np.float32),
    }


def test_faces_come_in_pixels_of_the_image_by_falling_score() -> None:
    inner = 2 * (3 * 12 + 5)
    faces = detect_faces(outputs({inner: 0.7, inner + 13: 0.95, 40: 0.3}), CONTRACT, 0.5, (128, 192))
    assert [round(f.score, 2) for f in faces] == [0.95, 0.7]
    assert faces[1].box == pytest.approx((72, 40, 104, 72))
    assert faces[1].landmarks[0] == pytest.approx((88, 56))


def test_boxes_are_clipped_and_faces_in_the_padding_dropped() -> None:
    corner, padding = 0, 2 * (7 * 12 + 5)
    faces = detect_faces(outputs({corner: 0.9, padding: 0.9}), CONTRACT, 1.0, (40, 96))
    assert [f.box for f in faces] == [pytest.approx((0, 0, 12, 12))]


def test_threshold_can_be_lowered() -> None:
    assert detect_faces(outputs({40: 0.3}), CONTRACT, 1.0, (64, 96)) == []
    assert len(detect_faces(outputs({40: 0.3}), CONTRACT, 1.0, (64, 96), threshold=0.2)) == 1


def test_outputs_of_another_size_are_refused() -> None:
    with pytest.raises(ContractError, match="the contract says"):
        detect_faces(outputs({}), CONTRACT.with_input_size(64, 64), 1.0, (64, 96))
    with pytest.raises(ContractError, match="missing"):
        detect_faces({}, CONTRACT, 1.0, (64, 96))


def test_same_faces_agree_fully() -> None:
    faces = [face(10, 10, 30), face(60, 10, 20, 0.6)]
    result = match_faces(faces, list(reversed(faces)))
    assert (result.matched, result.missed, result.extra) == (2, 0, 0)
    assert result.matched_share == 1.0
    assert result.mean_landmark_error_percent == Interval(0.0, 0.0, 0.0)


def test_missed_extra_and_moved_faces_are_distinguished() -> None:
    reference = [face(10, 10, 40), face(100, 10, 30)]
    candidate = [face(10, 10, 40, 0.8, shift=2), face(200, 10, 30)]
    result = match_faces(reference, candidate)
    assert (result.matched, result.missed, result.extra) == (1, 1, 1)
    assert (result.missed_by_score, result.extra_by_score) == (0, 0)
    assert result.score_changes == pytest.approx((-0.1,))
    assert result.landmark_errors_percent == pytest.approx((5.0,))


def test_faces_on_different_sides_of_the_threshold_are_counted_separately() -> None:
    result = match_faces(
        [face(10, 10, 40, 0.52), face(90, 10, 40, 0.4)], [face(10, 10, 40, 0.48), face(90, 10, 40, 0.6)]
    )
    assert (result.matched, result.missed, result.extra) == (0, 1, 1)
    assert (result.missed_by_score, result.extra_by_score) == (1, 1)


def test_one_candidate_cannot_match_two_references() -> None:
    result = match_faces([face(10, 10, 40), face(14, 10, 40)], [face(13, 10, 40)])
    assert (result.matched, result.missed) == (1, 1)
    assert result.ious == pytest.approx((39 / 41,), rel=1e-3)


def test_agreements_add_up_and_empty_ones_are_neutral() -> None:
    one = match_faces([face(10, 10, 40)], [face(10, 10, 40)])
    two = match_faces([face(10, 10, 40)], [])
    total = sum([one, two], FaceAgreement())
    assert (total.matched, total.missed, total.matched_share) == (1, 1, 0.5)
    assert match_faces([], []) == FaceAgreement()


def test_drawing_changes_a_copy_only_and_accepts_faces_outside() -> None:
    image = np.full((120, 160, 3), 90, np.uint8)
    drawn = draw_faces(image, [face(20, 30, 50), face(-30, -20, 40), face(150, 110, 80)])
    assert (image == 90).all()
    assert drawn.shape == image.shape
    assert (drawn[30, 45] != 90).any()
    assert (drawn[50, 35] != 90).any()
