"""Profile a network by layer with OpenVINO's own counters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import median

from edgeface.backends.openvino.compiled import compile_network, read_network
from edgeface.backends.openvino.inspect import NOT_RUN
from edgeface.backends.runtime import OperatorTime
from edgeface.graph.types import Array

RUNS = 20


def openvino_profile(model: Path, feeds: Mapping[str, Array], threads: int) -> tuple[OperatorTime, ...]:
    """Times of the layers as executed, in order.

    Args:
        model: an .xml file.
        feeds: every input by name, in the model's shapes and dtypes.
        threads: threads inside one operator.

    Raises:
        InputError, RuntimeFailure: as `OpenVinoRunner`.
    """
    compiled = compile_network(read_network(model), str(model), threads, profile=True)
    request = compiled.create_infer_request()
    times: dict[tuple[str, str], list[float]] = {}
    for _ in range(RUNS + 1):
        request.infer(dict(feeds))
        for each in request.get_profiling_info():
            if each.status == each.Status.EXECUTED and each.node_type not in NOT_RUN:
                times.setdefault((each.node_name, each.node_type), []).append(each.real_time.total_seconds() * 1e3)
    # The first run allocates; it is not counted.
    return tuple(OperatorTime(name, kind, median(found[1:] or found)) for (name, kind), found in times.items())
