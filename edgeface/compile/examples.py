"""The calibration images for corrections that run them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.compile.calibrate import SYNTHETIC_IMAGES
from edgeface.compile.job import Job
from edgeface.graph.ir import Graph
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.types import Array
from edgeface.quantize.examples import Examples, Run
from edgeface.tasks import task_of
from edgeface.validate.inputs import synthetic_for, task_images

DOING = "preparing images"


def examples_of(job: Job) -> Examples:
    """The job's calibration images, synthetic ones for a random network; none where only statistics were given."""
    files = job.images.calibrate
    count = len(files) if files or "seed" not in job.source.provenance else SYNTHETIC_IMAGES
    return Examples(count, lambda wanted: _feeds(job, min(wanted, count)), _opened)


def _opened(graph: Graph) -> Run:
    return OrtRunner(write_onnx(graph)).run


def _feeds(job: Job, count: int) -> Iterator[Mapping[str, Array]]:
    """The inputs of so many images, chosen evenly."""
    contract, files = job.source.contract, job.images.calibrate
    chosen = [files[index * len(files) // count] for index in range(count)] if files else []
    images = (
        task_images(chosen, DOING, contract, job.detector, job.images.judge)
        if files
        else synthetic_for(contract, count, DOING, seed=1)
    )
    task = task_of(contract)
    for image in images:
        yield {contract.input.name: task.prepare(image, contract).tensor}
