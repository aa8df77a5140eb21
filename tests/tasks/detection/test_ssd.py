import warnings

import numpy as np
import pytest

from edgeface.tasks.detection.decoders.ssd import Ssd, prior_boxes, recognized, undecoded

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


@pytest.mark.parametrize("points", [0, 4, 10])
def test_any_number_of_landmarks(points):
    decoder = Ssd((32,), ((16,),), landmarks=points)
    given = {role: np.full(shape, 0.5, np.float32) for role, shape in decoder.expected(*SIZE).items()}
    assert ("landmarks" in given) == (points > 0)
    found = decoder.decode(given, *SIZE, 0.5)
    assert found.landmarks.shape == (6, points, 2)
    np.testing.assert_allclose(found.landmarks[0], np.full((points, 2), 16 + 0.05 * 16), rtol=1e-6)


def test_rectangles_are_a_width_and_a_height():
    decoder = Ssd((32,), ((16, (10.5, 20)),), landmarks=0)
    given = {role: np.zeros(shape, np.float32) + (role == "scores") for role, shape in decoder.expected(*SIZE).items()}
    found = decoder.decode(given, *SIZE, 0.5)
    np.testing.assert_allclose(found.boxes[:2], [[8, 8, 24, 24], [10.75, 6, 21.25, 26]], rtol=1e-6)


@pytest.mark.parametrize(
    ("parameters", "row", "score"),
    [
        ({"columns": 1}, [0.7], 0.7),
        ({"columns": 1, "score": "sigmoid"}, [0.0], 0.5),
        ({"columns": 3}, [0.2, 0.5, 0.3], 0.8),
        ({"background": 1}, [0.6, 0.4], 0.6),
        ({"score": "softmax"}, [0.0, np.log(3)], 0.75),
    ],
)
def test_a_face_s_score_by_its_classes(parameters, row, score):
    decoder = Ssd((32,), ((16,),), landmarks=0, **parameters)
    shape = decoder.expected(*SIZE)["scores"]
    given = {"boxes": np.zeros((1, 6, 4), np.float32), "scores": np.broadcast_to(np.float32(row), shape)}
    np.testing.assert_allclose(decoder.decode(given, *SIZE, 0.0).scores, np.full(6, score), rtol=1e-6)


def test_damaged_numbers_neither_overflow_nor_warn():
    for value in (np.inf, -np.inf, 3e38):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = SSD.decode(outputs(value, value), *SIZE, 0.5)
        assert np.isfinite(found.boxes).all()
        assert np.isfinite(found.landmarks).all()


@pytest.mark.parametrize("wrong", [{"columns": 0}, {"background": 2}, {"score": "none"}, {"sizes": (((1, 2, 3),),)}])
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=r"is |are "):
        Ssd(**{"strides": (8,), "sizes": ((16,),), **wrong})


@pytest.mark.parametrize("size", [(480, 640), (100, 90)])
@pytest.mark.parametrize(("landmarks", "columns"), [(10, 2), (8, 2), (20, 1), (0, 2), (136, 3)])
@pytest.mark.parametrize("extra", [{}, {"pose": 3}, {"quality": 5}])
def test_recognised_by_shapes_with_each_known_anchors(size, landmarks, columns, extra):
    count = prior_boxes(SSD.strides, SSD.sizes, *size).shape[0]
    widths = {"c": landmarks, "a": columns, "b": 4, **(extra if columns < 3 else {})}
    found = recognized({name: (1, count, width) for name, width in widths.items() if width}, *size)
    assert [one.parameters["sizes"][0] for one in found[:2]] == [(16, 32), (10, 20)]
    assert [one.parameters["box"] for one in found[2:]] == ["corners", "pixels"]
    for one in found:
        expected = Ssd(**one.parameters).expected(*size)
        assert {role: (1, count, widths[name]) for role, name in one.outputs.items()} == expected


def test_recognised_by_the_number_of_priors_of_four_and_six_strides():
    slim = {"a": (4420, 4), "b": (4420, 2), "c": (4420, 10)}
    assert [one.parameters["strides"] for one in recognized(slim, 240, 320)] == 3 * [(8, 16, 32, 64)]
    dense = {"a": (1, 34125, 4), "b": (1, 34125, 2)}
    assert [one.parameters["landmarks"] for one in recognized(dense, 640, 640)] == 3 * [0]


@pytest.mark.parametrize(
    "others",
    [
        {"e": (1, 512)},
        {"p": (1, 136)},
        {"c": (1, 1000)},
        {"a": (1, 4), "b": (1, 2), "c": (1, 10)},
        {"a": (1, 4420, 4), "b": (1, 4420, 2)},
        {"a": (1, 4420, 4), "b": (1, 4420, 80)},
        {"a": (1, 4420, 4), "b": (1, 4419, 2), "c": (1, 4420, 10)},
        {"a": (1, 3, 80, 80, 16)},
    ],
)
def test_not_recognised_in_other_outputs(others):
    assert recognized(others, 240, 320) == []


@pytest.mark.parametrize(("box", "factor"), [("corners", (96, 64)), ("pixels", (1, 1))])
def test_corners_and_points_may_be_decoded_in_the_graph(box, factor):
    decoder = Ssd((32,), ((16,),), landmarks=1, box=box)
    given = {role: np.full(shape, 0.5, np.float32) for role, shape in decoder.expected(*SIZE).items()}
    found = decoder.decode(given, *SIZE, 0.5)
    np.testing.assert_allclose(found.boxes[0], np.tile(factor, 2) * 0.5)
    np.testing.assert_allclose(found.landmarks[0, 0], np.array(factor) * 0.5)
    assert undecoded(decoder) == (Ssd((32,), ((16,),), landmarks=1),)
    assert undecoded(SSD) == ()
