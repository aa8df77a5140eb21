import numpy as np
import pytest

from edgeface.contracts import Anchors
from edgeface.models import family
from edgeface.tasks.detection.decode import decode_boxes, decode_landmarks
from edgeface.tasks.detection.priors import prior_boxes

CONTRACT = family("retinaface_mnet025").variants()["official"].with_input_size(64, 96)


def test_priors_go_by_stride_row_column_anchor() -> None:
    priors = prior_boxes(CONTRACT.anchors, 64, 96)
    assert priors.shape == (2 * (8 * 12 + 4 * 6 + 2 * 3), 4)
    np.testing.assert_allclose(priors[0], [4 / 96, 4 / 64, 16 / 96, 16 / 64])
    np.testing.assert_allclose(priors[1], [4 / 96, 4 / 64, 32 / 96, 32 / 64])
    np.testing.assert_allclose(priors[2, :2], [12 / 96, 4 / 64])
    np.testing.assert_allclose(priors[24, :2], [4 / 96, 12 / 64])
    np.testing.assert_allclose(priors[-1], [80 / 96, 48 / 64, 512 / 96, 512 / 64])


def test_cells_that_the_input_cuts_count() -> None:
    assert len(prior_boxes(Anchors(strides=(8,), sizes=((16,),)), 9, 17)) == 2 * 3


def test_zero_offsets_give_the_priors() -> None:
    count = len(prior_boxes(CONTRACT.anchors, 64, 96))
    boxes = decode_boxes(np.zeros((count, 4), np.float32), CONTRACT)
    np.testing.assert_allclose(boxes[0], [-4, -4, 12, 12], atol=1e-4)
    points = decode_landmarks(np.zeros((count, 10), np.float32), CONTRACT)
    np.testing.assert_allclose(points[1], np.full((5, 2), 4), atol=1e-4)


def test_offsets_move_and_scale_by_the_variances() -> None:
    offsets = np.array([[5, -5, np.log(2) / 0.2, 0]], np.float32)
    box = decode_boxes(offsets, CONTRACT, np.array([0]))[0]
    np.testing.assert_allclose(box, [4 + 8 - 16, 4 - 8 - 8, 4 + 8 + 16, 4 - 8 + 8], atol=1e-4)
    points = decode_landmarks(np.arange(10, dtype=np.float32)[None], CONTRACT, np.array([1]))[0]
    np.testing.assert_allclose(points[2], [4 + 0.4 * 32, 4 + 0.5 * 32], rtol=1e-5)


def test_absurd_offsets_stay_finite() -> None:
    assert np.isfinite(decode_boxes(np.full((1, 4), 1e6, np.float32), CONTRACT, np.array([0]))).all()


def test_priors_are_shared_and_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        prior_boxes(CONTRACT.anchors, 64, 96)[0] = 0
