"""Profile a model by operator with ONNX Runtime's profiler."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.runtime import OperatorTime
from edgeface.core.temporary import temporary_folder
from edgeface.graph.types import Array

RUNS = 20


def ort_profile(model: Path, feeds: Mapping[str, Array], threads: int) -> tuple[OperatorTime, ...]:
    """Times of the operators after ONNX Runtime's optimization, in execution order.

    Args:
        model: an .onnx file.
        feeds: every input by name, in the model's shapes and dtypes.
        threads: threads inside one operator.

    Raises:
        InputError, RuntimeFailure: as `OrtRunner`.
    """
    with temporary_folder() as folder:
        runner = OrtRunner(model, threads, profile_into=folder)
        for _ in range(RUNS + 1):
            runner.run(feeds)
        events = json.loads(runner.end_profile().read_text(encoding="utf-8"))
    times: dict[tuple[str, str], list[float]] = {}
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            key = event["name"].removesuffix("_kernel_time"), event["args"]["op_name"]
            times.setdefault(key, []).append(event["dur"] / 1e3)
    # The first run allocates; it is not counted.
    return tuple(OperatorTime(name, operator, median(found[1:])) for (name, operator), found in times.items())
