"""Integer-only builds of the real detector: split channels bring its scores nearer to the network's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeface.backends import runtime_named, target
from edgeface.backends.float_io import FloatRunner
from edgeface.compile.build import build
from edgeface.compile.calibrate import calibrate
from edgeface.compile.open_job import open_job
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import requested_recipe
from edgeface.images.folder import list_images
from edgeface.images.split import Images
from edgeface.tasks import task_of
from edgeface.validate.inputs import task_images

pytestmark = pytest.mark.slow
INT8 = target("tflite-int8")


@pytest.fixture(scope="module")
def job(shared_data):
    """An integer-only export of the detector that four images calibrate and four others judge."""
    found = list_images(shared_data / "scenes")[::15][:8]
    images = Images(tuple(found[::2]), tuple(found[1::2]))
    weights = shared_data / "weights" / "retinaface_mnet025_1mb.pth"
    request = ExportRequest(
        model="retinaface_mnet025",
        weights=weights,
        variant="1mb",
        calibration=shared_data / "scenes",
        integer_only=True,
    )
    return open_job(request, requested_recipe(request), images)


@pytest.fixture(scope="module")
def score_changes(job, tmp_path_factory):
    """Mean change of scores that are neither 0 nor 1, with split channels and without, in LiteRT."""
    contract, stats = job.source.contract, calibrate(job)
    images = task_images(job.images.judge, "preparing", contract, None)
    prepared = [task_of(contract).prepare(image, contract) for image in images]
    exact = [_scores(job.source.reference.run, contract, view.tensor) for view in prepared]
    kept = job.recipe.quantize.model_copy(update={"keep_float": {}})
    plain = replace(job, recipe=job.recipe.model_copy(update={"quantize": kept}))
    found = {}
    for name, made in (("split", build(job, INT8, stats)), ("plain", build(plain, INT8, stats))):
        path = made.write(tmp_path_factory.mktemp(name))
        runner = FloatRunner(runtime_named(INT8.runtime).open(path, 1), INT8.layout)
        changes = [_scores(runner.run, contract, v.tensor) - w for v, w in zip(prepared, exact, strict=True)]
        undecided = [(w > 0.02) & (w < 0.999) for w in exact]
        found[name] = np.abs(np.concatenate([c[u] for c, u in zip(changes, undecided, strict=True)])).mean()
    return found


def _scores(run, contract, tensor):
    return np.asarray(run({contract.input.name: tensor})["scores"])[..., 1].ravel()


def test_split_channels_change_scores_less(score_changes):
    assert score_changes["split"] < 0.9 * score_changes["plain"]
