import numpy as np
import pytest

from edgeface.tasks.detection.decoders.ssd import Ssd, prior_boxes

SSD = Ssd((8, 16, 32), ((16, 32), (64, 128), (256, 512)))
SIZE = (64, 96)
COUNT = 2 * (8 * 12 + 4 * 6 + 2 * 3)


def priors():
    return prior_boxes(SSD.strides, SSD.sizes, *SIZE)


def outputs(boxes=0.0, landmarks=0.0, scored=range(COUNT)):
    """Offsets of one value each, or arrays that broadcast to theirs; a score of 0.9 for some priors."""
    scores = np.zeros((1, COUNT, 2), np.float32)
    scores[0, list(scored), 1] = 0.9
    shaped = (np.broadcast_to(np.float32(x), (1, COUNT, n)) for x, n in ((boxes, 4), (landmarks, 10)))
    return dict(zip(("boxes", "landmarks"), shaped, strict=True)) | {"scores": scores}


def test_priors_are_ordered_by_stride_row_column_anchor() -> None:
    assert priors().shape == (COUNT, 4)
    np.testing.assert_allclose(priors()[0], [4 / 96, 4 / 64, 16 / 96, 16 / 64])
    np.testing.assert_allclose(priors()[1], [4 / 96, 4 / 64, 32 / 96, 32 / 64])
    np.testing.assert_allclose(priors()[2, :2], [12 / 96, 4 / 64])
    np.testing.assert_allclose(priors()[24, :2], [4 / 96, 12 / 64])
    np.testing.assert_allclose(priors()[-1], [80 / 96, 48 / 64, 512 / 96, 512 / 64])


def test_partial_cells_at_the_border_count() -> None:
    assert Ssd((8,), ((16,),)).expected(9, 17) == {"boxes": (1, 6, 4), "scores": (1, 6, 2), "landmarks": (1, 6, 10)}


def test_zero_offsets_give_the_priors() -> None:
    found = SSD.decode(outputs(), *SIZE, 0.5)
    assert (found.boxes.shape, found.boxes.dtype) == ((COUNT, 4), np.float32)
    np.testing.assert_allclose(found.boxes[0], [-4, -4, 12, 12], atol=1e-4)
    np.testing.assert_allclose(found.landmarks[1], np.full((5, 2), 4), atol=1e-4)


def test_offsets_move_and_scale_by_the_variances() -> None:
    found = SSD.decode(outputs(boxes=[5, -5, np.log(2) / 0.2, 0], landmarks=np.arange(10)), *SIZE, 0.5)
    np.testing.assert_allclose(found.boxes[0], [4 + 8 - 16, 4 - 8 - 8, 4 + 8 + 16, 4 - 8 + 8], atol=1e-4)
    np.testing.assert_allclose(found.landmarks[1, 2], [4 + 0.4 * 32, 4 + 0.5 * 32], rtol=1e-5)


def test_only_high_scores_are_decoded_in_the_priors_order() -> None:
    given = outputs(scored=(7, 40))
    given["scores"][0, 40, 1] = 0.5
    found = SSD.decode(given, *SIZE, 0.5)
    np.testing.assert_array_equal(found.scores, np.float32([0.9, 0.5]))
    every = SSD.decode(given, *SIZE, 0.0)
    np.testing.assert_array_equal(found.boxes, every.boxes[[7, 40]])
    np.testing.assert_array_equal(found.landmarks, every.landmarks[[7, 40]])
    assert len(SSD.decode(given, *SIZE, 0.95).boxes) == 0


def test_extreme_offsets_stay_finite() -> None:
    assert np.isfinite(SSD.decode(outputs(boxes=1e6), *SIZE, 0.5).boxes).all()


def test_priors_are_shared_and_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        priors()[0] = 0
