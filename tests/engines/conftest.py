"""The default detector with seeded weights at 64×96, typed for TensorRT, and engines that are really built from it."""

from __future__ import annotations

import functools

import pytest

GPUS = ("86", "89")


@pytest.fixture(scope="session")
def typed(seeded_source) -> dict[str, bytes]:
    """The typed ONNX of every TensorRT target, by the target's name, with what the recipe keeps in float."""
    from edgeface.build import build
    from edgeface.calibrate import calibrate
    from edgeface.graph.onnx_reader import read_onnx
    from edgeface.job import BuildOptions, Job
    from edgeface.passes import run_passes
    from edgeface.photographs import Photographs
    from edgeface.recipe import recipe_for
    from edgeface.targets import target

    graph = run_passes(read_onnx(seeded_source.onnx, "retinaface_mnet025"))
    job = Job(seeded_source, graph, {}, recipe_for("retinaface_mnet025"), Photographs(), BuildOptions())
    stats = calibrate(job)
    names = ("tensorrt-fp32", "tensorrt-fp16", "tensorrt-int8")
    return {name: build(job, target(name), stats).model for name in names}


@pytest.fixture(scope="session")
def table_of(typed, ahead_of_time):
    """`table_of(target, *capabilities, judged=None)`: the precisions in an engine of `typed[target]`, built once.

    With `judged` they are those that the engine has for that target's ONNX: an engine of other types than asked for.
    """
    from edgeface.runtimes.tensorrt.build import build_engine
    from edgeface.runtimes.tensorrt.precision import precision_table
    from edgeface.runtimes.tensorrt.request import EngineRequest

    @functools.cache
    def layers(target, capabilities):
        return build_engine(typed[target], EngineRequest(capabilities, where=target)).layers

    def tell(target, *capabilities, judged=None):
        return precision_table(typed[judged or target], layers(target, capabilities))

    return tell
