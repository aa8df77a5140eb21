"""What would change a result silently is refused, with the node and a way out."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from edgeface.errors import GraphError, InputError
from edgeface.graph.onnx_reader import _read_node, read_onnx, stored_array
from edgeface.graph.ops import ops_by_onnx_type
from edgeface.graph.ops.activations import PRelu
from edgeface.graph.ops.base import OnnxNode
from edgeface.graph.types import TensorType

EMPTY = np.zeros(0, np.float32)
DOUBLE = np.array([1, 1, 2, 2], np.float32)
FLOOR = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
WEIGHT = np.ones((5, 12), np.float32)
FOUR = np.ones(4, np.float32)


def case(says, op_type, *constants, shape=(1, 4, 6, 7), opset=18, outputs=("y",), **attributes):
    return pytest.param(says, (op_type, constants, shape, opset, outputs, attributes), id=f"{op_type}: {says}")


@pytest.mark.parametrize(
    ("says", "form"),
    [
        case("Hardmax is not supported", "Hardmax"),
        case("tf_crop", "Resize", EMPTY, DOUBLE, coordinate_transformation_mode="tf_crop_and_resize"),
        case("leaves nothing", "Resize", EMPTY, np.array([1, 1, 0.1, 1], np.float32), **FLOOR),
        case("image axes only", "Resize", EMPTY, np.array([1, 2, 1, 1], np.float32), **FLOOR),
        case("antialias", "Resize", EMPTY, np.array([1, 1, 0.5, 1], np.float32), mode="linear", antialias=1),
        case("only the first 1", "MaxPool", outputs=("y", "indices"), kernel_shape=[2, 2]),
        case("two-dimensional", "MaxPool", shape=(1, 4, 6, 5, 4), kernel_shape=[2, 2, 2]),
        case("dilations", "AveragePool", opset=19, kernel_shape=[3, 3], dilations=[2, 2]),
        case("two-dimensional", "Conv", np.ones((4, 4, 3, 3, 3), np.float32), shape=(1, 4, 6, 5, 4)),
        case("two-dimensional", "ConvTranspose", np.ones((4, 4, 3, 3, 3), np.float32), shape=(1, 4, 6, 5, 4)),
        case("even windows", "LRN", size=2),
        case("MatMul of a vector", "MatMul", np.ones(12, np.float32), shape=(1, 2, 12)),
        case("LpNormalization with p = 1", "LpNormalization", p=1),
        case("already quantized", "QuantizeLinear", np.array(0.1, np.float32)),
        case("already quantized", "QuantizeLinear", np.array(0.1, np.float32), np.array(3, np.uint8)),
        case("Cast to int64", "Cast", to=TensorProto.INT64),
        case("leaves nothing", "Reshape", np.array([0, 4]), shape=(0, 4), allowzero=1),
        case("is empty", "Slice", *(np.array([n]) for n in (4, 2, 2, 2))),
        case("reflects 9 and 1 elements", "Pad", np.array([0, 0, 9, 1, 0, 0, 1, 1]), mode="reflect"),
        case("lie outside axis 1", "Gather", np.array([0, 4]), axis=1),
        case("does not fit the 4 elements", "Split", np.array([1, 1]), axis=1, outputs=("y", "z")),
        case("does not broadcast", "Expand", np.array([1, 3, 6, 7])),
        case("blocks of 3", "DepthToSpace", blocksize=3),
        case("blocks of 4", "SpaceToDepth", blocksize=4),
        case("the attribute strides is -1×1", "MaxPool", kernel_shape=[2, 2], strides=[-1, 1]),
        case("have other axes", "AveragePool", kernel_shape=[2, 2], strides=[1]),
        case("negative pads", "AveragePool", kernel_shape=[2, 2], pads=[-1, 0, 0, 0]),
        case("1 ends", "Slice", *(np.array(n) for n in ([0, 0], [1], [1, 2]))),
        case("names an axis twice", "Slice", *(np.array(n) for n in ([0, 0], [1, 2], [1, -3]))),
        case("3 pads for 4 axes", "Pad", np.array([1, 1, 1])),
        case("Pad with NaN", "Pad", np.array([0, 0, 1, 0, 0, 0, 0, 0]), np.float32(np.nan)),
        case("in mode edge", "Pad", np.array([0, 0, 70_000, 0, 0, 0, 0, 0]), mode="edge"),
        case("3 sizes for 2 outputs", "Split", np.array([1, 1, 2]), axis=1, outputs=("y", "z")),
        case("by scales", "Resize", EMPTY, np.array([1, 1, 2_000, 1], np.float32), mode="cubic"),
        case("by scales", "Resize", EMPTY, np.array([1, 1, 2, -1], np.float32)),
        case("nearest_mode odd", "Resize", EMPTY, DOUBLE, nearest_mode="odd"),
        case("mode b'RCD'", "DepthToSpace", blocksize=2, mode="RCD"),
        case("training mode", "BatchNormalization", FOUR, FOUR, FOUR, FOUR, outputs=("y", "m", "v"), training_mode=1),
    ],
)
def test_an_op_outside_what_is_exact_is_refused(onnx_bytes, says, form):
    op_type, constants, shape, opset, outputs, attributes = form
    names = ["x", *(f"c{i}" if c.size else "" for i, c in enumerate(constants))]
    held = {name: data for name, data in zip(names[1:], constants, strict=True) if name}
    node = helper.make_node(op_type, names, list(outputs), name="the_node", **attributes)
    with pytest.raises(GraphError) as caught:
        read_onnx(onnx_bytes([node], {"x": shape}, outputs, held, opset))
    assert says in caught.value.what
    assert "the_node" in (caught.value.where or "")


def test_an_unknown_op_is_refused_with_a_fix(onnx_bytes):
    with pytest.raises(GraphError) as caught:
        read_onnx(onnx_bytes([helper.make_node("Hardmax", ["x"], ["y"])]))
    assert "edgeface/graph/ops/" in (caught.value.fix or "")


def test_a_known_name_in_a_foreign_domain_is_another_op(onnx_bytes):
    model = onnx.load_from_string(onnx_bytes([helper.make_node("Relu", ["x"], ["y"])]))
    model.opset_import.append(helper.make_opsetid("mine", 1))
    model.graph.node[0].domain = "mine"
    with pytest.raises(GraphError, match="Relu"):
        read_onnx(model.SerializeToString())


@pytest.mark.parametrize("size", ["height", None])
def test_dynamic_shapes_are_refused_by_input(onnx_bytes, size):
    with pytest.raises(GraphError, match=r"input 'x' has a dynamic shape \(1×4×(height|\?)×7\)") as caught:
        read_onnx(onnx_bytes([helper.make_node("Relu", ["x"], ["y"])], {"x": (1, 4, size, 7)}))
    assert "batch 1" in (caught.value.fix or "")


def test_an_input_that_is_not_float32_is_refused(onnx_bytes):
    model = onnx_bytes([helper.make_node("Identity", ["x"], ["y"])], dtype=TensorProto.UINT8)
    with pytest.raises(GraphError, match="'x' is uint8"):
        read_onnx(model)


def test_external_weights_are_refused(onnx_bytes, tmp_path):
    weight = np.ones((64, 4, 3, 3), np.float32)
    model = onnx.load_from_string(onnx_bytes([helper.make_node("Conv", ["x", "w"], ["y"])], constants={"w": weight}))
    path = tmp_path / "model.onnx"
    onnx.save(model, path, save_as_external_data=True, size_threshold=0)
    with pytest.raises(InputError, match="external") as caught:
        read_onnx(path)
    assert caught.value.where == str(path)
    assert "save_as_external_data" in (caught.value.fix or "")


@pytest.mark.parametrize("content", [b"", b"not a model at all", bytes(range(256))])
def test_a_file_that_is_not_a_model_is_refused_with_its_path(tmp_path, content):
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_onnx(path)
    assert caught.value.where == str(path)


def test_a_missing_file_and_a_cut_one_are_refused(onnx_bytes, tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        read_onnx(tmp_path / "absent.onnx")
    path = tmp_path / "cut.onnx"
    path.write_bytes(onnx_bytes([helper.make_node("Relu", ["x"], ["y"])])[:-30])
    with pytest.raises((InputError, GraphError)):
        read_onnx(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda tensor: tensor.dims.append(3),
        lambda tensor: setattr(tensor, "raw_data", tensor.raw_data[:-1]),
        lambda tensor: setattr(tensor, "raw_data", tensor.raw_data * 2),
        lambda tensor: setattr(tensor, "data_type", TensorProto.DOUBLE),
        lambda tensor: setattr(tensor, "data_type", 99),
    ],
)
def test_a_tensor_whose_data_is_not_its_type_and_shape_is_named(damage):
    tensor = onnx.numpy_helper.from_array(FOUR, "w")
    assert stored_array(tensor, "model.onnx").shape == (4,)
    damage(tensor)
    with pytest.raises(InputError, match="the tensor 'w' is damaged"):
        stored_array(tensor, "model.onnx")


@pytest.mark.parametrize("shape", [(5, 1, 1), (2, 1), (4, 6, 2), (1, 1, 4, 1, 1), (8, 16)])
def test_a_slope_that_does_not_broadcast_is_refused(shape):
    PRelu().infer([TensorType((1, 4, 6, 7)), TensorType((4, 1, 1))])
    with pytest.raises(GraphError, match="does not broadcast"):
        PRelu().infer([TensorType((1, 4, 6, 7)), TensorType(shape)])


@pytest.mark.parametrize(
    ("op_type", "index", "wrong"),
    [
        ("Reshape", 1, np.array([[4, 42]])),
        ("Reshape", 1, np.array([4.0, 42.0], np.float32)),
        ("Unsqueeze", 1, np.array([[0]])),
        ("Slice", 1, np.array([0.0], np.float32)),
    ],
)
def test_a_list_of_whole_numbers_that_is_none_is_refused(op_type, index, wrong):
    held = {1: ints(0), 2: ints(1), 3: ints(1)} if op_type == "Slice" else {1: ints(0)}
    constants = {**held, index: wrong}
    names = ("x", *(f"c{i}" for i in constants))
    view = OnnxNode(op_type, {}, names, (None, *constants.values()), ((1, 4, 6, 7),) * len(names))
    with pytest.raises(GraphError, match=r"is not a list of whole numbers"):
        ops_by_onnx_type()[op_type].from_onnx(view)


def ints(*numbers):
    return np.array(numbers, np.int64)


@pytest.mark.parametrize(
    ("op_type", "attributes"),
    [
        ("Cast", {"to": -1}),
        ("Concat", {"axis": "last"}),
        ("LeakyRelu", {"alpha": [1.0, 2.0]}),
        ("Transpose", {"perm": 3}),
    ],
)
def test_an_attribute_of_another_kind_is_refused(onnx_bytes, op_type, attributes):
    model = onnx.load_from_string(onnx_bytes([helper.make_node("Relu", ["x"], ["y"], name="it")]))
    model.graph.node[0].CopyFrom(helper.make_node(op_type, ["x"], ["y"], name="it", **attributes))
    with pytest.raises(GraphError) as caught:
        read_onnx(model.SerializeToString())
    assert caught.value.where


def test_an_op_that_cannot_take_a_value_from_a_file_refuses_its_node():
    node = helper.make_node("Cast", ["x"], ["y"], name="it", to=-1)
    with pytest.raises(GraphError, match="is not of the kind that it takes") as caught:
        _read_node(node, ("x",), {}, {"x": (1, 3)}, 17, "model.onnx")
    assert "'it'" in (caught.value.where or "")
