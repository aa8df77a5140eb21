"""Insert a plan into a graph as QuantizeLinear and DequantizeLinear, which ONNX Runtime and TensorRT fuse.

A value that is quantized where it is produced keeps its name after its DequantizeLinear, so that all readers, tests as
well as float nodes, get the numbers that the integers represent. `<name>/real` and `<name>/stored` precede it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from edgeface.backends.qdq.flatten_products import flatten_products
from edgeface.errors import GraphError
from edgeface.graph.ir import Graph, Node
from edgeface.graph.ops.activations import Clip, Relu
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.base import Op
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.quantization import DequantizeLinear, QuantizeLinear
from edgeface.graph.ops.shape import Pad
from edgeface.graph.types import Array
from edgeface.quantize.plan import Precision, QParams, QuantPlan
from edgeface.quantize.precision import require_dtypes

DTYPES: tuple[Precision, ...] = ("int8", "uint8", "float32")
"""Supported dtypes of values."""


@dataclass(frozen=True)
class Placement:
    """Where a runtime expects QuantizeLinear and DequantizeLinear.

    rounded: "made" quantizes every value that an integer node produces, for runtimes with integer kernels for all of
    them; "convolved" quantizes only inputs of integer convolutions and matrix products, for runtimes that compute the
    rest in float. bias: stored as int32 in steps of input scale × weight scale, or as float. zero_points: whether the
    runtime supports zero points other than 0; if not, values are shifted before quantization, and the bias of the
    following convolutions compensates, so that the integers cover only the range that occurs.
    """

    rounded: Literal["made", "convolved"]
    bias: Literal["int32", "float"]
    zero_points: bool = True

    def __post_init__(self) -> None:
        """Reject int32 biases without zero points: they cannot compensate for a shift."""
        if self.bias == "int32" and not self.zero_points:
            raise ValueError("biases stored as int32 need zero points")


def insert_quantization(graph: Graph, plan: QuantPlan, placement: Placement) -> Graph:
    """The graph with Q/DQ for the plan's values.

    Args:
        graph: legalized, with weights on their grids.
        plan: scales, and values that stay in float.
        placement: which values are quantized, and how biases are stored.

    Raises:
        GraphError: an integer node reads a value that has no scale, or the plan has a dtype that Q/DQ does not support.
    """
    require_dtypes(graph, plan, DTYPES, "ONNX with Q/DQ")
    return _Insertion(*flatten_products(graph, plan), placement).result()


class _Insertion:
    def __init__(self, graph: Graph, plan: QuantPlan, placement: Placement) -> None:
        self.graph = graph
        self.plan = plan
        self.placement = placement
        self.nodes: list[Node] = []
        self.constants: dict[str, Array] = graph.constants
        self._restored: set[str] = set()

    def result(self) -> Graph:
        for node in self.graph.nodes:
            self._node(node)
        return self.graph.rebuild(self.nodes, self.constants)

    def _in_integers(self, node: Node) -> bool:
        """Whether a node reads integers."""
        planned = node.output in self.plan.params and node.output not in self.plan.kept_float
        return planned and (self.placement.rounded == "made" or isinstance(node.op, Conv | Gemm))

    def _rounded(self, name: str) -> bool:
        """Whether a value is quantized where it is produced."""
        if name not in self.graph.producers or name in self.plan.kept_float or name not in self.plan.params:
            return False
        if self._shift(name):
            return False  # readers other than convolutions need it unshifted
        return self.placement.rounded == "made" or any(map(self._in_integers, self.graph.consumers[name]))

    def _node(self, node: Node) -> None:
        made = f"{node.output}/real" if self._rounded(node.output) else node.output
        op, inputs = self._reading(node) if self._in_integers(node) else (node.op, self._floating(node))
        self.nodes.append(Node(op, tuple(inputs), (made,), node.origin))
        if made != node.output:
            self._round_trip(made, node.output, self.plan.params[node.output], node.output, node.origin)

    def _floating(self, node: Node) -> list[str]:
        """The inputs of a float node.

        ONNX Runtime quantizes the weights of a float convolution between two Q/DQ pairs itself, per tensor, and
        computes it in integers, unless the preceding pair has a scale per channel. So that pair gets equal per-channel
        scales.
        """
        name = node.inputs[0]
        if not isinstance(node.op, Conv | Gemm) or not self._rounded(name) or not self._quantized_after(node):
            return list(node.inputs)
        return [self._once(f"{name}/by_channel", lambda restored: self._by_channel(name, restored)), *node.inputs[1:]]

    def _quantized_after(self, node: Node) -> bool:
        readers = self.graph.consumers[node.output]
        return any(
            self._in_integers(r) or (isinstance(r.op, Relu | Clip) and self._quantized_after(r)) for r in readers
        )

    def _by_channel(self, name: str, restored: str) -> None:
        params, channels = self.plan.params[name], self.graph.type(name).shape[1]
        spread = replace(params, scale=params.scale * channels, axis=1)
        scale, zero = self._parameters(restored, spread)
        self.nodes.append(Node(DequantizeLinear(1), (f"{name}/stored", scale, zero), (restored,)))

    def _reading(self, node: Node) -> tuple[Op, list[str]]:
        """An integer node's op and inputs; with a shifted input, padding is done before it."""
        inputs = [self._operand(node, name) for name in node.inputs]
        if not isinstance(node.op, Conv | Gemm):
            return node.op, inputs
        inputs[2:] = self._bias(node)
        if isinstance(node.op, Conv) and self._shift(node.inputs[0]):
            return replace(node.op, pads=(0, 0, 0, 0)), inputs
        return node.op, inputs

    def _operand(self, node: Node, name: str) -> str:
        """The quantized value that an integer node reads instead of a value."""
        if self._rounded(name):
            return name
        data, params = self.graph.constant(name), self.plan.params.get(name)
        if params is None:
            if data is not None:
                return name  # a bias
            raise GraphError("an int8 op reads a float value that has no scale", where=f"tensor {name!r} of {node}")
        if data is not None:
            return self._once(f"{name}/restored", lambda restored: self._constant(name, data, restored, node.origin))
        label = name if not self._shift(name) else self._shifted(node, name)
        return self._once(
            f"{label}/restored", lambda restored: self._round_trip(label, restored, params, label, node.origin)
        )

    def _once(self, restored: str, add: Callable[[str], None]) -> str:
        """The name of a value, which is added at its first use."""
        if restored not in self._restored:
            self._restored.add(restored)
            add(restored)
        return restored

    def _shift(self, name: str) -> float:
        """The shift of a value before quantization, for runtimes that only support zero point 0."""
        params = self.plan.params[name]
        return 0.0 if self.placement.zero_points else params.zero_point * params.scale[0]

    def _shifted(self, node: Node, name: str) -> str:
        """A shifted value for an integer node, padded before the shift, after which zero padding would be wrong."""
        pads = node.op.pads if isinstance(node.op, Conv) else (0, 0, 0, 0)
        top, left, bottom, right = pads
        moved = f"{name}/shifted" + (f"_{top}_{left}_{bottom}_{right}" if any(pads) else "")
        padded, by = f"{moved}/padded" if any(pads) else name, f"{name}/shift"

        def add(_: str) -> None:
            if any(pads):
                pad = Pad((0, 0, top, left, 0, 0, bottom, right))
                self.nodes.append(Node(pad, (name,), (padded,), node.origin))
            self.constants[by] = np.array(self._shift(name), np.float32)
            self.nodes.append(Node(Add(), (padded, by), (moved,), node.origin))

        return self._once(moved, add)

    def _round_trip(self, real: str, restored: str, params: QParams, label: str, origin: str) -> None:
        scale, zero = self._parameters(label, params)
        stored = f"{label}/stored"
        axis = 1 if params.axis is None else params.axis
        self.nodes.append(Node(QuantizeLinear(axis), (real, scale, zero), (stored,), origin))
        self.nodes.append(Node(DequantizeLinear(axis), (stored, scale, zero), (restored,), origin))

    def _constant(self, label: str, data: Array, restored: str, origin: str) -> None:
        params = self.plan.params[label]
        scale, zero = self._parameters(label, params)
        self.constants[f"{label}/stored"] = params.quantize(data)
        axis = 0 if params.axis is None else params.axis
        self.nodes.append(Node(DequantizeLinear(axis), (f"{label}/stored", scale, zero), (restored,), origin))

    def _parameters(self, label: str, params: QParams) -> tuple[str, str]:
        scale, zero = f"{label}/scale", f"{label}/zero_point"
        numbers: Sequence[float] | float = params.scale[0] if params.axis is None else params.scale
        self.constants[scale] = np.array(numbers, np.float32)
        number = params.zero_point if self.placement.zero_points else 0
        self.constants[zero] = np.full(self.constants[scale].shape, number, params.dtype)
        return scale, zero

    def _bias(self, node: Node) -> list[str]:
        """The bias of an integer convolution in the runtime's form; empty if there is none."""
        shift = self._shift(node.inputs[0])
        if self.placement.bias == "int32":
            return [self._stored_bias(node)] if len(node.inputs) > 2 else []
        if not shift:
            return list(node.inputs[2:])
        weight, name = self.plan.params[node.inputs[1]], f"{node.output}/bias"
        steps = weight.dequantize(weight.quantize(self.graph.constants[node.inputs[1]])).astype(np.float64)
        own = self.graph.constants[node.inputs[2]] if len(node.inputs) > 2 else np.zeros(len(steps), np.float32)
        self.constants[name] = (own - np.float32(shift) * steps.reshape(len(steps), -1).sum(axis=1)).astype(np.float32)
        return [name]

    def _stored_bias(self, node: Node) -> str:
        """A bias as int32, in steps of input scale × weight scale; one for each reader."""
        name = node.inputs[2]
        data, weight = self.graph.constant(name), self.plan.params[node.inputs[1]]
        if data is None:
            raise GraphError("int8 requires a constant bias", where=f"tensor {name!r} of {node}")
        steps = np.asarray(weight.scale, np.float32) * np.float32(self.plan.params[node.inputs[0]].scale[0])
        limits = np.iinfo(np.int32)
        stored = np.clip(np.rint(data.astype(np.float64) / steps.astype(np.float64)), limits.min, limits.max)
        label, restored = f"{node.output}/bias", f"{node.output}/bias/restored"
        self.constants |= {f"{label}/scale": steps, f"{label}/zero_point": np.zeros(steps.shape, np.int32)}
        self.constants[f"{label}/stored"] = stored.astype(np.int32)
        inputs = (f"{label}/stored", f"{label}/scale", f"{label}/zero_point")
        self.nodes.append(Node(DequantizeLinear(0), inputs, (restored,), node.origin))
        return restored
