"""Sizes are derived from a TFLite file's operators, as LiteRT derives them; what the file declares must agree."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from edgeface.budgets.check import check
from edgeface.cost.counter import count
from edgeface.cost.readers.tflite_file import read_tflite_file
from edgeface.cost.readers.tflite_network import read_tflite
from edgeface.cost.readers.tflite_operators import COUNTED, ROLES
from edgeface.cost.readers.tflite_shapes import RULES, DerivedShapes
from edgeface.errors import GraphError

WITHOUT_RULE = {
    "BITCAST", "WHERE", "UNIQUE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "STABLEHLO_RESHAPE",
    "STABLEHLO_TRANSPOSE", "STABLEHLO_CONCATENATE", "STABLEHLO_SLICE", "STABLEHLO_DYNAMIC_SLICE", "STABLEHLO_GATHER",
    "STABLEHLO_PAD", "STABLEHLO_BROADCAST_IN_DIM", "STABLEHLO_IOTA", "STABLEHLO_DYNAMIC_UPDATE_SLICE",
}  # fmt: skip


def derived(path):
    """Derived shapes and known values of a file, by tensor."""
    file = read_tflite_file(path)
    found = DerivedShapes(file)
    for operator in file.operators:
        found.add(operator, [str(index) for index in range(len(file.tensors))], "here")
    made = [index for operator in file.operators for index in operator.outputs]
    return {index: (found.rows[index].shape, found.value(index)) for index in made if index not in found.unknown}


def interpreted(path):
    """Shapes and values of a file's tensors as LiteRT computes them from zeros, by tensor."""
    found = Interpreter(
        str(path),
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    found.allocate_tensors()
    for detail in found.get_input_details():
        found.set_tensor(detail["index"], np.zeros(detail["shape"], detail["dtype"]))
    found.invoke()
    operators = read_tflite_file(path).operators
    return {index: found.get_tensor(index) for operator in operators for index in operator.outputs}


def declare(rewrite_tflite, path, index, shape, signature=None):
    def change(model):
        tensor = model.subgraphs[0].tensors[index]
        tensor.shape = np.array(shape, np.int32)
        tensor.shapeSignature = None if signature is None else np.array(signature, np.int32)

    return rewrite_tflite(path, change)


def ints(*numbers):
    return np.array(numbers, np.int32)


def steps(down, across):
    return {"strideH": down, "strideW": across}


UNDILATED = {"dilationHFactor": 1, "dilationWFactor": 1}
X = (1, 8, 6, 4)
CASES = [
    *(
        ("CONV_2D", [(8, 3, 2, 4), (8,)], {"padding": p, **steps(s, t), "dilationHFactor": d, "dilationWFactor": 1})
        for p in (0, 1) for s, t in ((1, 1), (2, 3), (3, 2)) for d in (1, 2)
    ),
    *(
        ("DEPTHWISE_CONV_2D", [(1, 3, 3, 8), (8,)], {"padding": p, **steps(s, s), "depthMultiplier": 2, **UNDILATED})
        for p in (0, 1) for s in (1, 2, 3)
    ),
    *(
        ("MAX_POOL_2D", [], {"padding": p, **steps(s, s), "filterHeight": 3, "filterWidth": 2})
        for p in (0, 1) for s in (1, 2, 3)
    ),
    *(("FULLY_CONNECTED", [(5, 4)], {"keepNumDims": k}) for k in (False, True)),
    ("FULLY_CONNECTED", [(5, 24)], {}),
    ("BATCH_MATMUL", [(1, 8, 4, 3)], {}),
    ("BATCH_MATMUL", [(1, 1, 3, 4)], {"adjY": True}),
    ("RESHAPE", [ints(1, -1, 12)], {}),
    ("RESHAPE", [], {"newShape": [-1, 4]}),
    ("TRANSPOSE", [ints(0, 3, 1, 2)], {}),
    ("EXPAND_DIMS", [np.array(-2, np.int32)], {}),
    ("SQUEEZE", [], {"squeezeDims": [0]}),
    ("SQUEEZE", [], {"squeezeDims": []}),
    ("PAD", [ints(0, 0, 1, 2, 3, 0, 0, 0).reshape(4, 2)], {}),
    ("MIRROR_PAD", [ints(0, 0, 1, 2, 3, 0, 0, 0).reshape(4, 2)], {}),
    ("RESIZE_BILINEAR", [ints(5, 9)], {}),
    ("RESIZE_NEAREST_NEIGHBOR", [ints(16, 12)], {}),
    ("SPACE_TO_DEPTH", [], {"blockSize": 2}),
    ("DEPTH_TO_SPACE", [], {"blockSize": 2}),
    ("SPACE_TO_BATCH_ND", [ints(2, 4), ints(0, 0, 1, 1).reshape(2, 2)], {}),
    ("SLICE", [ints(0, 2, 0, 1), ints(1, 3, -1, 2)], {}),
    ("STRIDED_SLICE", [ints(0, 1, 0, 0), ints(1, 8, 6, 4), ints(1, 3, 2, 1)], {}),
    ("STRIDED_SLICE", [ints(0, 7, -1, 0), ints(1, -9, 0, 4), ints(1, -2, -1, 1)], {}),
    ("STRIDED_SLICE", [ints(0, 1), ints(0, 2), ints(1, 1)], {"ellipsisMask": 1, "shrinkAxisMask": 2}),
    ("STRIDED_SLICE", [ints(0, 0, 2), ints(0, 0, 3), ints(1, 1, 1)], {"newAxisMask": 2, "beginMask": 1, "endMask": 1}),
    ("STRIDED_SLICE", [ints(0, 2), ints(1, 3), ints(1, 1)], {"shrinkAxisMask": 3}),
    ("STRIDED_SLICE", [ints(0, 2, 1, 0), ints(1, 3, 4, 4), ints(1, 1, 2, 1)], {"offset": True}),
    ("GATHER", [ints(1, 0, 2)], {"axis": 2}),
    ("GATHER", [np.array(1, np.int32)], {"axis": -1}),
    ("GATHER", [ints(1, 0).reshape(1, 2)], {"axis": 1, "batchDims": 1}),
    ("GATHER_ND", [ints(0, 1, 0, 2).reshape(2, 2)], {}),
    ("CONCATENATION", [X], {"axis": -1}),
    ("CONCATENATION", [X], {"axis": 1}),
    ("PACK", [X], {"axis": 1, "valuesCount": 2}),
    ("ADD", [(6, 1)], {}),
    ("MUL", [(1, 1, 1, 4)], {}),
    ("MAXIMUM", [(4,)], {}),
    ("SQUARED_DIFFERENCE", [(8, 1, 1)], {}),
    ("PRELU", [(1, 1, 4)], {}),
    ("SOFTMAX", [], {"beta": 1.0}),
    *((op, [ints(1, -2)], {"keepDims": k}) for op in ("MEAN", "SUM", "REDUCE_MAX") for k in (False, True)),
    ("ARG_MAX", [np.array(3, np.int32)], {"outputType": schema.TensorType.INT32}),
    ("TILE", [ints(1, 2, 3, 1)], {}),
    ("SHAPE", [], {"outType": schema.TensorType.INT32}),
    ("CUMSUM", [np.array(1, np.int32)], {}),
    ("REVERSE_V2", [ints(1)], {}),
]  # fmt: skip
TYPES = {"SHAPE": "int32", "ARG_MAX": "int32"}


@pytest.mark.parametrize(("op", "others", "options"), CASES)
def test_an_operators_result_has_the_size_that_litert_computes(sketch, rewrite_tflite, op, others, options):
    reads = [sketch.input(*X), *(sketch.ones(*o) if isinstance(o, tuple) else sketch.const(o) for o in others)]
    made = sketch.op(op, reads, (), TYPES.get(op, "float32"), **options)
    path = sketch.save(made)
    wanted = interpreted(path)[made].shape
    assert derived(path)[made][0] == wanted
    declare(rewrite_tflite, path, made, wanted)
    assert read_tflite(path).tensors[f"{op.lower()}{sketch.made}"].shape == wanted


@pytest.mark.parametrize(("op", "others", "options"), CASES)
def test_another_declared_size_is_refused_with_both_named(sketch, op, others, options):
    reads = [sketch.input(*X), *(sketch.ones(*o) if isinstance(o, tuple) else sketch.const(o) for o in others)]
    made = sketch.op(op, reads, (3, 1), TYPES.get(op, "float32"), **options)
    path = sketch.save(made)
    with pytest.raises(GraphError, match=rf"{op} computes \[.*\] from .*but the file declares \[3, 1\]") as caught:
        read_tflite(path)
    assert f"({op}), which produces '{op.lower()}{sketch.made}'" in caught.value.where


@pytest.mark.parametrize("name", ["tflite-fp32", "tflite-int8"])
def test_the_default_networks_sizes_are_litert_s(retinaface_tflite, name):
    found, wanted = derived(retinaface_tflite[name]), interpreted(retinaface_tflite[name])
    assert {index: shape for index, (shape, _) in found.items()} == {i: value.shape for i, value in wanted.items()}


def test_a_network_that_declares_ones_runs_the_same_and_is_refused(retinaface_tflite, rewrite_tflite, tmp_path):
    path = tmp_path / "small.tflite"
    path.write_bytes(retinaface_tflite["tflite-fp32"].read_bytes())
    before = list(interpreted(path).values())

    def shrink(model):
        graph = model.subgraphs[0]
        for index in (i for operator in graph.operators for i in operator.outputs if i not in graph.outputs):
            shape = graph.tensors[index].shape
            if len(shape) == 4:
                graph.tensors[index].shape = np.array([1, 1, 1, shape[3]], np.int32)

    rewrite_tflite(path, shrink)
    assert all(np.array_equal(a, b) for a, b in zip(before, interpreted(path).values(), strict=True))
    with pytest.raises(GraphError, match=r"but the file declares \[1, 1, 1, ") as caught:
        check(path, "lfr-light")
    assert "operator 0" in caught.value.where


def test_no_declared_size_of_a_computed_tensor_is_believed(sketch, rewrite_tflite):
    x = sketch.input(1, 8, 8, 4)
    a = sketch.conv(x, (1, 4, 4, 8), sketch.ones(8, 3, 3, 4), stride=2)
    b = sketch.op("PAD", [a, sketch.const(ints(0, 0, 1, 1, 1, 1, 0, 0).reshape(4, 2))], (1, 6, 6, 8))
    c = sketch.conv(b, (1, 6, 6, 2), sketch.ones(2, 1, 1, 8))
    path = sketch.save(sketch.op("RESHAPE", [c], (1, 72), newShape=[1, 72]))
    content, whole = path.read_bytes(), count(read_tflite(path)).macs
    for index in derived(path):
        shape = derived(path)[index][0]
        for lie in ((1,) * len(shape), (*shape[:-1], shape[-1] + 1), (*shape, 1), shape[1:]):
            path.write_bytes(content)
            declare(rewrite_tflite, path, index, lie)
            with pytest.raises(GraphError, match="but the file declares"):
                read_tflite(path)
        path.write_bytes(content)
        declare(rewrite_tflite, path, index, (1,) * len(shape), (-1,) * len(shape))
        assert count(read_tflite(path)).macs == whole  # a dynamic size claims nothing


def test_constants_that_operators_reshape_are_derived_too(sketch):
    x = sketch.input(1, 4, 4, 2)
    shape = sketch.const(ints(6, 1, 1, 2))
    weights = sketch.op("RESHAPE", [sketch.ones(12), shape], (3, 1, 1, 2))
    with pytest.raises(GraphError, match=r"RESHAPE computes \[6, 1, 1, 2\]"):
        read_tflite(sketch.save(sketch.conv(x, (1, 4, 4, 3), weights)))


def keras_reshape(sketch, made, sizes):
    """SHAPE → STRIDED_SLICE → PACK → RESHAPE of a tensor, as Keras's Reshape becomes."""
    shape = sketch.op("SHAPE", [made], (4,), "int32", outType=schema.TensorType.INT32)
    ends = [sketch.const(ints(number)) for number in (0, 1, 1)]
    batch = sketch.op("STRIDED_SLICE", [shape, *ends], (), "int32", shrinkAxisMask=1)
    parts = [batch, *(sketch.const(np.int32(size)) for size in sizes)]
    packed = sketch.op("PACK", parts, (len(parts),), "int32", valuesCount=len(parts))
    return sketch.op("RESHAPE", [made, packed], (1, 1, 2))


def test_arithmetic_on_sizes_is_evaluated_at_batch_one(sketch, rewrite_tflite):
    x = sketch.input(1, 8, 6, 4)
    made = keras_reshape(sketch, sketch.conv(x, (1, 8, 6, 4), sketch.ones(4, 3, 3, 4)), (-1, 2))
    path = sketch.save(made)
    declare(rewrite_tflite, path, x, (1, 8, 6, 4), (-1, 8, 6, 4))
    declare(rewrite_tflite, path, made, (1, 1, 2), (-1, -1, 2))
    network = read_tflite(path)
    assert network.tensors[network.outputs[0]].shape == (1, 96, 2) == interpreted(path)[made].shape
    assert count(network).macs == 8 * 6 * 9 * 16


def arithmetic(sketch, shape, op, numbers):
    other = sketch.const(np.array(numbers, np.int32))
    return sketch.op(op, [shape, other], (4,), "int32")


NEIGHBOURS = {
    **{
        op: lambda s, a, op=op, n=n: arithmetic(s, a, op, n)
        for op, n in (
            ("ADD", [0, 0, 1, 2]),
            ("SUB", [0, 2, 1, 0]),
            ("MUL", [1, 2, 1, 3]),
            ("DIV", [1, 2, 3, 1]),
            ("FLOOR_DIV", [1, 3, 4, 1]),
            ("FLOOR_MOD", [2, 5, 4, 3]),
            ("MAXIMUM", [2, 2, 9, 1]),
            ("MINIMUM", [1, 2, 9, 1]),
        )
    },
    "GATHER": lambda s, a: s.op("GATHER", [a, s.const(ints(3, 1))], (2,), "int32"),
    "CONCATENATION": lambda s, a: s.op("CONCATENATION", [s.const(ints(2)), a], (5,), "int32"),
    "SLICE": lambda s, a: s.op("SLICE", [a, s.const(ints(1)), s.const(ints(2))], (2,), "int32"),
    "REVERSED": lambda s, a: s.op("STRIDED_SLICE", [a, *(s.const(ints(n)) for n in (3, -5, -1))], (4,), "int32"),
    "REDUCE_PROD": lambda s, a: s.op("REDUCE_PROD", [a, s.const(ints(0))], (1,), "int32", keepDims=True),
    "SUM": lambda s, a: s.op("SUM", [a, s.const(ints(0))], (1,), "int32", keepDims=True),
    "CAST": lambda s, a: s.op("CAST", [a], (4,), "int32"),
    "RESHAPE": lambda s, a: s.op("RESHAPE", [a], (4,), "int32", newShape=[-1]),
    "TILE": lambda s, a: s.op("TILE", [a, s.const(ints(2))], (8,), "int32"),
    "BROADCAST_ARGS": lambda s, a: s.op("BROADCAST_ARGS", [a, s.const(ints(2, 1, 1, 1))], (4,), "int32"),
    "SELECT_V2": lambda s, a: s.op(
        "SELECT_V2",
        [s.op("LESS", [a, s.const(ints(6))], (4,), "bool"), a, s.const(ints(5))],
        (4,),
        "int32",
    ),
}


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_every_neighbour_in_such_arithmetic_is_evaluated_as_litert_does(sketch, rewrite_tflite, name):
    x = sketch.input(1, 8, 6, 4)
    shape = sketch.op("SHAPE", [x], (4,), "int32", outType=schema.TensorType.INT32)
    numbers = NEIGHBOURS[name](sketch, shape)
    filled = sketch.op("FILL", [numbers, sketch.const(np.float32(0))], ())
    path = sketch.save(filled)
    found, wanted = derived(path), interpreted(path)
    assert found[numbers][1].tolist() == wanted[numbers].tolist()
    assert found[filled][0] == wanted[filled].shape == tuple(wanted[numbers].tolist())


def test_a_range_over_a_size_is_known(sketch):
    x = sketch.input(1, 8, 6, 4)
    shape = sketch.op("SHAPE", [x], (4,), "int32", outType=schema.TensorType.INT32)
    product = sketch.op("REDUCE_PROD", [shape, sketch.const(ints(0))], (), "int32")
    made = sketch.op("RANGE", [sketch.const(np.int32(0)), product, sketch.const(np.int32(5))], (), "int32")
    path = sketch.save(made)
    found, wanted = derived(path)[made], interpreted(path)[made]
    assert found[0] == (39,) == wanted.shape
    assert found[1].tolist() == wanted.tolist()


def test_what_depends_on_data_is_listed_and_what_comes_before_is_counted(sketch):
    x = sketch.input(1, 8, 6, 4)
    convolved = sketch.conv(x, (1, 8, 6, 4), sketch.ones(4, 3, 3, 4))
    found = sketch.op("WHERE", [convolved], (1, 4), "int64")
    taken = sketch.op("GATHER_ND", [convolved, found], (1,))
    path = sketch.save(sketch.op("RELU", [taken], (1,)), convolved)
    checked = check(path, "lfr-light")
    assert checked.figures["macs"].value == 8 * 6 * 9 * 16
    listed = {item["op"]: item["reason"] for item in checked.document()["not_counted"]}
    assert {op for op, reason in listed.items() if "depends on data" in reason} == {"WHERE", "GATHER_ND", "RELU"}
    assert any("1 × GATHER_ND, 1 × RELU, 1 × WHERE" in note for note in checked.notes)
    assert read_tflite(path).outputs == ("conv_2d3",)


def test_weights_that_only_such_operators_read_are_counted(sketch):
    found = sketch.op("WHERE", [sketch.input(8, 4)], (1, 2), "int64")
    taken = sketch.op("GATHER", [sketch.ones(1000, 16), found], (1, 16))
    assert count(read_tflite(sketch.save(sketch.op("RELU", [taken], (1, 16))))).parameters == 16_000


def test_work_that_depends_on_data_is_refused(sketch):
    x = sketch.input(8, 4)
    found = sketch.op("WHERE", [x], (1, 2), "int64")
    rows = sketch.op("GATHER", [x, found], (1, 4))
    path = sketch.save(sketch.op("FULLY_CONNECTED", [rows, sketch.ones(5, 4), -1], (1, 5)))
    with pytest.raises(GraphError, match="the work of FULLY_CONNECTED depends on data: the size of 'gather"):
        read_tflite(path)


def test_a_transposed_convolution_to_a_size_that_an_input_gives_is_refused(sketch):
    size = sketch.input(4, dtype="int32")
    read = [size, sketch.ones(3, 2, 2, 8), sketch.input(1, 5, 5, 8)]
    path = sketch.save(sketch.op("TRANSPOSE_CONV", read, (1, 10, 10, 3), strideW=2, strideH=2))
    with pytest.raises(GraphError, match="the work of TRANSPOSE_CONV depends on data: the size of 'transpose_conv"):
        read_tflite(path)


def test_every_operator_that_can_be_read_has_a_rule_or_is_listed_as_unknown():
    assert set(RULES) | WITHOUT_RULE == set(ROLES) | COUNTED
    assert not set(RULES) & WITHOUT_RULE
    assert set(RULES) >= COUNTED


@pytest.mark.parametrize(
    ("op", "others", "options"),
    [
        ("CONV_2D", [(8, 3, 3, 4), (8,)], {"strideH": 0, "strideW": 1}),
        ("CONV_2D", [(8, 9, 9, 4), (8,)], {"strideH": 1, "strideW": 1, "padding": 1}),
        ("RESHAPE", [ints(-1, -1)], {}),
        ("RESHAPE", [ints(5, -1)], {}),
        ("RESHAPE", [ints(0, -1)], {}),
        ("TRANSPOSE", [ints(0, 1, 2, 2)], {}),
        ("CONCATENATION", [(1, 8, 6)], {"axis": 1}),
        ("CONCATENATION", [X], {"axis": 4}),
        ("STRIDED_SLICE", [ints(0), ints(1), ints(0)], {}),
        ("STRIDED_SLICE", [ints(9), ints(10), ints(1)], {"shrinkAxisMask": 1}),
        ("SLICE", [ints(0, 0, 0, 0), ints(1, 9, 6, 4)], {}),
        ("PAD", [ints(0, -1, 0, 0, 0, 0, 0, 0).reshape(4, 2)], {}),
        ("PAD", [ints(0, 1)], {}),
        ("ADD", [(5,)], {}),
        ("GATHER", [ints(0)], {"axis": 7}),
        ("BATCH_MATMUL", [(5, 3)], {}),
        ("FULLY_CONNECTED", [(5, 7)], {}),
        ("SPACE_TO_DEPTH", [], {"blockSize": 5}),
        ("TILE", [ints(1, 1 << 30, 1 << 30, 1)], {}),
    ],
)
def test_options_that_fit_no_tensor_are_refused(sketch, op, others, options):
    reads = [sketch.input(*X), *(sketch.ones(*o) if isinstance(o, tuple) else sketch.const(o) for o in others)]
    with pytest.raises(GraphError, match=rf"{op} (cannot compute|makes an implausibly large)"):
        read_tflite(sketch.save(sketch.op(op, reads, (1, 1), **options)))
