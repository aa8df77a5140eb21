"""What an ONNX file defines twice or against its own weights is refused, for counting and for export."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeface.cost.readers.onnx_network import read_onnx_network
from edgeface.errors import EdgefaceError, GraphError
from edgeface.graph.onnx_reader import read_onnx

NEWEST = onnx.defs.onnx_opset_version()


def model(op="Conv", weight=(6, 2, 3, 3), opset=17, **attributes):
    rng = np.random.default_rng(0)
    node = helper.make_node(op, ["x", "w"], ["y"], name="layer", **{"group": 2, **attributes})
    graph = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(rng.normal(size=weight).astype(np.float32), "w")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def import_also(domain, version):
    return lambda m: m.opset_import.append(helper.make_opsetid(domain, version))


def double(field):
    return lambda m: getattr(m.graph, field).append(getattr(m.graph, field)[0])


def give_twice(m):
    m.graph.node[0].attribute.append(helper.make_attribute("group", 1))


def other_constant(m):
    m.graph.initializer.append(numpy_helper.from_array(np.zeros((6, 2, 1, 1), np.float32), "w"))


def function_with_two_imports(m):
    body = [helper.make_node("Relu", ["a"], ["b"])]
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx", 13)]
    m.functions.append(helper.make_function("own", "f", ["a"], ["b"], body, imports))


CHANGES = {
    "twice, as versions 17 and 13": import_also("", 13),
    "twice, as versions 17 and 12": import_also("ai.onnx", 12),
    "twice, as versions 17 and 17": import_also("", 17),
    "ai.onnx twice": function_with_two_imports,
    "2 constants of the model have the name 'w'": double("initializer"),
    "2 constants of the model have the name 'w', so": other_constant,
    "2 inputs of the model have the name 'x'": double("input"),
    "2 outputs of the model have the name 'y'": double("output"),
    "the attribute 'group' is given 2 times": give_twice,
}
READERS = (lambda m: read_onnx_network(m.SerializeToString(), "given"), lambda m: read_onnx(m.SerializeToString()))


@pytest.fixture(params=READERS, ids=["check", "export"])
def read(request):
    return request.param


@pytest.mark.parametrize("message", CHANGES)
def test_two_definitions_are_refused(read, message):
    given = model()
    CHANGES[message](given)
    with pytest.raises(EdgefaceError, match=message) as caught:
        read(given)
    assert caught.value.exit_code == 2
    assert caught.value.fix


@pytest.mark.parametrize("opset", [NEWEST + 1, 9999])
def test_an_operator_set_that_onnx_does_not_know_is_refused(read, opset):
    with pytest.raises(EdgefaceError, match=f"version {opset} of ONNX's operator set.*installed onnx knows {NEWEST}"):
        read(model(opset=opset))


@pytest.mark.parametrize("kernel", [(1, 1), (5, 5), (3, 1), (3,), (3, 3, 1)])
@pytest.mark.parametrize("op", ["Conv", "ConvTranspose"])
def test_a_kernel_shape_unlike_the_weights_is_refused(read, kernel, op):
    weight = (6, 2, 3, 3) if op == "Conv" else (4, 3, 3, 3)
    with pytest.raises(GraphError, match=r"the attribute kernel_shape is .* but the weights are") as caught:
        read(model(op, weight, kernel_shape=kernel))
    assert "node 'layer'" in caught.value.where


@pytest.mark.parametrize(
    ("weight", "group"), [((6, 1, 3, 3), 4), ((5, 2, 3, 3), 2), ((6, 4, 3, 3), 0), ((6, 4, 3, 3), -1)]
)
def test_groups_that_do_not_divide_the_channels_are_refused(read, weight, group):
    with pytest.raises(GraphError, match=f"channels cannot be split into {group} groups"):
        read(model(weight=weight, group=group))


def test_weights_for_another_number_of_channels_are_refused(read):
    with pytest.raises(GraphError):
        read(model(weight=(6, 3, 3, 3)))


def test_a_model_without_contradictions_is_read(read):
    given = model(kernel_shape=(3, 3))
    given.graph.output[0].CopyFrom(helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 6, 6, 6]))
    given.opset_import.append(helper.make_opsetid("ai.onnx.ml", 3))
    read(given)


def test_the_kernel_of_computed_weights_is_compared_too(read):
    given = model(kernel_shape=(1, 1))
    given.graph.node[0].input[1] = "v"
    given.graph.node.insert(0, helper.make_node("Identity", ["w"], ["v"]))
    with pytest.raises(GraphError):
        read(given)
