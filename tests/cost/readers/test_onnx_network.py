"""What the operators of small ONNX models cost."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from edgeface.budgets.check import check
from edgeface.cli import main
from edgeface.cost.counter import count
from edgeface.cost.readers.onnx_network import read_onnx_network
from edgeface.cost.work import Convolution, Deconvolution, Dense, MatrixProduct, Uncounted
from edgeface.errors import EdgefaceError, GraphError, InputError


def read(model, **options):
    return read_onnx_network(model.SerializeToString(), "sketch", **options)


def works(model, **options):
    """The work of the layers that count."""
    return [layer.work for layer in read(model, **options).layers if layer.work.macs]


def parameters(model):
    return count(read(model)).parameters


def ints(*values):
    return np.array(values, np.int64)


CONV = "Conv x w -> y"


@pytest.mark.parametrize(
    ("x", "w", "options", "work"),
    [
        ((1, 4, 8, 8), (6, 4, 3, 3), {"pads": [1] * 4}, Convolution(4, 6, 9, 1, 64)),
        ((1, 4, 8, 8), (6, 4, 3, 3), {"strides": [2, 2], "pads": [1] * 4}, Convolution(4, 6, 9, 1, 16)),
        ((1, 4, 8, 8), (6, 2, 1, 1), {"group": 2}, Convolution(4, 6, 1, 2, 64)),
        ((1, 4, 8, 8), (8, 1, 3, 3), {"group": 4}, Convolution(4, 8, 9, 4, 36)),
        ((1, 4, 8, 8), (6, 4, 3, 3), {"dilations": [2, 2]}, Convolution(4, 6, 9, 1, 16)),
        ((1, 4, 8, 8), (6, 4, 3, 5), {"auto_pad": "SAME_UPPER"}, Convolution(4, 6, 15, 1, 64)),
        ((1, 4, 8), (6, 4, 3), {}, Convolution(4, 6, 3, 1, 6)),
        ((1, 4, 5, 8, 8), (6, 4, 3, 3, 3), {}, Convolution(4, 6, 27, 1, 108)),
    ],
)
def test_convolutions(build_onnx, node, x, w, options, work):
    model = build_onnx(node(CONV, **options), x=x, w=w)
    assert works(model) == [work]
    assert parameters(model) == np.prod(w)


def test_a_convolution_with_a_bias(build_onnx):
    model = build_onnx("Conv x w b -> y", w=(6, 4, 1, 1), b=(6,))
    assert works(model) == [Convolution(4, 6, 1, 1, 64, "own")]
    assert parameters(model) == 30


@pytest.mark.parametrize(("w", "groups"), [((4, 6, 2, 2), 1), ((4, 3, 2, 2), 2)])
def test_a_transposed_convolution_touches_every_tap_from_each_input_pixel(build_onnx, node, w, groups):
    model = build_onnx(node("ConvTranspose x w -> y", strides=[2, 2], group=groups), w=w)
    assert works(model) == [Deconvolution(4, 6, 4, groups, 64)]


@pytest.mark.parametrize(("w", "options"), [((5, 3), {}), ((3, 5), {"transB": 1})])
def test_gemm(build_onnx, node, w, options):
    assert works(build_onnx(node("Gemm x w -> y", **options), x=(1, 5), w=w)) == [Dense(5, 3)]
    biased = build_onnx(node("Gemm x w b -> y", **options), x=(1, 5), w=w, b=(3,))
    assert works(biased) == [Dense(5, 3, bias="own")]
    assert parameters(biased) == 18


def test_gemm_with_a_turned_input(build_onnx, node):
    model = build_onnx("Flatten x -> f", node("Gemm f w -> y", transA=1), x=(1, 5), w=(1, 3))
    assert works(model) == [Dense(1, 3, rows=5)]


@pytest.mark.parametrize(
    ("line", "x", "w", "work"),
    [
        ("MatMul x w -> y", (1, 7, 5), (5, 3), Dense(5, 3, rows=7)),
        ("MatMul w x -> y", (1, 5, 7), (3, 5), Dense(5, 3, rows=7)),
        ("MatMul x w -> y", (1, 5), (5, 3), Dense(5, 3)),
    ],
)
def test_a_product_with_constant_weights_is_a_dense_layer(build_onnx, line, x, w, work):
    assert works(build_onnx(line, x=x, w=w)) == [work]


def test_a_bias_that_is_added_after_a_product_is_its_own(build_onnx):
    model = build_onnx("MatMul x w -> m", "Add m b -> y", x=(1, 7, 5), w=(5, 3), b=(3,))
    assert works(model) == [Dense(5, 3, 7, "own")]
    assert parameters(model) == 18


def test_an_addition_per_position_is_not_a_bias(build_onnx):
    model = build_onnx("MatMul x w -> m", "Add m b -> y", x=(1, 7, 5), w=(5, 3), b=(7, 3))
    assert works(model) == [Dense(5, 3, 7)]


def test_products_of_computed_tensors_have_macs_but_no_flops_by_the_challenge(build_onnx, node):
    model = build_onnx(node("Transpose x -> t", perm=[0, 1, 3, 2]), "MatMul x t -> y", x=(1, 2, 7, 5))
    assert works(model) == [MatrixProduct(2 * 7 * 7 * 5)]
    assert count(read(model)).lfr_flops == 0


def test_zeros_computed_from_sizes_are_not_a_bias(build_onnx):
    """As PyTorch's exporter writes a convolution without a bias."""
    zeros = ("Shape w -> s", "Slice s i0 i1 -> n", "CastLike zero w -> z", "Expand z n -> b", "Conv x w b -> y")
    model = build_onnx(*zeros, w=(6, 4, 1, 1), zero=np.float32(0), i0=ints(0), i1=ints(1))
    assert works(model) == [Convolution(4, 6, 1, 1, 64)]
    assert parameters(model) == 24


