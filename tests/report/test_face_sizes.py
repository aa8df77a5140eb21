from __future__ import annotations

import pytest

from edgeface.images.fit import fit
from edgeface.report.face_record import face_record
from edgeface.report.face_sizes import SIZES, size_counts, size_table
from edgeface.report.score_charts import score_charts
from edgeface.report.seen import SeenFace, SeenImage
from edgeface.tasks.detection.faces import Face
from edgeface.tasks.task import View

EDGES = (0.0, 0.0, 10.0, 10.0)


def seen(*faces):
    return SeenImage(digest="0" * 24, height=10, width=10, severity=(0.0,), faces=faces)


def face(name, height_px, reference=0.9, candidate=0.8):
    return SeenFace(name=name, height_px=height_px, scores=(reference, candidate))


FACES = (
    *(face("same", 20), face("moved", 31.9), face("lost", 10, 0.6, None), face("missed", 31, 0.6, 0.4)),
    *(face("same", 32), face("new", 95.9, None, 0.7), face("extra", 96, 0.4, 0.7)),
)


def test_faces_are_counted_by_their_height():
    small, medium, large = (size_counts(FACES, least, below) for _, least, below in SIZES)
    assert (small.matched, small.missed, small.lost, small.extra) == (2, 2, 1, 0)
    assert (medium.matched, medium.missed, medium.extra) == (1, 0, 1)
    assert (large.matched, large.reference_faces, large.extra) == (0, 0, 1)


def test_every_size_is_in_exactly_one_class():
    bounds = [bound for _, least, below in SIZES for bound in (least, below)]
    assert bounds[0] == 0
    assert bounds[-1] == float("inf")
    assert bounds[1:-1:2] == bounds[2::2]


def test_the_table_has_shares_with_intervals_and_only_sizes_that_there_are():
    table = size_table([seen(*FACES)])
    assert [row[0] for row in table.rows] == [name for name, *_ in SIZES]
    assert table.rows[0][1:4] == ("50.0 %", "15.0–85.0 %", "4")
    assert table.rows[2][1:4] == ("–", "–", "0")
    assert len(size_table([seen(face("same", 500))]).rows) == 1
    assert size_table([seen()]).rows == ()


@pytest.mark.parametrize("how", ["letterbox", "stretch"])
def test_heights_are_those_in_the_networks_input(portrait, how):
    image = portrait(0)
    height, width = image.shape[:2]
    scale, *_ = fit((height, width), 2 * height, 4 * width, how)
    found = Face((10.0, 10.0, 30.0, 40.0), 0.9)
    record = face_record(View(image, image, scale), (0.0, 0.0), [found], [found])
    assert [each.height_px for each in record.faces] == [60.0]
    assert record.faces[0].scores == (0.9, 0.9)
    assert record.faces[0].reference == (10.0, 10.0, 30.0, 40.0)


def test_scores_are_drawn_of_matched_faces_only():
    scores, changes = score_charts([seen(*FACES)], "tflite-int8")
    assert [panel.name for panel in scores.panels] == ["fp32", "tflite-int8"]
    assert "3 faces that both find: mean 0.900 by fp32, 0.800 by tflite-int8" in scores.summary
    assert "mean -0.1000" in changes.summary
    assert list(score_charts([seen(face("lost", 10, 0.6, None))], "tflite-int8")) == []
