from __future__ import annotations

import pytest

from edgeface.errors import GraphError, InputError
from edgeface.graph.ir import Value
from edgeface.graph.ops.activations import Clip, LeakyRelu, PRelu, Relu, Sigmoid, Tanh
from edgeface.graph.ops.arithmetic import Add, Concat, Div
from edgeface.graph.ops.conv import Conv, Gemm
from edgeface.graph.ops.normalization import LayerNorm
from edgeface.graph.ops.shape import Reshape, Transpose
from edgeface.graph.types import TensorType
from edgeface.quantize.plan import QParams, QuantPlan, Stated, in_float32
from edgeface.quantize.precision import require_dtypes, state_precision

IMAGE = {"x": (1, 2, 4, 6)}
ROWS = [
    (LeakyRelu(), "x", "head.0"),
    (Transpose((0, 2, 3, 1)), "head.0", "t"),
    (Reshape((1, 24, 2)), "t", "r"),
    (Sigmoid(), "r", "y"),
    (Relu(), "x", "z"),
]


def kept(graph, reasons, float_interface):
    """The values that are kept in float32, with reasons."""
    stated = state_precision(graph, in_float32(reasons), float_interface)
    assert {asked.dtype for asked in stated.values()} <= {"float32"}
    return {name: asked.reason for name, asked in stated.items()}


@pytest.fixture
def graph(make_graph):
    return make_graph(IMAGE, ROWS, None, ["y", "z"])


def test_nothing_is_kept_without_patterns(graph):
    assert kept(graph, {}, True) == {}


def test_what_a_pattern_names_is_kept_with_its_reason_and_what_only_moves_it_follows(graph):
    found = kept(graph, {"head.*": "boxes need it"}, True)
    assert found["head.0"] == "boxes need it"
    assert set(found) == {"head.0", "t", "r"}


def test_a_pattern_that_matches_nothing_is_an_error(graph):
    with pytest.raises(InputError, match=r"no node matches 'heads\.\*'") as caught:
        kept(graph, {"heads.*": "a misprint"}, True)
    assert "keep_float" in caught.value.where
    assert caught.value.fix


def test_an_input_that_only_float_nodes_read_is_kept_if_the_interface_is_float(graph):
    patterns = {"head.0": "a", "z": "b"}
    assert kept(graph, patterns, True)["x"] == "all its readers are float nodes"
    assert "x" not in kept(graph, patterns, False)


def test_a_concat_that_makes_an_output_joins_in_float_if_the_interface_is_float(make_graph):
    rows = [(LeakyRelu(), "x", "a"), (Relu(), "x", "b"), (Concat(1), "a b", "inner"), (Concat(1), "inner a", "y")]
    graph = make_graph(IMAGE, rows)
    assert set(kept(graph, {}, True)) == {"y"}
    assert kept(graph, {}, False) == {}


def test_a_concat_of_float_and_int8_stays_int8(make_graph):
    rows = [(LeakyRelu(), "x", "a"), (Relu(), "x", "b"), (Concat(1), "a b", "c"), (Sigmoid(), "c", "y")]
    assert set(kept(make_graph(IMAGE, rows), {"a": "because"}, True)) == {"a"}


def test_kinds_of_nodes_are_kept_whatever_their_names(make_graph, normal):
    rows = [
        (Conv(), "x w", "wide"),
        (PRelu(), "wide s", "p"),
        (Conv(groups=4, pads=(1, 1, 1, 1)), "p d", "deep"),
        (Conv(groups=4, pads=(1, 1, 1, 1)), "deep e", "deeper"),
        (Conv(), "p v", "z"),
    ]
    constants = {"w": normal(4, 2, 1, 1), "s": normal(4, 1, 1), "v": normal(2, 4, 1, 1)}
    constants |= {"d": normal(4, 1, 3, 3), "e": normal(4, 1, 3, 3, seed=1)}
    graph = make_graph(IMAGE, rows, constants, ["deeper", "z"])
    assert set(kept(graph, {"kind:prelu": "a", "kind:depthwise after prelu": "b"}, True)) == {"p", "deep"}


def test_kinds_of_convolutions_are_told_by_their_channels(make_graph, normal):
    rows = [
        (Conv(), "x a", "stem"),
        (Conv(groups=2), "stem b", "grouped"),
        (Conv(groups=8), "grouped c", "deep"),
        (Conv(groups=8), "deep d", "multiplied"),
        (Relu(), "multiplied", "r"),
        (Conv(), "r e", "y"),
    ]
    held = {"a": normal(8, 4, 1, 1), "b": normal(8, 4, 1, 1), "c": normal(8, 1, 1, 1), "d": normal(16, 1, 1, 1)}
    graph = make_graph({"x": (1, 4, 6, 5)}, rows, {**held, "e": normal(4, 16, 1, 1)})
    assert set(kept(graph, {"kind:stem": "a"}, False)) == {"stem"}
    assert set(kept(graph, {"kind:grouped convolution": "a"}, False)) == {"grouped", "multiplied"}
    assert set(kept(graph, {"kind:no convolution": "a"}, False)) == {"r"}


def test_a_convolution_of_a_wider_input_is_no_stem(make_graph, normal):
    graph = make_graph({"x": (1, 5, 6, 5)}, [(Conv(), "x a", "y")], {"a": normal(8, 5, 1, 1)})
    assert kept(graph, {"kind:stem": "a"}, False) == {}


def test_a_kind_may_match_nothing(graph):
    assert kept(graph, {"kind:prelu": "there is none"}, True) == {}


DIVIDED = [(Relu(), "x", "a"), (Div(), "a x", "b"), (Tanh(), "b", "c"), (Add(), "c a", "d"), (Sigmoid(), "d", "y")]


