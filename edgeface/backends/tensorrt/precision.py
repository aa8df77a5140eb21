"""The actual precision of each node in an engine: an "int8" engine may silently use float kernels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from edgeface.backends.tensorrt.expectation import ExpectedNode, expected_nodes
from edgeface.backends.tensorrt.layers import EngineLayer, EngineTensor
from edgeface.backends.tensorrt.traffic import moved_bytes

NOT_LISTED = "not listed"
_INTEGER = "Int8"
# Kinds of layers that multiply matrices, in the terms of TensorRT-RTX and of TensorRT's inspector, in lower case.
_MULTIPLIES = ("correlation", "runtime_fusion", "gemm", "conv", "matrixmultiply", "fullyconnected")
_REFORMATS = ("reformat", "noop", "shuffle")
_WIDTH = {"Float": 4, "Half": 2, "BFloat16": 2, "FP8": 1, "Int8": 1}


@dataclass(frozen=True)
class NodePrecision:
    """One ONNX node in the engine.

    `precision` is the type that its layer computes in: "Int8" only if data and weights both are; "not listed" for a
    node that no layer names (folded, or a view). `data`, `weights` and `outputs` are the types that the layer reads and
    writes. `padding` is the ratio of the engine's to the model's weights, 1 without padding.
    """

    node: str
    op: str
    weighted: bool
    expected_integer: bool
    precision: str
    layer: str
    data: tuple[str, ...]
    weights: str
    outputs: tuple[str, ...]
    padding: float
    half: str = ""


@dataclass(frozen=True)
class FloatConvolution:
    """A node that should run in int8 but does not, and the reason."""

    node: str
    op: str
    reason: str


@dataclass(frozen=True)
class PrecisionTable:
    """The precision of all computing nodes, and the engine's number of layers: by kind, and reformats.

    `moved_bytes` is what all layers read and write, from `traffic.moved_bytes`.
    """

    nodes: tuple[NodePrecision, ...]
    layers: dict[str, int]
    reformats: int
    moved_bytes: int

    def counts(self, weighted_only: bool = True) -> dict[str, int]:
        """The number of nodes by precision; by default only of convolutions and matrix products."""
        counted = (node.precision for node in self.nodes if node.weighted or not weighted_only)
        return dict(sorted(Counter(counted).items()))

    def as_dict(self) -> dict[str, Any]:
        """The table as JSON."""
        return asdict(self) | {"counts": self.counts()}


def precision_table(onnx: bytes, layers: Sequence[EngineLayer]) -> PrecisionTable:
    """The precision of every computing node of a model in an engine built from it.

    Args:
        onnx: the strongly typed ONNX of the engine.
        layers: the engine's layers.

    Raises:
        InputError: the bytes are not an ONNX model.
    """
    expected = expected_nodes(onnx)
    by_origin = _by_origin(expected, layers)
    nodes = tuple(_node_precision(node, by_origin.get(node.name, [])) for node in expected)
    kinds = dict(sorted(Counter(layer.kind for layer in layers).items()))
    return PrecisionTable(nodes, kinds, sum(map(is_reformat, layers)), moved_bytes(layers))


def float_convolutions(table: PrecisionTable) -> tuple[FloatConvolution, ...]:
    """The convolutions and matrix products that should run in int8 but do not.

    These are nodes whose data and weights both come from DequantizeLinear, and nodes where only one of them does, which
    is always a mistake in the Q/DQ placement.
    """
    found = []
    for node in table.nodes:
        if node.half:
            found.append(FloatConvolution(node.node, node.op, node.half))
        elif node.expected_integer and node.precision == NOT_LISTED:
            found.append(FloatConvolution(node.node, node.op, "no layer of the engine names it"))
        elif node.expected_integer and node.precision != _INTEGER:
            reads = " and ".join((*node.data, node.weights))
            found.append(FloatConvolution(node.node, node.op, f"the layer {node.layer!r} reads {reads}"))
    return tuple(found)


def is_reformat(layer: EngineLayer) -> bool:
    """Whether a layer only moves data or converts types, without computing a node's values."""
    if layer.kind.lower().startswith(_REFORMATS):
        return True
    return bool(layer.inputs and layer.outputs) and not layer.origins and not layer.constants


