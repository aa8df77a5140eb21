"""Equalization on a public recognizer, where one tensor, of which ReLU6 bounds the range, made most of the error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeface.backends import runtime_named, target
from edgeface.backends.float_io import FloatRunner
from edgeface.compile.build import build
from edgeface.compile.open_job import open_job
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import requested_recipe
from edgeface.images.folder import list_images
from edgeface.images.split import Images


def faces(folder, start, count):
    """Centres of photographs of people, as the network takes them."""
    import cv2

    for path in list_images(folder)[start :: len(list_images(folder)) // count]:
        crop = cv2.resize(cv2.imread(str(path))[60:190, 60:190], (112, 112))
        yield ((crop[:, :, ::-1].astype(np.float32) - 127.5) / 128).transpose(2, 0, 1)[None]


@pytest.mark.slow
def test_a_recognizer_with_relu6_loses_less_than_half_of_the_error(shared_data, observed, evaluate, tmp_path):
    weights, people = shared_data / "weights" / "mobilefacenet_relu6_128.pt", shared_data / "lfw" / "images"
    request = ExportRequest(model="mobilefacenet", weights=weights, variant="relu6-128")
    job = open_job(request, requested_recipe(request), Images())
    name = job.source.contract.input.name
    stats = observed(job.graph, [{name: face} for face in faces(people, 0, 24)])
    errors = []
    for algorithms in (("second_moment_rounding",), job.recipe.quantize.algorithms):
        settings = job.recipe.quantize.model_copy(update={"algorithms": algorithms})
        settings.__dict__.pop("chosen", None)
        changed = replace(job, recipe=job.recipe.model_copy(update={"quantize": settings}))
        built = build(changed, target("tflite-int8"), stats)
        runner = FloatRunner(runtime_named("litert").open(built.write(tmp_path), 1), built.target.layout)
        errors.append(np.mean([distance(evaluate, job.graph, runner, {name: face}) for face in faces(people, 1, 12)]))
    assert errors[1] < 0.5 * errors[0]


def distance(evaluate, graph, runner, feed):
    """1 − cosine of the embeddings in float and in int8."""
    (a,), (b,) = (list(run(feed).values()) for run in (lambda f: evaluate(graph, f), runner.run))
    return 1 - float(np.vdot(a, b) / np.linalg.norm(a) / np.linalg.norm(b))
