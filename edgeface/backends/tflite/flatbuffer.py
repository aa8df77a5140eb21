"""Write a TFLite FlatBuffer through the schema that ships with the runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edgeface.graph.types import Array
from edgeface.quantize.plan import QParams

ALIGNMENT_BYTES = 16
SIGNATURE = "serving_default"
_DTYPES = {
    "float32": schema.TensorType.FLOAT32,
    "float16": schema.TensorType.FLOAT16,
    "int32": schema.TensorType.INT32,
    "int8": schema.TensorType.INT8,
    "uint8": schema.TensorType.UINT8,
    "bool": schema.TensorType.BOOL,
    "int64": schema.TensorType.INT64,
}


class _Builder(flatbuffers.Builder):  # type: ignore[misc]  # flatbuffers is untyped
    """A builder that writes equal numeric vectors once."""

    def __init__(self) -> None:
        super().__init__(1 << 20)
        self._shared: dict[tuple[str, bytes], int] = {}

    def shared_vector(self, data: Array) -> int:
        """Offset of a vector with these numbers."""
        key = (data.dtype.str, data.tobytes())
        if key not in self._shared:
            self._shared[key] = self.CreateNumpyVector(data)
        return self._shared[key]


class _AlignedBuffer(schema.BufferT):  # type: ignore[misc]  # the schema is untyped
    """A buffer aligned to 16 bytes, as the schema requires but its Python code omits."""

    def Pack(self, builder: Any) -> Any:  # noqa: N802
        if self.data is None or len(self.data) == 0:
            return super().Pack(builder)
        data = np.frombuffer(self.data, np.uint8)
        builder.StartVector(1, data.size, ALIGNMENT_BYTES)
        builder.head = builder.head - data.size
        builder.Bytes[builder.Head() : builder.Head() + data.size] = data.tobytes()
        offset = builder.EndVector()
        schema.BufferStart(builder)
        schema.BufferAddData(builder, offset)
        return schema.BufferEnd(builder)


class _SharedQuantization(schema.QuantizationParametersT):  # type: ignore[misc]  # the schema is untyped
    """Quantization parameters whose equal vectors are written once: most zero points are zero vectors."""

    def Pack(self, builder: Any) -> Any:  # noqa: N802
        offsets = [builder.shared_vector(data) for data in (self.scale, self.zeroPoint)]
        schema.QuantizationParametersStart(builder)
        schema.QuantizationParametersAddScale(builder, offsets[0])
        schema.QuantizationParametersAddZeroPoint(builder, offsets[1])
        schema.QuantizationParametersAddQuantizedDimension(builder, self.quantizedDimension)
        return schema.QuantizationParametersEnd(builder)


@dataclass(frozen=True)
class Operator:
    """A builtin operator with the schema's options object for it."""

    name: str
    version: int = 1
    options: Any = None


class ModelBuilder:
    """Collects tensors and operators, then serializes them. Equal constants share a buffer."""

    def __init__(self, name: str) -> None:
        self._model = schema.ModelT()
        self._model.version = 3
        self._model.description = b"edgeface"
        # The first buffer is a sentinel without data: an empty vector makes tools take computed tensors for constants.
        self._model.buffers = [schema.BufferT()]
        self._model.operatorCodes = []
        self._model.metadata = []
        self._graph = schema.SubGraphT()
        self._graph.name = name.encode()
        self._graph.tensors, self._graph.operators = [], []
        self._codes: dict[tuple[str, int], int] = {}
        self._buffers: dict[bytes, int] = {b"": 0}

    def tensor(self, name: str, shape: Sequence[int], dtype: str, params: QParams | None = None) -> int:
        """The index of a new computed tensor."""
        return self._add(name, shape, dtype, params, 0)

    def constant(self, name: str, data: Array, params: QParams | None = None) -> int:
        """The index of a new constant tensor."""
        return self._add(name, data.shape, data.dtype.name, params, self._store(np.ascontiguousarray(data).tobytes()))

    def operator(self, op: Operator, inputs: Sequence[int], outputs: Sequence[int]) -> None:
        """Add an operator in execution order."""
        node = schema.OperatorT()
        node.opcodeIndex = self._code(op)
        node.inputs = np.array(inputs, np.int32)
        node.outputs = np.array(outputs, np.int32)
        if op.options is not None:
            kind = type(op.options).__name__.removesuffix("T")
            node.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
            node.builtinOptions = op.options
        self._graph.operators.append(node)

    def finish(self, inputs: Mapping[str, int], outputs: Mapping[str, int], metadata: Mapping[str, bytes]) -> bytes:
        """The serialized model, with one signature that names inputs and outputs."""
        self._graph.inputs = np.array(list(inputs.values()), np.int32)
        self._graph.outputs = np.array(list(outputs.values()), np.int32)
        signature = schema.SignatureDefT()
        signature.signatureKey, signature.subgraphIndex = SIGNATURE.encode(), 0
        signature.inputs = [_tensor_map(n, i) for n, i in sorted(inputs.items())]
        signature.outputs = [_tensor_map(n, i) for n, i in sorted(outputs.items())]
        self._model.signatureDefs = [signature]
        self._model.subgraphs = [self._graph]
        for key, data in sorted(metadata.items()):
            entry = schema.MetadataT()
            entry.name, entry.buffer = key.encode(), self._store(data)
            self._model.metadata.append(entry)
        return finish_model(self._model)

    def _add(self, name: str, shape: Sequence[int], dtype: str, params: QParams | None, buffer: int) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.buffer = name.encode(), buffer
        tensor.shape = np.array(shape, np.int32)
        tensor.type = _DTYPES[dtype]
        if params is not None:
            found = _SharedQuantization()
            found.scale = np.array(params.scale, np.float32)
            found.zeroPoint = np.full(len(params.scale), params.zero_point, np.int64)
            found.quantizedDimension = params.axis or 0
            tensor.quantization = found
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def _store(self, data: bytes) -> int:
        if data not in self._buffers:
            self._buffers[data] = len(self._model.buffers)
            self._model.buffers.append(stored_buffer(data))
        return self._buffers[data]

    def _code(self, op: Operator) -> int:
        key = (op.name, op.version)
        if key not in self._codes:
            code = schema.OperatorCodeT()
            code.builtinCode = getattr(schema.BuiltinOperator, op.name)
            code.deprecatedBuiltinCode = min(code.builtinCode, 127)
            code.version = op.version
            self._codes[key] = len(self._model.operatorCodes)
            self._model.operatorCodes.append(code)
        return self._codes[key]


def finish_model(model: Any) -> bytes:
    """A `ModelT` of the schema, serialized."""
    builder = _Builder()
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def stored_buffer(data: bytes) -> Any:
    """A `BufferT` of the schema with a constant's bytes."""
    buffer = _AlignedBuffer()
    buffer.data = data
    return buffer


def _tensor_map(name: str, index: int) -> Any:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name.encode(), index
    return entry