def _by_origin(expected: Sequence[ExpectedNode], layers: Sequence[EngineLayer]) -> dict[str, list[EngineLayer]]:
    """The layers that compute a part of each node, by the node's name.

    TensorRT-RTX loses the origin of a 1×1 convolution that it converts to a matrix product. Such a layer is identified
    by its number of weights, if as many nodes without a layer have that number as there are layers without a node.
    """
    found: dict[str, list[EngineLayer]] = {}
    for layer in layers:
        for origin in layer.origins:
            found.setdefault(origin, []).append(layer)
    lost: dict[int, list[ExpectedNode]] = {}
    for node in expected:
        if node.weighted and node.name not in found:
            lost.setdefault(node.weights, []).append(node)
    unnamed = [layer for layer in layers if not layer.origins and layer.constants]
    for count, nodes in lost.items():
        candidates = [layer for layer in unnamed if max(one.elements for one in layer.constants) == count]
        if len(candidates) == len(nodes):
            found |= {node.name: [layer] for node, layer in zip(nodes, candidates, strict=True)}
    return found


def _node_precision(node: ExpectedNode, layers: Sequence[EngineLayer]) -> NodePrecision:
    layer = _computing_layer(node, layers)
    if layer is None:
        return NodePrecision(node.name, node.op, node.weighted, node.integer, NOT_LISTED, "", (), "", (), 1, node.half)
    weights = _weights(node, layer)
    data = tuple(dict.fromkeys(tensor.dtype for tensor in layer.inputs if tensor is not weights))
    read = (*data, weights.dtype) if weights else data
    padding = weights.elements / node.weights if weights and node.weights else 1
    return NodePrecision(
        node=node.name,
        op=node.op,
        weighted=node.weighted,
        expected_integer=node.integer,
        precision=_computed_in(node, layer, read),
        layer=layer.name,
        data=data,
        weights=weights.dtype if weights else "",
        outputs=tuple(dict.fromkeys(tensor.dtype for tensor in layer.outputs)),
        padding=round(padding, 4),
        half=node.half,
    )


def _computing_layer(node: ExpectedNode, layers: Sequence[EngineLayer]) -> EngineLayer | None:
    """The layer that computes a node: with weights, the one that multiplies; else the last one that has a part in it.

    An int8 convolution is also named by the pointwise layer after it, which adds the bias and rescales, and by the one
    before it, which may pad its channels.
    """
    if node.weighted:
        multiplying = [layer for layer in layers if layer.kind.lower().startswith(_MULTIPLIES) or "conv" in layer.kind]
        layers = multiplying or layers
        return max(layers, key=lambda layer: max((one.elements for one in layer.constants), default=0), default=None)
    return layers[-1] if layers else None


def _weights(node: ExpectedNode, layer: EngineLayer) -> EngineTensor | None:
    """A layer's weights: its largest constant or, if they are computed first, its second input."""
    if not node.weighted:
        return None
    candidates = [tensor for tensor in layer.constants if tensor.elements >= node.weights > 0]
    if candidates:
        return max(candidates, key=lambda tensor: tensor.elements)
    return layer.inputs[1] if len(layer.inputs) > 1 else None


def _computed_in(node: ExpectedNode, layer: EngineLayer, read: Sequence[str]) -> str:
    """The type of the arithmetic: the widest input type.

    Pointwise code also reads its scales and slopes. Ops fused after a convolution work on its output.
    """
    if not node.weighted:
        multiplies = layer.kind.lower().startswith(_MULTIPLIES)
        read = [tensor.dtype for tensor in (layer.outputs if multiplies else (*layer.inputs, *layer.constants))]
    return max(read, key=lambda dtype: _WIDTH.get(dtype, 0), default=NOT_LISTED)
