"""Ways to write each activation, pooling and resize in int8 TFLite: functions that add operators to a `Sketch`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from lowering_sketch import RELU, RELU6, UNIT, Sketch, Tensor, ranged

from edgeface.backends.tflite.flatbuffer import Operator
from edgeface.graph.types import Array
from edgeface.quantize.plan import QParams

Form = Callable[[Sketch, Tensor], Tensor]


# PReLU: the result has the input's scale, so that what is not negative stays as it is


def _slopes(s: Sketch) -> Array:
    return np.linspace(0.0, 0.6, s.shape[2], dtype=np.float32)


def _rows(s: Sketch, values: Array) -> Array:
    return np.tile(values, (1, 1, s.shape[1], 1)).astype(np.float32)


def _prelu_op(s: Sketch, x: Tensor) -> Tensor:
    slope = s.number(_slopes(s).reshape(1, 1, -1), x)
    value = np.where(x.value < 0, x.value * slope.value, x.value).astype(np.float32)
    return s.op(Operator("PRELU"), [x.index, slope.index], value, x.params)


def _prelu_sub(s: Sketch, x: Tensor) -> Tensor:
    above = s.binary("MUL", x, s.number(1.0, x), RELU)
    below = s.binary("MUL", x, s.number(-_slopes(s).reshape(1, 1, 1, -1), x), RELU)
    return s.binary("SUB", above, below, params=x.params)


def _prelu_add(s: Sketch, x: Tensor) -> Tensor:
    below = s.binary("MUL", x, s.number(_slopes(s).reshape(1, 1, 1, -1) - 1, x), RELU)
    return s.binary("ADD", x, below, params=x.params)


def _prelu_rows(s: Sketch, x: Tensor) -> Tensor:
    below = s.binary("MUL", x, s.number(_rows(s, _slopes(s) - 1), x), RELU)
    return s.binary("ADD", x, below, params=x.params)


def _prelu_maximum(s: Sketch, x: Tensor) -> Tensor:
    scaled = s.binary("MUL", x, s.number(_slopes(s).reshape(1, 1, 1, -1), x), params=x.params)
    return s.bound("MAXIMUM", x, scaled)


def _prelu_pooled(s: Sketch, x: Tensor) -> Tensor:
    """The larger of two numbers by a pooling window over both, because XNNPACK has no int8 MAXIMUM."""
    rows, columns, channels = s.shape
    scaled = s.binary("MUL", x, s.number(_rows(s, _slopes(s)), x), params=x.params)
    parts = [s.reshape(part, (1, rows * columns, 1, channels)) for part in (x, scaled)]
    both = s.concat(parts, 2)
    options = schema.Pool2DOptionsT()
    options.padding = schema.Padding.VALID
    options.filterHeight, options.filterWidth, options.strideH, options.strideW = 1, 2, 1, 2
    value = both.value.max(2, keepdims=True)
    return s.reshape(s.op(Operator("MAX_POOL_2D", 2, options), [both.index], value, both.params), x.value.shape)


def _prelu_depthwise(s: Sketch, x: Tensor) -> Tensor:
    below = s.depthwise(x, (_slopes(s) - 1).reshape(1, 1, -1), np.zeros(s.shape[2], np.float32), fused=RELU)
    return s.binary("ADD", x, below, params=x.params)


def _prelu_float(s: Sketch, x: Tensor) -> Tensor:
    return s.quantize(_prelu_op(s, s.dequantize(x)), x.params)


def _in_float(form: Form) -> Form:
    def wrapped(s: Sketch, x: Tensor) -> Tensor:
        return s.quantize(form(s, s.dequantize(x)))

    return wrapped


# PReLU, depthwise 3×3, PReLU


def _filtered(s: Sketch, x: Tensor) -> Tensor:
    size = s.shape[2]
    weight = s.random.normal(0, 1 / 3, (3, 3, size)).astype(np.float32)
    return s.depthwise(x, weight, np.zeros(size, np.float32))


def _around(form: Form) -> Form:
    def both(s: Sketch, x: Tensor) -> Tensor:
        return form(s, _filtered(s, form(s, x)))

    return both


# ReLU6


def _weights(s: Sketch) -> Array:
    size = s.shape[2]
    return s.random.normal(0, 1.2 / np.sqrt(size), (size, size)).astype(np.float32)


def _plain(s: Sketch, x: Tensor) -> Tensor:
    return s.pointwise(x, _weights(s))


def _relu6_fused(s: Sketch, x: Tensor) -> Tensor:
    return s.pointwise(x, _weights(s), RELU6)


def _relu6_op(s: Sketch, x: Tensor) -> Tensor:
    y = _plain(s, x)
    value = np.clip(y.value, 0, 6)
    return s.op(Operator("RELU6", 2), [y.index], value, ranged(value))


def _relu6_float(s: Sketch, x: Tensor) -> Tensor:
    y = s.dequantize(_plain(s, x))
    return s.quantize(s.op(Operator("RELU6", 1), [y.index], np.clip(y.value, 0, 6), None))


def _relu6_bounds(s: Sketch, x: Tensor) -> Tensor:
    y = _plain(s, x)
    assert y.params is not None
    bounds = [np.array(bound, np.float32) for bound in (0.0, 6.0)]
    zero, six = (Tensor(s.constant(bound, y.params), bound, y.params) for bound in bounds)
    return s.bound("MINIMUM", s.bound("MAXIMUM", y, zero), six)


def _relu6_product(s: Sketch, x: Tensor) -> Tensor:
    y = _plain(s, x)
    return s.binary("MUL", y, s.number(1.0, y), RELU6)


# LeakyReLU

_ALPHA = 0.1


def _leaky_op(s: Sketch, x: Tensor) -> Tensor:
    options = schema.LeakyReluOptionsT()
    options.alpha = _ALPHA
    value = np.where(x.value < 0, x.value * np.float32(_ALPHA), x.value)
    params = None if x.params is None else ranged(value)
    return s.op(Operator("LEAKY_RELU", 1 if params is None else 2, options), [x.index], value, params)


def _leaky_prelu(s: Sketch, x: Tensor) -> Tensor:
    slope = s.number(np.full((1, 1, s.shape[2]), _ALPHA, np.float32), x)
    value = np.where(x.value < 0, x.value * slope.value, x.value).astype(np.float32)
    return s.op(Operator("PRELU", 1), [x.index, slope.index], value, ranged(value))


def _leaky_add(s: Sketch, x: Tensor) -> Tensor:
    return s.binary("ADD", x, s.binary("MUL", x, s.number(_ALPHA - 1, x), RELU))


def _leaky_maximum(s: Sketch, x: Tensor) -> Tensor:
    return s.bound("MAXIMUM", x, s.binary("MUL", x, s.number(_ALPHA, x), params=x.params))


# Hard swish


def _swish_op(s: Sketch, x: Tensor) -> Tensor:
    value = (x.value * np.clip(x.value / 6 + 0.5, 0, 1)).astype(np.float32)
    return s.op(Operator("HARD_SWISH"), [x.index], value, None if x.params is None else ranged(value))


def _swish_relu6(s: Sketch, x: Tensor) -> Tensor:
    gate = s.binary("ADD", x, s.number(3.0, x), RELU6)
    return s.binary("MUL", s.binary("MUL", x, gate), s.number(1 / 6, x))


def _swish_saturated(s: Sketch, x: Tensor) -> Tensor:
    """The gate's clamps are the ends of its int8 range."""
    gate = s.binary("ADD", s.binary("MUL", x, s.number(1 / 6, x)), s.number(0.5, x), params=QParams((1 / 255,), -128))
    held = Tensor(gate.index, np.clip(gate.value, 0, 1), gate.params)
    return s.binary("MUL", x, held)


