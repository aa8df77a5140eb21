"""The formats that are recognized: their names, and how one gets from each to what edgeface reads."""

from __future__ import annotations

from dataclasses import dataclass

_TO_ONNX = "export the network that it was made from to ONNX, and pass the .onnx file"
_UNPACK = "unpack it, and pass the file inside"


@dataclass(frozen=True)
class FileKind:
    """A format. `name` completes "this is …"; `to_model` and `to_weights` say how to get a model file or weights."""

    key: str
    name: str
    to_model: str = _TO_ONNX
    to_weights: str = "pass the checkpoint that it was made from: .pth, .pt, .ckpt or .safetensors"

    def fix(self, weights: bool = False) -> str:
        """How to get what is wanted: weights, or else a model file."""
        return self.to_weights if weights else self.to_model


def _converted(key: str, name: str, how: str) -> FileKind:
    return FileKind(key, name, f"{how}, or {_TO_ONNX}")


def _same(key: str, name: str, fix: str) -> FileKind:
    return FileKind(key, name, fix, fix)


_CHECKPOINT = "a checkpoint contains no graph: pass it with --weights, or export the network to ONNX"
_STATE_DICT = "load it where its code is, and save only the weights: torch.save(model.state_dict(), path)"
_AGAIN = "download or copy the file itself again"

