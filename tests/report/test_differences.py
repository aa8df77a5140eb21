import pytest

from edgeface.report.differences import differences
from edgeface.tasks.detection.faces import Face

POINTS = ((0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.3, 0.8), (0.7, 0.8))


def face(x, y, side, score, shift=0.0):
    points = tuple((x + side * across + shift, y + side * down) for across, down in POINTS)
    return Face((x, y, x + side, y + side), score, points)


def kinds(reference, candidate):
    return [found.kind for found in differences(reference, candidate)]


def test_the_same_face_is_the_same():
    assert kinds([face(10, 10, 40, 0.9)], [face(10, 10, 40, 0.88)]) == ["same"]


def test_a_shifted_box_or_shifted_landmarks_are_moved():
    assert kinds([face(10, 10, 40, 0.9)], [face(14, 14, 40, 0.9)]) == ["moved"]
    assert kinds([face(10, 10, 40, 0.9)], [face(10, 10, 40, 0.9, shift=3)]) == ["moved"]


def test_faces_on_one_side_only_are_missed_or_extra():
    assert kinds([face(10, 10, 40, 0.9)], []) == ["missed"]
    assert kinds([], [face(10, 10, 40, 0.9)]) == ["extra"]


def test_a_face_below_the_threshold_is_missed_with_its_score():
    (missed,) = differences([face(10, 10, 40, 0.55)], [face(10, 10, 40, 0.45)])
    assert missed.kind == "missed"
    assert "found with only 0.45" in missed.words
    (extra,) = differences([face(10, 10, 40, 0.45)], [face(10, 10, 40, 0.55)])
    assert extra.kind == "extra"
    assert "fp32 has 0.45" in extra.words


def test_faces_that_neither_finds_are_left_out():
    assert kinds([face(10, 10, 40, 0.4)], [face(10, 10, 40, 0.45)]) == []


def test_differences_come_first_by_falling_size():
    reference = [face(0, 0, 40, 0.9), face(100, 0, 20, 0.9), face(200, 0, 60, 0.9)]
    found = differences(reference, [reference[0]])
    assert [(item.kind, item.face.box[0]) for item in found] == [("missed", 200), ("missed", 100), ("same", 0)]


def test_differences_count_what_the_gate_counts(watched):
    from edgeface.tasks.detection.match import match_faces

    for sight in watched.chosen()[0]:
        gate = match_faces(sight.reference, sight.candidate)
        found = [item.kind for item in differences(sight.reference, sight.candidate)]
        assert found.count("missed") == gate.missed
        assert found.count("extra") == gate.extra
        assert found.count("same") + found.count("moved") == gate.matched


@pytest.mark.parametrize("shift", [0.0, 4.0])
def test_words_include_the_landmark_error(shift):
    (found,) = differences([face(10, 10, 40, 0.9)], [face(10, 10, 40, 0.9, shift)])
    assert f"landmarks off by {100 * shift / 40:.1f} %" in found.words


def test_a_face_that_one_side_does_not_see_at_all_has_a_name_of_its_own():
    names = {
        "lost": ([face(10, 10, 40, 0.9)], []),
        "missed": ([face(10, 10, 40, 0.55)], [face(10, 10, 40, 0.45)]),
        "new": ([], [face(10, 10, 40, 0.9)]),
        "extra": ([face(10, 10, 40, 0.45)], [face(10, 10, 40, 0.55)]),
    }
    for name, (reference, candidate) in names.items():
        (found,) = differences(reference, candidate)
        assert found.name == name
        assert found.words.startswith(f"{name}: ")
