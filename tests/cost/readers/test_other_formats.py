"""Wherever a model is asked for, a file of another tool's format is named, whatever it is called."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile

import pytest

from edgeface.backends.open import open_runner
from edgeface.bench.subject import open_subjects
from edgeface.budgets.check import check
from edgeface.compile.request import ExportRequest
from edgeface.compile.requested import requested_recipe
from edgeface.core.artifact import Artifact
from edgeface.errors import EdgefaceError
from edgeface.graph.onnx_reader import read_onnx


def keras_archive():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("model.weights.h5", b"")
    return made.getvalue()


OTHERS = {
    "an ncnn network": b"7767517\n75 83\nInput data 0 1 data\n",
    "the weights of an ncnn network": struct.pack("<I", 0x01306B47) + bytes(64),
    "an HDF5 file": b"\x89HDF\r\n\x1a\n" + bytes(64),
    "a Keras archive": keras_archive(),
    "a Rockchip RKNN network": b"RKNN\0\0\0\0" + bytes(64),
    "an OpenVINO network": b'<?xml version="1.0"?>\n<net name="face" version="11">\n',
    "a Caffe network as text": b'name: "det1"\ninput: "data"\nlayer {\n}\n',
    "a file packed with gzip": gzip.compress(b"model", mtime=0),
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\n",
    "a web page": b"<!DOCTYPE html><html>",
    "a pickle of whole objects": b"\x80\x02c__main__\nNet\nq\x00)\x81q\x01.",
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(64),
}
DOORS = {
    "check": check,
    "check, by text": lambda path: check(str(path)),
    "export": lambda path: requested_recipe(ExportRequest(model=str(path), targets=("onnx-fp32",), contract=path)),
    "bench": lambda path: open_subjects([path]),
    "run": open_runner,
    "artifact": Artifact.open,
}
BY_SUFFIX = {"export": [".h5", ".param", ""], "artifact": [".onnx"]}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("door", DOORS)
def test_another_tools_file_is_named_with_what_to_do(tmp_path, door, name):
    for suffix in BY_SUFFIX.get(door, [".onnx", ".tflite", ".bin", ".pth", ""]):
        path = tmp_path / f"model{suffix}"
        path.write_bytes(OTHERS[name])
        with pytest.raises(EdgefaceError, match=name) as caught:
            DOORS[door](path)
        assert caught.value.exit_code == 2
        assert str(path) in caught.value.where
        assert caught.value.fix


@pytest.mark.parametrize("door", [door for door in DOORS if door != "artifact"])
def test_a_folder_of_another_tool_is_named(tmp_path, door):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(EdgefaceError, match="a folder of a TensorFlow SavedModel"):
        DOORS[door](tmp_path)


def test_an_onnx_model_needs_no_suffix(build_onnx, tmp_path):
    path = tmp_path / "model.bin"
    model = build_onnx("Relu x -> y")
    model.graph.output[0].type.CopyFrom(model.graph.input[0].type)
    path.write_bytes(model.SerializeToString())
    assert check(path).figures["macs"].value == 0
    assert ExportRequest(model=str(path), targets=("onnx-fp32",)).onnx_file == path
    assert read_onnx(path).nodes


@pytest.mark.parametrize("suffix", [".onnx", ".bin", ""])
def test_a_tflite_model_needs_no_suffix(seeded_files, tmp_path, suffix):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(seeded_files["tflite"].read_bytes())
    assert check(path).figures["macs"].value == check(seeded_files["tflite"]).figures["macs"].value
    with pytest.raises(EdgefaceError, match="a TensorFlow Lite network"):
        read_onnx(path)
