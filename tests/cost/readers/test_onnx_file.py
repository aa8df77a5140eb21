"""Whole, damaged and hostile .onnx files."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from edgeface.cli import main
from edgeface.cost.network import Network
from edgeface.cost.readers import onnx_file
from edgeface.cost.readers.onnx_network import read_onnx_network
from edgeface.errors import EdgefaceError, InputError
from edgeface.graph.onnx_steps import inline_functions as inlining

FUZZ = """
import random, sys
sys.path.insert(0, {folder!r})
from test_onnx_file import flipped, outcome
content = open({path!r}, "rb").read()
found = [outcome(flipped(content, random.Random(seed))) for seed in range({count})]
print(found.count("Network"), found.count("error"))
"""
FLIPS = 2000


def read(model, **options):
    return read_onnx_network(model.SerializeToString(), "sketch", **options)


def outcome(content: bytes) -> str:
    try:
        return type(read_onnx_network(content, "sketch")).__name__
    except EdgefaceError as error:
        return "error" if str(error).replace("\n", "").isprintable() else "unprintable"


def flipped(content: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(content))
    return content[:place] + bytes([content[place] ^ rng.randrange(1, 256)]) + content[place + 1 :]


@pytest.fixture
def small(build_onnx, node):
    """A little of everything."""
    return build_onnx(
        node("Conv x w b -> c", pads=[1] * 4, strides=[2, 2]),
        "PRelu c slopes -> p",
        node("MaxPool p -> m", kernel_shape=[2, 2], strides=[2, 2]),
        "Shape m -> s",
        node("Gather s zero -> n", axis=0),
        "Unsqueeze n axes -> nv",
        node("Concat nv minus -> flat", axis=0),
        "Reshape m flat -> f",
        node("Gemm f g -> e", transB=1),
        node("Split e parts -> l r", axis=1),
        "QuantizeLinear r scale point -> q",
        "DequantizeLinear q scale point -> d",
        node("Concat l d -> y", axis=1),
        w=(4, 4, 3, 3), b=(4,), slopes=(4, 1, 1), g=(6, 16), zero=np.int64(0), axes=np.array([0]),
        minus=np.array([-1]), parts=np.array([2, 4]), scale=np.float32(1), point=np.int8(0),
    )  # fmt: skip


def test_every_truncation_gives_a_network_or_an_error(small):
    content = small.SerializeToString()
    assert read(small).layers
    found = [outcome(content[:size]) for size in range(len(content))]
    assert "Network" not in found[: len(content) // 2]


@pytest.mark.slow
def test_flipped_bytes_give_a_network_or_an_error(small, tmp_path):
    """In a process of its own: onnx's shape inference is C++."""
    path = tmp_path / "small.onnx"
    path.write_bytes(small.SerializeToString())
    code = FUZZ.format(folder=str(Path(__file__).parent), path=str(path), count=FLIPS)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    networks, errors = map(int, done.stdout.split())
    assert networks
    assert networks + errors == FLIPS


@pytest.mark.parametrize(
    "content",
    [b"", b"ONNX", b"a text file\n" * 100, b"\x89PNG\r\n\x1a\n" + bytes(100), bytes(1000), b"\x3a" * 5000],
    ids=["empty", "word", "text", "png", "zeros", "colons"],
)
def test_a_file_that_is_not_onnx_is_refused(tmp_path, content, capsys):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_onnx_network(path, str(path))
    assert caught.value.fix
    with pytest.raises(SystemExit) as exited:
        main(["check", str(path)])
    assert exited.value.code == 2
    assert "fix:" in capsys.readouterr().err


def test_a_file_over_2_gib_is_refused_unread(tmp_path):
    path = tmp_path / "model.onnx"
    path.touch()
    os.truncate(path, (2 << 30) + 1)
    with pytest.raises(InputError, match="too large, over 2,048 MiB"):
        read_onnx_network(path, str(path))


def test_messages_nested_too_deeply_are_refused():
    message = b""
    for _ in range(3000):  # attributes that hold graphs with one node
        size, varint = len(message), b""
        while size > 127:
            varint, size = varint + bytes([size & 127 | 128]), size >> 7
        message = b"\x3a" + varint + bytes([size]) + message
    with pytest.raises(InputError):
        read_onnx_network(message, "sketch")


def nested(depth):
    node = helper.make_node("Relu", ["x"], ["y"])
    for _ in range(depth):
        graph = helper.make_graph([node], "g", [], [])
        node = helper.make_node("Relu", ["x"], ["y"], body=graph)
    return node


