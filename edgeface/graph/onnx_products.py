"""Matrix products of ONNX in a normal form: by a constant matrix as Gemm with a weight [outputs, inputs]."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeface.graph.ops.base import OnnxNode, Op
from edgeface.graph.ops.conv import Gemm
from edgeface.graph.ops.matmul import GeneralGemm, MatMul
from edgeface.graph.types import Array


def product_form(view: OnnxNode, constants: dict[str, Array]) -> tuple[OnnxNode, type[Op]]:
    """The node with the op that it is read as: plain Gemm by a constant matrix, else GeneralGemm or MatMul.

    Args:
        view: a Gemm or MatMul. The factors alpha and beta go into its constants.
        constants: all constants by name; new ones are added.
    """
    if not _is_plain(view):
        return view, MatMul if view.op_type == "MatMul" else GeneralGemm
    inputs = list(view.inputs)
    inputs[1] = _weight(view, view.constant(1, "weight"), constants)
    if view.given(2):
        inputs[2] = _bias(view, constants[inputs[1]].shape[0], constants)
    return replace(view, attributes={}, inputs=tuple(inputs)), Gemm


def _is_plain(view: OnnxNode) -> bool:
    """Whether it is a product of computed rows by a constant matrix, plus one number for each output."""
    left, weight = view.constants[0], view.constants[1]
    if left is not None or weight is None or weight.ndim != 2 or view.attributes.get("transA", 0):
        return False
    if not view.given(2):
        return True
    bias, count = view.constants[2], weight.shape[0 if view.attributes.get("transB", 0) else 1]
    return bias is not None and (bias.size == 1 or bias.shape in {(count,), (1, count)})


def _weight(view: OnnxNode, weight: Array, constants: dict[str, Array]) -> str:
    """The name of alpha times the weight as [outputs, inputs]."""
    name, alpha = view.inputs[1], float(view.attributes.get("alpha", 1.0))
    if not (view.op_type == "Gemm" and view.attributes.get("transB", 0)):
        name, weight = name + "_transposed", np.ascontiguousarray(weight.T)
    if alpha != 1.0 and view.op_type == "Gemm":
        name, weight = f"{name}_by_{alpha:g}", (weight * np.float64(alpha)).astype(weight.dtype)
    constants[name] = weight
    return name


def _bias(view: OnnxNode, count: int, constants: dict[str, Array]) -> str:
    """The name of beta times the bias, one number for each output."""
    name, beta = view.inputs[2], float(view.attributes.get("beta", 1.0))
    bias = view.constant(2, "bias")
    if beta != 1.0:
        name, bias = f"{name}_by_{beta:g}", (bias * np.float64(beta)).astype(bias.dtype)
    if bias.shape != (count,):
        name, bias = f"{name}_of_{count}", np.ascontiguousarray(np.broadcast_to(bias.reshape(-1), (count,)))
    constants[name] = bias
    return name
