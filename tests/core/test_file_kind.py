"""Files of other formats are told by their first bytes, whatever they are called, and named."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import struct
import tarfile
import warnings
import zipfile

import numpy as np
import pytest

from edgeface.core.file_kind import (
    CHECKPOINTS,
    HEAD_BYTES,
    MODELS,
    describe_other_format,
    kind_of,
    recognize,
    refuse_other,
)
from edgeface.core.file_kind_table import FOLDERS, kind_named
from edgeface.errors import CheckpointError, InputError


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, b"\x80\x02}q\x00.")
    return made.getvalue()


def tarred() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("model.onnx"), io.BytesIO(b""))
    return made.getvalue()


def message(*fields: tuple[int, bytes]) -> bytes:
    """A protobuf message of length-delimited fields, each shorter than 128 bytes, by tag."""
    return b"".join(
        (tag.to_bytes(2, "little") if tag > 255 else bytes([tag])) + bytes([len(b)]) + b for tag, b in fields
    )


def onnx_bytes() -> bytes:
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [value], [value])
    return helper.make_model(graph, producer_name="pytorch").SerializeToString()


def torch_bytes(content: object, old: bool = False) -> bytes:
    import torch

    made = io.BytesIO()
    torch.save(content, made, _use_new_zipfile_serialization=not old)
    return made.getvalue()


def scripted() -> bytes:
    import torch

    made = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 3), torch.zeros(1, 2)), made)
    return made.getvalue()


def safetensors_bytes() -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(header)) + header + b"\0\0\0\0"


def linear() -> object:
    import torch

    return torch.nn.Linear(2, 3)


NODE = message((0x0A, b"input"), (0x12, b"Placeholder"))
FLATBUFFER = struct.pack("<I4xHHHHii", 16, 8, 8, 4, 0, 8, 0) + bytes(64)
SAMPLES = {
    "onnx": onnx_bytes,
    "tflite": lambda: b"\x1c\0\0\0TFL3" + bytes(64),
    "engine": lambda: b"ftrt" + bytes(64),
    "torch": lambda: torch_bytes(linear().state_dict()),
    "torch-old": lambda: torch_bytes(linear().state_dict(), old=True),
    "torch, wrapped": lambda: torch_bytes({"state_dict": linear().state_dict(), "epoch": 3}),
    "torch, one tensor": lambda: torch_bytes(linear().weight.detach()),
    "whole-module": lambda: torch_bytes(linear()),
    "whole-module, old": lambda: torch_bytes(linear(), old=True),
    "torchscript": scripted,
    "pickle": lambda: b"\x80\x04\x95\x05\0\0\0\0\0\0\0}\x94.",
    "safetensors": safetensors_bytes,
    "hdf5": lambda: b"\x89HDF\r\n\x1a\n" + bytes(64),
    "keras": lambda: zipped("metadata.json", "config.json", "model.weights.h5"),
    "torch-export": lambda: zipped("archive/models/model.json"),
    "ncnn-param": lambda: b"7767517\n75 83\nInput data 0 1 data 0=227 1=227 2=3\n",
    "ncnn-param, binary": lambda: struct.pack("<i", 7767517) + bytes(64),
    "ncnn-weights": lambda: struct.pack("<I", 0x01306B47) + bytes(64),
    "mnn": lambda: FLATBUFFER + b"MNN\0",
    "mnn, of another name": lambda: b" \0\0\0\x1c\0$\0" + bytes(24) + struct.pack("<i", 28) + bytes(64),
    "flatbuffer": lambda: FLATBUFFER,
    "rknn": lambda: b"RKNN\0\0\0\0" + bytes(64),
    "openvino": lambda: b'<?xml version="1.0"?>\n<net name="face" version="11">\n',
    "core-ml": lambda: b"\x08\x04" + message((0x12, message((0x0A, message((0x0A, b"image"), (0x1A, b"x")))))),
    "saved-model-file": lambda: b"\x08\x01" + message((0x12, message((0x0A, message((0x12, b"x" * 70)))))),
    "frozen-graph": lambda: message((0x0A, NODE), (0x0A, NODE)),
    "caffemodel": lambda: message((0x0A, b"ResNet"), (0x06A2, b"layer")),
    "prototxt": lambda: b'name: "det1"\ninput: "data"\nlayer {\n  name: "conv1"\n}\n',
    "paddle": lambda: b"\x0a\xe4\x20\x08\x00\x10" + b"\xff" * 9 + b"\x01\x1a",
    "paddle, as JSON": lambda: b'{"base_code":{"magic":"pir","version":1},"program":{}}',
    "gzip": lambda: gzip.compress(b"x"),
    "bzip2": lambda: bz2.compress(b"x"),
    "tar": tarred,
    "zip": lambda: zipped("readme.txt"),
    "npz": lambda: zipped("weights.npy"),
    "git-lfs": lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n",
    "html": lambda: b"<!DOCTYPE html>\n<html><body>Not Found</body></html>",
    "empty": lambda: b"",
    "json": lambda: b'{"layers": []}',
    "image": lambda: b"\x89PNG\r\n\x1a\n" + bytes(64),
}


@pytest.mark.parametrize("sample", sorted(SAMPLES))
@pytest.mark.parametrize("suffix", [".onnx", ".pth", ""])
def test_a_format_is_told_by_its_content_whatever_the_file_is_called(tmp_path, sample, suffix):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(SAMPLES[sample]())
    found = kind_of(path)
    assert found is not None
    assert found.key == sample.split(",")[0]
    assert recognize(path.read_bytes()[:HEAD_BYTES], path) is found


@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_one_that_is_not_read_is_named_with_what_to_do(tmp_path, sample):
    path = tmp_path / "given"
    path.write_bytes(SAMPLES[sample]())
    kind = kind_of(path)
    for reads in (MODELS, CHECKPOINTS):
        described = describe_other_format(path.read_bytes(), path, reads)
        if kind.key in reads:
            assert described is None
            refuse_other(path, reads)
            continue
        with pytest.raises(CheckpointError, match=r"this is an? |this is the ") as caught:
            refuse_other(path, reads, CheckpointError)
        assert described == kind.name
        assert described in caught.value.what
        assert caught.value.fix


@pytest.mark.parametrize(("key", "names"), FOLDERS)
def test_a_folder_is_told_by_the_files_in_it(tmp_path, key, names):
    for name in names:
        (tmp_path / name).write_bytes(b"")
    assert kind_of(tmp_path) is kind_named(key)


@pytest.mark.parametrize("seed", range(8))
def test_bytes_of_no_known_format_have_no_name(tmp_path, seed):
    noise = np.random.default_rng(seed).integers(128, 256, 4096, np.uint8).tobytes()
    assert describe_other_format(b"\xaa" + noise, tmp_path / "noise.bin") is None


def test_what_is_missing_is_left_to_the_reader(tmp_path):
    assert kind_of(tmp_path / "none") is None
    refuse_other(tmp_path / "none", MODELS)


def test_a_pipe_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert kind_of(tmp_path / "pipe") is None


def test_the_error_names_the_file(tmp_path):
    path = tmp_path / "face.onnx"
    path.write_bytes(b"<html>")
    with pytest.raises(InputError) as caught:
        refuse_other(path, MODELS)
    assert caught.value.where == str(path)
