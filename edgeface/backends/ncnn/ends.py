"""How many blobs a layer reads and makes, and which parameters it may have: ncnn checks neither."""

from __future__ import annotations

from edgeface.backends.ncnn.layer import Layer
from edgeface.backends.ncnn.param_file import whole

_ANY_NUMBER = frozenset({"Concat", "Eltwise", "Noop"})
_NOTHING = frozenset({"Input", "MemoryData"})
_SEVERAL_MADE = frozenset({"Split", "Slice"})
_COMMON = frozenset(range(25, 32)) - {28}
"""Parameters of every layer, and numbers that none has: a shape and a mask of ncnn's, and what exports add."""
_WINDOW = frozenset({*range(7), *range(9, 17)})
_MAY_HAVE = {
    "Convolution": _WINDOW | {8, 18},
    "ConvolutionDepthWise": _WINDOW | {7, 8, 18},
    "Deconvolution": _WINDOW | {18, 19, 20, 21},
    "DeconvolutionDepthWise": _WINDOW | {7, 18, 19, 20, 21},
    "InnerProduct": frozenset({0, 1, 2, 8, 9, 10}),
}
"""Others make the layer read weights from further inputs."""
_ACTIVATION_NUMBERS = {0: 0, 1: 0, 2: 1, 3: 2, 4: 0, 5: 0, 6: 2}


def check_ends(layer: Layer) -> None:
    """Check a layer of a known type.

    Raises:
        ValueError: it reads or makes another number of blobs, or has parameters that it must not have.
    """
    reads, makes = len(layer.inputs), len(layer.outputs)
    if makes != 1 and layer.kind not in _SEVERAL_MADE:
        raise ValueError(f"it makes {makes} blobs")
    if not _may_read(layer, reads):
        raise ValueError(f"it reads {reads} blobs")
    allowed = _MAY_HAVE.get(layer.kind)
    if allowed is not None:
        others = sorted(set(layer.params) - allowed - _COMMON)
        if others:
            raise ValueError(f"parameter {others[0]} is none of its own")
        _check_activation(layer)


def _may_read(layer: Layer, reads: int) -> bool:
    if layer.kind in _NOTHING:
        return reads == 0
    if layer.kind in _ANY_NUMBER:
        return reads >= 1
    if layer.kind == "BinaryOp":
        return reads == (1 if whole(layer, 1) else 2)
    if layer.kind == "MatMul":
        return reads == 2
    return reads == 1 or (layer.kind in {"Interp", "Reshape", "Crop"} and reads == 2)


def _check_activation(layer: Layer) -> None:
    number, given = whole(layer, 9), layer.params.get(10, ())
    count = len(given) if isinstance(given, tuple) else -1
    if number not in _ACTIVATION_NUMBERS or count < _ACTIVATION_NUMBERS[number]:
        raise ValueError(f"activation {number} with {max(count, 0)} numbers")
