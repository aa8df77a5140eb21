"""Run freshly built engines where there is a GPU for them: their decisions, and whether int8 is worth it."""

from __future__ import annotations

import tempfile
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
from edgeface.graph.types import Array

ROUNDS = 15
RUNS = 20


def engine_here(folder: Path) -> EngineRunner | None:
    """A staged artifact's engine for the GPU here, loaded; None where there is no GPU, or no engine for it."""
    gpus = look_for_gpus().gpus
    built = {engine.compute_capability for engine in EngineList.read(folder).engines}
    if not gpus or gpus[0].compute_capability not in built:
        return None
    return EngineRunner.of_artifact(folder)


def judge_speed(runner: EngineRunner, half: bytes, name: str, options: EngineOptions) -> Requirement:
    """Time an int8 engine against an fp16 engine of the same network, in turns, at batch 1, copies included.

    Args:
        runner: the int8 engine.
        half: the ONNX of the same network, typed float16.
        name: for errors.
        options: what the int8 engine was built for, and whether it may pass all the same.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "half.engine")
        path.write_bytes(build_engine(half, EngineRequest(batch=options.batch, where=name)).plan)
        with EngineRunner(path) as other:
            ratio = _ratio(_timed(runner), _timed(other))
    return Requirement(
        "latency of int8 / fp16 on the GPU here",
        "≤ 1, or --allow-slower",
        f"{ratio:.2f}",
        ratio <= 1 or options.allow_slower,
    )


def _timed(runner: EngineRunner) -> Callable[[], float]:
    """What gives the median latency of some runs, in milliseconds, after a warm-up."""
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