def _swish_depthwise(s: Sketch, x: Tensor) -> Tensor:
    size = s.shape[2]
    weight, bias = np.full((1, 1, size), 1 / 6, np.float32), np.full(size, 0.5, np.float32)
    gate = s.depthwise(x, weight, bias, params=QParams((1 / 255,), -128))
    return s.binary("MUL", x, Tensor(gate.index, np.clip(gate.value, 0, 1), gate.params))


# Swish


def _silu(s: Sketch, x: Tensor) -> Tensor:
    value = (1 / (1 + np.exp(-x.value))).astype(np.float32)
    made = None if x.params is None else UNIT
    gate = s.op(Operator("LOGISTIC", 1 if made is None else 2), [x.index], value, made)
    return s.binary("MUL", x, gate)


# Squeeze-and-excitation: sigmoid of a vector times the image


def _gate(s: Sketch) -> Tensor:
    """Sigmoids of one pixel of the image: numbers for each channel that nothing can fold."""
    begin, size = np.zeros(4, np.int32), np.array([1, 1, 1, s.shape[2]], np.int32)
    inputs = [s.input.index, s.constant(begin), s.constant(size)]
    pixel = s.op(Operator("SLICE", 2, schema.SliceOptionsT()), inputs, s.input.value[:, :1, :1], s.input.params)
    return s.op(Operator("LOGISTIC", 2), [pixel.index], 1 / (1 + np.exp(-pixel.value)), UNIT)


