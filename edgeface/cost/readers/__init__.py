"""Readers of untrusted ONNX, TFLite and ncnn files, of any producer, as a Network."""

from __future__ import annotations

from pathlib import Path

from edgeface.core.file_kind import refuse_other
from edgeface.cost.network import Network
from edgeface.errors import InputError

SUFFIXES = (".onnx", ".tflite", ".param")
"""Suffixes of model files. Other names work too: files are recognized by their first bytes."""

Size = tuple[int, int]


def read_network(path: Path, source: str, size: Size | None = None) -> Network:
    """The network in a model file, for one image.

    Args:
        path: the file.
        source: name of the file in errors.
        size: (height, width) in pixels to count at; by default the model's.

    Raises:
        InputError: the file is not usable, of another format, or its size is fixed.
        GraphError: the network is invalid, or contains an operator of unknown cost.
    """
    kind = refuse_other(path, {"onnx", "tflite", "ncnn-param"})
    if kind == "ncnn-param":
        from edgeface.cost.readers.ncnn_network import read_ncnn_network

        network = read_ncnn_network(path)
        _refuse_size(network, source, size)
        return network
    if kind != "tflite" and (kind == "onnx" or path.suffix != ".tflite"):
        from edgeface.cost.readers.onnx_network import read_onnx_network

        return read_onnx_network(path, source, size)
    from edgeface.cost.readers.tflite_network import read_tflite

    network = read_tflite(path)
    _refuse_size(network, source, size)
    return network


def _refuse_size(network: Network, source: str, size: Size | None) -> None:
    shape = network.tensors[network.inputs[0]].shape if network.inputs else ()
    if size is not None and (len(shape) != 4 or size not in (shape[1:3], shape[2:])):
        raise InputError(
            f"the sizes in {'a TFLite' if network.format == 'tflite' else 'an ncnn'} file are fixed",
            where=f"{source}: --input {size[0]}x{size[1]}",
            fix="leave out --input, or export the model again at that size",
        )
