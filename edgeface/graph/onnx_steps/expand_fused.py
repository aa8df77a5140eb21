"""Expand what ONNX Runtime fuses when it saves an optimized model (domain com.microsoft) into standard operators."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeface.graph.onnx_steps.walk import attribute_of, expand_nodes, graphs_of

if TYPE_CHECKING:
    import onnx

_DOMAIN = "com.microsoft"
_ACTIVATIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("Relu", "Tanh", "Sigmoid", "HardSwish"), ()),
    "LeakyRelu": ("alpha",),
    "HardSigmoid": ("alpha", "beta"),
}
"""The names of their parameters."""

_NEEDED = {"FusedConv": 2, "FusedGemm": 2, "FusedMatMul": 2, "BiasGelu": 2}
_OF_FUSION = frozenset({"activation", "activation_params", "activation_alpha", "activation_beta", "activation_gamma"})


class _Nodes:
    """Nodes that replace one, with names that no other value has."""

    def __init__(self, replaced: onnx.NodeProto) -> None:
        self.replaced = replaced
        self.made: list[onnx.NodeProto] = []

    def add(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        """The output of a new node."""
        from onnx import helper

        first = self.replaced.output[0]
        output = f"{first}/{op_type.lower()}_{len(self.made)}"
        name = f"{self.replaced.name or first}/{op_type.lower()}_{len(self.made)}"
        self.made.append(helper.make_node(op_type, list(inputs), [output], name=name, **attributes))
        return output

    def plain(self, op_type: str, *inputs: str) -> str:
        """The output of a new node with all attributes that are not of the fusion."""
        output = self.add(op_type, *inputs)
        self.made[-1].attribute.extend(a for a in self.replaced.attribute if a.name not in _OF_FUSION)
        return output

    def own(self, name: str, default: float) -> float:
        """A number among the replaced node's attributes."""
        attribute = attribute_of(self.replaced, name)
        return default if attribute is None else attribute.f

    def number(self, value: float) -> str:
        """A scalar constant."""
        from onnx import numpy_helper

        return self.add("Constant", value=numpy_helper.from_array(np.array(value, np.float32)))

    def done(self) -> list[onnx.NodeProto]:
        """The nodes; the last gives the replaced one's output."""
        self.made[-1].output[0] = self.replaced.output[0]
        return self.made

    def given(self, index: int) -> bool:
        """Whether an optional input is present."""
        return index < len(self.replaced.input) and self.replaced.input[index] != ""


def expand_fused(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model, changed in place, with standard operators where it has fused ones that are known."""
    expanded = expand_nodes(model, _expand)
    used = {node.domain for graph in graphs_of(expanded.graph) for node in graph.node}
    if _DOMAIN not in used:
        kept = [entry for entry in expanded.opset_import if entry.domain != _DOMAIN]
        del expanded.opset_import[:]
        expanded.opset_import.extend(kept)
    return expanded


def _expand(node: onnx.NodeProto) -> list[onnx.NodeProto] | None:
    if node.domain != _DOMAIN or node.op_type not in _FORMS or len(node.input) < _NEEDED.get(node.op_type, 1):
        return None
    if not node.output:
        return None
    nodes = _Nodes(node)
    return nodes.done() if _FORMS[node.op_type](nodes) else None


def _fused_conv(nodes: _Nodes) -> bool:
    value = nodes.plain("Conv", *nodes.replaced.input[:3])
    if nodes.given(3):
        value = nodes.add("Add", value, nodes.replaced.input[3])
    parameters = attribute_of(nodes.replaced, "activation_params")
    return _activate(nodes, value, [] if parameters is None else list(parameters.floats))


def _fused_gemm(nodes: _Nodes) -> bool:
    value = nodes.plain("Gemm", *nodes.replaced.input)
    found = (attribute_of(nodes.replaced, f"activation_{name}") for name in ("alpha", "beta"))
    return _activate(nodes, value, [attribute.f for attribute in found if attribute is not None])


def _activate(nodes: _Nodes, value: str, numbers: list[float]) -> bool:
    attribute = attribute_of(nodes.replaced, "activation")
    kind = "" if attribute is None else attribute.s.decode(errors="replace")
    if kind == "Clip" and len(numbers) == 2:
        low, high = map(nodes.number, numbers)
        nodes.add("Min", nodes.add("Max", value, low), high)
        return True
    if kind in _ACTIVATIONS:
        nodes.add(kind, value, **dict(zip(_ACTIVATIONS[kind], numbers, strict=False)))
    return kind in _ACTIVATIONS or not kind


def _gelu(nodes: _Nodes) -> bool:
    node = nodes.replaced
    x = nodes.add("Add", *node.input[:2]) if node.op_type == "BiasGelu" else node.input[0]
    inner = nodes.add("Erf", nodes.add("Div", x, nodes.number(math.sqrt(2))))
    nodes.add("Mul", nodes.add("Mul", x, nodes.add("Add", inner, nodes.number(1))), nodes.number(0.5))
    return True


def _fast_gelu(nodes: _Nodes) -> bool:
    node = nodes.replaced
    x = nodes.add("Add", *node.input[:2]) if nodes.given(1) else node.input[0]
    cube = nodes.add("Mul", nodes.add("Pow", x, nodes.number(3)), nodes.number(0.044715))
    inner = nodes.add("Tanh", nodes.add("Mul", nodes.add("Add", x, cube), nodes.number(math.sqrt(2 / math.pi))))
    nodes.add("Mul", nodes.add("Mul", x, nodes.number(0.5)), nodes.add("Add", inner, nodes.number(1)))
    return True


def _quick_gelu(nodes: _Nodes) -> bool:
    x = nodes.replaced.input[0]
    scaled = nodes.add("Mul", x, nodes.number(nodes.own("alpha", 1.702)))
    nodes.add("Mul", x, nodes.add("Sigmoid", scaled))
    return True


def _fused_matmul(nodes: _Nodes) -> bool:
    value = nodes.add("MatMul", *nodes.replaced.input[:2])
    if nodes.own("alpha", 1.0) != 1.0:
        nodes.add("Mul", value, nodes.number(nodes.own("alpha", 1.0)))
    turned = (attribute_of(nodes.replaced, name) for name in ("transA", "transB", "transBatchA", "transBatchB"))
    return not any(attribute.i for attribute in turned if attribute is not None)


_FORMS: dict[str, Callable[[_Nodes], bool]] = {
    "FusedConv": _fused_conv,
    "FusedGemm": _fused_gemm,
    "Gelu": _gelu,
    "BiasGelu": _gelu,
    "FastGelu": _fast_gelu,
    "QuickGelu": _quick_gelu,
    "FusedMatMul": _fused_matmul,
}
"""By operator, what appends its nodes: False where a form is not known, and the node stays."""
