from __future__ import annotations

import numpy as np
import pytest

from edgeface.gallery import changes
from edgeface.gallery.scan import Estimates
from edgeface.gallery.scan_numpy import NumpyScan
from edgeface.gallery.scores import exact_scores
from edgeface.gallery.search import MORE, brute_force, search

CASES = {
    "directions": lambda rows, random: rows,
    "many alike": lambda rows, random: rows[random.integers(5, size=len(rows))],
    "nearly alike": lambda rows, random: rows[random.integers(3, size=len(rows))] + 1e-4 * rows,
    "one long column": lambda rows, random: rows + 4 * np.eye(rows.shape[1], dtype=np.float32)[0],
}


def equal(found, wanted):
    np.testing.assert_array_equal(found.indices, wanted.indices)
    np.testing.assert_array_equal(found.scores, wanted.scores)


@pytest.fixture
def filled(new_gallery, directions, monkeypatch):
    """A gallery of several segments from which people were removed: `filled(case, width, precision, search)`."""
    monkeypatch.setattr(changes, "SEGMENT_ROWS", 300)

    def make(case, width, precision, search):
        gallery = new_gallery(width, precision, search)
        rows = CASES[case](directions(900, width), np.random.default_rng(3))
        gallery.add([f"p{index}" for index in range(900)], rows)
        gallery.remove([f"p{index}" for index in range(0, 900, 7)])
        gallery.add(["late"], rows[:1])
        return gallery, rows

    return make


@pytest.mark.parametrize("search_by", ["faiss", "numpy"])
@pytest.mark.parametrize("precision", ["float32", "int8"])
@pytest.mark.parametrize("width", [16, 100])
@pytest.mark.parametrize("case", CASES)
def test_results_are_those_of_comparing_everyone_to_the_bit(filled, directions, case, width, precision, search_by):
    gallery, rows = filled(case, width, precision, search_by)
    one = directions(3, width, seed=1)
    many = np.concatenate([one, rows[:14]])
    for queries, counts in ((one, (1, 5, 400, 2000)), (many, (3,))):
        for count in counts:
            for found, query in zip(gallery.search(queries, count), queries, strict=True):
                equal(found, brute_force(gallery._segments, query, count))
    assert len(gallery.search(one, 2000)[0].indices) == len(gallery)


def test_equal_people_come_in_the_order_in_which_they_were_added(new_gallery, directions):
    gallery = new_gallery()
    row = directions(1)
    gallery.add(["Zoe", "Ann", "Bob"], np.repeat(row, 3, axis=0))
    gallery.add(["Al"], row)
    assert [match.name for match in gallery.nearest(row[0], 9)] == ["Zoe", "Ann", "Bob", "Al"]


class WorstScan:
    """A first look that is as wrong as it may be: against the rows that matter, and with nothing to spare."""

    name = "worst"

    def __init__(self, error):
        self.error = error

    def look(self, segment, queries, count):
        looks = []
        for query in queries:
            scores = exact_scores(segment.values(slice(None)), query)
            wrong = scores + np.where(scores > np.median(scores), -self.error, self.error)
            order = np.argsort(-wrong, kind="stable")
            rest = wrong[order[count]] if count < order.size else -np.inf
            looks.append(Estimates(order[:count].astype(np.int64), wrong[order[:count]], rest, self.error))
        return looks


@pytest.mark.parametrize("error", [0.0, 0.02, 0.5, 10.0])
def test_whatever_a_first_look_may_say_within_its_error_the_result_stays(filled, directions, error):
    gallery, rows = filled("nearly alike", 16, "float32", "numpy")
    for query in (*rows[:3], *directions(2, seed=1)):
        (found,) = search(gallery._segments, query[None], 3, WorstScan(error))
        equal(found, brute_force(gallery._segments, query, 3))


def test_a_first_look_that_hides_its_error_would_be_seen(filled, directions):
    gallery, _ = filled("directions", 16, "float32", "numpy")

    class Lying(WorstScan):
        def look(self, segment, queries, count):
            return [Estimates(e.rows[:2], e.scores[:2], -np.inf, 0) for e in super().look(segment, queries, count)]

    query = directions(1, seed=1)[0]
    (found,) = search(gallery._segments, query[None], 5, Lying(0.5))
    assert found.indices.tolist() != brute_force(gallery._segments, query, 5).indices.tolist()


def test_people_who_were_removed_hide_nobody(new_gallery, directions):
    gallery = new_gallery()
    row, others = directions(1), directions(5, seed=1)
    count = MORE + 50
    gallery.add([f"gone{index}" for index in range(count)], np.repeat(row, count, axis=0))
    gallery.add([f"other{index}" for index in range(5)], others)
    gallery.remove([f"gone{index}" for index in range(count - 1)])
    assert gallery.nearest(row[0], 2)[0].name == f"gone{count - 1}"
    assert len(gallery.nearest(row[0], 9)) == 6


def test_a_score_does_not_depend_on_the_rows_beside_it(directions):
    rows, query = directions(700, 130), directions(1, 130, seed=1)[0]
    alone = np.concatenate([exact_scores(row[None], query) for row in rows])
    np.testing.assert_array_equal(exact_scores(rows, query), alone)
    np.testing.assert_array_equal(exact_scores(rows[::-1], query)[::-1], alone)


def test_estimates_are_no_further_from_exact_scores_than_they_say(filled, directions):
    from edgeface.gallery.scan_faiss import FaissScan

    for precision in ("float32", "int8"):
        gallery, _ = filled("one long column", 100, precision, "numpy")
        queries = directions(20, 100, seed=1)
        for scan, asked in ((NumpyScan(), queries), (FaissScan(), queries)):
            for segment in gallery._segments:
                for look, query in zip(scan.look(segment, asked, 50), asked, strict=True):
                    wrong = np.abs(look.scores - exact_scores(segment.values(look.rows), query))
                    assert wrong.max() <= look.error
