"""An ncnn model on the board: its .param file, in which inputs and outputs are said, and its .bin file."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Sequence
from importlib import import_module, metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeface.backends.ncnn.options import set_options
from edgeface.backends.ncnn.param_file import parse_param
from edgeface.backends.ncnn.weight_sizes import weight_bytes
from edgeface.bundle.face_runner.errors import RunnerError

Array = NDArray[Any]
_COPIES = frozenset({"Input", "Split"})
"""Layers that compute nothing."""
_INT8_SCALES = 8
"""The parameter of a layer with int8 weights."""


def ncnn_module() -> tuple[Any, str, str]:
    """The module, and the name and version of its distribution.

    Raises:
        RunnerError: it is not installed.
    """
    try:
        module = import_module("ncnn")
    except ImportError as error:
        raise RunnerError(f"ncnn is not installed: {error}", fix="pip install ncnn") from error
    try:
        version = metadata.version("ncnn")
    except metadata.PackageNotFoundError:
        version = str(getattr(module, "__version__", "unknown"))
    return module, "ncnn", version


class NcnnNetwork:
    """A loaded model, float32 in and out. Threads may share it: calls of `run` take turns.

    Args:
        param: bytes of a .param file.
        weights: bytes of its .bin file.
        threads: threads inside one layer.
        keep_all: keep every intermediate tensor readable.

    Raises:
        RunnerError: ncnn is not installed, lacks a layer, or refuses the model.
        InputError: a file is damaged.
    """

    def __init__(self, param: bytes, weights: bytes, threads: int = 1, keep_all: bool = False) -> None:
        self._ncnn = ncnn_module()[0]
        self._turn = threading.Lock()
        self._network = parse_param(param, "the model's .param file")
        self._check_weights(weights)
        layers = self._network.layers
        self._blobs = [blob for layer in layers for blob in layer.outputs]
        outputs = {port.blob for port in self._network.outputs}
        self._read = [blob for blob in self._blobs if keep_all or blob in outputs]
        self._net = self._loaded(param, weights, threads, keep_all)
        self._feed: Any = None
        self._values: dict[str, Array] = {}

    def input_shape(self) -> tuple[int, ...] | None:
        """The shape of the input as [1,h,w,C]; None where the file does not say that of one map."""
        shapes = [port.shape for port in self._network.inputs]
        if len(shapes) != 1 or shapes[0] is None or len(shapes[0]) != 4:
            return None
        batch, channels, height, width = shapes[0]
        return batch, height, width, channels

    def output_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the outputs by name, maps (rank 4) in NCHW."""
        return {port.name: port.shape for port in self._network.outputs if port.shape is not None}

    def run(self, image: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """The float32 outputs by name of one run on float32 [1,h,w,C]; maps (rank 4) in NCHW."""
        with self._turn:
            self.set_input(image)
            self.invoke()
            found = self._values
        ports = [port for port in self._network.outputs if port.shape is not None]
        return {port.name: found[port.blob].reshape(port.shape) for port in ports}

    def set_input(self, image: NDArray[np.float32]) -> Array:
        """Set the input, and return it as the model stores it; only for one thread, as are `invoke` and `tensor`."""
        stored = np.ascontiguousarray(image[0].transpose(2, 0, 1), np.float32)
        self._feed = self._ncnn.Mat(stored).clone()  # a Mat keeps no reference to its array
        return stored

    def invoke(self) -> None:
        """Run on the input that was set.

        Raises:
            RunnerError: ncnn fails.
        """
        extractor = self._net.create_extractor()  # it ends with this run, and must not outlive the net
        status, values = extractor.input(self._network.inputs[0].blob, self._feed), {}
        for blob in self._read:
            if not status:
                status, mat = extractor.extract(blob)
            if not status:  # converting an empty result would end the process
                values[blob] = np.zeros(0, np.float32) if mat.empty() else np.array(mat)
        if status:
            raise RunnerError(f"ncnn cannot run the model: status {status}")
        self._values = values

    def tensor(self, index: int) -> Array:
        """A copy of a tensor's values after the last run; floats where they are not stored as integers."""
        return self._values[self._blobs[index]]

    def operators(self) -> list[dict[str, Any]]:
        """The layers that compute, in order: op_name, inputs, outputs."""
        number = {blob: index for index, blob in enumerate(self._blobs)}
        return [
            {
                "op_name": layer.kind,
                "inputs": [number[blob] for blob in layer.inputs],
                "outputs": [number[blob] for blob in layer.outputs],
            }
            for layer in self._network.layers
            if layer.kind not in _COPIES
        ]

    def tensor_names(self) -> dict[int, str]:
        """Every tensor's name by its index."""
        return dict(enumerate(self._blobs))

    def overwritten(self, _: Sequence[int]) -> set[int]:
        """The tensors that a later one overwrites: none, all are copies."""
        return set()

    def is_narrow(self) -> bool:
        """Whether values are stored in fewer bits than float32, which kinds of processors round each in its own way."""
        return self.is_bfloat16() or any(layer.params.get(_INT8_SCALES) for layer in self._network.layers)

    def is_bfloat16(self) -> bool:
        """Whether values are stored in bfloat16."""
        return self._network.bfloat16

    def storage(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """How the input and the first output are stored, as of `Network`: in float32."""
        stored = {"dtype": "float32", "bytes": 4, "scale": None}
        return stored, stored

    def output_storage(self) -> dict[str, dict[str, Any]]:
        """How each output is stored, by name; as `storage`."""
        return {port.name: self.storage()[1] for port in self._network.outputs}

    def blobs(self) -> tuple[str, dict[str, str]]:
        """The blob of the input, and those of the outputs by name."""
        return self._network.inputs[0].blob, {port.name: port.blob for port in self._network.outputs}

    def _check_weights(self, weights: bytes) -> None:
        needed = weight_bytes(self._network.layers, io.BytesIO(weights), "the model's .bin file")
        if needed is not None and needed != len(weights):
            raise RunnerError(f"the model's .bin file has {len(weights):,} bytes, its .param file reads {needed:,}")

    def _loaded(self, param: bytes, weights: bytes, threads: int, keep_all: bool) -> Any:
        ncnn = self._ncnn
        unknown = sorted({layer.kind for layer in self._network.layers if ncnn.layer_to_index(layer.kind) < 0})
        if unknown:
            raise RunnerError(f"this ncnn has no layer {', '.join(unknown)}", fix="install a newer ncnn")
        net = ncnn.Net()
        set_options(net.opt, self._network, threads, keep_all)
        file = os.memfd_create("weights")  # loaded from bytes, they would stay pointers into these
        try:
            complete = os.write(file, weights) == len(weights)
            if not complete or net.load_param_mem(param.decode("utf-8")) or net.load_model(f"/proc/self/fd/{file}"):
                raise RunnerError("ncnn cannot load the model", fix="unpack the bundle again")
        finally:
            os.close(file)
        return net
