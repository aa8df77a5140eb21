"""Trials and the search on a public training: float brings drift down, whole floats end it, and a repair is found."""

from dataclasses import replace

import pytest

from edgeface.backends import target
from edgeface.compile.calibrate import calibrate
from edgeface.compile.open_job import open_job
from edgeface.compile.repair.changes import in_float
from edgeface.compile.repair.search import Search, Wanted
from edgeface.compile.repair.trials import Trials
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import requested_recipe
from edgeface.images.split import choose_images

SETTINGS = {"calibration_images": 10, "algorithms": ()}


@pytest.fixture(scope="module")
def trials(shared_data):
    """Trials of a public training with leaky ReLUs on ten photographs, at a quarter of its size."""
    request = ExportRequest(
        model="retinaface_mnet025",
        weights=shared_data / "weights" / "retinaface_mnet025_official.pth",
        variant="official",
        color="bgr",
        calibration=shared_data / "scenes",
        input_size=(240, 320),
    )
    recipe = requested_recipe(request)
    recipe = recipe.model_copy(update={"quantize": recipe.quantize.model_copy(update=SETTINGS)})
    images = choose_images(request.calibration, None, 10)
    job = open_job(request, recipe, replace(images, judge=()))
    with Trials(job, target("tflite-int8"), calibrate(job), None) as made:
        yield made


@pytest.mark.hostile  # a quarter of a minute; tests/exporting/test_repair.py has trials and search of a small network
def test_a_repair_is_found_on_a_public_training(trials):
    settings = trials.job.recipe.quantize
    groups = {group.name: group for group in trials.groups(settings)}
    assert {"stage2", "fpn", "ssh1", "ssh2", "ssh3", "stage2.0"} <= set(groups)
    assert all("stage1" not in name for name in groups)  # the recipe computes it in float already

    whole = in_float(settings, [groups[name] for name in ("stage2", "stage3", "fpn", "ssh1", "ssh2", "ssh3")], "")
    base, exact = trials.all([settings, whole], "measuring")
    assert tuple(base.drift) == ("scores", "landmarks", "outputs")
    assert exact.drift["scores"] < base.drift["scores"] / 50
    assert exact.us > base.us * 1.2

    found = Search(trials, settings).run(Wanted({"scores": 0.8}))
    assert found.reached
    assert found.measured.drift["scores"] <= 0.8 * base.drift["scores"]
    assert found.measured.us < exact.us
    assert found.measured == trials.all([found.settings], "measuring")[0]
