import numpy as np

from edgeface.tasks.detection.nms import iou_matrix, suppress_overlaps


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


def test_iou_with_and_without_the_border_pixel() -> None:
    a, b = boxes((0, 0, 10, 10)), boxes((5, 0, 15, 10), (20, 20, 30, 30), (0, 0, 0, 0))
    np.testing.assert_allclose(iou_matrix(a, b)[0], [50 / 150, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(iou_matrix(a, b, border_px=1)[0, 0], 66 / (242 - 66), rtol=1e-6)


def test_best_box_survives_and_overlapping_ones_do_not() -> None:
    found = boxes((0, 0, 10, 10), (1, 0, 11, 10), (40, 40, 60, 60))
    assert suppress_overlaps(found, np.array([0.6, 0.9, 0.7], np.float32), 0.4).tolist() == [1, 2]


def test_only_kept_boxes_suppress_others() -> None:
    chain = boxes((0, 0, 10, 10), (4, 0, 14, 10), (8, 0, 18, 10))
    assert suppress_overlaps(chain, np.array([0.9, 0.8, 0.7], np.float32), 0.4).tolist() == [0, 2]


def test_equal_scores_keep_their_order_and_no_boxes_give_none() -> None:
    same = boxes((0, 0, 10, 10), (0, 0, 10, 10))
    assert suppress_overlaps(same, np.array([0.5, 0.5], np.float32), 0.4).tolist() == [0]
    assert suppress_overlaps(boxes(), np.zeros(0, np.float32), 0.4).tolist() == []


def test_suppression_agrees_with_a_double_loop() -> None:
    random = np.random.default_rng(5)
    corners = random.uniform(0, 80, (60, 2)).astype(np.float32)
    found = np.concatenate([corners, corners + random.uniform(5, 40, (60, 2)).astype(np.float32)], 1)
    scores = random.permutation(60).astype(np.float32)
    kept: list[int] = []
    for i in np.argsort(-scores):
        if all(iou_matrix(found[i : i + 1], found[j : j + 1], 1)[0, 0] <= 0.4 for j in kept):
            kept.append(int(i))
    assert suppress_overlaps(found, scores, 0.4).tolist() == kept