_KINDS = (
    FileKind(
        "onnx",
        "an ONNX network (.onnx)",
        to_weights="leave out --weights, and pass the .onnx file itself: edgeface export FILE.onnx",
    ),
    FileKind("tflite", "a TensorFlow Lite network (.tflite)"),
    FileKind("engine", "a TensorRT engine, which only TensorRT of its own version on its own kind of GPU can read"),
    FileKind("torch", "a torch checkpoint (.pth, .pt)", _CHECKPOINT),
    FileKind("torch-old", "a torch checkpoint (.pth, .pt)", _CHECKPOINT),
    FileKind("safetensors", "a checkpoint in safetensors", _CHECKPOINT),
    FileKind(
        "torchscript",
        "a TorchScript archive",
        "load it with torch.jit.load, export it with torch.onnx.export, and pass the .onnx file",
        "save its weights: torch.save(torch.jit.load(path).state_dict(), 'weights.pth')",
    ),
    FileKind(
        "torch-export",
        "a torch.export archive (.pt2)",
        "load it with torch.export.load, export it with torch.onnx.export, and pass the .onnx file",
        "save its weights: torch.save(torch.export.load(path).state_dict, 'weights.pth')",
    ),
    _same("pickle", "a pickle that torch.save did not write, not loaded because that could run code", _STATE_DICT),
    FileKind(
        "whole-module",
        "a pickle of whole objects, which is not loaded because that could run code",
        f"{_STATE_DICT}; or {_TO_ONNX}",
        _STATE_DICT,
    ),
    FileKind("executorch", "an ExecuTorch program (.pte)"),
    _converted("hdf5", "an HDF5 file, as Keras writes (.h5)", "convert it with tf2onnx or tf.lite.TFLiteConverter"),
    _converted("keras", "a Keras archive (.keras)", "convert it with tf2onnx or tf.lite.TFLiteConverter"),
    _converted(
        "saved-model",
        "a folder of a TensorFlow SavedModel",
        "convert it with python -m tf2onnx.convert --saved-model",
    ),
    _same(
        "saved-model-file",
        "the graph of a TensorFlow SavedModel, whose weights are in other files",
        "convert its folder with tf2onnx: python -m tf2onnx.convert --saved-model, and pass the .onnx file",
    ),
    _converted("saved-model-zip", "an archive of a TensorFlow SavedModel", "unpack it, convert it with tf2onnx"),
    _converted("frozen-graph", "a frozen TensorFlow graph (.pb)", "convert it with tf2onnx: --graphdef"),
    _converted("frozen-text", "a TensorFlow graph as text (.pbtxt)", "convert it with tf2onnx: --graphdef"),
    FileKind("ncnn-param", "an ncnn network (.param)"),
    FileKind("ncnn-weights", "the weights of an ncnn network (.bin)"),
    FileKind("mnn", "an MNN network (.mnn)"),
    FileKind("tnn", "a TNN network (.tnnproto)"),
    FileKind("rknn", "a Rockchip RKNN network, which is compiled for one NPU"),
    FileKind("nbg", "a VeriSilicon network binary, which is compiled for one NPU"),
    FileKind("kmodel", "a Kendryte kmodel, which is compiled for one NPU"),
    FileKind("cvimodel", "a Cvitek network, which is compiled for one NPU"),
    FileKind("bmodel", "a Sophgo bmodel, which is compiled for one NPU"),
    FileKind("ascend", "an Ascend offline model (.om), which is compiled for one NPU"),
    FileKind("hailo", "a Hailo executable (.hef), which is compiled for one NPU"),
    FileKind("dlc", "a Qualcomm deep-learning container (.dlc)"),
    FileKind("mindspore", "a MindSpore Lite network (.ms)"),
    FileKind("circle", "a Circle network, as ONE writes"),
    FileKind("ort", "a network in ONNX Runtime's own format (.ort)", "pass the .onnx file that it was made from"),
    FileKind("openvino", "an OpenVINO network (.xml)"),
    FileKind("core-ml", "a Core ML model (.mlmodel, .mlpackage)"),
    FileKind("caffemodel", "the weights of a Caffe network (.caffemodel)"),
    FileKind("prototxt", "a Caffe network as text (.prototxt), without its weights"),
    _converted("paddle", "a Paddle network", "convert it with paddle2onnx"),
    _converted("paddle-weights", "the weights of a Paddle network", "convert the network with paddle2onnx"),
    FileKind("gguf", "a language model (.gguf)", "pass a face detector or recognizer", "pass a face network's weights"),
    FileKind("flatbuffer", "a FlatBuffer of another tool, not a TFLite file"),
    FileKind("numpy", "a NumPy array (.npy)"),
    FileKind("npz", "an archive of NumPy arrays (.npz)"),
    *(
        _same(key, f"a file packed with {name}", _UNPACK)
        for key, name in (("gzip", "gzip"), ("bzip2", "bzip2"), ("xz", "xz"), ("zstd", "zstd"))
    ),
    *(_same(key, f"a {key} archive", _UNPACK) for key in ("zip", "tar", "7z", "rar")),
    _same("git-lfs", "a pointer of Git LFS, not the file itself", "fetch the file: git lfs pull"),
    _same("html", "a web page, which a failed download leaves behind", _AGAIN),
    _same("empty", "an empty file", _AGAIN),
    _same("image", "an image", "pass the model in its place; images have options of their own"),
    _same("pdf", "a PDF document", "pass the model in its place"),
    _same("json", "a text file of JSON", "pass the model's own file"),
    _same("library", "a compiled library or program", _TO_ONNX),
    FileKind("weights-folder", "a folder of a sharded checkpoint", _CHECKPOINT, "save it as one file: torch.save"),
    _same("unpacked-torch", "an unpacked torch checkpoint", "pack it again, with the folder's name inside the archive"),
    FileKind("onnx-folder", "a folder with an ONNX network", "pass the .onnx file in it"),
)
_BY_KEY = {kind.key: kind for kind in _KINDS}

FOLDERS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("saved-model", ("saved_model.pb",)),
    ("core-ml", ("Manifest.json", "Data")),
    ("core-ml", ("model.espresso.net",)),
    ("core-ml", ("coremldata.bin",)),
    ("paddle", ("inference.pdmodel",)),
    ("paddle", ("inference.json", "inference.pdiparams")),
    ("paddle", ("__model__",)),
    ("unpacked-torch", ("data.pkl",)),
    ("weights-folder", ("model.safetensors.index.json",)),
    ("weights-folder", ("pytorch_model.bin.index.json",)),
    ("weights-folder", (".metadata",)),
    ("onnx-folder", ("model.onnx",)),
)
"""Formats that are folders, by files that they must contain."""


def kind_named(key: str) -> FileKind:
    """The format of that key."""
    return _BY_KEY[key]