def _gate_product(s: Sketch, x: Tensor) -> Tensor:
    return s.binary("MUL", x, _gate(s))


def _gate_rows(s: Sketch, x: Tensor) -> Tensor:
    gate = _gate(s)
    one = s.number(np.ones((1, 1, s.shape[1], 1), np.float32), gate)
    return s.binary("MUL", x, s.binary("MUL", gate, one, params=gate.params))


def _gate_float(s: Sketch, x: Tensor) -> Tensor:
    return s.quantize(s.binary("MUL", s.dequantize(x), s.dequantize(_gate(s))))


# Pooling


def _mean_of_four(x: Array) -> Array:
    _, rows, columns, channels = x.shape
    mean: Array = x.reshape(1, rows // 2, 2, columns // 2, 2, channels).mean((2, 4))
    return mean.astype(np.float32)


def _pool(s: Sketch, x: Tensor, value: Array, size: int) -> Tensor:
    options = schema.Pool2DOptionsT()
    options.padding = schema.Padding.VALID
    options.filterHeight = options.filterWidth = options.strideH = options.strideW = size
    return s.op(Operator("AVERAGE_POOL_2D", 1 if x.params is None else 2, options), [x.index], value, x.params)


def _pool_op(s: Sketch, x: Tensor) -> Tensor:
    return _pool(s, x, _mean_of_four(x.value), 2)


def _pool_depthwise(s: Sketch, x: Tensor) -> Tensor:
    size = s.shape[2]
    return s.depthwise(x, np.full((2, 2, size), 0.25, np.float32), np.zeros(size, np.float32), 2)


def _pool_bilinear(s: Sketch, x: Tensor) -> Tensor:
    options = schema.ResizeBilinearOptionsT()
    options.halfPixelCenters = True
    size = s.constant(np.array([s.shape[0] // 2, s.shape[1] // 2], np.int32))
    return s.op(Operator("RESIZE_BILINEAR", 3, options), [x.index, size], _mean_of_four(x.value), x.params)


def _mean(s: Sketch, x: Tensor, axes: tuple[int, ...], keep: bool, value: Array) -> Tensor:
    options = schema.ReducerOptionsT()
    options.keepDims = keep
    made = None if x.params is None else ranged(value)
    return s.op(
        Operator("MEAN", 1 if made is None else 2, options),
        [x.index, s.constant(np.array(axes, np.int32))],
        value,
        made,
    )


def _pool_mean(s: Sketch, x: Tensor) -> Tensor:
    rows, columns, channels = s.shape
    parts = s.reshape(x, (rows // 2, 2, columns // 2, 2, channels))
    value = _mean_of_four(x.value)
    return s.reshape(_mean(s, parts, (1, 3), False, value[0]), value.shape)


# Global pooling


def _global_mean(s: Sketch, x: Tensor) -> Tensor:
    return _mean(s, x, (1, 2), True, x.value.mean((1, 2), keepdims=True).astype(np.float32))


def _global_pool(s: Sketch, x: Tensor) -> Tensor:
    return _pool(s, x, x.value.mean((1, 2), keepdims=True).astype(np.float32), s.shape[0])


def _global_depthwise(s: Sketch, x: Tensor) -> Tensor:
    size, channels = s.shape[0], s.shape[2]
    weight = np.full((size, size, channels), 1 / size**2, np.float32)
    return s.depthwise(x, weight, np.zeros(channels, np.float32), size)


# Nearest resize ×2


def _doubled(x: Array) -> Array:
    return x.repeat(2, 1).repeat(2, 2)


def _nearest_op(s: Sketch, x: Tensor) -> Tensor:
    size = s.constant(np.array([2 * s.shape[0], 2 * s.shape[1]], np.int32))
    options = schema.ResizeNearestNeighborOptionsT()
    return s.op(Operator("RESIZE_NEAREST_NEIGHBOR", 2, options), [x.index, size], _doubled(x.value), x.params)


def _nearest_concat(s: Sketch, x: Tensor) -> Tensor:
    rows, columns, channels = s.shape
    wide = s.reshape(s.concat([x, x], 3), (1, rows, 1, 2 * columns * channels))
    return s.reshape(s.concat([wide, wide], 2), (1, 2 * rows, 2 * columns, channels))


def _nearest_matrices(s: Sketch, x: Tensor) -> Tensor:
    rows, columns, channels = s.shape
    wide = s.concat([s.reshape(x, (rows * columns, channels))] * 2, 1)
    tall = s.concat([s.reshape(wide, (rows, 2 * columns * channels))] * 2, 1)
    return s.reshape(tall, (1, 2 * rows, 2 * columns, channels))


@dataclass(frozen=True)
class Activation:
    """What is to be computed, and its forms; `chained` forms are measured one after another, others side by side."""

    name: str
    forms: dict[str, Form]
    chained: bool = True


ACTIVATIONS = (
    Activation(
        "PReLU",
        {
            "PRELU": _prelu_op,
            "MUL, MUL, SUB: relu(x) − relu(−a·x)": _prelu_sub,
            "MUL, ADD: x + relu((a − 1)·x)": _prelu_add,
            "MUL, ADD with the slopes repeated along a row": _prelu_rows,
            "1×1 DEPTHWISE_CONV_2D, ADD": _prelu_depthwise,
            "MUL, MAXIMUM: max(x, a·x)": _prelu_maximum,
            "MUL, CONCATENATION, MAX_POOL_2D: max(x, a·x)": _prelu_pooled,
            "DEQUANTIZE, float PRELU, QUANTIZE": _prelu_float,
        },
    ),
    Activation(
        "PReLU, depthwise 3×3, PReLU",
        {
            "int8 throughout, PRELU": _around(_prelu_op),
            "int8 throughout, MUL and ADD by rows": _around(_prelu_rows),
            "int8 convolution between float PRELUs": _around(_prelu_float),
            "all three in float": _in_float(_around(_prelu_op)),
        },
    ),
    Activation(
        "ReLU6 after a pointwise convolution",
        {
            "(no activation)": _plain,
            "fused": _relu6_fused,
            "RELU6": _relu6_op,
            "DEQUANTIZE, float RELU6, QUANTIZE": _relu6_float,
            "MAXIMUM, MINIMUM": _relu6_bounds,
            "MUL by 1 with RELU6 fused": _relu6_product,
        },
    ),
    Activation(
        "LeakyReLU",
        {
            "LEAKY_RELU": _leaky_op,
            "PRELU": _leaky_prelu,
            "MUL, ADD": _leaky_add,
            "MUL, MAXIMUM": _leaky_maximum,
            "DEQUANTIZE, float LEAKY_RELU, QUANTIZE": _in_float(_leaky_op),
        },
    ),
    Activation(
        "Hard swish",
        {
            "HARD_SWISH": _swish_op,
            "ADD with RELU6 fused, MUL, MUL": _swish_relu6,
            "MUL, ADD saturating at 0 and 1, MUL": _swish_saturated,
            "1×1 DEPTHWISE_CONV_2D saturating at 0 and 1, MUL": _swish_depthwise,
            "DEQUANTIZE, float HARD_SWISH, QUANTIZE": _in_float(_swish_op),
        },
    ),
    Activation(
        "Swish (sigmoid·x)",
        {
            "LOGISTIC, MUL": _silu,
            "DEQUANTIZE, float LOGISTIC, MUL, QUANTIZE": _in_float(_silu),
        },
    ),
    Activation(
        "Sigmoid of a vector times the image (SE)",
        {
            "LOGISTIC, MUL": _gate_product,
            "LOGISTIC, MUL to repeat along a row, MUL": _gate_rows,
            "LOGISTIC, MUL in float": _gate_float,
        },
    ),
    Activation(
        "Average pooling 2×2",
        {
            "AVERAGE_POOL_2D": _pool_op,
            "2×2 DEPTHWISE_CONV_2D": _pool_depthwise,
            "RESIZE_BILINEAR to half the size": _pool_bilinear,
            "MEAN over two axes of five": _pool_mean,
            "DEQUANTIZE, float AVERAGE_POOL_2D, QUANTIZE": _in_float(_pool_op),
        },
        chained=False,
    ),
    Activation(
        "Global average pooling",
        {
            "MEAN": _global_mean,
            "AVERAGE_POOL_2D": _global_pool,
            "DEPTHWISE_CONV_2D of the image's size": _global_depthwise,
            "DEQUANTIZE, float MEAN, QUANTIZE": _in_float(_global_mean),
        },
        chained=False,
    ),
    Activation(
        "Nearest resize ×2",
        {
            "RESIZE_NEAREST_NEIGHBOR": _nearest_op,
            "CONCATENATION twice": _nearest_concat,
            "CONCATENATION twice of matrices": _nearest_matrices,
        },
        chained=False,
    ),
)
