"""The images that corrections run are the calibration images, evenly; without any an export says what is missing."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from edgeface.backends import target
from edgeface.compile.build import build
from edgeface.compile.calibrate import calibrate
from edgeface.compile.examples import examples_of
from edgeface.compile.job import BuildOptions, Job
from edgeface.compile.recipe import recipe_for
from edgeface.errors import InputError
from edgeface.graph.onnx_reader import read_onnx
from edgeface.images.split import Images
from edgeface.passes import run_passes
from edgeface.quantize.settings import QuantizeSettings

AWARE = ("cross_layer_equalization", "second_moment_rounding", "bias_correction")


@pytest.fixture(scope="module")
def job(seeded_source):
    graph = run_passes(read_onnx(seeded_source.onnx, seeded_source.contract.family))
    recipe = recipe_for("retinaface_mnet025")
    return Job(seeded_source, graph, {}, recipe, Images(), BuildOptions())


def with_algorithms(job, *algorithms):
    return replace(job, recipe=job.recipe.model_copy(update={"quantize": QuantizeSettings(algorithms=algorithms)}))


@pytest.fixture
def files(tmp_path):
    """Ten images, each of one gray level."""
    found = []
    for level in range(10):
        found.append(tmp_path / f"{level}.png")
        assert cv2.imwrite(str(found[-1]), np.full((64, 64, 3), 20 * level, np.uint8))
    return tuple(found)


def test_images_are_chosen_evenly_among_those_that_calibrate(job, files):
    found = examples_of(replace(job, images=Images(calibrate=files)))
    name = job.source.contract.input.name
    levels = [float(feed[name][0, 0, 0, 0]) + job.source.contract.input.mean[0] for feed in found.take(5)]
    assert found.count == 10
    assert levels == [0, 40, 80, 120, 160]


def test_only_a_random_network_makes_do_without_images(job):
    assert examples_of(job).count == 8
    trained = replace(job, source=replace(job.source, provenance={}))
    assert examples_of(trained).count == 0


def test_statistics_alone_are_not_enough_for_a_correction_that_runs_images(job):
    trained = replace(job, source=replace(job.source, provenance={}))
    with pytest.raises(InputError, match="bias_correction runs calibration images, and there are none") as caught:
        build(with_algorithms(trained, *AWARE), target("tflite-int8"), calibrate(job))
    assert "--calibration DIR, beside --statistics too" in caught.value.fix


@pytest.mark.slow
def test_a_target_is_built_with_them(job):
    plain, aware = (build(with_algorithms(job, *names), target("tflite-int8")) for names in (AWARE[:2], AWARE))
    assert aware.model != plain.model
    assert aware.quantization["algorithms"][-1]["name"] == "bias_correction"
