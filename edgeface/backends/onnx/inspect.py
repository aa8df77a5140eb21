"""Inspect how ONNX Runtime executes a model: its operators, and which of them run in integers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from edgeface.backends.onnx.file import load_onnx
from edgeface.backends.onnx.kernels import OrtKernels, ort_kernels
from edgeface.backends.runtime import Inspection
from edgeface.core.requirement import Requirement

LISTED = 5


def inspect_optimized(model: Path) -> Inspection:
    """Operators, with the requirements that a quantized model runs in integers exactly where planned.

    Args:
        model: an .onnx file.

    Raises:
        InputError: the file is not an ONNX model.
    """
    plain = inspect_as_typed(model)
    if "DequantizeLinear" not in plain.facts["operators"]:
        return plain
    found = ort_kernels(model)
    optimized = {
        "operators": found.operators,
        "convolutions_in_integers": found.in_integers,
        "convolutions_in_float": found.in_float,
        "left_in_float": list(found.left_in_float),
        "unplanned_in_integers": found.unplanned,
    }
    return Inspection({**plain.facts, "optimized": optimized}, requirements(found))


def inspect_as_typed(model: Path) -> Inspection:
    """The operators in an .onnx file, unoptimized.

    Raises:
        InputError: the file is not an ONNX model.
    """
    operators = Counter(node.op_type for node in load_onnx(model).graph.node)
    return Inspection({"operators": dict(sorted(operators.items())), "transposes": operators["Transpose"]})


def requirements(found: OrtKernels) -> tuple[Requirement, ...]:
    """The requirements that ONNX Runtime computes in integers what is planned, and nothing else."""
    left = found.left_in_float
    said = f"{len(left)}: {', '.join(left[:LISTED])}" if left else "0"
    return (
        Requirement("int8 convolutions that ONNX Runtime computes in float", "0", said, not left),
        Requirement(
            "float convolutions that ONNX Runtime computes in integers", "0", str(found.unplanned), found.unplanned == 0
        ),
    )
