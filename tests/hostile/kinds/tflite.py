"""TFLite files: counted by `edgeface.check`."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

import edgeface
from edgeface.errors import EdgefaceError
from tests.hostile import sketch
from tests.hostile.case import Case, Kind
from tests.hostile.damage import damaged
from tests.hostile.draw import NUMBERS, Draw

FILE = "model.tflite"


@cache
def seeds() -> dict[str, bytes]:
    """Valid models."""
    made = {"embedder": sketch.embedder, "reshaper": sketch.reshaper, "quantized": sketch.quantized}
    return {name: make() for name, make in {**made, "one_face": sketch.one_face}.items()}


@cache
def _counted(name: str) -> tuple[int, int, int] | None:
    """What is counted in a valid model; None if it is refused."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_bytes(seeds()[name])
        try:
            return check(Path(folder))
        except EdgefaceError:
            return None


def make(draw: Draw) -> Case:
    """A model whose bytes, offsets or parts lie."""
    name = draw.one(sorted(seeds()))
    data, note, wrong = changed(draw, name)
    return Case(f"{name}: {note}", {FILE: data}, check, wrong)


def changed(draw: Draw, name: str) -> tuple[bytes, str, Callable[[Any], str | None]]:
    """A model that lies, how, and what its counts must not be."""
    if draw.chance(0.3):
        return (*damaged(draw, seeds()[name], seeds()["embedder"]), _impossible)
    if draw.chance(0.35):
        return (*_offsets(draw, seeds()[name]), _impossible)
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(seeds()[name], 0))
    if draw.chance(0.3):
        note = draw.act(_SHAPES, model)
        return packed(model), note, _same_as(name)
    said = [draw.act(_LIES, model) for _ in range(1 + (draw.below(2) if draw.chance(0.3) else 0))]
    if draw.chance(0.02):
        model.subgraphs = []
    return packed(model), ", ".join(said), _impossible


def packed(model: Any) -> bytes:
    """The model's bytes."""
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def check(folder: Path) -> tuple[int, int, int]:
    """MACs, FLOPs and parameters."""
    found = edgeface.check(folder / FILE, "lfr-light").complexity
    return found.macs, found.lfr_flops, found.parameters


def _impossible(answer: tuple[int, int, int]) -> str | None:
    return f"counts {answer}" if min(answer) < 0 else None


def _same_as(name: str) -> Callable[[Any], str | None]:
    def wrong(answer: Any) -> str | None:
        return None if answer == _counted(name) else f"{answer} for what computes {_counted(name)}"

    return wrong


def _offsets(draw: Draw, data: bytes) -> tuple[bytes, str]:
    """Offsets, lengths and entries of vtables: small numbers at aligned places, which lead elsewhere."""
    words = [at for at in range(0, len(data) - 4, 4) if 0 < struct.unpack_from("<I", data, at)[0] < len(data)]
    said = []
    for at in draw.some(words, 1 + draw.below(3)):
        (number,) = struct.unpack_from("<I", data, at)
        lies = (number + 4, number - 4, number * 2, 0, len(data) - at, len(data), (1 << 32) - at, *NUMBERS)
        new = draw.one(lies) % (1 << 32)
        data = data[:at] + struct.pack("<I", new) + data[at + 4 :]
        said.append(f"{number} at {at} is {new}")
    return data, ", ".join(said)


# Declared shapes of what operators compute: counts must not follow them.


def _computed(draw: Draw, model: Any) -> Any:
    graph = model.subgraphs[0]
    made = [int(index) for operator in graph.operators for index in operator.outputs]
    inner = [index for index in made if index not in {int(o) for o in graph.outputs}] or made
    return graph.tensors[draw.one(inner)]


def _shape(draw: Draw, model: Any) -> str:
    tensor = _computed(draw, model)
    before = [int(size) for size in tensor.shape]
    act = draw.below(4)
    if act == 0:
        shape = [1] * len(before)
    elif act == 1:
        shape = draw.shuffled(before)
    elif act == 2:
        shape = [draw.one((size, 1, 2 * size, 0, -1)) for size in before]
    else:
        shape = [draw.one((1, 2, 8, 1 << 20)) for _ in range(draw.below(6))]
    tensor.shape = np.array(shape, np.int32)
    return f"{before} declared as {shape}"


def _signature(draw: Draw, model: Any) -> str:
    tensor = _computed(draw, model)
    tensor.shapeSignature = np.array([draw.one((-1, 1, 2, 0)) for _ in tensor.shape], np.int32)
    return f"a signature of {list(tensor.shapeSignature)}"


_SHAPES = (_shape, _shape, _signature)

# What lies.


def _tensor(draw: Draw, model: Any) -> Any:
    return draw.one(model.subgraphs[0].tensors)


def _operator(draw: Draw, model: Any) -> Any:
    return draw.one(model.subgraphs[0].operators)


def _any_shape(draw: Draw, model: Any) -> str:
    tensor = _tensor(draw, model)
    shape = [int(size) for size in tensor.shape] or [1]
    shape[draw.below(len(shape))] = draw.number() % (1 << 32) - (1 << 31) if draw.chance(0.5) else draw.below(64)
    tensor.shape = np.array(shape * draw.one((1, 1, 1, 9)), np.int64).astype(np.int32)
    return f"a shape of {list(tensor.shape)[:9]}"


def _dtype(draw: Draw, model: Any) -> str:
    tensor = _tensor(draw, model)
    tensor.type = draw.one((*range(20), 100, -1))
    return f"type {tensor.type}"


def _buffer(draw: Draw, model: Any) -> str:
    tensor = _tensor(draw, model)
    tensor.buffer = draw.one((0, 1, len(model.buffers) - 1, len(model.buffers), (1 << 31) - 1, (1 << 32) - 1))
    return f"buffer {tensor.buffer}"


