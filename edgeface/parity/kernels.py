"""How the runtime takes a model: operators, transposes, delegated partitions."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from edgeface.parity.gate import Demand, Thresholds


def kernel_facts(model: Path) -> dict[str, Any]:
    """Operators of a model file as its runtime sees them; for TFLite also what XNNPACK takes."""
    if model.suffix == ".tflite":
        from edgeface.runtimes.litert import LiteRtRunner

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
    return {"operators": dict(sorted(operators.items())), "transposes": operators["Transpose"]}


def judge_kernels(limits: Thresholds, facts: dict[str, Any]) -> list[Demand]:
    """Demands on transposes and partitions."""
    found = []
    for key, what, limit in (
        ("transposes", "transposes in memory", limits.max_transposes),
        ("partitions", "XNNPACK partitions", limits.max_partitions),
    ):
        if limit is not None:
            found.append(Demand(what, f"≤ {limit}", str(facts[key]), facts[key] <= limit))
    return found
