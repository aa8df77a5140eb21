"""Operators of an .onnx file as models of their own."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError, EncodeError  # type: ignore[import-untyped]
from onnx import helper, numpy_helper

from edgeface.backends.onnx.file import load_onnx
from edgeface.backends.parts import Operation
from edgeface.errors import InputError

_LEADING = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})
_FOLLOWING = frozenset({"BatchNormalization", "Clip", "HardSigmoid", "LeakyRelu", "Relu", "Sigmoid", "Tanh"})
"""What ONNX Runtime fuses into the operators above, where nothing else reads their results."""
_FEW = 16
"""So few stored integers may be sizes, paddings or axes, on which work depends."""


class OnnxParts:
    """An .onnx file taken apart: each operator with the DequantizeLinears before it, and what is fused into it.

    Args:
        path: the file.

    Raises:
        InputError: it is not usable, has control flow, or a size of a value in it is not known.
    """

    def __init__(self, path: Path) -> None:
        self._where = str(path)
        self._model = _with_shapes(load_onnx(path), self._where)
        graph = self._model.graph
        if any(attribute.HasField("g") for node in graph.node for attribute in node.attribute):
            raise InputError("a model with control flow cannot be taken apart", where=self._where)
        self._nodes = list(graph.node)
        self._stored = {item.name: item for item in graph.initializer}
        every = (*graph.input, *graph.value_info, *graph.output)
        self._types: dict[str, onnx.ValueInfoProto] = {
            item.name: item for item in every if item.name not in self._stored
        }
        self._ends = {item.name for item in graph.output}
        self._readers: dict[str, list[int]] = {}
        for index, node in enumerate(self._nodes):
            for name in filter(None, node.input):
                self._readers.setdefault(name, []).append(index)
        self._constant = self._find_constant()
        self._fronts = {i for i, node in enumerate(self._nodes) if self._is_front(i, node)}
        self._groups = self._grouped()
        self.operations = tuple(map(self._operation, self._groups))

    def model(self, chosen: Collection[int]) -> dict[str, bytes]:
        """The file of a model of some operators.

        Raises:
            InputError: the size of a value between operators is not known.
        """
        own = {node for index in chosen for node in self._groups[index]}
        taken = self._with_sources(own)
        nodes = [self._nodes[index] for index in taken]
        read = dict.fromkeys(name for node in nodes for name in node.input if name)
        made = {name for node in nodes for name in node.output}
        inputs = [self._type(name) for name in read if name not in made and name not in self._stored]
        results = [name for index in sorted(own) for name in self._nodes[index].output if name]
        outputs = [self._type(name) for name in results if self._leaves(name, own)]
        stored = [self._stored[name] for name in read if name in self._stored]
        graph = helper.make_graph(nodes, "part", inputs, outputs, stored)
        made_model = helper.make_model(graph, opset_imports=self._model.opset_import, functions=self._model.functions)
        made_model.ir_version = self._model.ir_version
        return {".onnx": made_model.SerializeToString()}

    def _leaves(self, name: str, own: set[int]) -> bool:
        """Whether a value is read outside some nodes, or by nobody."""
        readers = list(self._computing_readers(name))
        return name in self._ends or not readers or not own.issuperset(readers)

    def _computing_readers(self, name: str) -> Iterator[int]:
        """Nodes that read a value, also by way of a DequantizeLinear, which goes with each of its readers."""
        for index in self._readers.get(name, []):
            if index in self._fronts:
                yield from self._computing_readers(self._nodes[index].output[0])
            else:
                yield index

    def _type(self, name: str) -> onnx.ValueInfoProto:
        found = self._types.get(name)
        sides = [] if found is None else found.type.tensor_type.shape.dim
        if found is None or not found.type.tensor_type.HasField("shape") or any(side.dim_value < 1 for side in sides):
            raise InputError(
                f"the size of {name!r} is not known",
                where=self._where,
                fix="export the model for one input size, with a batch of 1",
            )
        return found

    def _find_constant(self) -> set[int]:
        known, found = set(self._stored), set()
        for index, node in enumerate(self._nodes):
            if known.issuperset(filter(None, node.input)):
                found.add(index)
                known.update(node.output)
        return found

    def _is_front(self, index: int, node: onnx.NodeProto) -> bool:
        """Whether a node only says how its readers' integers are to be read."""
        if node.op_type != "DequantizeLinear" or index in self._constant:
            return False
        return node.output[0] in self._readers and node.output[0] not in self._ends

    def _grouped(self) -> list[tuple[int, ...]]:
        """The operators that compute something, each with those that are fused into it."""
        leader: dict[str, list[int]] = {}
        groups = []
        for index, node in enumerate(self._nodes):
            if index in self._constant or index in self._fronts:
                continue
            group = leader.get(node.input[0]) if node.input else None
            if group is not None and self._joins(node, group):
                group.append(index)
            else:
                group = [index]
                groups.append(group)
            leader[node.output[0]] = group
        return [tuple(group) for group in groups]

    def _joins(self, node: onnx.NodeProto, group: list[int]) -> bool:
        """Whether a node is fused into the group whose result it reads."""
        first, last = self._nodes[group[0]].op_type, self._nodes[group[-1]]
        if node.input[0] in self._ends or len(self._readers[node.input[0]]) > 1 or last.op_type == "QuantizeLinear":
            return False
        return node.op_type == "QuantizeLinear" or (node.op_type in _FOLLOWING and first in _LEADING)

    def _with_sources(self, own: set[int]) -> list[int]:
        """Nodes with the DequantizeLinears and constants that they read, in the file's order."""
        sources = self._constant | self._fronts
        makers = {name: index for index in sources for name in self._nodes[index].output}
        taken, new = set(own), set(own)
        while new:
            new = {makers[name] for index in new for name in self._nodes[index].input if name in makers} - taken
            taken |= new
        return sorted(taken)

    def _operation(self, group: tuple[int, ...]) -> Operation:
        first, last = self._nodes[group[0]], self._nodes[group[-1]]
        return Operation(last.output[0], first.op_type, tuple(self._alike(i) for i in self._with_sources(set(group))))

    def _alike(self, index: int) -> Hashable:
        node = self._nodes[index]
        attributes = sorted(attribute.SerializeToString(deterministic=True) for attribute in node.attribute)
        return node.domain, node.op_type, tuple(attributes), tuple(self._sides((*node.input, *node.output)))

    def _sides(self, names: Iterable[str]) -> Iterable[Hashable]:
        for name in names:
            if name in self._stored:
                stored = self._stored[name]
                whole = stored.data_type in (onnx.TensorProto.INT64, onnx.TensorProto.INT32)
                small = whole and sum(stored.dims) <= _FEW
                yield (
                    True,
                    tuple(stored.dims),
                    stored.data_type,
                    (numpy_helper.to_array(stored).tobytes() if small else None),
                )
            else:
                yield self._types[name].type.SerializeToString(deterministic=True) if name in self._types else name


def _with_shapes(model: onnx.ModelProto, where: str) -> onnx.ModelProto:
    refused = (RuntimeError, ValueError, TypeError, MemoryError, onnx.shape_inference.InferenceError, EncodeError)
    try:
        return onnx.shape_inference.infer_shapes(model, data_prop=True)
    except (*refused, DecodeError) as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(f"its sizes cannot be told: {said[:200]}", where=where) from error
