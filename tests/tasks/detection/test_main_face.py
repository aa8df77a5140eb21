from __future__ import annotations

from edgeface.tasks.detection.faces import Face
from edgeface.tasks.detection.main_face import main_face


def face(x1, y1, x2, y2):
    return Face((x1, y1, x2, y2), 0.9, ((0, 0),) * 5)


def test_distance_from_the_center_outweighs_slightly_larger_size():
    center, corner = face(40, 40, 60, 60), face(0, 0, 24, 24)
    assert main_face([corner, center], (100, 100)) is center
    huge = face(0, 0, 70, 70)
    assert main_face([center, huge], (100, 100)) is huge
    assert main_face([face(0, 0, 20, 20), face(0, 20, 20, 0)], (100, 100)).box == (0, 0, 20, 20)


def test_without_faces_there_is_no_main_face():
    assert main_face([], (100, 100)) is None