def test_an_op_that_integers_cannot_compute_is_kept_with_its_own_reason(make_graph):
    found = kept(make_graph(IMAGE, DIVIDED), {}, True)
    assert found == {"b": Div.float_only, "c": "all its inputs are computed in float"}


@pytest.mark.parametrize(
    ("clip", "in_float"), [(Clip(0, 6), False), (Clip(-1), False), (Clip(1, 2), True), (Clip(high=-1), True)]
)
def test_a_clip_is_computed_in_integers_where_they_have_it(make_graph, clip, in_float):
    graph = make_graph(IMAGE, [(clip, "x", "a"), (Relu(), "x", "b"), (Add(), "a b", "y")])
    assert ("a" in kept(graph, {}, True)) == in_float


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_no_request_makes_integers_compute_what_they_cannot(make_graph, dtype):
    stated = state_precision(make_graph(IMAGE, DIVIDED), {"*": Stated(dtype, "asked")}, True)
    assert stated["b"] == Stated("float32", Div.float_only)
    assert "d" not in stated or stated["d"].dtype == dtype


def test_a_float_target_computes_such_an_op_as_any_other(make_graph):
    assert state_precision(make_graph(IMAGE, DIVIDED), {}, False, integers=False) == {}


def dtypes(graph, patterns, float_interface=True):
    patterns = {pattern: Stated(dtype, "a test") for pattern, dtype in patterns.items()}
    return {name: asked.dtype for name, asked in state_precision(graph, patterns, float_interface).items()}


def test_of_several_patterns_the_last_that_matches_counts(graph):
    assert dtypes(graph, {"*": "float32", "head.*": "int16"})["head.0"] == "int16"
    assert dtypes(graph, {"head.*": "int16", "*": "float32"})["head.0"] == "float32"


def test_int8_cancels_the_request_of_another_pattern(graph):
    assert dtypes(graph, {"head.*": "float32", "head.0": "int8"}) == {}
    assert set(dtypes(graph, {"*": "float32", "y": "int8"})) == {"head.0", "t", "r", "z", "x"}
    # What would follow does not, where int8 is requested.
    assert set(dtypes(graph, {"head.*": "float32", "r": "int8"})) == {"head.0", "t"}


@pytest.mark.parametrize("dtype", ["int16", "float16", "float32"])
def test_what_only_moves_a_value_has_its_dtype(graph, dtype):
    assert dtypes(graph, {"head.*": dtype}) == dict.fromkeys(("head.0", "t", "r"), dtype)


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [("float16", "float32", "float32"), ("int16", "int16", "int16"), ("int16", "float32", None), ("int16", None, None)],
)
def test_a_concat_follows_only_what_all_its_branches_are(make_graph, first, second, joined):
    rows = [(LeakyRelu(), "x", "a"), (Relu(), "x", "b"), (Concat(1), "a b", "c"), (Sigmoid(), "c", "y")]
    asked = {name: dtype for name, dtype in (("a", first), ("b", second)) if dtype is not None}
    assert dtypes(make_graph(IMAGE, rows), asked).get("c") == joined


def test_an_input_of_16_bit_nodes_is_not_kept_float(graph):
    assert "x" not in dtypes(graph, {"head.0": "int16", "z": "float32"})


WIDE = QuantPlan({"r": QParams((0.1,), 0, None, -32767, 32767)}, {"r": Stated("int16", "boxes need it")})


def test_a_dtype_that_a_target_lacks_is_refused_by_value(graph):
    with pytest.raises(GraphError, match="TFLite does not support values in int16") as caught:
        require_dtypes(graph, WIDE, ("int8", "float32"), "TFLite")
    assert caught.value.where == "tensor 'r', requested because: boxes need it"
    assert "int8 or float32 in [quantize.precision]" in caught.value.fix


def test_the_fix_names_dtypes_as_the_recipe_does(graph):
    with pytest.raises(GraphError) as caught:
        require_dtypes(graph, QuantPlan(default="float16"), ("int8", "uint8", "float32"), "Q/DQ")
    assert "use int8 or float32" in caught.value.fix
    assert caught.value.where == "tensor 'x'"


def test_dtypes_that_a_target_has_pass_and_so_do_integers_of_the_network(make_graph, graph):
    require_dtypes(graph, WIDE, ("int16", "float32"), "a target")
    require_dtypes(graph, QuantPlan(default="float16"), ("float16",), "a target")
    indices = make_graph(IMAGE, [(Transpose((0, 2, 3, 1)), "x", "y")])
    indices = indices.build("g", [Value("x", TensorType((1, 2, 4, 6), "int64"))], ["y"], indices.nodes, {})
    require_dtypes(indices, QuantPlan(), (), "a target")


def test_sums_that_normalizations_read_stay_in_float_back_to_the_first(make_graph, normal):
    rows = [
        (Relu(), "x", "a"),
        (Add(), "x a", "r"),
        (Transpose((0, 2, 3, 1)), "r", "t"),
        (LayerNorm((3,)), "t", "n"),
        (Gemm(), "n w", "m"),
        (Add(), "t m", "s"),
        (Gemm(), "s w", "p"),
        (Add(), "s p", "u"),
        (LayerNorm((3,)), "u", "v"),
        (Add(), "v c", "k"),
        (Gemm(), "k w", "g"),
        (Add(), "g m", "y"),
    ]
    graph = make_graph({"x": (1, 4, 3, 3)}, rows, {"w": normal(4, 4), "c": normal(4)})
    stated = state_precision(graph, {}, float_interface=False)
    assert {name for name, asked in stated.items() if asked.is_float} == {"r", "t", "n", "s", "u", "v", "k"}
    assert "normalization" in stated["s"].reason
    assert not state_precision(graph, {}, float_interface=False, integers=False)
