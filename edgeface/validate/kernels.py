"""How the runtime takes a model: operators, transposes, delegated partitions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from edgeface.core.requirement import Requirement
from edgeface.core.thresholds import Thresholds

_LISTED = 5


def kernel_facts(model: Path, as_typed: bool = False) -> dict[str, Any]:
    """Operators of a model file as its runtime sees them.

    Args:
        model: a .tflite file, of which also what XNNPACK takes is told, or an .onnx file, of which, if it is quantized,
            also what ONNX Runtime computes in integers is.
        as_typed: another runtime than ONNX Runtime will compute it as it is typed.
    """
    if model.suffix == ".tflite":
        from edgeface.backends.tflite.runtime import LiteRtRunner

        runner = LiteRtRunner(model)
        delegation = runner.delegation()
        operators = Counter(op.name for op in runner.operators())
        return {
            "operators": dict(sorted(operators.items())),
            "transposes": operators["TRANSPOSE"],
            "partitions": delegation.partitions,
            "not_delegated": dict(delegation.left),
        }
    import onnx

    operators = Counter(node.op_type for node in onnx.load(model).graph.node)
    facts = {"operators": dict(sorted(operators.items())), "transposes": operators["Transpose"]}
    return facts if as_typed or not operators["DequantizeLinear"] else {**facts, "optimized": _optimized(model)}


def _optimized(model: Path) -> dict[str, Any]:
    from edgeface.backends.onnx.kernels import ort_kernels

    found = ort_kernels(model)
    return {
        "operators": found.operators,
        "convolutions_in_integers": found.in_integers,
        "convolutions_in_float": found.in_float,
        "left_in_float": list(found.left_in_float),
        "unplanned_in_integers": found.unplanned,
    }


def judge_kernels(limits: Thresholds, facts: dict[str, Any]) -> list[Requirement]:
    """Requirements on transposes and partitions, and always that ONNX Runtime computes in integers what is planned."""
    found = []
    if "optimized" in facts:
        left = facts["optimized"]["left_in_float"]
        said = f"{len(left)}: {', '.join(left[:_LISTED])}" if left else "0"
        found.append(Requirement("int8 convolutions that ONNX Runtime computes in float", "0", said, not left))
        taken = facts["optimized"]["unplanned_in_integers"]
        what = "float convolutions that ONNX Runtime computes in integers"
        found.append(Requirement(what, "0", str(taken), taken == 0))
    for key, what, limit in (
        ("transposes", "transposes in memory", limits.max_transposes),
        ("partitions", "XNNPACK partitions", limits.max_partitions),
    ):
        if limit is not None:
            found.append(Requirement(what, f"≤ {limit}", str(facts[key]), facts[key] <= limit))
    return found
