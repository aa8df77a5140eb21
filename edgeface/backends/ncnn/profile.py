"""Profile a network by layer: ncnn's wheel reports no times, but computes blobs one after another when asked for."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from edgeface.backends.ncnn.runner import NcnnRunner
from edgeface.backends.runtime import OperatorTime
from edgeface.graph.types import Array

RUNS = 20


def ncnn_profile(model: Path, feeds: Mapping[str, Array], threads: int) -> tuple[OperatorTime, ...]:
    """Times of the layers in order, each without those before it.

    Args:
        model: a .param file.
        feeds: every input by name, in the model's shapes.
        threads: threads inside one layer.

    Raises:
        InputError, RuntimeFailure: as `NcnnRunner`.
    """
    runner = NcnnRunner(model, threads, keep=True)
    layers = [layer for layer in runner.network.layers if layer.kind not in {"Input", "Split"}]
    times: dict[str, list[float]] = {layer.name: [] for layer in layers}
    for _ in range(RUNS + 1):
        with runner.extraction(feeds) as extraction:
            for layer in layers:
                begin = time.perf_counter_ns()
                extraction.extract(layer.outputs[0], raw=True)
                times[layer.name].append((time.perf_counter_ns() - begin) / 1e6)
    # The first run allocates; it is not counted.
    return tuple(OperatorTime(layer.name, layer.kind, median(times[layer.name][1:])) for layer in layers)
