"""Whatever a file declares of its input, the model behind the door takes one upright float32 image."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeface.backends.onnx.runner import OrtRunner
from edgeface.contracts import GenericContract
from edgeface.errors import ContractError
from edgeface.graph.onnx_reader import read_onnx
from edgeface.models.onnx_file import as_in_file, layout_of, open_onnx

AXES = {("nchw", False): "nchw", ("nchw", True): "ncwh", ("nhwc", False): "nhwc", ("nhwc", True): "nwhc"}
WEIGHT = np.random.default_rng(0).normal(size=(4, 3, 2, 3)).astype(np.float32)


def contract(height=6, width=9, **changed):
    given = {"height": 8 + height, "width": 8 + width, "color": "rgb", "mean": 0, **changed}
    return GenericContract.model_validate({"family": "f", "variant": "v", "input": given, "outputs": {"out": "out"}})


def file_of(axes="nchw", kind=TensorProto.FLOAT, declared=None, further=()):
    """A file that convolves its picture, in the axes that it takes it in."""
    sizes = dict(zip("nchw", ("N", 3, "h", "w"), strict=True))
    shape = declared if declared is not None else [sizes[axis] for axis in axes]
    nodes, last = [], "input"
    if kind != TensorProto.FLOAT:
        nodes.append(helper.make_node("Cast", [last], ["numbers"], to=TensorProto.FLOAT))
        last = "numbers"
    nodes.append(helper.make_node("Transpose", [last], ["picture"], perm=[axes.index(axis) for axis in "nchw"]))
    nodes.append(helper.make_node("Conv", ["picture", "weight"], ["inner"]))
    nodes.append(helper.make_node("Relu", ["inner"], ["out"]))
    inputs = [helper.make_tensor_value_info("input", kind, shape), *further]
    output = helper.make_tensor_value_info("out", TensorProto.FLOAT, [10, 4, 1, 1])
    graph = helper.make_graph(nodes, "g", inputs, [output], [numpy_helper.from_array(WEIGHT, "weight")])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.fixture
def opened(tmp_path):
    def run(model, wanted):
        path = tmp_path / "mine.onnx"
        path.write_bytes(model.SerializeToString())
        return open_onnx(path, wanted)

    return run


@pytest.fixture
def picture():
    return np.random.default_rng(1).integers(0, 256, (1, 3, 14, 17)).astype(np.float32)


@pytest.fixture
def wanted(opened, picture):
    return OrtRunner(opened(file_of(), contract())).run({"input": picture})["out"]


@pytest.mark.parametrize(("layout", "swapped"), AXES)
@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.UINT8, TensorProto.FLOAT16])
def test_every_layout_and_number_is_fed_the_same_upright_picture(opened, picture, wanted, layout, swapped, kind):
    told = contract(layout=layout, swapped_axes=swapped)
    model = opened(file_of(AXES[layout, swapped], kind), told)
    np.testing.assert_array_equal(OrtRunner(model).run({"input": picture})["out"], wanted)
    graph = read_onnx(model)
    assert graph.type("input").shape == (1, 3, 14, 17)
    assert opened(file_of(AXES[layout, swapped], kind), told) == model
    assert as_in_file(told.upright(), layout_of(told)) == told


def test_an_integer_input_that_stays_one_is_cast_at_the_head(opened, picture):
    nodes = [helper.make_node("Add", ["input", "one"], ["more"])]
    nodes.append(helper.make_node("Cast", ["more"], ["out"], to=TensorProto.FLOAT))
    given = helper.make_tensor_value_info("input", TensorProto.INT32, [1, 3, "h", "w"])
    made = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    one = numpy_helper.from_array(np.ones(1, np.int32), "one")
    model = helper.make_model(
        helper.make_graph(nodes, "g", [given], [made], [one]), opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    found = OrtRunner(opened(model, contract())).run({"input": picture})["out"]
    np.testing.assert_array_equal(found, picture + 1)


@pytest.mark.parametrize("declared", [[10, 3, 32, 32], ["N", 3, 14, 17], [1, 3, None, None], [0, 3, 0, 0]])
def test_sizes_that_the_file_declares_are_replaced_by_the_contract_s(opened, picture, wanted, declared):
    model = opened(file_of(declared=declared), contract())
    np.testing.assert_array_equal(OrtRunner(model).run({"input": picture})["out"], wanted)


def test_a_value_inside_of_the_graph_may_be_the_output(opened, picture):
    told = contract().model_copy(update={"outputs": type(contract().outputs).model_validate({"inner": "inner"})})
    found = OrtRunner(opened(file_of(), told)).run({"input": picture})
    assert list(found) == ["inner"]
    assert (found["inner"] < 0).any()


@pytest.mark.parametrize(
    ("axes", "told", "fix"),
    [
        ("nhwc", {}, 'layout = "nhwc"'),
        ("nchw", {"layout": "nhwc"}, 'layout = "nchw"'),
        ("nchw", {"color": "grey"}, "color"),
    ],
)
def test_another_layout_or_other_channels_are_refused_with_the_key_to_change(opened, axes, told, fix):
    with pytest.raises(ContractError, match="the model's input is") as caught:
        opened(file_of(axes), contract(**told))
    assert fix in str(caught.value.fix)


FURTHER = helper.make_tensor_value_info("further", TensorProto.FLOAT, [])


def test_a_second_input_is_refused_by_its_name(opened):
    model = file_of(further=[FURTHER])
    model.graph.node[-1].CopyFrom(helper.make_node("Add", ["inner", "further"], ["out"]))
    with pytest.raises(ContractError, match="'further' would stay empty"):
        opened(model, contract())


def test_an_input_that_no_wanted_output_needs_is_dropped(opened, picture, wanted):
    model = file_of(further=[FURTHER])
    model.graph.node.append(helper.make_node("Less", ["out", "further"], ["sure"]))
    model.graph.output.append(helper.make_tensor_value_info("sure", TensorProto.BOOL, None))
    np.testing.assert_array_equal(OrtRunner(opened(model, contract())).run({"input": picture})["out"], wanted)


def test_an_output_that_the_graph_decides_is_refused_with_the_values_before_it(opened):
    model = file_of()
    model.graph.node[-1].CopyFrom(helper.make_node("TopK", ["inner", "two"], ["out", "at"], name="best"))
    model.graph.initializer.append(numpy_helper.from_array(np.array([2]), "two"))
    with pytest.raises(ContractError, match="'out' is what the graph decides \\(TopK 'best'\\)") as caught:
        opened(model, contract())
    assert "'inner'" in str(caught.value.fix)


def test_a_value_before_the_graph_s_decisions_may_be_an_output(opened, picture, wanted):
    model = file_of(further=[FURTHER])
    model.graph.node.append(helper.make_node("Greater", ["out", "further"], ["above"]))
    model.graph.node.append(helper.make_node("NonZero", ["above"], ["where"]))
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("where", TensorProto.INT64, None))
    np.testing.assert_array_equal(OrtRunner(opened(model, contract())).run({"input": picture})["out"], wanted)


def test_values_in_a_function_may_be_outputs(opened, picture, wanted):
    model = file_of()
    body = [helper.make_node("Relu", ["X"], ["Y"])]
    standard = helper.make_opsetid("", 17)
    model.functions.append(helper.make_function("own", "last", ["X"], ["Y"], body, [standard]))
    model.graph.node[-1].CopyFrom(helper.make_node("last", ["inner"], ["out"], domain="own"))
    model.opset_import.append(helper.make_opsetid("own", 1))
    np.testing.assert_array_equal(OrtRunner(opened(model, contract())).run({"input": picture})["out"], wanted)


def test_one_output_serves_one_role(opened):
    outputs = type(contract().outputs).model_validate({"a": "out", "b": "out"})
    with pytest.raises(ContractError, match="'out' for several"):
        opened(file_of(), contract().model_copy(update={"outputs": outputs}))
