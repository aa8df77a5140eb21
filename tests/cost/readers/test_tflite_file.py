"""Whole, damaged and hostile .tflite files."""

from __future__ import annotations

import random
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgeface.cost.readers import tflite_file
from edgeface.cost.readers.tflite_file import read_tflite_file
from edgeface.cost.readers.tflite_network import read_tflite
from edgeface.cost.work import Convolution
from edgeface.errors import EdgefaceError, GraphError, InputError


def test_names_cannot_disturb_a_terminal(small_tflite, rewrite_tflite):
    def change(model):
        model.subgraphs[0].tensors[0].name = b"a\x1b[31mb\n\xff\xc3\xa9"

    assert read_tflite(rewrite_tflite(small_tflite, change)).inputs == ("a\ufffd[31mb\ufffd\ufffd\xe9",)


def test_metadata_that_is_text_is_read(sketch):
    given = {"edgeface.contract": b'{"a": "\xc3\xa9"}', "binary": b"\xff\x00"}
    path = sketch.save(sketch.op("RELU", [sketch.input(1, 4)], (1, 4)), metadata=given)
    assert read_tflite(path).metadata == {"edgeface.contract": '{"a": "é"}'}


def test_data_after_the_flatbuffer_is_found(small_tflite, rewrite_tflite):
    """Files of more than 2 GiB keep constants there; a bias of zeros is still seen as none."""

    def change(model):
        bias = model.buffers[model.subgraphs[0].tensors[3].buffer]
        bias.data, bias.offset, bias.size = None, 1 << 20, 12

    path = rewrite_tflite(small_tflite, change)
    path.write_bytes(path.read_bytes().ljust(1 << 20, b"\1") + bytes(12))
    assert read_tflite(path).layers[1].work == Convolution(6, 3, 9, 1, 16, "none")


def signature(index, *sizes):
    return lambda graph: setattr(graph.tensors[index], "shapeSignature", np.array(sizes, np.int32))


def shape(index, *sizes):
    return lambda graph: setattr(graph.tensors[index], "shape", np.array(sizes, np.int32))


def reads(index, *tensors):
    return lambda graph: setattr(graph.operators[index], "inputs", np.array(tensors, np.int32))


def makes(index, *tensors):
    return lambda graph: setattr(graph.operators[index], "outputs", np.array(tensors, np.int32))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (signature(0, 1, -1, -1, 6), GraphError, "the size of the input is dynamic: 1×\\?×\\?×6"),
        (signature(0, 1, 8, 8, 6), GraphError, "the input is 1×4×4×6 by its shape and 1×8×8×6 by its signature"),
        (shape(0, 1, 0, 4, 6), GraphError, "the input is empty: 1×0×4×6"),
        (shape(2, 3, 3, 3, 5), InputError, "540 bytes, but 648 of data"),
        (shape(2, 3, 3, 3, 0), InputError, "0 bytes, but 648 of data"),
        (shape(2, 3, 3, 6), InputError, "216 bytes, but 648 of data"),
        (shape(2, 3, 3, 18, 1), GraphError, "CONV_2D cannot compute"),
        (shape(2, 3, 54), GraphError, "CONV_2D cannot compute"),
        (shape(2, 2, 3, 3, 9), GraphError, "CONV_2D"),
        (shape(1, 1, 4, 4, -6), InputError, "has the shape"),
        (shape(1, 1 << 20, 1 << 20, 1 << 20, 6), InputError, "has the shape"),
        (shape(1, *[1] * 40), InputError, "has the shape"),
        (reads(0, 99), InputError, "there is no tensor 99"),
        (reads(0, -2), InputError, "there is no tensor -2"),
        (makes(0, 99), InputError, "there is no tensor 99"),
        (makes(0, -1), InputError, "there is no tensor -1"),
        (makes(0), GraphError, "RELU has no output"),
        (makes(0, 0), GraphError, "RELU writes 'input0', which already has a value"),
        (makes(0, 2), GraphError, "RELU writes 'constant2', which already has a value"),
        (reads(0, 4), GraphError, "RELU reads 'conv_2d4' before it is produced"),
        (reads(1, 1), GraphError, "CONV_2D cannot compute"),
        (reads(1, 1, -1, 3), GraphError, "CONV_2D cannot compute"),
        (lambda graph: graph.operators.pop(), GraphError, "no operator produces an output"),
        (lambda graph: setattr(graph.tensors[1], "type", 13), GraphError, "a tensor has resource elements"),
        (lambda graph: setattr(graph.tensors[1], "type", 99), GraphError, "a tensor has type 99 elements"),
        (lambda graph: setattr(graph.tensors[2], "buffer", 99), InputError, "there is no buffer 99"),
        (lambda graph: setattr(graph.operators[0], "opcodeIndex", 99), InputError, "there is no operator code 99"),
    ],
)
def test_contradictions_are_refused(small_tflite, rewrite_tflite, change, error, message):
    path = rewrite_tflite(small_tflite, lambda model: change(model.subgraphs[0]))
    with pytest.raises(error, match=message) as caught:
        read_tflite(path)
    assert str(path) in str(caught.value.where)