def _data(draw: Draw, model: Any) -> str:
    buffer = draw.one(model.buffers)
    data = b"" if buffer.data is None else bytes(bytearray(buffer.data))
    act = draw.below(5)
    if act == 0:
        buffer.data = None
    elif act == 1:
        buffer.data = list(data[:-1])
    elif act == 2:
        buffer.data = list(data + data[:64])
    elif act == 3:
        buffer.data = list(draw.bytes(min(len(data), 4096)))
    else:
        buffer.offset, buffer.size = draw.one((2, 64, 1 << 20, (1 << 63) - 1)), draw.one((0, 4, 1 << 20, (1 << 63) - 1))
    return f"a buffer's data: {act}"


def _wiring(draw: Draw, model: Any) -> str:
    operator = _operator(draw, model)
    count = len(model.subgraphs[0].tensors)
    side = draw.one(("inputs", "outputs"))
    indices = [int(index) for index in getattr(operator, side)]
    new = draw.one((*range(count), -1, -2, count, (1 << 31) - 1, -(1 << 31)))
    if indices and draw.chance(0.7):
        indices[draw.below(len(indices))] = new
    else:
        indices = indices[:-1] if draw.chance(0.5) else [*indices, new]
    setattr(operator, side, np.array(indices, np.int32))
    return f"{side} {indices}"


def _code(draw: Draw, model: Any) -> str:
    if draw.chance(0.4):
        operator = _operator(draw, model)
        operator.opcodeIndex = draw.one((*range(len(model.operatorCodes)), 99, (1 << 32) - 1))
        return f"operator code {operator.opcodeIndex}"
    code = draw.one(model.operatorCodes)
    code.builtinCode = draw.one((*range(210), 127, 1 << 20, -1))
    code.deprecatedBuiltinCode = draw.one((min(max(code.builtinCode, 0), 127), 127, 3, -1))
    code.customCode = draw.one((None, b"Custom", b"\x1b[31m", b"\xff\xfe", b"n" * 70_000))
    return f"builtin {code.builtinCode}"


def _option(draw: Draw, model: Any) -> str:
    operators = model.subgraphs[0].operators
    operator = draw.one([o for o in operators if o.builtinOptions is not None] or [schema.OperatorT()])
    if operator.builtinOptions is None:
        return "nothing"
    names = sorted(vars(operator.builtinOptions))
    if not names or draw.chance(0.2):
        operator.builtinOptionsType = draw.one((*range(1, 120), 0))
        other = draw.one([o for o in operators if o.builtinOptions is not None])
        operator.builtinOptions = other.builtinOptions
        operator.builtinOptionsType = other.builtinOptionsType
        return "another operator's options"
    name = draw.one(names)
    value = getattr(operator.builtinOptions, name)
    new: Any = draw.one((0, 1, 2, 3, 5, 16, 127))
    if isinstance(value, bool):
        new = not value
    elif isinstance(value, list | np.ndarray) or value is None:
        new = [new]
    setattr(operator.builtinOptions, name, new)
    return f"{name} is {new}"


def _quantization(draw: Draw, model: Any) -> str:
    tensor = _tensor(draw, model)
    found = tensor.quantization or schema.QuantizationParametersT()
    scales = (0.0, -1.0, float("nan"), float("inf"), 1e-40, 0.1)
    found.scale = np.array([draw.one(scales) for _ in range(draw.one((0, 1, 1, 2, 300)))], np.float32)
    found.zeroPoint = np.array([draw.one((0, 128, -129, 1 << 40)) for _ in range(draw.one((0, 1, 2, 300)))], np.int64)
    found.quantizedDimension = draw.one((0, 1, 3, 4, -1, 1 << 30))
    tensor.quantization = found
    return f"scales {found.scale[:3]}, dimension {found.quantizedDimension}"


def _interface(draw: Draw, model: Any) -> str:
    graph = model.subgraphs[0]
    side = draw.one(("inputs", "outputs"))
    count = len(graph.tensors)
    indices = [draw.one((*range(count), count, -1, (1 << 31) - 1)) for _ in range(draw.below(4))]
    setattr(graph, side, np.array(indices, np.int32))
    return f"the model's {side} are {indices}"


def _graphs(draw: Draw, model: Any) -> str:
    act = draw.below(4)
    graph = model.subgraphs[0]
    if act == 0:
        model.subgraphs = [graph, graph]
    elif act == 1:
        graph.operators = draw.shuffled(graph.operators)
    elif act == 2:
        graph.operators = graph.operators * draw.one((2, 300))
    else:
        model.version = draw.number() % (1 << 32)
    return ("two graphs", "operators in any order", "operators again", "another version")[act]


def _names(draw: Draw, model: Any) -> str:
    names = (b"", b"\x1b[2J", b"\xff\xfe\x00", b"same", b"n" * 70_000, "ünï".encode())
    name = draw.one(names)
    for tensor in draw.some(model.subgraphs[0].tensors, 1 + draw.below(4)):
        tensor.name = name
    for signature in model.signatureDefs:
        if draw.chance(0.3):
            signature.signatureKey = draw.one(names)
            signature.subgraphIndex = draw.one((0, 1, 99))
    return f"names {name[:8]!r}"


_LIES = (_any_shape, _any_shape, _dtype, _buffer, _data, _data, _wiring, _wiring, _code, _option, _option)
_LIES = (*_LIES, _quantization, _interface, _graphs, _names)


def _prepared() -> None:
    for name in seeds():
        _counted(name)


KIND = Kind(make, share=170, prepare=_prepared)
