"""Listings of engine layers, in the builder's words and in the inspector's."""

from __future__ import annotations

import json

import pytest

from edgeface.backends.tensorrt.layers import EngineTensor, layers_in_json, layers_in_log
from edgeface.errors import RuntimeFailure

TENSOR = (
    "{ Name: %s, Dimensions: [%s], Strides: [1], StrideOrder: [0], Datatype: %s, "
    "Format: (Arbitrary) Format with stride order = [1,0] }"
)


def line(name="a", kind="kgen", inputs="[]", constants="[]", outputs="[]", metadata=""):
    head = f"Name: {name}, LayerType: {kind}, Inputs: {inputs}, Constants: {constants}, Outputs: {outputs}, "
    return f"{head}TacticName: t_0x1, StreamId: 0, Metadata: {metadata}"


def test_a_layers_tensors_and_origins_are_read():
    inputs = f"[ {TENSOR % ('x.1', '1,3,-1', 'Int8')}, {TENSOR % ('y', '', 'Float')}]"
    text = line(
        "k", "kgen", inputs, f"[ {TENSOR % ('c', '2,2', 'Half')}]", "[]", "[ONNX Layer: /a/Conv][ONNX Layer: b]"
    )
    (layer,) = layers_in_log(["something else", f"Layers:\n{text}\n\nI/O Tensors:\n Name: x, IOMode: Input"])
    form = "(Arbitrary) Format with stride order = [1,0]"
    assert layer.inputs == (EngineTensor("x.1", "Int8", form, (1, 3, -1)), EngineTensor("y", "Float", form, ()))
    assert layer.constants == (EngineTensor("c", "Half", form, (2, 2)),)
    assert (layer.name, layer.kind, layer.outputs, layer.origins) == ("k", "kgen", (), ("/a/Conv", "b"))
    assert [tensor.elements for tensor in layer.inputs] == [3, 1]


def test_a_node_is_an_origin_once_even_with_brackets_in_its_name():
    text = line(metadata="[ONNX Layer: a[0]]\x1e[ONNX Layer: b][ONNX Layer: a[0]]")
    assert layers_in_log([f"Layers:\n{text}"])[0].origins == ("a[0]", "b")


def test_synchronization_between_streams_is_not_a_layer():
    wait = line("w", "wait").replace("StreamId: 0", "StreamId: 1, EventId: 3")
    assert [layer.name for layer in layers_in_log([f"Layers:\n{wait}\n{line('k')}"])] == ["k"]


def test_of_several_listings_the_last_counts_and_without_one_there_are_no_layers():
    assert [layer.name for layer in layers_in_log([f"Layers:\n{line('a')}", f"Layers:\n{line('b')}"])] == ["b"]
    assert layers_in_log(["Engine generation completed", line("a")]) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Name: a, LayerType: kgen, Inputs: [], Outputs: [], Metadata: ",
        line(inputs="[ { Name: x, Type: Int8 }]"),
    ],
)
def test_a_listing_in_an_unknown_form_is_refused_with_its_line(text):
    with pytest.raises(RuntimeFailure, match="format of the builder's layer list is unknown") as caught:
        layers_in_log([f"Layers:\n{text}"])
    assert str(caught.value.where).startswith("Name: a")


def test_the_inspectors_json_of_tensorrt_is_read():
    tensor = {
        "Name": "x",
        "Dimensions": [1, 8],
        "Format/Datatype": "Thirty-two wide channel vectorized row major Int8 format",
    }
    made = {"Name": "y", "Dimensions": [1, 8], "Format/Datatype": "Row major linear FP32"}
    layer = {"Name": "c + r", "LayerType": "CaskConvolution", "Inputs": [tensor], "Outputs": [made]}
    layer |= {"Weights": {"Type": "Int8", "Count": 72}, "Metadata": "[ONNX Layer: c]\x1e[ONNX Layer: r]"}
    (found,) = layers_in_json(json.dumps({"Layers": [layer], "Bindings": ["x", "y"]}))
    assert (found.kind, found.origins) == ("CaskConvolution", ("c", "r"))
    assert [one.dtype for one in (*found.inputs, *found.constants, *found.outputs)] == ["Int8", "Int8", "Float"]
    assert found.constants[0].elements == 72


def test_the_inspectors_json_of_tensorrt_rtx_is_read():
    tensor = {"Name": "x", "Dimensions": [1, 8], "Datatype": "Half", "Format": "(Linear) Row major linear format"}
    layer = {"Name": "k", "LayerType": "kgen", "Inputs": [tensor], "Constants": [tensor], "Outputs": [tensor]}
    (found,) = layers_in_json(json.dumps({"Layers": [layer, layer | {"LayerType": "wait"}]}))
    expected = (EngineTensor("x", "Half", "(Linear) Row major linear format", (1, 8)),)
    assert found.inputs == found.constants == found.outputs == expected


@pytest.mark.parametrize("text", ["nothing", "{}", '{"Layers": ["only a name"]}'])
def test_json_without_details_is_refused(text):
    with pytest.raises(RuntimeFailure, match="format of the builder's layer list is unknown"):
        layers_in_json(text)