def test_batch_norm_has_parameters_and_statistics(build_onnx):
    found = count(
        read(build_onnx("BatchNormalization x g b m v -> y", g=(4,), b=(4,), m=(4,), v=np.ones(4, np.float32)))
    )
    assert (found.parameters, found.statistics) == (8, 8)


def test_obsolete_attributes_of_old_exporters_are_ignored(build_onnx, node):
    line = node("BatchNormalization x g b m v -> y", spatial=1)
    assert len(read(build_onnx(line, g=(4,), b=(4,), m=(4,), v=(4,))).layers) == 1


@pytest.mark.parametrize("slopes", [(4, 1, 1), (1,)])
def test_slopes_are_parameters(build_onnx, slopes):
    assert parameters(build_onnx("PRelu x s -> y", s=slopes)) == np.prod(slopes)


def test_numbers_in_formulas_are_not_parameters(build_onnx):
    assert parameters(build_onnx("Mul x half -> a", "Add a one -> y", half=np.float32(0.5), one=np.float32(1))) == 0


def test_shared_weights_count_once(build_onnx):
    model = build_onnx("Conv x w -> a", "Conv a w -> y", w=(4, 4, 1, 1))
    assert parameters(model) == 16
    assert len(works(model)) == 2


def test_merged_uniform_vectors_count_for_each_layer(build_onnx):
    ones = np.ones(4, np.float32)
    norm = "BatchNormalization {} one one one one -> {}"
    model = build_onnx(
        "Conv x w -> a",
        norm.format("a", "b"),
        "Conv b v -> c",
        norm.format("c", "y"),
        w=(4, 4, 1, 1),
        v=(4, 4, 1, 1),
        one=ones,
    )
    assert read(model).uniform == {"one"}
    assert count(read(model)).parameters >= 32 + 8


def test_quantized_graphs_count_as_the_float_one(build_onnx):
    quantized = build_onnx(
        "QuantizeLinear x s z -> q",
        "DequantizeLinear q s z -> d",
        "DequantizeLinear w s z -> dw",
        "DequantizeLinear b s -> db",
        "Conv d dw db -> y",
        w=np.ones((6, 4, 1, 1), np.int8),
        b=np.arange(6, dtype=np.int32),
        s=np.float32(0.1),
        z=np.int8(0),
    )
    assert works(quantized) == [Convolution(4, 6, 1, 1, 64, "own")]
    assert parameters(quantized) == 30


def test_half_precision(build_onnx):
    model = build_onnx("Conv x w -> y", dtype=onnx.TensorProto.FLOAT16, w=np.ones((6, 4, 1, 1), np.float16))
    assert works(model) == [Convolution(4, 6, 1, 1, 64)]
    assert read(model).tensors["y"].dtype == "float16"


