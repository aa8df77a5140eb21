"""Read an ncnn network's .param file as a Network: no weights are needed to count."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from edgeface.backends.ncnn.files import WEIGHTS_SUFFIX, read_network
from edgeface.backends.ncnn.layer import Layer as Stored
from edgeface.backends.ncnn.param_file import ParamFile, whole
from edgeface.backends.ncnn.sizes import check_sizes
from edgeface.cost.network import Layer, Network, Tensor
from edgeface.cost.work import Bias, Convolution, Deconvolution, Dense, MatrixProduct, Role, Uncounted, Work
from edgeface.errors import GraphError
from edgeface.reading.regular_file import is_file

_ROLES: dict[Role, str] = {
    "view": "Reshape Flatten Squeeze ExpandDims Noop Dropout",
    "permute": "Permute ShuffleChannel PixelShuffle Reorg",
    "batch_norm": "BatchNorm Scale Bias",
    "activation": "ReLU PReLU Clip Sigmoid TanH HardSwish HardSigmoid Swish Mish GELU ELU SELU CELU Softplus Erf AbsVal"
    " Power Exp Log UnaryOp",
    "elementwise": "BinaryOp Eltwise",
    "join": "Concat",
    "split": "Slice Crop",
    "resize": "Interp",
    "pad": "Padding",
    "softmax": "Softmax",
    "normalize": "LayerNorm GroupNorm InstanceNorm LRN Normalize",
    "quantize": "Quantize Dequantize Requantize Cast",
    "reduce": "Reduction ArgMax",
    "other": "Tile PriorBox DetectionOutput YoloDetectionOutput Yolov3DetectionOutput",
}
ROLES: dict[str, Role] = {name: role for role, names in _ROLES.items() for name in names.split()}
"""Layers without multiply–accumulates, by their type."""


def read_ncnn_network(path: Path) -> Network:
    """The network in a .param file. A Split makes names, no tensors; the weights' bytes are counted if they lie beside.

    Raises:
        InputError: the file is missing, or not a sound one.
        GraphError: a layer's work is not known, or the size of what it makes.
    """
    walk = _Walk(read_network(path), path)
    for layer in walk.file.layers:
        walk.add(layer)
    return walk.network()


class _Walk:
    """Walk over the layers in order."""

    def __init__(self, file: ParamFile, path: Path) -> None:
        self.file, self.path = file, path
        self.sizes = check_sizes(file, str(path))
        self.names: dict[str, str] = {}  # of blobs that a Split makes, that of their source
        self.layers: list[Layer] = []
        self.tensors: dict[str, Tensor] = {}
        self.constant: set[str] = set()
        self.stored = "bfloat16" if file.bfloat16 else "float32"

    def add(self, layer: Stored) -> None:
        """Add a layer, unless it only names a blob anew or is a constant."""
        if layer.kind == "Split":
            source = self.name(layer.inputs[0])
            self.names.update(dict.fromkeys(layer.outputs, source))
            return
        for blob in layer.outputs:
            dtype = "float32" if layer.kind in {"Input", "MemoryData"} else self.stored
            self.tensors[blob] = Tensor(blob, (1, *self._sizes(blob, layer)), dtype, layer.kind == "MemoryData")
        if layer.kind == "MemoryData":
            self.constant.update(layer.outputs)
        elif layer.kind != "Input":
            reads = [self.name(blob) for blob in layer.inputs]
            trained = tuple(name for name in reads if name in self.constant and self.tensors[name].count > 1)
            computed = tuple(name for name in reads if name not in self.constant)
            weights = (*self._weights(layer), *trained)
            self.layers.append(Layer(layer.name, layer.kind, computed, layer.outputs, self._work(layer), weights))

    def name(self, blob: str) -> str:
        """The tensor that a blob is."""
        return self.names.get(blob, blob)

    def network(self) -> Network:
        """The network, after all layers were added."""
        weights = self.path.with_suffix(WEIGHTS_SUFFIX)
        files = [self.path, *([weights] if is_file(weights) else [])]
        return Network(
            name=self.path.stem,
            format="ncnn",
            layout="nchw",
            inputs=tuple(self.name(port.blob) for port in self.file.inputs),
            outputs=tuple(dict.fromkeys(self.name(port.blob) for port in self.file.outputs)),
            layers=tuple(self.layers),
            tensors=self.tensors,
            file_bytes=sum(file.stat().st_size for file in files),
        )

    def _sizes(self, blob: str, layer: Stored) -> tuple[int, ...]:
        found = self.sizes[blob]
        if found is None:
            raise GraphError(
                f"the size of what {layer.kind} makes is not known",
                where=f"{self.path}: {layer.name!r}",
                fix="check the ONNX file that the network was converted from",
            )
        return found

    def _weights(self, layer: Stored) -> tuple[str, ...]:
        """Names of a layer's numbers, which become constant tensors."""
        dtype = "int8" if whole(layer, 8) else "float32"
        made = []
        for part, (shape, kind) in weight_shapes(layer, dtype).items():
            name = f"{layer.name}/{part}"
            self.tensors[name] = Tensor(name, shape, kind, constant=True)
            made.append(name)
        return tuple(made)

    def _work(self, layer: Stored) -> Work:
        reads = [self._sizes(blob, layer) for blob in layer.inputs]
        made = self._sizes(layer.outputs[0], layer)
        rule = _WORK.get(layer.kind)
        if rule is not None:
            return rule(layer, reads, made)
        if layer.kind == "Pooling":
            return Uncounted("global_pool" if whole(layer, 4) else "pool")
        if layer.kind not in ROLES:
            raise GraphError(
                f"the cost of {layer.kind} is unknown",
                where=f"{self.path}: {layer.name!r}",
                fix="check the ONNX file that the network was converted from",
            )
        return Uncounted(ROLES[layer.kind])


