"""Drift of raw decisions: nothing without change, in proportion to noise, and of undecided candidates only."""

import math

import numpy as np
import pytest

from edgeface.models import family
from edgeface.tasks import task_of
from edgeface.tasks.detection.detect import decoding_of
from edgeface.tasks.drift import Drift

DETECTOR = family("retinaface_mnet025").variants()["official"].with_input_size(64, 96)
RECOGNIZER = family("mobilefacenet").variants()["relu6-128"]


def outputs(scores):
    """A detector's outputs with these scores of its first candidates, the others certainly no faces."""
    shapes = decoding_of(DETECTOR).shapes()
    made = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    name = DETECTOR.outputs.by_role["scores"]
    made[name][0, : len(scores), 1] = scores
    made[name][0, :, 0] = 1 - made[name][0, :, 1]
    return made


def drift_of(wanted, got, contract=DETECTOR):
    return task_of(contract).drift(wanted, got, contract)


def test_the_same_outputs_do_not_drift():
    found = drift_of(outputs([0.5, 0.9]), outputs([0.5, 0.9]))
    assert list(found) == ["scores", "landmarks"]
    assert [each.size for each in found.values()] == [0.0, 0.0]


def test_only_undecided_candidates_count():
    wanted = outputs([0.5, 0.4, 0.999, 0.01])
    found = drift_of(wanted, outputs([0.52, 0.44, 0.1, 0.9]))
    assert found["scores"].count == 2
    assert found["scores"].size == pytest.approx(0.03, abs=1e-6)


def test_landmarks_of_faces_drift_in_percent_of_their_size():
    wanted, got = outputs([0.9, 0.3]), outputs([0.9, 0.3])
    name = DETECTOR.outputs.by_role["landmarks"]
    got[name][0, :2] += 0.1
    once = drift_of(wanted, got)["landmarks"]
    got[name][0, :2] += 0.1
    assert once.count == 1
    assert once.size > 0
    assert drift_of(wanted, got)["landmarks"].size == pytest.approx(2 * once.size, rel=1e-4)


def test_another_reference_is_decoded_anew():
    got = outputs([0.5])
    assert drift_of(outputs([0.5]), got)["scores"].size == 0
    assert drift_of(outputs([0.6]), got)["scores"].size == pytest.approx(0.1, abs=1e-6)


def test_embeddings_drift_with_their_noise():
    rng = np.random.default_rng(0)
    wanted = rng.standard_normal((1, RECOGNIZER.width)).astype(np.float32)
    noise = rng.standard_normal((1, RECOGNIZER.width)).astype(np.float32)
    one, two = (
        drift_of({RECOGNIZER.output: wanted}, {RECOGNIZER.output: wanted + size * noise}, RECOGNIZER)["identity"].size
        for size in (0.01, 0.02)
    )
    assert two == pytest.approx(2 * one, rel=0.05)


def test_drifts_add_up_over_images():
    assert (Drift(1.0, 2) + Drift(2.0, 1)).size == pytest.approx(1.0)
    assert (Drift(0.5, 1, squared=True) + Drift(0.0, 1, squared=True)).size == pytest.approx(0.5)
    assert math.isnan(Drift().size)