def test_dynamic_quantization_with_a_bias_that_is_added_afterwards(build_onnx, node):
    model = build_onnx(
        "DynamicQuantizeLinear x -> q s z",
        "ConvInteger q w z wz -> i",
        node("Cast i -> f", to=1),
        "Mul s ws -> sw",
        "Mul f sw -> m",
        "Add m b -> y",
        w=np.ones((6, 4, 1, 1), np.int8),
        wz=np.int8(0),
        ws=np.float32(0.1),
        b=(1, 6, 1, 1),
    )
    assert works(model) == [Convolution(4, 6, 1, 1, 64, "own")]
    assert parameters(model) == 30


@pytest.mark.parametrize("batch", ["n", None, 8, 1])
def test_one_image_is_counted_whatever_the_batch(build_onnx, batch):
    assert works(build_onnx(CONV, x=(batch, 4, 8, 8), w=(6, 4, 1, 1))) == [Convolution(4, 6, 1, 1, 64)]


def test_a_dynamic_size_must_be_given(build_onnx):
    model = build_onnx(CONV, x=(1, 3, "h", "w"), w=(6, 3, 1, 1))
    with pytest.raises(InputError, match="dynamic size: 1×3×h×w") as caught:
        read(model)
    assert "--input" in str(caught.value.fix)
    assert works(model, size=(5, 7)) == [Convolution(3, 6, 1, 1, 35)]


def test_a_static_size_may_be_changed(build_onnx):
    assert works(build_onnx(CONV, w=(6, 4, 1, 1)), size=(5, 7)) == [Convolution(4, 6, 1, 1, 35)]


def test_a_size_that_the_graph_forbids_is_refused(build_onnx):
    model = build_onnx("Reshape x s -> r", "Gemm r w -> y", s=ints(1, 256), w=(256, 3))
    assert works(model) == [Dense(256, 3)]
    with pytest.raises(GraphError, match="do not match"):
        read(model, size=(5, 7))


def test_a_batch_that_a_reshape_fixes_is_refused_and_not_counted(build_onnx):
    model = build_onnx("Reshape x s -> r", "Gemm r w -> y", x=(8, 4, 8, 8), s=ints(8, 256), w=(256, 3))
    with pytest.raises(GraphError, match="cannot be reshaped") as caught:
        read(model)
    assert "batch 1" in str(caught.value.fix)


def test_a_size_for_no_image_is_refused(build_onnx):
    with pytest.raises(InputError, match="no image input"):
        read(build_onnx("Relu x -> y", x=(1, 5)), size=(5, 7))


def test_channels_may_be_last(build_onnx, node):
    model = build_onnx(node("Transpose x -> t", perm=[0, 3, 1, 2]), "Conv t w -> y", x=(1, 8, 8, 3), w=(6, 3, 1, 1))
    assert read(model).layout == "nhwc"
    assert works(model, size=(5, 7)) == [Convolution(3, 6, 1, 1, 35)]


def test_nodes_may_be_in_any_order(build_onnx):
    model = build_onnx("Relu b -> y", "Relu a -> b", CONV.replace("y", "a"), w=(4, 4, 1, 1))
    assert [layer.outputs for layer in read(model).layers] == [("a",), ("b",), ("y",)]


@pytest.mark.parametrize(
    ("attribute", "shape"),
    [
        ({"value": numpy_helper.from_array(np.ones((4, 1, 1), np.float32))}, (4, 1, 1)),
        ({"value_float": 2.0}, ()),
        ({"value_floats": [1.0] * 8}, (8,)),
        ({"value_int": 3}, ()),
        ({"value_ints": [3] * 8}, (8,)),
    ],
)
def test_constants_may_be_nodes(build_onnx, attribute, shape):
    constant = helper.make_node("Constant", [], ["c"], **attribute)
    network = read(build_onnx(constant, "CastLike c x -> f", "Mul x f -> y"))
    assert network.tensors["c"].shape == shape
    assert count(network).parameters == (np.prod(shape) if shape and "value_ints" not in attribute else 0)


def test_long_constants_of_nodes_are_read_without_their_numbers(build_onnx):
    constant = helper.make_node("Constant", [], ["c"], value_floats=[1.0] * 5000)
    assert parameters(build_onnx(constant, "Add x c -> y", x=(1, 5000))) == 5000


def test_functions_of_the_model_are_inlined(build_onnx, node):
    own = helper.make_opsetid("own", 1)
    body = [node("Conv a w -> m"), node("Relu m -> b")]
    block = helper.make_function("own", "Block", ["a", "w"], ["b"], body, [helper.make_opsetid("", 17)])
    model = build_onnx(node("Block x w -> m", domain="own"), node("Block m w -> y", domain="own"), w=(4, 4, 1, 1))
    model.opset_import.append(own)
    model.functions.append(block)
    assert works(model) == [Convolution(4, 4, 1, 1, 64)] * 2
    assert parameters(model) == 16


