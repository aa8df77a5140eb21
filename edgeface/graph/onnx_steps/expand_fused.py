"""Expand what ONNX Runtime fuses when it saves an optimized model (domain com.microsoft) into standard operators."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from edgeface.graph.onnx_steps.replacement import Replacement
from edgeface.graph.onnx_steps.walk import STANDARD, attribute_of, expand_nodes, graphs_of, opset_of

if TYPE_CHECKING:
    import onnx

DOMAIN = "com.microsoft"
_ACTIVATIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("Relu", "Tanh", "Sigmoid", "HardSwish"), ()),
    "LeakyRelu": ("alpha",),
    "HardSigmoid": ("alpha", "beta"),
}
"""The names of their parameters."""

_NEEDED = {
    **dict.fromkeys(("FusedConv", "FusedGemm", "FusedMatMul", "BiasGelu"), 2),
    **dict.fromkeys(("LayerNormalization", "SimplifiedLayerNormalization"), 2),
    "SkipLayerNormalization": 3,
}
"""How many inputs they have at least."""

TURNS = ("transA", "transB", "transBatchA", "transBatchB")
"""Attributes of FusedMatMul that turn its operands."""

_LAYER_NORM = 17
_IN_STANDARD = {"LayerNormalization": _LAYER_NORM, "SimplifiedLayerNormalization": 1_000_000}
"""Operators that ONNX Runtime writes without a domain, and the opset from which they are ONNX's own."""


