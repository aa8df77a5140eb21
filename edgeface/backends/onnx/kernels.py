"""How ONNX Runtime executes a quantized model: the operators after its optimization, and those in float.

ONNX Runtime fuses DequantizeLinear → operator → QuantizeLinear into an integer kernel where it has one, and computes in
float, silently, where it has none or does not recognize the pattern.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgeface.backends.onnx.file import load_onnx, session_source
from edgeface.core.temporary import temporary_folder

if TYPE_CHECKING:
    import onnx

_WEIGHTED = frozenset({"Conv", "Gemm", "MatMul"})
_IN_FLOAT = frozenset({"Conv", "FusedConv", "NhwcFusedConv", "Gemm", "FusedGemm", "MatMul", "FusedMatMul"})
_IN_INTEGERS = frozenset({"QLinearConv", "QGemm", "QLinearMatMul"})
_SEVERE = 3


@dataclass(frozen=True)
class OrtKernels:
    """Operators after optimization, and their convolutions and matrix products.

    `planned` counts those with quantized weights in the model; `left_in_float` names those that were not fused.
    `unplanned` counts those in integers although their weights are float: ONNX Runtime quantized them itself.
    """

    operators: dict[str, int]
    planned: int
    in_integers: int
    in_float: int
    left_in_float: tuple[str, ...]
    unplanned: int


def ort_kernels(model: Path) -> OrtKernels:
    """The operators of a model after a session's optimization.

    Args:
        model: an .onnx file, with Q/DQ or without.
    """
    before, after = load_onnx(model).graph, _optimized(model)
    dequantized = _made_by(before.node, "DequantizeLinear")
    planned = [n for n in before.node if n.op_type in _WEIGHTED and n.input[1] in dequantized]
    in_integers = sum(node.op_type in _IN_INTEGERS for node in after.node)
    in_float = [node for node in after.node if node.op_type in _IN_FLOAT]
    restored = _made_by(after.node, "DequantizeLinear")
    named = tuple(sorted(node.name or node.output[0] for node in in_float if node.input[1] in restored))
    left = named + ("not named by ONNX Runtime",) * (len(planned) - in_integers - len(named))
    return OrtKernels(
        dict(sorted(Counter(node.op_type for node in after.node).items())),
        len(planned),
        in_integers,
        len(in_float),
        left,
        in_integers - (len(planned) - len(left)),
    )


def _optimized(model: Path) -> onnx.GraphProto:
    import onnxruntime as ort

    with temporary_folder() as folder:
        written = folder / "optimized.onnx"
        options = ort.SessionOptions()
        options.optimized_model_filepath = str(written)
        options.log_severity_level = (
            _SEVERE  # suppresses a warning that the file is specific to this processor, which is intended
        )
        ort.InferenceSession(session_source(model), options, providers=["CPUExecutionProvider"])
        return load_onnx(written).graph


def _made_by(nodes: Iterable[onnx.NodeProto], op_type: str) -> set[str]:
    return {node.output[0] for node in nodes if node.op_type == op_type}
