"""Run new engines if there is a GPU for them: validate them, and check that int8 is not slower."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

import numpy as np

from edgeface.backends.tensorrt.artifact_engines import EngineList
from edgeface.backends.tensorrt.build import build_engine
from edgeface.backends.tensorrt.cuda.driver import look_for_gpus
from edgeface.backends.tensorrt.options import EngineOptions
from edgeface.backends.tensorrt.request import EngineRequest
from edgeface.backends.tensorrt.runner import EngineRunner
from edgeface.core.requirement import Requirement
from edgeface.core.temporary import temporary_folder
from edgeface.core.writing import fill_file
from edgeface.graph.types import Array

ROUNDS = 15
RUNS = 20


def engine_here(folder: Path) -> EngineRunner | None:
    """A staged artifact's loaded engine for the local GPU; None without a GPU or an engine for it."""
    gpus = look_for_gpus().gpus
    built = {engine.compute_capability for engine in EngineList.read(folder).engines}
    if not gpus or gpus[0].compute_capability not in built:
        return None
    return EngineRunner.of_artifact(folder)


def judge_speed(runner: EngineRunner, half: bytes, name: str, options: EngineOptions) -> Requirement:
    """The requirement on the latency of an int8 engine relative to fp16, interleaved, at batch 1, with copies.

    Args:
        runner: the int8 engine.
        half: ONNX of the same network, in float16.
        name: name for errors.
        options: options of the int8 engine, and whether it may be slower.
    """
    with temporary_folder() as folder:
        path = folder / "half.engine"
        fill_file(path, build_engine(half, EngineRequest(batch=options.batch, where=name)).plan, "the engine")
        with EngineRunner(path) as other:
            ratio = _ratio(_timed(runner), _timed(other))
    return Requirement(
        "latency of int8 / fp16 on the GPU here",
        "≤ 1, or --allow-slower",
        f"{ratio:.2f}",
        ratio <= 1 or options.allow_slower,
    )


def _timed(runner: EngineRunner) -> Callable[[], float]:
    """A function that returns the median latency of some runs in milliseconds, after a warm-up."""
    rng = np.random.default_rng(0)
    feeds: Mapping[str, Array] = {
        spec.name: rng.normal(size=(1, *spec.shape[1:])).astype(spec.dtype) for spec in runner.inputs
    }

    def latency_ms() -> float:
        times = []
        for _ in range(RUNS):
            start = time.perf_counter_ns()
            runner.run(feeds)
            times.append((time.perf_counter_ns() - start) / 1e6)
        return median(times)

    latency_ms()
    return latency_ms


def _ratio(ours: Callable[[], float], theirs: Callable[[], float]) -> float:
    return median(ours() / theirs() for _ in range(ROUNDS))