def weight_shapes(layer: Stored, dtype: str) -> Mapping[str, tuple[tuple[int, ...], str]]:
    """Shape and dtype of a layer's weight and of its bias, by what they are called."""
    if layer.kind in {"Convolution", "ConvolutionDepthWise", "Deconvolution", "DeconvolutionDepthWise"}:
        size, outputs, bias = whole(layer, 6), whole(layer, 0), whole(layer, 5)
    elif layer.kind == "InnerProduct":
        size, outputs, bias = whole(layer, 2), whole(layer, 0), whole(layer, 1)
    elif layer.kind in {"PReLU", "Scale", "BatchNorm", "Bias"}:
        size, outputs, bias, dtype = whole(layer, 0), whole(layer, 0), whole(layer, 1), "float32"
        bias = bias if layer.kind == "Scale" else 0
    else:
        return {}
    found = {"weight": ((size,), dtype)}
    return {**found, "bias": ((outputs,), "float32")} if bias else found


def _bias(layer: Stored, key: int) -> Bias:
    return "own" if whole(layer, key) else "none"


def _convolution(layer: Stored, reads: Sequence[tuple[int, ...]], made: tuple[int, ...]) -> Work:
    width = whole(layer, 1)
    taps = width * whole(layer, 11, width)
    return Convolution(reads[0][0], whole(layer, 0), taps, whole(layer, 7, 1), math.prod(made[1:]), _bias(layer, 5))


def _deconvolution(layer: Stored, reads: Sequence[tuple[int, ...]], _: tuple[int, ...]) -> Work:
    width = whole(layer, 1)
    taps = width * whole(layer, 11, width)
    return Deconvolution(
        reads[0][0], whole(layer, 0), taps, whole(layer, 7, 1), math.prod(reads[0][1:]), _bias(layer, 5)
    )


def _dense(layer: Stored, _: Sequence[tuple[int, ...]], made: tuple[int, ...]) -> Work:
    outputs = whole(layer, 0)
    return Dense(whole(layer, 2) // outputs, outputs, math.prod(made) // outputs, _bias(layer, 1))


def _matrix_product(_: Stored, reads: Sequence[tuple[int, ...]], made: tuple[int, ...]) -> Work:
    return MatrixProduct(math.prod(made) * reads[0][-1])


_WORK = {
    "Convolution": _convolution,
    "ConvolutionDepthWise": _convolution,
    "Deconvolution": _deconvolution,
    "DeconvolutionDepthWise": _deconvolution,
    "InnerProduct": _dense,
    "MatMul": _matrix_product,
}
