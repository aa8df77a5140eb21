"""The checked content of a TFLite file, without its weights."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edgeface.cost.network import BITS
from edgeface.cost.readers.limits import MAX_OPERATORS, MAX_TENSORS
from edgeface.cost.readers.tflite_bounds import BoundedReader, Content, damage_reported, damaged, open_content
from edgeface.cost.readers.tflite_options import Options, read_options
from edgeface.errors import InputError

ABSENT = -1
"""The tensor index of an absent optional input."""

DYNAMIC = -1
"""A dynamic dimension in a signature."""

MAX_ELEMENTS = 1 << 40
MAX_RANK = 16
_DTYPES = {"float8_e4m3fn": "float8", "float8_e5m2": "float8"}  # only the width matters here


@dataclass(frozen=True)
class StoredTensor:
    """A tensor as declared in the file. `data` is the position of its constant: start and size in bytes.

    A dynamic dimension is 1 in `shape` and −1 in `signature`; `dtype` is the schema's name in lower case; `ranked` is
    False where an empty shape may stand for an unknown rank.
    """

    name: str
    shape: tuple[int, ...]
    signature: tuple[int, ...]
    dtype: str
    data: tuple[int, int] | None
    variable: bool = False
    sparse: bool = False
    ranked: bool = False

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class StoredOperator:
    """An operator: its builtin name (or `CUSTOM name`), and tensor indices, `ABSENT` for absent inputs.

    `options` are those that determine the sizes of its results, by the schema's names.
    """

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Options = field(default_factory=dict)


@dataclass(frozen=True)
class TFLiteFile:
    """The main subgraph of a .tflite file, and its metadata."""

    path: Path
    content: Content
    tensors: tuple[StoredTensor, ...]
    operators: tuple[StoredOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    subgraphs: int
    metadata: dict[str, bytes]

    def is_zero(self, index: int) -> bool:
        """Whether a constant contains only zeros; False for a computed tensor."""
        tensor = self.tensors[index]
        if tensor.data is None:
            return False
        start, size = tensor.data
        return not np.frombuffer(self.content, np.uint8, size, start).any()

    def is_level(self, index: int) -> bool:
        """Whether a constant contains one repeated number; False for a computed tensor."""
        tensor = self.tensors[index]
        if tensor.data is None or not tensor.count or tensor.data[1] % tensor.count:
            return False
        start, size = tensor.data
        numbers = np.frombuffer(self.content, np.uint8, size, start).reshape(tensor.count, -1)
        return bool((numbers == numbers[0]).all())


def read_tflite_file(path: Path) -> TFLiteFile:
    """The main subgraph of a .tflite file.

    Raises:
        InputError: the file is missing, larger than 2 GiB, not TFLite, truncated or damaged.
    """
    content = open_content(path)
    with damage_reported(path):
        model = _model(content, path)
        return _main_subgraph(model, path)


@dataclass(frozen=True)
class _Model:
    reader: BoundedReader
    root: Any
    operator_names: dict[int, str]
    dtypes: dict[int, str]

    def buffer(self, index: int) -> tuple[int, int] | None:
        """The position of buffer `index` in the file; None for an empty one."""
        if not 0 <= index < self.root.BuffersLength():
            raise damaged(self.reader.path, f"there is no buffer {index}")
        if index == 0:
            return None  # reserved by the schema for "no data"
        buffer = self.root.Buffers(index)
        # Files beyond 2 GiB store data after the FlatBuffer; offsets 0 and 1 mean "not used".
        start, size = buffer.Offset(), buffer.Size()
        if start <= 1:
            size = buffer.DataLength()
            start = buffer._tab.Vector(buffer._tab.Offset(4)) if size else 0
        if start + size > len(self.reader.content):
            raise damaged(self.reader.path, f"buffer {index} extends beyond the end of the file")
        return (start, size) if size else None


def _model(content: Content, path: Path) -> _Model:
    from ai_edge_litert import schema_py_generated as schema

    root = schema.Model.GetRootAs(content, 0)
    names = {code: name for name, code in vars(schema.BuiltinOperator).items() if not name.startswith("_")}
    dtypes = {code: name.lower() for name, code in vars(schema.TensorType).items() if not name.startswith("_")}
    return _Model(BoundedReader(content, path), root, names, dtypes)


def _main_subgraph(model: _Model, path: Path) -> TFLiteFile:
    reader, root = model.reader, model.root
    reader.check(root.BuffersLength(), 4)
    if not root.SubgraphsLength():
        raise damaged(path, "it contains no subgraph")
    graph = root.Subgraphs(0)
    for number, most, kind in (
        (graph.OperatorsLength(), MAX_OPERATORS, "operators"),
        (graph.TensorsLength(), MAX_TENSORS, "tensors"),
        (root.OperatorCodesLength(), MAX_OPERATORS, "kinds of operators"),
        (root.MetadataLength(), MAX_OPERATORS, "entries of metadata"),
    ):
        if number > most:
            raise InputError(
                f"the model has {number:,} {kind}; at most {most:,} are supported",
                where=str(path),
                fix="check the network in parts, or copy the file again if this number is wrong",
            )
    codes = reader.rows(root.OperatorCodesLength(), lambda index: _operator_name(model, root.OperatorCodes(index)))
    tensors = reader.rows(graph.TensorsLength(), lambda index: _tensor(model, graph.Tensors(index), index))
    operators = reader.rows(graph.OperatorsLength(), lambda index: _operator(reader, graph.Operators(index), codes))
    inputs, outputs = reader.integers(graph, "Inputs"), reader.integers(graph, "Outputs")
    known = range(len(tensors))
    used = [index for row in operators for index in row.inputs if index != ABSENT]
    for index in (*used, *(index for row in operators for index in row.outputs), *inputs, *outputs):
        if index not in known:
            raise damaged(path, f"there is no tensor {index}")
    return TFLiteFile(
        path,
        reader.content,
        tuple(tensors),
        tuple(operators),
        inputs,
        outputs,
        root.SubgraphsLength(),
        _metadata(model),
    )


def _operator_name(model: _Model, code: Any) -> str:
    # Old writers only set the deprecated field; new ones set it to 127 for codes beyond a byte.
    number = max(code.DeprecatedBuiltinCode(), code.BuiltinCode())
    name = model.operator_names.get(number, f"BUILTIN {number}")
    return f"CUSTOM {model.reader.name(code.CustomCode())}" if name == "CUSTOM" else name


def _operator(reader: BoundedReader, row: Any, codes: list[str]) -> StoredOperator:
    index = row.OpcodeIndex()
    if index >= len(codes):
        raise damaged(reader.path, f"there is no operator code {index}")
    inputs, outputs = reader.integers(row, "Inputs"), reader.integers(row, "Outputs")
    return StoredOperator(codes[index], inputs, outputs, read_options(reader, row, codes[index]))


def _tensor(model: _Model, row: Any, index: int) -> StoredTensor:
    reader = model.reader
    name = reader.name(row.Name())
    stored, signature = reader.integers(row, "Shape"), reader.integers(row, "ShapeSignature")
    signature = signature if len(signature) == len(stored) else stored
    shape = tuple(1 if size == DYNAMIC else size for size in stored)
    if len(shape) > MAX_RANK or any(size < 0 for size in shape) or math.prod(shape) > MAX_ELEMENTS:
        raise damaged(reader.path, f"tensor {index} ({name!r}) has the shape {list(shape)}")
    dtype = model.dtypes.get(row.Type(), f"type {row.Type()}")
    found = StoredTensor(
        name,
        shape,
        signature,
        _DTYPES.get(dtype, dtype),
        model.buffer(row.Buffer()),
        bool(row.IsVariable()),
        row.Sparsity() is not None,
        bool(row.HasRank()),
    )
    _check_size(found, f"tensor {index} ({name!r})", reader.path)
    return found


def _check_size(row: StoredTensor, label: str, path: Path) -> None:
    """Refuse a constant whose data is not as long as its shape says, as LiteRT does."""
    if row.data is None or row.sparse or row.dtype not in BITS:
        return
    wanted = -(-row.count * BITS[row.dtype] // 8)
    if row.data[1] != wanted:
        raise damaged(path, f"{label} has the shape {list(row.shape)}, {wanted:,} bytes, but {row.data[1]:,} of data")


def _metadata(model: _Model) -> dict[str, bytes]:
    reader, root = model.reader, model.root
    found = {}
    for row in reader.rows(root.MetadataLength(), root.Metadata):
        start, size = model.buffer(row.Buffer()) or (0, 0)
        reader.check(size, 1)
        found[reader.name(row.Name())] = bytes(reader.content[start : start + size])
    return found
