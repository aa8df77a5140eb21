"""How ONNX Runtime takes a model: its operators, and what of a quantized one it computes in integers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from edgeface.backends.onnx.file import load_onnx
from edgeface.backends.onnx.kernels import OrtKernels, ort_kernels
from edgeface.backends.runtime import Inspection
from edgeface.core.requirement import Requirement

LISTED = 5


def inspect_optimized(model: Path) -> Inspection:
    """Operators, and of a quantized model that integers are computed where, and only where, the plan says.

    Args:
        model: an .onnx file.

    Raises:
        InputError: the file is no ONNX model.
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
    """Operators as they stand in an .onnx file.

    Raises:
        InputError: the file is no ONNX model.
    """
    operators = Counter(node.op_type for node in load_onnx(model).graph.node)
    return Inspection({"operators": dict(sorted(operators.items())), "transposes": operators["Transpose"]})


def requirements(found: OrtKernels) -> tuple[Requirement, ...]:
    """That ONNX Runtime computes in integers what is planned so, and nothing else."""
    left = found.left_in_float
    said = f"{len(left)}: {', '.join(left[:LISTED])}" if left else "0"
    return (
        Requirement("int8 convolutions that ONNX Runtime computes in float", "0", said, not left),
        Requirement(
            "float convolutions that ONNX Runtime computes in integers", "0", str(found.unplanned), found.unplanned == 0
        ),
    )