def expand_fused(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model, changed in place, with standard operators where it has fused ones that are known."""
    opset = opset_of(model)
    expanded = expand_nodes(model, lambda node: _expand(node, opset))
    used = {node.domain for graph in graphs_of(expanded.graph) for node in graph.node}
    if DOMAIN not in used:
        kept = [entry for entry in expanded.opset_import if entry.domain != DOMAIN]
        del expanded.opset_import[:]
        expanded.opset_import.extend(kept)
    return expanded


def _expand(node: onnx.NodeProto, opset: int) -> list[onnx.NodeProto] | None:
    form = _FORMS.get(node.op_type)
    early = opset < _IN_STANDARD.get(node.op_type, 0)
    if form is None or not (node.domain == DOMAIN or (early and node.domain in STANDARD)):
        return None
    if len(node.input) < _NEEDED.get(node.op_type, 1) or not node.output:
        return None
    nodes = Replacement(node, opset)
    return nodes.done() if form(nodes) else None


def _fused_conv(nodes: Replacement) -> bool:
    value = nodes.plain("Conv", *nodes.replaced.input[:3])
    if nodes.given(3):
        value = nodes.add("Add", value, nodes.replaced.input[3])
    parameters = attribute_of(nodes.replaced, "activation_params")
    return _activate(nodes, value, [] if parameters is None else list(parameters.floats))


def _fused_gemm(nodes: Replacement) -> bool:
    value = nodes.plain("Gemm", *nodes.replaced.input)
    found = (attribute_of(nodes.replaced, f"activation_{name}") for name in ("alpha", "beta"))
    return _activate(nodes, value, [attribute.f for attribute in found if attribute is not None])


def _activate(nodes: Replacement, value: str, numbers: list[float]) -> bool:
    attribute = attribute_of(nodes.replaced, "activation")
    kind = "" if attribute is None else attribute.s.decode(errors="replace")
    if kind == "Clip" and len(numbers) == 2:
        low, high = map(nodes.number, numbers)
        nodes.add("Min", nodes.add("Max", value, low), high)
        return True
    if kind in _ACTIVATIONS:
        nodes.add(kind, value, **dict(zip(_ACTIVATIONS[kind], numbers, strict=False)))
    return kind in _ACTIVATIONS or not kind


def _gelu(nodes: Replacement) -> bool:
    node = nodes.replaced
    x = nodes.add("Add", *node.input[:2]) if node.op_type == "BiasGelu" else node.input[0]
    inner = nodes.add("Erf", nodes.add("Div", x, nodes.number(math.sqrt(2))))
    nodes.add("Mul", nodes.add("Mul", x, nodes.add("Add", inner, nodes.number(1))), nodes.number(0.5))
    return True


def _fast_gelu(nodes: Replacement) -> bool:
    node = nodes.replaced
    x = nodes.add("Add", *node.input[:2]) if nodes.given(1) else node.input[0]
    cube = nodes.add("Mul", nodes.add("Pow", x, nodes.number(3)), nodes.number(0.044715))
    inner = nodes.add("Tanh", nodes.add("Mul", nodes.add("Add", x, cube), nodes.number(math.sqrt(2 / math.pi))))
    nodes.add("Mul", nodes.add("Mul", x, nodes.number(0.5)), nodes.add("Add", inner, nodes.number(1)))
    return True


def _quick_gelu(nodes: Replacement) -> bool:
    x = nodes.replaced.input[0]
    scaled = nodes.add("Mul", x, nodes.number(nodes.own("alpha", 1.702)))
    nodes.add("Mul", x, nodes.add("Sigmoid", scaled))
    return True


def _fused_matmul(nodes: Replacement) -> bool:
    """A product by a factor; where operands are turned, `expand_turned_products` knows their axes."""
    turned = (attribute_of(nodes.replaced, name) for name in TURNS)
    value = nodes.add("MatMul", *nodes.replaced.input[:2])
    if nodes.own("alpha", 1.0) != 1.0:
        nodes.add("Mul", value, nodes.number(nodes.own("alpha", 1.0)))
    return not any(attribute.i for attribute in turned if attribute is not None)


def _skip_layer_norm(nodes: Replacement) -> bool:
    """The sum of an input, what skips layers, and a bias, normalized; the sum may be an output too, the fourth."""
    x, skip, *rest = nodes.replaced.input
    scale, shift, bias = (*rest, "", "", "")[:3]
    total = nodes.add("Add", x, skip)
    if bias:
        total = nodes.add("Add", total, bias)
    if any(nodes.replaced.output[1:3]):
        return False
    if len(nodes.replaced.output) > 3 and nodes.replaced.output[3]:
        nodes.made[-1].output[0] = total = nodes.replaced.output[3]
    return _normalize(nodes, (total, scale, shift), nodes.own("epsilon", 1e-12))


def _layer_norm(nodes: Replacement) -> bool:
    """As opset 17 has it, by the operators before: ONNX Runtime also writes it into models of those."""
    axis = attribute_of(nodes.replaced, "axis")
    x, scale, shift = (*nodes.replaced.input, "")[:3]
    last = axis is None or axis.i == -1
    rest = any(nodes.replaced.output[1:])
    return last and not rest and _normalize(nodes, (x, scale, shift), nodes.own("epsilon", 1e-5))


def _normalize(nodes: Replacement, inputs: tuple[str, str, str], epsilon: float) -> bool:
    """A value normalized along its last axis, by a scale and a shift, which may be absent ("")."""
    x, scale, shift = inputs
    if nodes.opset >= _LAYER_NORM:
        nodes.add("LayerNormalization", *(name for name in inputs if name), axis=-1, epsilon=epsilon)
        return True
    value = _scaled(nodes, nodes.add("Sub", x, nodes.mean(x)), scale, epsilon)
    if shift:
        nodes.add("Add", value, shift)
    return True


def _simplified_layer_norm(nodes: Replacement) -> bool:
    """A value over the root of its mean square, times a scale: opset 23 calls it RMSNormalization."""
    axis = attribute_of(nodes.replaced, "axis")
    x, scale = nodes.replaced.input[:2]
    _scaled(nodes, x, scale, nodes.own("epsilon", 1e-5))
    return (axis is None or axis.i == -1) and not any(nodes.replaced.output[1:])


def _scaled(nodes: Replacement, x: str, scale: str, epsilon: float) -> str:
    """A value over the root of its mean square, times a scale."""
    variance = nodes.mean(nodes.add("Pow", x, nodes.number(2)))
    deviation = nodes.add("Sqrt", nodes.add("Add", variance, nodes.number(epsilon)))
    return nodes.add("Mul", nodes.add("Div", x, deviation), scale)


_FORMS: dict[str, Callable[[Replacement], bool]] = {
    "FusedConv": _fused_conv,
    "FusedGemm": _fused_gemm,
    "Gelu": _gelu,
    "BiasGelu": _gelu,
    "FastGelu": _fast_gelu,
    "QuickGelu": _quick_gelu,
    "FusedMatMul": _fused_matmul,
    "LayerNormalization": _layer_norm,
    "SimplifiedLayerNormalization": _simplified_layer_norm,
    "SkipLayerNormalization": _skip_layer_norm,
}
"""By operator, what appends its nodes: False where a form is not known, and the node stays."""
