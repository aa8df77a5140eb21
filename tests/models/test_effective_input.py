"""What a graph does to its image is read from its first nodes, in every spelling, and not where it does more."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

from edgeface.models.effective_input import EffectiveInput, effective_input

CAFFE = [104.0, 117.0, 123.0]


def file_with(
    *nodes: onnx.NodeProto, shape: tuple[int, ...] = (1, 3, 32, 32), **constants: ArrayLike
) -> EffectiveInput:
    """A file whose nodes lead from "image" to "done", which a convolution reads."""
    conv = helper.make_node("Conv", ["done", "weight"], ["out"], strides=[2, 2])
    stored = {"weight": np.ones((4, 3, 3, 3), np.float32), **constants}
    graph = helper.make_graph(
        [*nodes, conv],
        "g",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in stored.items()],
    )
    found = effective_input(helper.make_model(graph))
    assert found is not None
    return found


def vector(values: ArrayLike) -> np.ndarray:
    return np.asarray(values, np.float32).reshape(-1, 1, 1)


def test_a_plain_graph_says_nothing() -> None:
    found = file_with(helper.make_node("Relu", ["image"], ["done"]))
    assert (found.takes, found.reversed_channels, found.nodes, found.said) == ("open", False, (), "")
    assert (found.layout, found.size, found.channels) == ("nchw", (32, 32), 3)


@pytest.mark.parametrize(
    ("ops", "constants"),
    [
        (["Sub", "Mul"], {"a": np.float32(127.5), "b": np.float32(1 / 128)}),
        (["Add", "Div"], {"a": vector([-127.5] * 3), "b": np.full((1, 3, 1, 1), 128, np.float32)}),
        (["Mul", "Sub"], {"a": np.float32(1 / 128), "b": np.float32(127.5 / 128)}),
    ],
)
def test_every_spelling_of_a_normalization_is_the_same(ops: list[str], constants: dict[str, np.ndarray]) -> None:
    first, second = ops
    found = file_with(
        helper.make_node(first, ["image", "a"], ["y"]), helper.make_node(second, ["y", "b"], ["done"]), **constants
    )
    assert found.takes == "pixels"
    assert found.mean == pytest.approx([127.5] * 3)
    assert found.scale == pytest.approx([1 / 128] * 3)


@pytest.mark.parametrize(
    ("mean", "scale", "takes"),
    [
        ([0, 0, 0], 1 / 255, "pixels"),
        (CAFFE, 1, "pixels"),
        ([0.485, 0.456, 0.406], 4.4, "unit"),
        ([0, 0, 0], 2, "open"),
    ],
)
def test_the_zero_of_a_normalization_tells_for_which_values_it_is(mean: list[float], scale: float, takes: str) -> None:
    nodes = helper.make_node("Sub", ["image", "m"], ["y"]), helper.make_node("Mul", ["y", "s"], ["done"])
    assert file_with(*nodes, m=vector(mean), s=np.float32(scale)).takes == takes


def test_means_are_in_the_order_of_the_file_where_the_graph_reverses_its_channels() -> None:
    found = file_with(
        helper.make_node("Transpose", ["image"], ["x"], perm=[0, 3, 1, 2]),
        helper.make_node("Gather", ["x", "order"], ["y"], axis=1),
        helper.make_node("Sub", ["y", "m"], ["done"]),
        shape=(1, 24, 32, 3),
        order=np.array([2, 1, 0]),
        m=vector(CAFFE),
    )
    assert (found.layout, found.size, found.reversed_channels) == ("nhwc", (24, 32), True)
    assert found.mean == pytest.approx(CAFFE[::-1])


@pytest.mark.parametrize("order", [[0, 1, 2], [1, 0, 2], [0, 0, 0]])
def test_other_choices_of_channels_are_no_reversal(order: list[int]) -> None:
    found = file_with(helper.make_node("Gather", ["image", "order"], ["done"], axis=1), order=np.array(order))
    assert not found.reversed_channels


def test_a_flip_of_the_columns_is_no_reversal_of_channels() -> None:
    ends = {"s": np.array([-1]), "e": np.array([-(1 << 31)]), "t": np.array([-1])}
    names = ["image", "s", "e", "axis", "t"]
    across = file_with(helper.make_node("Slice", names, ["done"]), axis=np.array([3]), **ends)
    channels = file_with(helper.make_node("Slice", names, ["done"]), axis=np.array([1]), **ends)
    assert (across.reversed_channels, channels.reversed_channels) == (False, True)


def test_a_convolution_counts_only_where_it_mixes_no_channels() -> None:
    node = helper.make_node("Conv", ["image", "w", "b"], ["done"], group=3)
    scaled = file_with(node, w=np.full((3, 1, 1, 1), 1 / 128, np.float32), b=np.full(3, -127.5 / 128, np.float32))
    assert (scaled.takes, scaled.mean) == ("pixels", pytest.approx((127.5,) * 3))
    mixing = helper.make_node("Conv", ["image", "w"], ["done"])
    assert file_with(mixing, w=np.ones((3, 3, 1, 1), np.float32)).nodes == ()


def test_a_factor_for_each_pixel_is_no_normalization() -> None:
    node = helper.make_node("Mul", ["image", "window"], ["done"])
    assert file_with(node, window=np.full((32, 32), 0.01, np.float32)).nodes == ()


def test_an_image_that_goes_two_ways_is_followed_no_further() -> None:
    nodes = helper.make_node("Mul", ["image", "k"], ["done"]), helper.make_node("Relu", ["image"], ["other"])
    assert file_with(*nodes, k=np.float32(1 / 255)).takes == "open"


@pytest.mark.parametrize(
    ("op", "inputs", "attributes"),
    [
        ("Gather", ["image"], {"axis": 1}),
        ("Add", ["image"], {}),
        ("Transpose", ["image"], {"perm": [0, 1]}),
        ("BatchNormalization", ["image", "two", "two", "two", "two"], {}),
        ("Conv", ["image", "two"], {}),
        ("Mul", ["image", "image"], {}),
    ],
)
def test_nodes_that_are_not_as_their_op_says_are_followed_no_further(
    op: str, inputs: list[str], attributes: dict[str, object]
) -> None:
    found = file_with(helper.make_node(op, inputs, ["done"], **attributes), two=np.ones(2, np.float32))
    assert found.nodes == ()
