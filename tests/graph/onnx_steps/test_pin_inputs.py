"""Inputs have the sizes that are asked for, whatever a file declares."""

from __future__ import annotations

import pytest
from onnx import TensorProto, helper

from edgeface.errors import GraphError, InputError
from edgeface.graph.onnx_steps.pin_inputs import pin_inputs, resized


def model(*shapes, outputs=(10, 4, 5, 5)):
    names = ["x", "y", "z"][: len(shapes)]
    given = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in zip(names, shapes, strict=True)]
    made = helper.make_tensor_value_info("out", TensorProto.FLOAT, outputs)
    between = helper.make_tensor_value_info("inner", TensorProto.FLOAT, outputs)
    nodes = [helper.make_node("Relu", ["x"], ["inner"]), helper.make_node("Relu", ["inner"], ["out"])]
    return helper.make_model(helper.make_graph(nodes, "model", given, [made], value_info=[between]))


def shapes_of(pinned):
    return {v.name: tuple(d.dim_value for d in v.type.tensor_type.shape.dim) for v in pinned.graph.input}


@pytest.mark.parametrize(
    ("declared", "given", "pinned"),
    [
        ((1, 3, 8, 6), None, (1, 3, 8, 6)),
        (("N", 3, 8, 6), None, (1, 3, 8, 6)),
        ((None, 3, 8, 6), None, (1, 3, 8, 6)),
        (("N", 7), None, (1, 7)),
        ((10, 3, 32, 32), (1, 3, 64, 48), (1, 3, 64, 48)),
        ((1, 3, "h", "w"), (1, 3, 64, 48), (1, 3, 64, 48)),
        (("N", "h", "w", 3), (1, 64, 48, 3), (1, 64, 48, 3)),
        (None, (1, 3, 64, 48), (1, 3, 64, 48)),
    ],
)
def test_an_input_gets_the_size_that_is_given_or_batch_1(declared, given, pinned):
    assert shapes_of(pin_inputs(model(declared), given and {"x": given}, "here")) == {"x": pinned}


def test_only_the_named_input_is_changed():
    pinned = pin_inputs(model(("N", 3, "h", "w"), ("N", 5, 2)), {"x": (1, 3, 8, 8)}, "here")
    assert shapes_of(pinned) == {"x": (1, 3, 8, 8), "y": (1, 5, 2)}


def test_shapes_that_may_be_of_other_sizes_are_dropped():
    pinned = pin_inputs(model((10, 4, 5, 5)), {"x": (1, 4, 8, 8)}, "here")
    assert not pinned.graph.value_info
    assert not pinned.graph.output[0].type.tensor_type.HasField("shape")


@pytest.mark.parametrize("declared", [(1, 3, "h", "w"), ("N", 3, None, 6), (1, 3, 0, 6), (1, "C", 8, 6)])
def test_a_dynamic_size_that_is_not_given_is_refused_with_the_option(declared):
    with pytest.raises(GraphError, match="'x' has a dynamic shape") as caught:
        pin_inputs(model(declared), None, "here")
    assert "--input" in (caught.value.fix or "")


def test_an_input_without_axes_is_refused():
    with pytest.raises(GraphError, match="number of axes"):
        pin_inputs(model(None), None, "here")


@pytest.mark.parametrize(("given", "says"), [((1, 3, 8), "4 axes"), ((1, 3, 0, 8), "cannot have"), ((), "4 axes")])
def test_a_shape_that_no_such_input_can_have_is_refused(given, says):
    with pytest.raises(InputError, match=says):
        pin_inputs(model((1, 3, 8, 8)), {"x": given}, "here")


def test_a_shape_for_a_value_that_is_no_input_is_refused_with_the_inputs():
    with pytest.raises(InputError, match="no input 'picture'") as caught:
        pin_inputs(model((1, 3, 8, 8)), {"picture": (1, 3, 8, 8)}, "here")
    assert "'x'" in (caught.value.fix or "")


@pytest.mark.parametrize(
    ("declared", "given", "said"),
    [
        ((1, 3, 8, 6), (1, 3, 16, 12), " at 1×3×16×12 (the file declares 1×3×8×6)"),
        ((10, 3, "h", 6), (1, 3, 8, 6), " at 1×3×8×6 (the file declares 10×3×h×6)"),
        (("N", 3, "h", "w"), (1, 3, 8, 6), ""),
        ((1, 3, 8, 6), (1, 3, 8, 6), ""),
        (None, (1, 3, 8, 6), ""),
    ],
)
def test_other_sizes_than_declared_are_said(declared, given, said):
    assert resized(model(declared), {"x": given}) == said