def test_sizes_computed_from_shapes_are_followed(build_onnx, node):
    """As unsimplified exports write `x.view(n, -1)` and `interpolate(x, size)`."""
    model = build_onnx(
        "Shape x -> s",
        node("Gather s i2 -> h", axis=0),
        "Mul h two -> h2",
        "Unsqueeze h2 ax -> hv",
        node("Slice s i0 i2v -> nc"),
        node("Concat nc hv hv -> sizes", axis=0),
        node("Resize x _ _ sizes -> r"),
        node("Gather s i0s -> n", axis=0),
        "Unsqueeze n ax -> nv",
        node("Concat nv minus -> flat", axis=0),
        "Reshape r flat -> f",
        "Gemm f w -> y",
        x=("n", 4, 8, 8),
        i2=np.int64(2), two=np.int64(2), ax=ints(0), i0=ints(0), i2v=ints(2), i0s=np.int64(0), minus=ints(-1),
        w=(1024, 3),
    )  # fmt: skip
    network = read(model)
    assert network.tensors["r"].shape == (1, 4, 16, 16)
    assert network.layers[-1].work == Dense(1024, 3)
    assert not {"s", "h", "sizes", "flat"} & {name for layer in network.layers for name in layer.outputs}


@pytest.mark.parametrize(
    ("lines", "beyond"),
    [
        (["NonZero c -> y"], {"NonZero": 1}),
        (
            ["NonZero c -> n", "Transpose n -> t", "GatherND c t -> g", "Relu g -> y"],
            {"GatherND": 1, "NonZero": 1, "Relu": 1, "Transpose": 1},
        ),
        (["ReduceMax c -> m", "Cast m -> i", "Slice c i one -> y"], {"Slice": 1}),
        (["ReduceMax c -> m", "Cast m -> i", "Reshape c i -> y"], {"Reshape": 1}),
        (
            ["Reshape c b -> o", "Reshape c s -> p", "NonMaxSuppression o p -> y"],
            {"NonMaxSuppression": 1},
        ),
    ],
)
def test_what_depends_on_data_is_set_aside_and_what_comes_before_is_counted(build_onnx, node, lines, beyond):
    options = {"Cast": {"to": 7}, "ReduceMax": {"keepdims": 0, "axes": [0, 2, 3]}}
    nodes = [node(line, **options.get(line.split()[0], {})) for line in lines]
    model = build_onnx(CONV, *nodes, w=(4, 4, 1, 1), one=ints(2), b=ints(1, -1, 4), s=ints(1, 1, -1))
    model.graph.node[0].output[0] = "c"
    network = read(model)
    assert network.beyond == beyond
    assert network.layers[0].work == Convolution(4, 4, 1, 1, 64)
    assert "c" in network.outputs or {"o", "p"} <= set(network.outputs)
    assert "y" not in network.tensors
    counted = count(network)
    assert counted.macs == 64 * 16
    assert {item.op: item.times for item in counted.uncounted if "depends on data" in item.reason} == beyond


def test_weights_that_only_such_operators_read_are_counted(build_onnx):
    lines = ["NonZero x -> n", "Gather table n -> g", "Mul g scale -> y"]
    network = read(build_onnx(*lines, table=(1000, 16), scale=(16,)))
    assert set(network.beyond_weights) == {"table", "scale"}
    assert count(network).parameters == 16_016
    shared = read(build_onnx("Mul x table -> m", *lines, x=(1, 8), table=(1000, 8), scale=(8,), outputs="m y"))
    assert count(shared).parameters == 8_008


def test_what_depends_on_data_is_in_the_notes_and_in_json(build_onnx, tmp_path, capsys):
    path = tmp_path / "model.onnx"
    onnx.save(build_onnx("Relu x -> r", "NonZero r -> n", "Transpose n -> y"), path)
    found = check(path, "lfr-light").document()
    assert any("their sizes depend on data: 1 × NonZero, 1 × Transpose" in note for note in found["notes"])
    listed = {item["op"] for item in found["not_counted"] if "depends on data" in item["reason"]}
    assert listed == {"NonZero", "Transpose"}
    with suppress(SystemExit):
        main(["check", str(path)])
    assert "1 × NonZero" in capsys.readouterr().out


