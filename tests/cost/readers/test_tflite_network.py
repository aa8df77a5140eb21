"""TFLite files of every producer as networks, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgeface.cost.readers.tflite_network import read_tflite
from edgeface.cost.readers.tflite_operators import COUNTED, ROLES
from edgeface.cost.work import Convolution, Deconvolution, Dense, MatrixProduct, Uncounted
from edgeface.errors import GraphError
from edgeface.quantize.plan import QParams

RETINAFACE_MACS = 735_859_200


def works(path):
    return [layer.work for layer in read_tflite(path).layers]


def roles(path):
    return [work.role for work in works(path) if isinstance(work, Uncounted)]


def parameters(network):
    return sum(network.tensors[name].count for name in {name for layer in network.layers for name in layer.weights})


@pytest.mark.parametrize("name", ["tflite-fp32", "tflite-int8"])
def test_the_default_network_has_its_known_multiply_accumulates(retinaface_tflite, name):
    network = read_tflite(retinaface_tflite[name])
    assert sum(layer.work.macs for layer in network.layers) == RETINAFACE_MACS
    # 426,608 with batch norm's scale and shift; folded, each pair is one bias.
    assert parameters(network) == 423_264
    assert network.inputs == ("input",)
    assert network.tensors["input"].shape == (1, 480, 640, 3)
    assert network.file_bytes == retinaface_tflite[name].stat().st_size
    assert network.metadata == {"edgeface.contract": "{}"}
    assert network.notes == ()


def test_a_convolution_and_its_groups(sketch):
    x = sketch.input(1, 10, 10, 8)
    whole = sketch.conv(x, (1, 5, 5, 16), sketch.ones(16, 3, 3, 8), sketch.ones(16), stride=2)
    grouped = sketch.conv(whole, (1, 5, 5, 12), sketch.ones(12, 1, 1, 4))
    path = sketch.save(grouped)
    assert works(path) == [Convolution(8, 16, 9, 1, 25, "own"), Convolution(16, 12, 1, 4, 25, "none")]
    assert [len(layer.weights) for layer in read_tflite(path).layers] == [2, 1]


def test_a_depthwise_convolution_has_all_channels_and_as_many_groups(sketch):
    x = sketch.input(1, 6, 6, 4)
    path = sketch.save(sketch.depthwise(x, (1, 6, 6, 8), sketch.ones(1, 3, 3, 8), sketch.ones(8), multiplier=2))
    assert works(path) == [Convolution(4, 8, 9, 4, 36, "own")]
    assert works(path)[0].macs == 9 * 8 * 36


def test_a_transposed_convolution_touches_every_tap_from_each_input_pixel(sketch):
    x = sketch.input(1, 5, 5, 8)
    shape = sketch.const(np.array([1, 10, 10, 3], np.int32))
    path = sketch.save(
        sketch.op("TRANSPOSE_CONV", [shape, sketch.ones(3, 2, 2, 8), x, sketch.ones(3)], (1, 10, 10, 3), strideW=2)
    )
    assert works(path) == [Deconvolution(8, 3, 4, 1, 25, "own")]
    assert parameters(read_tflite(path)) == 3 * 4 * 8 + 3


def test_a_convolution_in_three_dimensions(sketch):
    x = sketch.input(1, 4, 5, 6, 3)
    path = sketch.save(sketch.op("CONV_3D", [x, sketch.ones(2, 3, 3, 3, 7)], (1, 4, 5, 6, 7), **sketch.steps("DHW")))
    assert works(path) == [Convolution(3, 7, 18, 1, 120, "none")]


def test_a_fully_connected_layer_applies_to_every_row(sketch):
    x = sketch.input(1, 6, 16)
    path = sketch.save(sketch.op("FULLY_CONNECTED", [x, sketch.ones(5, 16), -1], (1, 6, 5), keepNumDims=True))
    assert works(path) == [Dense(16, 5, 6, "none")]


def test_products_of_computed_tensors_have_no_weights(sketch):
    x = sketch.input(2, 6, 16)
    y = sketch.input(2, 7, 16)
    product = sketch.op("BATCH_MATMUL", [x, y], (2, 6, 7), adjY=True)
    dense = sketch.op("BATCH_MATMUL", [product, sketch.ones(7, 3)], (2, 6, 3))
    flat = sketch.op("FULLY_CONNECTED", [dense, sketch.op("RESHAPE", [dense], (12, 3), newShape=[12, 3]), -1], (12, 12))
    path = sketch.save(flat)
    assert works(path) == [
        MatrixProduct(2 * 6 * 7 * 16),
        Dense(7, 3, 12),
        Uncounted("view"),
        MatrixProduct(12 * 12 * 3),
    ]


def test_half_weights_are_counted_where_they_are_stored(sketch):
    x = sketch.input(1, 4, 4, 2)
    stored = sketch.const(np.ones((3, 1, 1, 2), np.float16))
    weights = sketch.op("DEQUANTIZE", [stored], (3, 1, 1, 2))
    zeros = sketch.op("DEQUANTIZE", [sketch.const(np.zeros(3, np.float16))], (3,))
    network = read_tflite(sketch.save(sketch.conv(x, (1, 4, 4, 3), weights, zeros)))
    (layer,) = network.layers
    assert layer.work == Convolution(2, 3, 1, 1, 16, "none")
    assert [(network.tensors[name].dtype, network.tensors[name].count) for name in layer.weights] == [("float16", 6)]


def test_nodes_with_only_constant_inputs_are_not_layers(sketch):
    x = sketch.input(1, 6)
    turned = sketch.op("TRANSPOSE", [sketch.ones(6, 5), sketch.const(np.array([1, 0], np.int32))], (5, 6))
    weights = sketch.op("RESHAPE", [turned, sketch.const(np.array([5, 6], np.int32))], (5, 6))
    network = read_tflite(sketch.save(sketch.op("FULLY_CONNECTED", [x, weights, -1], (1, 5))))
    assert [layer.op for layer in network.layers] == ["FULLY_CONNECTED"]
    assert parameters(network) == 30


def test_int8_weights_count_one_parameter_each(sketch):
    x = sketch.input(1, 4, 4, 2)
    weights = sketch.const(np.ones((3, 1, 1, 2), np.int8), QParams((0.1, 0.2, 0.3), 0, 0))
    network = read_tflite(sketch.save(sketch.conv(x, (1, 4, 4, 3), weights, sketch.ones(3))))
    assert parameters(network) == 6 + 3


def test_trained_constants_are_distinguished_from_shapes_and_scalars(sketch):
    x = sketch.input(1, 4, 4, 6)
    a = sketch.op("PRELU", [x, sketch.ones(1, 1, 6)], (1, 4, 4, 6))
    b = sketch.op("MUL", [a, sketch.ones(6)], (1, 4, 4, 6))
    c = sketch.op("ADD", [b, sketch.ones(1)], (1, 4, 4, 6))
    pads = sketch.const(np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32))
    d = sketch.op("PAD", [c, pads], (1, 6, 6, 6))
    e = sketch.op("RESIZE_BILINEAR", [d, sketch.const(np.array([12, 12], np.int32))], (1, 12, 12, 6))
    first, second = sketch.ops("SPLIT", [sketch.const(np.int32(3)), e], [(1, 12, 12, 3)] * 2, numSplits=2)
    f = sketch.op("CONCATENATION", [second, first], (1, 12, 12, 6), axis=3)
    network = read_tflite(sketch.save(f))
    assert parameters(network) == 6 + 6
    kinds = ["activation", "elementwise", "elementwise", "pad", "resize", "split", "join"]
    assert [layer.work.role for layer in network.layers] == kinds


def test_a_shared_slope_is_one_parameter(sketch):
    x = sketch.input(1, 4, 4, 6)
    assert parameters(read_tflite(sketch.save(sketch.op("PRELU", [x, sketch.ones(1, 1, 1)], (1, 4, 4, 6))))) == 1


def test_shared_weights_are_one_tensor(sketch):
    x = sketch.input(1, 4, 4, 6)
    weights, bias = sketch.ones(6, 3, 3, 6), sketch.ones(6)
    twice = sketch.conv(sketch.conv(x, (1, 4, 4, 6), weights, bias), (1, 4, 4, 6), weights, bias)
    assert parameters(read_tflite(sketch.save(twice))) == 6 * 9 * 6 + 6


@pytest.mark.parametrize(
    ("op", "second", "options", "shape", "role"),
    [
        ("MEAN", [1, 2], {}, (1, 6), "global_pool"),
        ("MEAN", [-3, 2], {"keepDims": True}, (1, 1, 1, 6), "global_pool"),
        ("MEAN", [1], {}, (1, 4, 6), "reduce"),
        ("AVERAGE_POOL_2D", None, {"filterHeight": 4, "filterWidth": 4, "padding": 1}, (1, 1, 1, 6), "global_pool"),
        ("AVERAGE_POOL_2D", None, {"filterHeight": 3, "filterWidth": 3, "padding": 1}, (1, 2, 2, 6), "pool"),
        ("SUM", [1, 2], {}, (1, 6), "reduce"),
        ("QUANTIZE", None, {}, (1, 4, 4, 6), "quantize"),
        ("TRANSPOSE", [0, 3, 1, 2], {}, (1, 6, 4, 4), "permute"),
        ("RESHAPE", None, {"newShape": [1, 96]}, (1, 96), "view"),
        ("SOFTMAX", None, {}, (1, 4, 4, 6), "softmax"),
        ("L2_NORMALIZATION", None, {}, (1, 4, 4, 6), "normalize"),
    ],
)
def test_roles_of_operators_that_cost_nothing(sketch, op, second, options, shape, role):
    reads = [sketch.input(1, 4, 4, 6), *([] if second is None else [sketch.const(np.array(second, np.int32))])]
    steps = {"strideH": 1, "strideW": 1} if "POOL" in op else {}
    assert roles(sketch.save(sketch.op(op, reads, shape, **steps, **options))) == [role]


UNKNOWN = {
    "LSTM", "UNIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_LSTM", "RNN", "UNIDIRECTIONAL_SEQUENCE_RNN",
    "BIDIRECTIONAL_SEQUENCE_RNN", "SVDF", "IF", "WHILE", "CALL", "CALL_ONCE", "CUSTOM", "DELEGATE",
    "PLACEHOLDER_FOR_GREATER_OP_CODES", "LSH_PROJECTION", "SKIP_GRAM", "CONCAT_EMBEDDINGS", "EMBEDDING_LOOKUP_SPARSE",
    "HASHTABLE", "HASHTABLE_FIND", "HASHTABLE_IMPORT", "HASHTABLE_SIZE", "HASHTABLE_LOOKUP", "RFFT2D", "IMAG", "REAL",
    "COMPLEX_ABS", "REDUCE_WINDOW", "STABLEHLO_CONVOLUTION", "STABLEHLO_CUSTOM_CALL", "STABLEHLO_REDUCE",
    "STABLEHLO_SCATTER", "STABLEHLO_DOT_GENERAL", "STABLEHLO_REDUCE_WINDOW", "STABLEHLO_SORT", "STABLEHLO_WHILE",
    "STABLEHLO_COMPOSITE", "STABLEHLO_CASE", "STABLEHLO_RNG_BIT_GENERATOR",
}  # fmt: skip


def test_every_builtin_operator_is_counted_free_or_refused():
    every = {name for name in vars(schema.BuiltinOperator) if not name.startswith("_")}
    assert set(ROLES) | COUNTED | UNKNOWN == every
    assert len(ROLES) + len(COUNTED) + len(UNKNOWN) == len(every)


@pytest.mark.parametrize("op", ["UNIDIRECTIONAL_SEQUENCE_LSTM", "WHILE", "SVDF", "STABLEHLO_DOT_GENERAL"])
def test_an_operator_of_unknown_cost_is_refused_by_name(sketch, op):
    x = sketch.op("RELU", [sketch.input(1, 4)], (1, 4))
    path = sketch.save(sketch.op(op, [x], (1, 4)))
    with pytest.raises(GraphError, match=f"the cost of {op} is unknown") as caught:
        read_tflite(path)
    assert caught.value.exit_code == 2
    assert caught.value.where == f"{path}: operator 1 ({op}), which produces '{op.lower()}2'"


def test_a_custom_operator_is_refused_by_its_own_name(sketch, rewrite_tflite):
    def change(model):
        model.operatorCodes[0].customCode = b"TFLite_Detection_PostProcess"

    path = rewrite_tflite(sketch.save(sketch.op("CUSTOM", [sketch.input(1, 4)], (1, 4))), change)
    with pytest.raises(GraphError, match="the cost of CUSTOM TFLite_Detection_PostProcess is unknown"):
        read_tflite(path)


def test_a_dynamic_batch_counts_as_one(small_tflite, rewrite_tflite):
    def change(model):
        graph = model.subgraphs[0]
        for index in (0, 1, 4):
            graph.tensors[index].shapeSignature = np.array([-1, *graph.tensors[index].shape[1:]], np.int32)

    network = read_tflite(rewrite_tflite(small_tflite, change))
    assert sum(layer.work.macs for layer in network.layers) == 9 * 6 * 3 * 16
    assert network.notes == ("input 'input0' has a dynamic batch; counted with batch 1",)


def test_further_subgraphs_are_noted(small_tflite, rewrite_tflite):
    path = rewrite_tflite(small_tflite, lambda model: model.subgraphs.append(model.subgraphs[0]))
    assert read_tflite(path).notes == ("the file contains 2 subgraphs; only the first is counted",)


def test_equal_names_become_distinct(small_tflite, rewrite_tflite):
    def change(model):
        for index in (0, 1):
            model.subgraphs[0].tensors[index].name = b"same"

    assert {"same:0", "same:1"} <= set(read_tflite(rewrite_tflite(small_tflite, change)).tensors)
