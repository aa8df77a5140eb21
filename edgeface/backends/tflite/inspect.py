"""Inspect how LiteRT executes a model: operators, transposes, and what XNNPACK delegates."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from edgeface.backends.runtime import Inspection
from edgeface.backends.tflite.runner import LiteRtRunner


def inspect_tflite(model: Path) -> Inspection:
    """Operators and partitions of a .tflite file, as reported by the interpreter.

    Raises:
        InputError, RuntimeFailure: as `LiteRtRunner`.
    """
    runner = LiteRtRunner(model)
    delegation = runner.delegation()
    operators = Counter(operator.name for operator in runner.operators())
    return Inspection(
        {
            "operators": dict(sorted(operators.items())),
            "transposes": operators["TRANSPOSE"],
            "partitions": delegation.partitions,
            "not_delegated": dict(delegation.left),
        }
    )