@pytest.mark.parametrize("line", ["MatMul t w -> y", "Gemm t w -> y"])
def test_work_that_depends_on_data_is_refused(build_onnx, line):
    model = build_onnx("NonZero x -> n", "Cast n -> f", "Transpose f -> t", line, w=(4, 3))
    model.graph.node[1].attribute.append(onnx.helper.make_attribute("to", 1))
    with pytest.raises(GraphError, match="depends on data: the size of 't' is known only when the model runs"):
        read(model)


def test_weights_of_several_matrices_count_as_dense(build_onnx):
    model = build_onnx("MatMul x w -> y", x=(1, 2, 7, 5), w=(2, 5, 3))
    assert works(model) == [Dense(5, 6, 7)]
    assert count(read(model)).lfr_flops == 2 * (2 * 7 * 5 * 3) - 2 * 7 * 3
    assert parameters(model) == 30


@pytest.mark.parametrize(
    ("line", "options", "role"),
    [
        ("Reshape x s -> y", {}, "view"),
        ("GlobalAveragePool x -> y", {}, "global_pool"),
        ("ReduceMean x -> y", {"axes": [2, 3]}, "global_pool"),
        ("ReduceMean x -> y", {"axes": [1]}, "reduce"),
        ("AveragePool x -> y", {"kernel_shape": [8, 8]}, "global_pool"),
        ("AveragePool x -> y", {"kernel_shape": [2, 2]}, "pool"),
        ("GreaterOrEqual x x -> y", {}, "elementwise"),
    ],
)
def test_roles_of_operators_that_cost_nothing(build_onnx, node, line, options, role):
    (layer,) = read(build_onnx(node(line, **options), s=ints(1, -1))).layers
    assert layer.work == Uncounted(role)


@pytest.mark.parametrize("opset", [18, 21])
def test_group_normalization(build_onnx, node, opset):
    """It has no shape inference of its own, and its first version was withdrawn."""
    channels = 2 if opset == 18 else 4
    model = build_onnx(node("GroupNormalization x g b -> y", num_groups=2), opset=opset, g=(channels,), b=(channels,))
    assert read(model).tensors["y"].shape == (1, 4, 8, 8)


@pytest.mark.parametrize("op", ["NoSuchOperator", "LSTM", "Det"])
@pytest.mark.parametrize("domain", ["", "com.acme", "com.microsoft"])
def test_operators_of_unknown_cost_are_refused_by_name(build_onnx, node, op, domain):
    shown = f"{domain}::{op}" if domain else op
    with pytest.raises(GraphError, match=f"the cost of the operator {shown} is unknown"):
        read(build_onnx(node(f"{op} x -> y", domain=domain)))


def test_a_standard_name_in_another_domain_is_another_operator(build_onnx, node):
    with pytest.raises(GraphError, match=r"com\.acme::Relu"):
        read(build_onnx(node("Relu x -> y", domain="com.acme")))


@pytest.mark.parametrize("op", ["Loop", "If", "Scan"])
def test_control_flow_is_refused(build_onnx, node, op):
    with pytest.raises(InputError, match=f"the cost of {op} depends on data"):
        read(build_onnx(node(f"{op} x -> y")))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["Relu b -> a", "Relu a -> b", "Relu x -> y"], "form a cycle"),
        (["Relu a -> a", "Relu x -> y"], "form a cycle"),
        (["Relu nothing -> y"], "no node produces the tensor 'nothing'"),
        (["Relu x -> z"], "no node produces the tensor 'y'"),
        (["Relu x -> y", "Abs x -> y"], "produced twice"),
        (["Relu x -> x", "Abs x -> y"], "produced twice"),
        (["Relu x -> w", "Abs x -> y"], "produced twice"),
        (["Conv x w -> y"], "do not match"),
        (["Conv x -> y"], "do not match"),
        (["Relu x x -> y"], "do not match"),
        (["Shape -> s", "Relu x -> y"], "do not match"),
        (["Constant -> s", "Relu x -> y"], "do not match"),
        (["Relu x -> y more"], "do not match"),
    ],
)
def test_broken_graphs_are_refused(build_onnx, lines, message):
    with pytest.raises(GraphError, match=message) as caught:
        read(build_onnx(*lines, w=(6, 3, 1, 1)))
    assert "sketch" in str(caught.value.where)


