"""How the runtime executes a model: operators, transposes, delegated partitions."""

from __future__ import annotations

from pathlib import Path

from edgeface.backends import runtime_for
from edgeface.backends.runtime import Inspection, Runtime
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds

UNKNOWN = "not reported by the runtime"


def inspect_kernels(model: Path, runtime: Runtime | None = None) -> Inspection:
    """A runtime's inspection of a model file; empty where the runtime has none.

    Args:
        model: a model file.
        runtime: the runtime that judges it; by default the one that the file is deployed with.

    Raises:
        InputError: no runtime runs such a file, or it is damaged.
        RuntimeFailure: the runtime refuses it.
    """
    chosen = runtime or runtime_for(model)
    return Inspection({}) if chosen.inspect is None else chosen.inspect(model)


def judge_kernels(limits: Thresholds, found: Inspection) -> list[Requirement]:
    """The runtime's requirements, and those on transposes and partitions; unreported figures do not meet theirs."""
    requirements = list(found.requirements)
    for key, what, limit in (
        ("transposes", "transposes in memory", limits.max_transposes),
        ("partitions", "partitions of the delegate", limits.max_partitions),
    ):
        if limit is not None:
            count = found.facts.get(key)
            met = count is not None and count <= limit
            requirements.append(Requirement(what, f"≤ {limit}", UNKNOWN if count is None else str(count), met))
    return requirements
