"""In which precision engines run their nodes: real builds, whose listing is compared with what their ONNX asks for."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edgeface.backends.tensorrt.build import build_engine
from edgeface.backends.tensorrt.precision import NOT_LISTED, float_convolutions, precision_table
from edgeface.backends.tensorrt.request import EngineRequest
from edgeface.errors import InputError


@pytest.fixture
def table(tensorrt):
    """Build an ONNX model, and tell its precisions."""
    if not tensorrt.ahead_of_time:
        pytest.skip("TensorRT proper builds only for the GPU that is here")

    def tell(onnx):
        return precision_table(onnx, build_engine(onnx, EngineRequest(("86",))).layers)

    return tell


def by_name(table):
    return {node.node: node for node in table.nodes}


def test_quantized_convolutions_run_in_int8(integer_onnx, integer_engine):
    found = precision_table(integer_onnx, integer_engine.layers)
    assert found.counts() == {"Int8": 2}
    assert float_convolutions(found) == ()
    first = by_name(found)["first"]
    assert (first.data, first.weights, first.padding) == (("Int8",), "Int8", 1)
    assert by_name(found)["relu"].precision == "Float"


def test_the_table_is_json_and_the_same_each_time(integer_onnx, integer_engine):
    found, again = (precision_table(integer_onnx, integer_engine.layers).as_dict() for _ in range(2))
    assert json.dumps(found) == json.dumps(again)
    assert found["counts"] == {"Int8": 2}


def test_a_convolution_that_is_float_on_purpose_is_listed_without_complaint(table, network):
    made = network()
    inner = made.conv("input", False, "plain")
    found = table(made.onnx(made.conv(made.round_trip(inner), True, "integer")))
    assert {name: by_name(found)[name].precision for name in ("plain", "integer")} == {
        "plain": "Float",
        "integer": "Int8",
    }
    assert float_convolutions(found) == ()


@pytest.mark.parametrize("lacking", ["data", "weights"])
def test_a_convolution_with_one_operand_quantized_runs_in_float_and_is_named(table, network, lacking):
    made = network()
    data = "input" if lacking == "data" else made.round_trip("input")
    found = table(made.onnx(made.conv(data, lacking == "data", "half_done")))
    assert by_name(found)["half_done"].precision == "Float"
    (complaint,) = float_convolutions(found)
    assert (complaint.node, complaint.op) == ("half_done", "Conv")
    assert complaint.reason.startswith(f"its {lacking} ")


def test_an_engine_that_runs_quantized_convolutions_in_float_is_found_out(integer_onnx, tensorrt, network):
    made = network()
    made.add("Relu", made.conv("input", False, "first"), name="relu")
    output = made.conv("relu", False, "second")
    layers = build_engine(made.onnx(output), EngineRequest(("86",))).layers
    complaints = float_convolutions(precision_table(integer_onnx, layers))
    assert [complaint.node for complaint in complaints] == ["first", "second"]
    assert all("reads Float and Float" in complaint.reason for complaint in complaints)


def test_a_quantized_convolution_that_no_layer_names_is_found_out(integer_onnx, integer_engine):
    kept = [layer for layer in integer_engine.layers if "second" not in layer.origins]
    found = precision_table(integer_onnx, kept)
    assert by_name(found)["second"].precision == NOT_LISTED
    assert [complaint.node for complaint in float_convolutions(found)] == ["second"]


def test_int8_depthwise_filters_are_padded_and_the_table_says_how_much(table, network):
    made = network()
    found = table(made.onnx(made.conv(made.round_trip("input"), True, "depthwise", group=16)))
    assert (by_name(found)["depthwise"].precision, by_name(found)["depthwise"].padding) == ("Int8", 4)


def test_a_matrix_product_after_a_reshape_runs_in_int8(table, network):
    made = network()
    flat = made.add("Flatten", made.round_trip("input"))
    weights = made.weights((32, 16 * 8 * 8), True)
    output = made.add("Gemm", flat, weights, made.constant(np.ones(32, np.float32)), name="product", transB=1)
    found = table(made.onnx(output))
    assert found.counts() == {"Int8": 1}
    assert float_convolutions(found) == ()


def test_a_node_without_a_name_is_found_by_the_name_that_the_parser_gives_it(table, network):
    made = network()
    output = made.conv(made.round_trip("input"), True)
    made.nodes[-1].name = ""
    found = table(made.onnx(output))
    assert by_name(found)[f"node_of_{output}"].precision == "Int8"


@pytest.mark.parametrize(("kind", "precision"), [("fp32", "Float"), ("fp16", "Half"), ("int8", "Int8")])
def test_every_convolution_of_the_detector_runs_as_it_is_typed(table, retinaface, kind, precision):
    found = table(retinaface[kind])
    assert found.counts() == {precision: 56}
    assert float_convolutions(found) == ()
    assert len({node.layer for node in found.nodes if node.weighted}) == 56


def test_bytes_that_are_not_a_model_are_refused():
    with pytest.raises(InputError, match="not an ONNX model"):
        precision_table(b"\xff\xff", ())