@pytest.mark.parametrize(
    ("line", "options", "sizes"),
    [
        ("Expand x s -> y", {}, (10**13, 1, 1, 1)),
        ("Tile x s -> y", {}, (10**12, 1, 1, 1)),
        ("Tile x s -> y", {}, (1 << 62,) * 4),
        ("ConstantOfShape s -> y", {}, (10**12, 10**12)),
        ("ConstantOfShape s -> y", {}, (-1,)),
        ("Pad x s -> y", {}, (0, 0, 0, 0, 0, 0, 0, 10**12)),
        ("Pad x s -> y", {}, (0, 0, 0, 0, 0, 0, 0, -100)),
        ("Reshape x s -> y", {}, (1,) * 2000),
        ("Reshape x s -> y", {}, (1,) * 100),
        ("TopK x s -> y i", {}, (1 << 62,)),
        ("MaxPool x -> y", {"kernel_shape": [1 << 62, 1 << 62]}, ()),
        ("MaxPool x -> y", {"kernel_shape": [1, 1], "strides": [0, 0]}, ()),
        ("MaxPool x -> y", {"kernel_shape": [1, 1], "dilations": [1 << 40, 1]}, ()),
    ],
)
def test_sizes_that_cannot_be_meant_are_refused(build_onnx, node, line, options, sizes):
    with pytest.raises(GraphError):
        read(build_onnx(node(line, **options), s=ints(*sizes)))


def test_ranges_and_splits_that_cannot_be_meant_are_refused(build_onnx, node):
    with pytest.raises(GraphError):
        read(build_onnx("Range a b c -> y", a=np.int64(0), b=np.int64(10**13), c=np.int64(1)))
    with pytest.raises(GraphError, match="another number of outputs"):
        read(build_onnx(node("Split x -> y", num_outputs=1 << 29, axis=1), opset=18))
    with pytest.raises(GraphError, match="implausibly large"):
        read(build_onnx("Relu x -> y", x=(1, 1 << 62, 4, 4)))
    with pytest.raises(InputError, match="dynamic size"):
        read(build_onnx("Relu x -> y", x=(1, -4, 4, 4)))


def test_shapes_that_double_are_refused_before_they_fill_the_memory(build_onnx, node):
    doubling = [node(f"Concat s{i} s{i} -> s{i + 1}", axis=0) for i in range(60)]
    with pytest.raises(GraphError, match="implausibly large"):
        read(build_onnx("Shape x -> s0", *doubling, "Reshape x s60 -> y"))


def test_a_shape_of_computed_length_is_refused_before_it_is_made(build_onnx, node):
    """onnx makes as many dimensions as the shape has numbers; in one go it took all memory there is."""
    lines = [node("Cast x -> c", to=7), node("Reshape c one -> s"), "Reshape x s -> y"]
    with pytest.raises(GraphError, match="a list of 67,108,864 sizes"):
        read(build_onnx(*lines, x=(1, 4, 4096, 4096), one=ints(-1)))


def test_a_long_chain_of_views_is_read(build_onnx):
    lines = ["Identity x -> i0", *(f"Identity i{i} -> i{i + 1}" for i in range(3000)), "Relu i3000 -> y"]
    found = read(build_onnx(*lines))
    assert len(found.layers) == 3002
    assert count(found).macs == 0


def test_thousands_of_nodes_in_reverse_order_are_sorted(build_onnx):
    lines = ["Relu x -> i0", *(f"Relu i{i} -> i{i + 1}" for i in range(3000)), "Relu i3000 -> y"]
    assert len(read(build_onnx(*reversed(lines))).layers) == 3002


def test_names_cannot_disturb_a_terminal(build_onnx):
    line = helper.make_node("Relu", ["x"], ["y\x1b[31m"], name="n\x07")
    network = read(build_onnx(line, outputs="y\x1b[31m"))
    assert (network.layers[0].name, network.outputs) == ("n\\x07", ("y\\x1b[31m",))
    unknown = helper.make_node("Re\x1b[31mlu", ["x"], ["y"], name="n\x07")
    with pytest.raises(EdgefaceError) as caught:
        read(build_onnx(unknown))
    assert str(caught.value).replace("\n", "").isprintable()


def test_names_that_are_not_utf8_are_read(build_onnx):
    content = build_onnx("Relu x -> middle", "Abs middle -> y").SerializeToString().replace(b"middle", b"mid\xff\xfee")
    network = read_onnx_network(content, "sketch")
    assert network.layers[0].outputs == ("mid\\xff\\xfee",)
