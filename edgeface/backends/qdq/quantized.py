"""A plan written into a graph as QuantizeLinear and DequantizeLinear, the form that ONNX Runtime and TensorRT fuse.

A value that is rounded where it is made keeps its name behind its DequantizeLinear, so that whatever reads it, a test
as well as a float node, sees the numbers that the integers stand for. Before it stand `<name>/real` and
`<name>/stored`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

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
"""What values can be made in."""


@dataclass(frozen=True)
class Placement:
    """Where a runtime wants its QuantizeLinear and DequantizeLinear.

    rounded: "made" rounds every value that an integer node makes, as a runtime with integer kernels for all of them
    wants it; "convolved" rounds only what integer convolutions and matrix products read, as one wants it that computes
    the rest in float between them. bias: stored as int32 in steps of input scale × weight scale, or as it is.
    zero_points: whether the runtime takes others than 0; if not, values are shifted before they are rounded, and the
    bias of the convolutions behind takes it out again, so that no integer is lost to numbers that never occur.
    """

    rounded: Literal["made", "convolved"]
    bias: Literal["int32", "float"]
    zero_points: bool = True

    def __post_init__(self) -> None:
        """Int32 biases have no place for what a shift puts there."""
        if self.bias == "int32" and not self.zero_points:
            raise ValueError("biases stored as int32 need zero points")


def insert_quantization(graph: Graph, plan: QuantPlan, placement: Placement) -> Graph:
    """The graph with the values of a plan quantized and dequantized.

    Args:
        graph: legalized, with weights on their grids.
        plan: scales, and what stays in float.
        placement: which values are rounded, and how biases are stored.

    Raises:
        GraphError: an integer node reads a value that has no scale, or the plan has a dtype that Q/DQ has not.
    """
    require_dtypes(graph, plan, DTYPES, "ONNX with Q/DQ")
    return _Insertion(graph, plan, placement).result()


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
        """Whether a value is rounded where it is made."""
        if name not in self.graph.producers or name in self.plan.kept_float or name not in self.plan.params:
            return False
        if self._shift(name):
            return False  # what does not convolve it reads it unshifted
        return self.placement.rounded == "made" or any(map(self._in_integers, self.graph.consumers[name]))

    def _node(self, node: Node) -> None:
        made = f"{node.output}/real" if self._rounded(node.output) else node.output
        op, inputs = self._reading(node) if self._in_integers(node) else (node.op, self._floating(node))
        self.nodes.append(Node(op, tuple(inputs), (made,), node.origin))
        if made != node.output:
            self._round_trip(made, node.output, self.plan.params[node.output], node.output, node.origin)

    def _floating(self, node: Node) -> list[str]:
        """What a float node reads.

        Of a convolution between two pairs ONNX Runtime rounds the weights by itself, to one scale for all, and computes
        it in integers, unless the pair before has a scale for each channel. So it gets one, all of them the same.
        """
        name = node.inputs[0]
        if not isinstance(node.op, Conv | Gemm) or not self._rounded(name) or not self._rounded_behind(node):
            return list(node.inputs)
        return [self._once(f"{name}/by_channel", lambda restored: self._by_channel(name, restored)), *node.inputs[1:]]

    def _rounded_behind(self, node: Node) -> bool:
        readers = self.graph.consumers[node.output]
        return any(self._in_integers(r) or (isinstance(r.op, Relu | Clip) and self._rounded_behind(r)) for r in readers)

    def _by_channel(self, name: str, restored: str) -> None:
        params, channels = self.plan.params[name], self.graph.type(name).shape[1]
        spread = replace(params, scale=params.scale * channels, axis=1)
        scale, zero = self._parameters(restored, spread)
        self.nodes.append(Node(DequantizeLinear(1), (f"{name}/stored", scale, zero), (restored,)))

    def _reading(self, node: Node) -> tuple[Op, list[str]]:
        """An integer node's op and what it reads: with a shifted input it no longer pads by itself."""
        inputs = [self._operand(node, name) for name in node.inputs]
        if not isinstance(node.op, Conv | Gemm):
            return node.op, inputs
        inputs[2:] = self._bias(node)
        if isinstance(node.op, Conv) and self._shift(node.inputs[0]):
            return replace(node.op, pads=(0, 0, 0, 0)), inputs
        return node.op, inputs

    def _operand(self, node: Node, name: str) -> str:
        """What an integer node reads in place of a value: the same, rounded to its steps."""
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
        """The name of a value that is added at its first reader."""
        if restored not in self._restored:
            self._restored.add(restored)
            add(restored)
        return restored

    def _shift(self, name: str) -> float:
        """What is added to a value before it is rounded, because the runtime takes no zero point but 0."""
        params = self.plan.params[name]
        return 0.0 if self.placement.zero_points else params.zero_point * params.scale[0]

    def _shifted(self, node: Node, name: str) -> str:
        """A value as an integer node wants it shifted: padded before, for then no zeros can be added any more."""
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
        """The bias of an integer convolution as the runtime wants it; none where there is none."""
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
        """A bias as int32, in steps of input scale × weight scale; each reader has its own."""
        name = node.inputs[2]
        data, weight = self.graph.constant(name), self.plan.params[node.inputs[1]]
        if data is None:
            raise GraphError("int8 needs a constant bias", where=f"tensor {name!r} of {node}")
        steps = np.asarray(weight.scale, np.float32) * np.float32(self.plan.params[node.inputs[0]].scale[0])
        limits = np.iinfo(np.int32)
        stored = np.clip(np.rint(data.astype(np.float64) / steps.astype(np.float64)), limits.min, limits.max)
        label, restored = f"{node.output}/bias", f"{node.output}/bias/restored"
        self.constants |= {f"{label}/scale": steps, f"{label}/zero_point": np.zeros(steps.shape, np.int32)}
        self.constants[f"{label}/stored"] = stored.astype(np.int32)
        inputs = (f"{label}/stored", f"{label}/scale", f"{label}/zero_point")
        self.nodes.append(Node(DequantizeLinear(0), inputs, (restored,), node.origin))
        return restored
