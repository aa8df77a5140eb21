from __future__ import annotations

import pytest
from onnx import TensorProto, helper

from edgeface.errors import InputError
from edgeface.graph.onnx_steps import inline_functions as inlining
from edgeface.graph.onnx_steps.inline_functions import inline_functions
from tests.graph.onnx_steps.models import copy_of, kinds, model

STANDARD, OWN = helper.make_opsetid("", 17), helper.make_opsetid("own", 1)
FLOAT = {"y": TensorProto.FLOAT}


def function(name, *op_types, domain=""):
    """A function that applies operators one after another."""
    names = ["X", *(f"t{i}" for i in range(len(op_types) - 1)), "Y"]
    body = [helper.make_node(op, [a], [b], domain=domain) for op, a, b in zip(op_types, names, names[1:], strict=False)]
    return helper.make_function("own", name, ["X"], ["Y"], body, [STANDARD, OWN])


def calls(*names):
    values = ["x", *(f"v{i}" for i in range(len(names) - 1)), "y"]
    return [helper.make_node(n, [a], [b], domain="own") for n, a, b in zip(names, values, values[1:], strict=False)]


@pytest.mark.parametrize("times", [1, 2, 5])
def test_calls_become_the_nodes_of_their_function(times, same, image):
    before = model(calls(*["half"] * times), FLOAT, domains=["own"], functions=[function("half", "Relu", "Sigmoid")])
    after = inline_functions(copy_of(before), "here")
    assert kinds(after) == ["Relu", "Sigmoid"] * times
    assert not after.functions
    same(before, after, {"x": image})


def test_functions_that_call_functions_are_inlined_too(same, image):
    functions = [function("inner", "Relu"), function("outer", "inner", "inner", domain="own")]
    before = model(calls("outer"), FLOAT, domains=["own"], functions=functions)
    after = inline_functions(copy_of(before), "here")
    assert kinds(after) == ["Relu", "Relu"]
    same(before, after, {"x": image})


def test_a_model_without_functions_is_not_touched():
    before = model([helper.make_node("Relu", ["x"], ["y"])], FLOAT)
    assert inline_functions(before, "here") is before


def test_functions_that_expand_to_too_much_are_refused(monkeypatch):
    monkeypatch.setattr(inlining, "MAX_OPERATORS", 5)
    before = model(calls("half", "half", "half"), FLOAT, domains=["own"], functions=[function("half", "Relu", "Relu")])
    with pytest.raises(InputError, match="more than 5 operators"):
        inline_functions(before, "here")
