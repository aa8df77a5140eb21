"""Operators of a .tflite file as models of their own."""

from __future__ import annotations

import struct
from collections.abc import Collection, Hashable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends.checks import read_model
from edgeface.backends.parts import Operation
from edgeface.backends.tflite.flatbuffer import finish_model, stored_buffer
from edgeface.errors import InputError

_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
_DAMAGE = (struct.error, IndexError, ValueError, TypeError, AttributeError, OverflowError, UnicodeDecodeError)
"""What the schema's code raises on a damaged file."""
_PADDED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D"})
"""Operators into which XNNPACK fuses the padding before them."""
_FEW = 16
"""So few stored numbers may be sizes, paddings or axes, on which work depends."""


class TfliteParts:
    """A .tflite file taken apart.

    Args:
        path: the file, which a runtime has opened before: the schema's code checks nothing.

    Raises:
        InputError: the file is damaged, or has several subgraphs.
    """

    def __init__(self, path: Path) -> None:
        self._where = str(path)
        data = read_model(path, {"tflite"})
        with self._damage_reported():
            self._model = schema.ModelT.InitFromPackedBuf(data, 0)
            self._graph = self._only_graph()
            self._stored = {i for i, t in enumerate(self._graph.tensors) if self._has_data(t)}
            self._nodes = [(node, _indices(node.inputs), _indices(node.outputs)) for node in self._graph.operators]
            self._constant = self._find_constant()
            self._groups = self._grouped()
            self.operations = tuple(map(self._operation, self._groups))

    def model(self, chosen: Collection[int]) -> dict[str, bytes]:
        """The file of a model of some operators.

        Raises:
            InputError: the file that was taken apart is damaged.
        """
        with self._damage_reported():
            return {".tflite": self._part(chosen)}

    def _part(self, chosen: Collection[int]) -> bytes:
        taken = self._with_constants({node for index in chosen for node in self._groups[index]})
        read = dict.fromkeys(tensor for node in taken for tensor in self._nodes[node][1])
        made = dict.fromkeys(tensor for node in taken for tensor in self._nodes[node][2])
        others = [inputs for node, (_, inputs, _) in enumerate(self._nodes) if node not in set(taken)]
        wanted = {tensor for inputs in others for tensor in inputs} | set(_indices(self._graph.outputs))
        inputs = [tensor for tensor in read if tensor not in made and not self._is_stored(tensor)]
        fed = {tensor for node in taken if node not in self._constant for tensor in self._nodes[node][2]}
        outputs = [tensor for tensor in made if tensor in fed and (tensor in wanted or tensor not in read)]
        return self._packed(taken, inputs, outputs, [*read, *(t for t in made if t not in read)])

    @contextmanager
    def _damage_reported(self) -> Iterator[None]:
        try:
            yield
        except _DAMAGE as error:
            raise InputError(f"the TFLite model is damaged: {error}", where=self._where) from error

    def _only_graph(self) -> Any:
        graphs = self._model.subgraphs
        if len(graphs) != 1:
            raise InputError(
                f"its operators cannot be taken apart: the model has {len(graphs)} subgraphs", where=self._where
            )
        return graphs[0]

    def _packed(self, taken: Iterable[int], inputs: list[int], outputs: list[int], kept: list[int]) -> bytes:
        renamed = {tensor: index for index, tensor in enumerate(kept)} | {-1: -1}
        model, graph = schema.ModelT(), schema.SubGraphT()
        model.version, model.operatorCodes = self._model.version, self._model.operatorCodes
        model.buffers = [schema.BufferT()]
        graph.name, graph.tensors, graph.operators = b"part", [], []
        for index in kept:
            tensor = _copy(self._graph.tensors[index])
            data = self._model.buffers[tensor.buffer].data if index in self._stored else None
            tensor.buffer = 0 if data is None else len(model.buffers)
            model.buffers += [] if data is None else [stored_buffer(bytes(data))]
            graph.tensors.append(tensor)
        for node in taken:
            operator = _copy(self._nodes[node][0])
            operator.inputs = np.array([renamed[tensor] for tensor in self._nodes[node][1]], np.int32)
            operator.outputs = np.array([renamed[tensor] for tensor in self._nodes[node][2]], np.int32)
            graph.operators.append(operator)
        graph.inputs = np.array([renamed[tensor] for tensor in inputs], np.int32)
        graph.outputs = np.array([renamed[tensor] for tensor in outputs], np.int32)
        model.subgraphs = [graph]
        return finish_model(model)

    def _has_data(self, tensor: Any) -> bool:
        data = self._model.buffers[tensor.buffer].data
        return data is not None and len(data) > 0

    def _is_stored(self, tensor: int) -> bool:
        return tensor < 0 or tensor in self._stored or bool(self._graph.tensors[tensor].isVariable)

    def _find_constant(self) -> set[int]:
        """Operators that compute constants, as those that convert stored float16 weights."""
        known, found = set(self._stored), set()
        for index, (_, inputs, outputs) in enumerate(self._nodes):
            if inputs and all(tensor < 0 or tensor in known for tensor in inputs):
                found.add(index)
                known.update(outputs)
        return found

    def _grouped(self) -> list[tuple[int, ...]]:
        """The operators that compute something, each behind the padding that XNNPACK fuses into it."""
        readers: dict[int, list[int]] = {}
        for index, (_, inputs, _) in enumerate(self._nodes):
            for tensor in inputs:
                readers.setdefault(tensor, []).append(index)
        ends = set(_indices(self._graph.outputs))
        padding: dict[int, int] = {}
        for index, (_, _, outputs) in enumerate(self._nodes):
            by = [reader for tensor in outputs for reader in readers.get(tensor, [])]
            fused = self._kind(index) == "PAD" and [self._kind(reader) in _PADDED for reader in by] == [True]
            if fused and ends.isdisjoint(outputs):
                padding[by[0]] = index
        alone = set(range(len(self._nodes))) - self._constant - set(padding.values())
        return [(padding[node], node) if node in padding else (node,) for node in sorted(alone)]

    def _with_constants(self, chosen: set[int]) -> list[int]:
        """Operators with those that compute their constants, in the file's order."""
        makers = {tensor: node for node in self._constant for tensor in self._nodes[node][2]}
        taken, new = set(chosen), set(chosen)
        while new:
            new = {makers[tensor] for node in new for tensor in self._nodes[node][1] if tensor in makers} - taken
            taken |= new
        return sorted(taken)

    def _operation(self, group: tuple[int, ...]) -> Operation:
        _, _, outputs = self._nodes[group[-1]]
        name = self._graph.tensors[outputs[0]].name if outputs else None
        text = "" if name is None else name.decode("utf-8", "replace")
        return Operation(text, self._kind(group[-1]), tuple(map(self._alike, group)))

    def _kind(self, index: int) -> str:
        code = self._model.operatorCodes[self._nodes[index][0].opcodeIndex]
        kind = max(code.builtinCode, code.deprecatedBuiltinCode)
        return str(code.customCode.decode("utf-8", "replace")) if code.customCode else _NAMES.get(kind, str(kind))

    def _alike(self, index: int) -> Hashable:
        node, inputs, outputs = self._nodes[index]
        options = node.builtinOptions
        fields = () if options is None else tuple(sorted((key, str(value)) for key, value in vars(options).items()))
        custom = None if node.customOptions is None else bytes(node.customOptions)
        return self._kind(index), fields, custom, tuple(self._sides((*inputs, *outputs)))

    def _sides(self, tensors: Iterable[int]) -> Iterator[Hashable]:
        """Each tensor's shape, dtype and whether it is stored, and which of them are quantized alike."""
        seen: dict[Hashable, int] = {}
        for index in tensors:
            if index < 0:
                yield None
                continue
            tensor = self._graph.tensors[index]
            quantization = tensor.quantization
            scale = None if quantization is None or quantization.scale is None else tuple(quantization.scale)
            zero = None if quantization is None or quantization.zeroPoint is None else tuple(quantization.zeroPoint)
            group = seen.setdefault((scale, zero), len(seen))
            stored = index in self._stored
            small = bytes(self._model.buffers[tensor.buffer].data) if stored and _count(tensor) <= _FEW else None
            yield tuple(_indices(tensor.shape)), tensor.type, stored, group, small


def _count(tensor: Any) -> int:
    return int(np.prod(_indices(tensor.shape), dtype=np.int64))


def _indices(values: Any) -> list[int]:
    return [] if values is None else [int(value) for value in values]


def _copy(item: Any) -> Any:
    """A shallow copy of one of the schema's objects."""
    made = type(item)()
    vars(made).update(vars(item))
    return made