@pytest.mark.parametrize("depth", [1, 20])
def test_graphs_within_nodes_are_refused(build_onnx, depth):
    with pytest.raises(InputError, match="depends on data"):
        read(build_onnx(nested(depth)))


def test_too_many_operators_are_refused(build_onnx):
    model = build_onnx("Relu x -> y")
    for index in range(20_000):
        model.graph.node.add(op_type="Relu", input=["x"], output=[f"t{index}"])
    with pytest.raises(InputError, match="20,001 operators"):
        read(model)


def function(name, *calls):
    names = ["a", *(f"m{i}" for i in range(len(calls) - 1)), "b"]
    nodes = [
        helper.make_node(op, [names[i]], [names[i + 1]], domain="" if op == "Relu" else "own")
        for i, op in enumerate(calls)
    ]
    return helper.make_function(
        "own", name, ["a"], ["b"], nodes, [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    )


DOUBLING = [function("F0", "Relu"), *(function(f"F{i}", f"F{i - 1}", f"F{i - 1}") for i in range(1, 41))]


@pytest.mark.parametrize(
    ("functions", "message"),
    [
        ([function("F", "F")], "recursive"),
        ([function("F", "G"), function("G", "F")], "recursive"),
        ([*DOUBLING, function("F", "F40")], "more than 5,000 operators"),
        ([function("F", "Relu")] * 2, "cannot be inlined"),
    ],
)
def test_functions_that_cannot_be_inlined_are_refused(build_onnx, node, functions, message):
    model = build_onnx(node("F x -> y", domain="own"))
    model.opset_import.append(helper.make_opsetid("own", 1))
    model.functions.extend(functions)
    with pytest.raises(InputError, match=message):
        read(model)


def test_functions_are_measured_before_they_are_inlined(build_onnx, node, monkeypatch):
    monkeypatch.setattr(inlining, "MAX_OPERATORS", 3)
    model = build_onnx(node("F x -> y", domain="own"))
    model.opset_import.append(helper.make_opsetid("own", 1))
    model.functions.append(function("F", *["Relu"] * 4))
    with pytest.raises(InputError, match="more than 3"):
        read(model)


def weights(model) -> TensorProto:
    return next(tensor for tensor in model.graph.initializer if tensor.name == "w")


def shorten(model):
    weights(model).raw_data = weights(model).raw_data[:-4]


def lengthen(model):
    weights(model).raw_data += bytes(4)


def empty(model):
    weights(model).ClearField("raw_data")


def negative(model):
    weights(model).dims[0] = -4


def huge(model):
    weights(model).dims[0] = 10**13


def overflowing(model):
    weights(model).dims[:] = [1 << 62, 1 << 62, 4]


def strings(model):
    weights(model).data_type = TensorProto.STRING


def unknown_type(model):
    weights(model).data_type = 99


def sparse(model):
    model.graph.sparse_initializer.add().dims.append(4)


def no_opset(model):
    model.opset_import[0].domain = "com.acme"


def opset_zero(model):
    model.opset_import[0].version = 0


def string_input(model):
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.STRING


def sequence_input(model):
    model.graph.input[0].CopyFrom(helper.make_tensor_sequence_value_info("x", 1, [1, 4, 8, 8]))


def no_rank(model):
    model.graph.input[0].type.tensor_type.ClearField("shape")


def sparse_constant(model):
    model.graph.node.add(op_type="Constant", output=["k"]).attribute.add(name="sparse_value").sparse_tensor.dims.append(
        4
    )


def string_constant(model):
    model.graph.node.append(helper.make_node("Constant", [], ["k"], value_strings=["a"]))


def no_constant(model):
    model.graph.node.add(op_type="Constant", output=["k"])


def cut_constant(model):
    tensor = helper.make_tensor("t", TensorProto.FLOAT, [2000], np.zeros(2000, np.float32).tobytes(), raw=True)
    tensor.raw_data = tensor.raw_data[:-1]
    model.graph.node.append(helper.make_node("Constant", [], ["k"], value=tensor))


@pytest.mark.parametrize(
    "change",
    [
        *(shorten, lengthen, empty, negative, huge, overflowing, strings, unknown_type, sparse, no_opset, opset_zero),
        *(string_input, sequence_input, no_rank, sparse_constant, string_constant, no_constant, cut_constant),
    ],
)
def test_damage_is_refused(small, change, tmp_path, capsys):
    change(small)
    path = tmp_path / "model.onnx"
    path.write_bytes(small.SerializeToString())
    with pytest.raises(EdgefaceError) as caught:
        read_onnx_network(path, str(path))
    assert str(path) in str(caught.value.where)
    with pytest.raises(SystemExit) as exited:
        main(["check", str(path)])
    assert exited.value.code == 2


@pytest.fixture
def external(small, tmp_path):
    """A model whose weights stand in a file beside it: (path, the model, what changes the entry)."""
    folder = tmp_path / "model"
    folder.mkdir()
    path = folder / "model.onnx"
    tensor = weights(small)
    data = tensor.raw_data
    (folder / "w.bin").write_bytes(bytes(64) + data)
    tensor.ClearField("raw_data")

    def save(**entries: object) -> Path:
        tensor.data_location = TensorProto.EXTERNAL
        del tensor.external_data[:]
        for key, value in {"location": "w.bin", "offset": 64, "length": len(data), **entries}.items():
            tensor.external_data.add(key=key, value=str(value))
        path.write_bytes(small.SerializeToString())
        return path

    return save


def test_external_data_is_found_and_counts_as_file_size(external):
    path = external()
    network = read_onnx_network(path, str(path))
    assert isinstance(network, Network)
    assert network.file_bytes == path.stat().st_size + 64 + 4 * 144


def test_the_models_folder_may_be_a_symbolic_link(external, tmp_path):
    path = external()
    (tmp_path / "link").symlink_to(path.parent)
    assert read_onnx_network(tmp_path / "link" / path.name, "sketch").layers


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"location": "none.bin"}, "no such file"),
        ({"location": "../w.bin"}, "outside its folder"),
        ({"location": "sub/../../w.bin"}, "outside its folder"),
        ({"location": "/etc/hostname"}, "outside its folder"),
        ({"location": "..\\w.bin"}, "outside its folder"),
        ({"location": ""}, "outside its folder"),
        ({"location": "w\0.bin"}, "outside its folder"),
        ({"location": "."}, "it is a folder"),
        ({"location": "w" * 5000}, "outside its folder"),
        ({"location": "folder"}, "it is a folder"),
        ({"location": "pipe"}, "it is a pipe"),
        ({"location": "link.bin"}, "outside its folder"),
        ({"location": "loop.bin"}, "cannot read|outside its folder"),
        ({"offset": 68}, "does not contain 576 bytes"),
        ({"offset": -4}, "invalid offset"),
        ({"offset": "four"}, "invalid offset"),
        ({"offset": "9" * 5000}, "invalid offset"),
        ({"offset": 1 << 62}, "invalid offset|does not contain"),
        ({"length": 4}, "does not contain 576 bytes"),
        ({"length": 10**15}, "does not contain 576 bytes"),
    ],
)
def test_external_data_that_is_unsafe_or_does_not_fit_is_refused(external, tmp_path, entries, message):
    path = external(**entries)
    (tmp_path / "w.bin").write_bytes(bytes(1000))
    (path.parent / "folder").mkdir()
    (path.parent / "link.bin").symlink_to(tmp_path / "w.bin")
    (path.parent / "loop.bin").symlink_to(path.parent / "loop.bin")
    os.mkfifo(path.parent / "pipe")
    with pytest.raises(InputError, match=message):
        read_onnx_network(path, str(path))


def test_external_data_cut_short_is_refused(external):
    path = external()
    os.truncate(path.parent / "w.bin", 100)
    with pytest.raises(InputError, match="truncated"):
        read_onnx_network(path, str(path))


def test_external_data_needs_a_model_file(external):
    with pytest.raises(InputError, match="needs a model file"):
        read_onnx_network(external().read_bytes(), "sketch")


def test_weights_are_dropped(build_onnx):
    big = np.ones((64, 64, 3, 3), np.float32)
    constant = helper.make_node("Constant", [], ["v"], value=onnx.numpy_helper.from_array(big))
    model = build_onnx("Conv x w -> c", constant, "Conv c v -> y", x=(1, 64, 8, 8), w=big)
    stripped = onnx_file.open_onnx(model.SerializeToString(), "sketch").model
    assert stripped.ByteSize() < 1000


def test_weights_may_be_missing_where_that_is_said(small):
    for tensor in small.graph.initializer:
        if len(tensor.dims) > 1:
            tensor.ClearField("raw_data")
    with pytest.raises(InputError, match="has 0 bytes of data"):
        read(small)
    assert read(small, weightless=True).layers
