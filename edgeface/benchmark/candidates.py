"""The targets that a benchmark compares, where none are named."""

from __future__ import annotations

from edgeface.backends import runtime_named, targets
from edgeface.bench.export_latency import REFERENCE
from edgeface.compile.request import ExportRequest
from edgeface.core.progress import note
from edgeface.core.versions import missing


def every_target(request: ExportRequest) -> tuple[str, ...]:
    """Every target that runs on a processor, whose runtime is installed; the baseline first.

    Engines of TensorRT are left out: they are built for GPUs that may not be here. Named, they are made too.
    """
    known = [each for each in targets().values() if each.finish is None and request.io in each.io_types]
    fitting = [each for each in known if each.scheme is not None or not request.integer_only]
    names = []
    for each in fitting:
        lacks = missing(runtime_named(each.runtime).distributions)
        if lacks:
            note(f"{each.name}: left out, {' and '.join(lacks)} is not installed")
        else:
            names.append(each.name)
    return tuple(sorted(names, key=lambda name: (name != REFERENCE, name)))
