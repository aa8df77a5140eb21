import pytest
from onnx import TensorProto, helper

from edgeface.compile.operators_first import operators_first
from edgeface.errors import GraphError, RuntimeFailure


def chain(*operators: str) -> bytes:
    """A model that applies one operator after another; a node is named after its own."""
    names = [f"v{index}" for index in range(len(operators) + 1)]
    links = zip(operators, names, names[1:], strict=False)
    nodes = [helper.make_node(op, [source], [made], name=f"the {op}") for op, source, made in links]
    image = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 4, 4]) for name in (names[0], names[-1])]
    graph = helper.make_graph(nodes, "g", image[:1], image[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


def test_every_operator_that_the_reader_lacks_is_named_in_place_of_the_runtime_s_words():
    with pytest.raises(GraphError) as caught, operators_first(chain("Plugin", "Relu", "Other")):
        raise RuntimeFailure("no such operator", where="the runtime")
    assert all(name in str(caught.value) for name in ("the Plugin", "the Other"))


def test_of_a_file_that_can_be_read_the_runtime_s_error_stays():
    with pytest.raises(RuntimeFailure, match="out of memory"), operators_first(chain("Relu")):
        raise RuntimeFailure("out of memory", where="the runtime")