@pytest.mark.parametrize("content", [b"", b"TFL3", b"\0" * 64, b"\0\0\0\0TFL3", b"\x1c\0\0\0TFL2" + bytes(64)])
def test_a_file_that_is_not_tflite_is_refused(tmp_path, content):
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_tflite(path)


def test_a_missing_file_a_folder_and_a_giant_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_tflite(tmp_path / "none.tflite")
    with pytest.raises(InputError, match="a folder"):
        read_tflite(tmp_path)
    path = tmp_path / "model.tflite"
    with path.open("wb") as stream:
        stream.truncate((2 << 30) + 1)
    with pytest.raises(InputError, match="too large"):
        read_tflite(path)


def test_a_vector_longer_than_the_file_is_refused(small_tflite):
    path = small_tflite
    content = bytearray(path.read_bytes())
    tensors = schema.Model.GetRootAs(bytes(content), 0).Subgraphs(0)._tab
    start = tensors.Vector(tensors.Offset(4)) - 4
    content[start : start + 4] = struct.pack("<I", 4_000_000_000)
    path.write_bytes(content)
    with pytest.raises(InputError, match="4,000,000,000 tensors; at most"):
        read_tflite(path)


@pytest.mark.parametrize(("field", "kind"), [("tensors", "tensors"), ("operators", "operators")])
def test_too_many_parts_are_refused(small_tflite, rewrite_tflite, monkeypatch, field, kind):
    monkeypatch.setattr(tflite_file, "MAX_TENSORS" if field == "tensors" else "MAX_OPERATORS", 6)

    def change(model):
        parts = getattr(model.subgraphs[0], field)
        parts.extend([parts[0]] * (7 - len(parts)))

    with pytest.raises(InputError, match=f"the model has 7 {kind}; at most 6 are supported"):
        read_tflite(rewrite_tflite(small_tflite, change))


class WrittenOnce(schema.OperatorT):
    """An operator that stands in the file once however often it is listed."""

    offset = None

    def Pack(self, builder):  # noqa: N802
        self.offset = self.offset or super().Pack(builder)
        return self.offset


def test_shared_vectors_cannot_make_a_small_file_large(small_tflite, rewrite_tflite):
    """Tables may share vectors, so a file of n bytes could otherwise stand for n² indices."""

    def change(model):
        operator = WrittenOnce()
        operator.inputs, operator.outputs = np.zeros(40_000, np.int32), np.array([1], np.int32)
        model.subgraphs[0].operators = [operator] * 5_000

    path = rewrite_tflite(small_tflite, change)
    assert path.stat().st_size < 300_000
    with pytest.raises(InputError, match="vectors of 40000 elements do not fit"):
        read_tflite(path)


def outcome(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    try:
        read_tflite(path)
    except EdgefaceError as error:
        return type(error).__name__ if error.where else "an error that does not say where"
    return "read"


def test_flipped_bytes_give_a_network_or_an_error(small_tflite):
    path = small_tflite
    content = path.read_bytes()
    rng = random.Random(0)
    found = set()
    for _ in range(1000):
        damaged = bytearray(content)
        damaged[rng.randrange(len(content))] ^= rng.randrange(1, 256)
        found.add(outcome(path, bytes(damaged)))
    assert found == {"read", "InputError", "GraphError"}


@pytest.mark.slow
def test_flipped_bytes_of_a_real_network_give_a_network_or_an_error(retinaface_tflite, tmp_path):
    content = retinaface_tflite["tflite-int8"].read_bytes()
    rng = random.Random(0)
    found = set()
    for _ in range(150):
        damaged = bytearray(content)
        for _ in range(4):
            damaged[rng.randrange(80_000)] ^= 1 << rng.randrange(8)  # the weights stand behind the tables
        found.add(outcome(tmp_path / "model.tflite", bytes(damaged)))
    assert found >= {"read", "InputError"}


def test_files_cut_short_are_refused(retinaface_tflite, tmp_path):
    content = retinaface_tflite["tflite-int8"].read_bytes()
    rng = random.Random(0)
    lengths = [*range(0, 100), *(rng.randrange(len(content)) for _ in range(100))]
    assert {outcome(tmp_path / "model.tflite", content[:length]) for length in lengths} == {"InputError"}


def test_the_reader_needs_no_interpreter(retinaface_tflite):
    script = (
        "import sys, pathlib; from edgeface.cost.readers.tflite_network import read_tflite;"
        f"read_tflite(pathlib.Path({str(retinaface_tflite['tflite-fp32'])!r}));"
        "print([m for m in ('ai_edge_litert.interpreter', 'torch', 'onnx') if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


def test_the_file_is_read_without_its_weights(retinaface_tflite):
    file = read_tflite_file(retinaface_tflite["tflite-fp32"])
    stored = [tensor for tensor in file.tensors if tensor.data]
    assert sum(tensor.data[1] for tensor in stored if tensor.dtype == "float32") >= 4 * 423_264
