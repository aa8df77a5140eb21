"""How the runtime takes a model: operators, transposes, delegated partitions."""

from __future__ import annotations

from pathlib import Path

from edgeface.backends import runtime_for
from edgeface.backends.runtime import Inspection, Runtime
from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds

UNKNOWN = "the runtime does not tell"


def inspect_kernels(model: Path, runtime: Runtime | None = None) -> Inspection:
    """What a runtime tells of a model file; nothing where it cannot tell.

    Args:
        model: a model file.
        runtime: the one that judges it; by default the one that the file is deployed in.

    Raises:
        InputError: no runtime runs such a file, or it is damaged.
        RuntimeFailure: the runtime refuses it.
    """
    chosen = runtime or runtime_for(model)
    return Inspection({}) if chosen.inspect is None else chosen.inspect(model)


def judge_kernels(limits: Thresholds, found: Inspection) -> list[Requirement]:
    """The runtime's own requirements, and those on transposes and partitions; what it does not tell is not met."""
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
