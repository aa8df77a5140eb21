"""Readers of untrusted ONNX and TFLite files, of any producer, as a Network."""

from __future__ import annotations

from pathlib import Path

from edgeface.cost.network import Network
from edgeface.errors import InputError
from edgeface.reading.kinds import MODEL
from edgeface.reading.regular_file import open_file

SUFFIXES = (".onnx", ".tflite")
"""Suffixes of model files. Other names work too: a TFLite file is recognized by its first bytes."""

Size = tuple[int, int]
_TFLITE_AT, _TFLITE = 4, b"TFL3"


def read_network(path: Path, source: str, size: Size | None = None) -> Network:
    """The network in a model file, for one image.

    Args:
        path: the file.
        source: name of the file in errors.
        size: (height, width) in pixels to count at; by default the model's.

    Raises:
        InputError: the file is not usable, or its size is fixed.
        GraphError: the network is invalid, or contains an operator of unknown cost.
    """
    if not _is_tflite(path):
        from edgeface.cost.readers.onnx_network import read_onnx_network

        return read_onnx_network(path, source, size)
    from edgeface.cost.readers.tflite_network import read_tflite

    network = read_tflite(path)
    shape = network.tensors[network.inputs[0]].shape if network.inputs else ()
    if size is not None and (len(shape) != 4 or size not in (shape[1:3], shape[2:])):
        raise InputError(
            "the sizes in a TFLite file are fixed",
            where=f"{source}: --input {size[0]}x{size[1]}",
            fix="leave out --input, or export the model again at that size",
        )
    return network


def _is_tflite(path: Path) -> bool:
    with open_file(path, MODEL) as stream:
        start = stream.read(_TFLITE_AT + len(_TFLITE))
    return path.suffix == ".tflite" or start[_TFLITE_AT:] == _TFLITE
