"""A recognizer's pairs in its report."""

from __future__ import annotations

import numpy as np
import pytest
from scored_pairs import changing_pairs, scored_pairs

from edgeface.report.verified import SHOWN, verified


@pytest.fixture
def faces(portrait):
    return [portrait(n) for n in range(3)]


def few(faces, after):
    """Four pairs at a threshold of 0.5, exactly in the middle of both kinds."""
    return scored_pairs([0.6, 0.7, 0.4, 0.3], after, [True, True, False, False], faces)


def test_a_pair_that_crosses_the_threshold_is_shown_with_both_cosines(faces):
    found = verified(*few(faces, [0.45, 0.7, 0.4, 0.3]), "tflite-int8", images=True)
    (card,) = found.changed
    assert card.cosines == ("0.6000", "0.4500")
    assert card.threshold == "0.5000"
    assert (card.truth, card.verdict.text, card.verdict.state) == ("one person", "now rejected", "bad")
    assert card.places[1] < 50 < card.places[0]
    assert [image.title for image in card.images] == ["0.jpg", "1.jpg"]
    assert card.names == "0.jpg and 1.jpg, line 1"
    assert found.title == "Pairs whose verdict changed: 1"


def test_a_verdict_that_becomes_right_is_called_so(faces):
    change = scored_pairs([0.6, 0.7, 0.3, 0.8], [0.6, 0.7, 0.3, 0.2], [True, True, False, False], faces)
    found = verified(*change, "tflite-int8", images=True)
    (card,) = found.changed
    assert (card.truth, card.verdict.text, card.verdict.state) == ("two persons", "now rejected", "good")
    assert "0 become wrong, 1 become right" in found.lead


def test_the_lead_says_what_the_artifacts_own_threshold_does(faces):
    shifted = few(faces, [0.4, 0.5, 0.2, 0.1])  # all lower by the same: its own threshold is lower too
    found = verified(*shifted, "tflite-int8", images=True)
    assert found.lead.startswith("1 of 4 pairs change their verdict at fp32's threshold, 0.5000 (by best accuracy)")
    assert "With the artifact's own threshold, 0.3000, 1 of them keep fp32's verdict" in found.lead


def test_no_changed_verdict_is_said(faces):
    found = verified(*few(faces, [0.6, 0.7, 0.4, 0.3]), "tflite-int8", images=True)
    assert found.lead == "None of 4 pairs changes its verdict at fp32's threshold, 0.5000."
    assert found.changed == ()


def test_both_kinds_have_their_histograms_with_each_networks_threshold(faces):
    change = few(faces, [0.4, 0.5, 0.2, 0.1])
    chart = verified(*change, "tflite-int8", images=True).chart
    assert [panel.name for panel in chart.panels] == ["fp32", "tflite-int8"]
    assert [rule.label for panel in chart.panels for rule in panel.rules] == ["threshold 0.500", "threshold 0.300"]
    assert all(rule.limit for panel in chart.panels for rule in panel.rules)
    assert chart.key == (("genuine", "pairs of one person"), ("impostor", "pairs of two persons"))


def test_pairs_without_a_face_are_not_in_the_histogram(faces):
    one = scored_pairs([0.6, -1.0, 0.4, -1.0], [0.6, -1.0, 0.4, -1.0], [True, True, False, False], [faces[0], None])
    assert verified(*one, "tflite-int8", images=True).chart is None  # one value of each kind is left


def test_a_face_that_was_not_found_leaves_the_other_on_its_card(faces):
    change = scored_pairs([0.6, 0.7, 0.4, 0.3], [0.1, 0.7, 0.4, 0.3], [True, True, False, False], [faces[0], None])
    (card,) = verified(*change, "tflite-int8", images=True).changed
    assert [image.title for image in card.images] == ["0.jpg"]


def test_without_images_neither_faces_nor_names_are_shown(faces):
    (card,) = verified(*few(faces, [0.45, 0.7, 0.4, 0.3]), "tflite-int8", images=False).changed
    assert card.images == ()
    assert card.names == "line 1 of the list"


def test_of_many_changed_pairs_those_that_cross_furthest_are_shown(faces):
    change, labeled = changing_pairs(faces, moved=0.4, count=120)
    found = verified(change, labeled, "tflite-int8", images=True)
    assert len(found.changed) == SHOWN
    assert f"the {SHOWN} that cross it furthest" in found.title
    crossed = [abs(float(card.cosines[1]) - float(card.threshold)) for card in found.changed]
    assert crossed == sorted(crossed, reverse=True)
    assert np.isclose(change.changed_verdicts(change.candidate.scores), int(found.title.split(":")[1].split(",")[0]))
