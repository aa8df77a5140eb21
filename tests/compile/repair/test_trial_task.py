"""Candidates measured by an engine's workers: the same numbers to the bit as in this process."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from far_engine import FarEngine

from edgeface.backends import target
from edgeface.compile.calibrate import calibrate
from edgeface.compile.open_job import open_job
from edgeface.compile.repair.changes import CORRECTIONS, corrections, in_float
from edgeface.compile.repair.trial_task import Recorded, Trying
from edgeface.compile.repair.trials import Trials
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import requested_recipe
from edgeface.errors import RuntimeFailure
from edgeface.images.split import choose_images


@pytest.fixture(scope="module")
def job(small):
    request = ExportRequest(str(small.model), contract=small.contract, calibration=small.calibration)
    return open_job(request, requested_recipe(request), choose_images(request.calibration, None, 8))


def candidates(trials):
    settings = trials.job.recipe.quantize
    (first, *_) = trials.groups(settings)
    changed = next(iter(corrections(settings, CORRECTIONS, slow=False)))
    return [settings, in_float(settings, [first], "tried"), changed.apply(settings), settings]


def test_workers_measure_the_same_and_a_search_that_was_interrupted_measures_nothing_again(job, tmp_path):
    int8, stats = target("tflite-int8"), calibrate(job)
    with Trials(job, int8, stats, None) as trials:
        here = trials.all(candidates(trials), "measuring")
    engine = FarEngine()
    with Trials(replace(job, engine=engine), int8, stats, tmp_path) as trials:
        assert trials.all(candidates(trials), "measuring") == here
    assert engine.parts == [3]
    assert here[0] == here[3]
    assert len({each.drift["outputs"] for each in here}) == 3
    with Trials(replace(job, engine=engine), int8, stats, tmp_path) as trials:  # as after an interruption
        assert trials.all(candidates(trials), "measuring") == here
    assert engine.parts == [3]


def test_the_task_travels_without_its_reference(job):
    task = Trying.of(job, "tflite-int8", (), Recorded({}))
    again = pickle.loads(pickle.dumps(task))
    assert again.job.source.onnx == job.source.onnx
    assert again.job.source.reference.name == job.source.reference.name


def test_an_image_that_looks_different_elsewhere_is_said():
    tensor = np.zeros((1, 3, 2, 2), np.float32)
    recorded = Recorded.of([(type("View", (), {"tensor": tensor}), {"out": tensor + 1})])
    np.testing.assert_array_equal(recorded({"in": tensor.copy()})["out"], tensor + 1)
    with pytest.raises(RuntimeFailure, match="looks different on this machine"):
        recorded({"in": tensor + 1e-6})
