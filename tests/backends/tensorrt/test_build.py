"""Engines are really built, and what cannot be built is refused with what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.tensorrt import build
from edgeface.backends.tensorrt.build import build_engine
from edgeface.backends.tensorrt.cuda.driver import Driver, Gpu
from edgeface.backends.tensorrt.request import BatchProfile, EngineRequest
from edgeface.errors import GraphError, InputError, RuntimeFailure

REQUEST = EngineRequest(("86",), where="small.onnx")


@pytest.fixture(autouse=True)
def _ahead_of_time(tensorrt):
    if not tensorrt.ahead_of_time:
        pytest.skip("TensorRT proper builds only for the GPU that is here")


def test_an_engine_lists_its_library_gpus_and_layers(tensorrt, integer_engine):
    assert (integer_engine.library, integer_engine.version) == (tensorrt.name, tensorrt.version)
    assert integer_engine.compute_capabilities == ("86", "89")
    assert {origin for layer in integer_engine.layers for origin in layer.origins} >= {"first", "second", "relu"}
    assert len(integer_engine.plan) > 10_000


def test_the_same_request_gives_the_same_bytes(integer_onnx, integer_engine):
    again = build_engine(integer_onnx, EngineRequest(("86", "89"), BatchProfile(1, 4, 8), where="small.onnx"))
    assert again == integer_engine


def test_an_engine_for_another_gpu_is_another_engine(integer_onnx, integer_engine):
    other = build_engine(integer_onnx, EngineRequest(("75",), BatchProfile(1, 4, 8)))
    assert other.compute_capabilities == ("75",)
    assert other.plan != integer_engine.plan


def test_a_symbolic_batch_varies_in_the_engine(integer_engine):
    shapes = [tensor.shape for layer in integer_engine.layers for tensor in layer.inputs if "input" in layer.origins]
    shapes += [tensor.shape for layer in integer_engine.layers for tensor in layer.outputs]
    assert {shape[0] for shape in shapes if len(shape) == 4} == {-1}


def test_the_batch_profile_makes_a_difference(integer_onnx, integer_engine):
    wider = build_engine(integer_onnx, EngineRequest(("86", "89"), BatchProfile(1, 4, 64)))
    assert wider.plan != integer_engine.plan


def test_building_writes_nothing_to_the_terminal(integer_onnx, capfd):
    build_engine(integer_onnx, REQUEST)
    assert capfd.readouterr() == ("", "")


def test_a_gpu_that_the_library_does_not_build_for_is_refused_with_those_that_it_does(tensorrt, integer_onnx):
    with pytest.raises(InputError, match="cannot build for compute capability 53, 90") as caught:
        build_engine(integer_onnx, EngineRequest(("90", "86", "53"), where="small.onnx"))
    assert caught.value.where == "small.onnx"
    assert ",".join(tensorrt.compute_capabilities) in str(caught.value.fix)


def test_without_a_gpu_here_one_must_be_named(integer_onnx, monkeypatch):
    monkeypatch.setattr(build, "look_for_gpus", lambda: Driver(None, (), "no driver"))
    with pytest.raises(InputError, match="there is no local GPU to build an engine for") as caught:
        build_engine(integer_onnx, EngineRequest())
    assert "86" in str(caught.value.fix)


def test_where_none_is_named_the_engine_is_for_the_gpu_here(integer_onnx, monkeypatch):
    monkeypatch.setattr(build, "look_for_gpus", lambda: Driver((13, 0), (Gpu("A card", "89", 1 << 30),)))
    assert build_engine(integer_onnx, EngineRequest()).compute_capabilities == ("89",)


def test_bytes_that_are_not_a_model_are_refused():
    with pytest.raises(InputError, match="cannot read the ONNX model") as caught:
        build_engine(b"not a model", REQUEST)
    assert caught.value.where == "small.onnx"


def test_a_refused_node_is_named_with_the_parsers_words_and_without_the_missing_driver(network):
    made = network()
    made.add("NoSuchOp", "input", name="strange")
    with pytest.raises(GraphError, match=r"rejects the node 'strange' \(NoSuchOp\).*Plugin not found") as caught:
        build_engine(made.onnx("strange"), REQUEST)
    assert caught.value.where == "small.onnx, node 0"
    assert "driver" not in str(caught.value)


def test_asymmetric_quantization_is_refused_at_its_node(network):
    made = network()
    output = made.conv(made.round_trip("input", 3), True)
    with pytest.raises(GraphError, match=r"'QuantizeLinear_0'.*[zZ]ero zero point"):
        build_engine(made.onnx(output), REQUEST)


def test_types_that_do_not_fit_are_refused_at_their_node(network):
    made = network()
    made.add("Add", "input", made.constant(np.float16([1])), name="mixed")
    with pytest.raises(GraphError, match=r"'mixed'.*Float and Half"):
        build_engine(made.onnx("mixed"), REQUEST)


def test_a_fixed_batch_takes_no_profile_of_others(network):
    made = network()
    output = made.conv("input", False)
    with pytest.raises(InputError, match="does not support a batch of 8"):
        build_engine(made.onnx(output), EngineRequest(("86",), BatchProfile(1, 1, 8)))


def test_an_input_that_varies_in_its_size_is_refused(network):
    import onnx

    made = network()
    model = onnx.load_model_from_string(made.onnx(made.conv("input", False), "batch"))
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "height"
    with pytest.raises(InputError, match="'input' has dynamic sizes besides its batch"):
        build_engine(model.SerializeToString(), REQUEST)


def test_what_the_builder_cannot_build_fails_with_its_words(network):
    made = network()
    flat = made.add("Reshape", "input", made.constant(np.array([1, 16 * 8 * 8])), name="one_only")
    output = made.add("Gemm", flat, made.weights((16 * 8 * 8, 4), False))
    with pytest.raises(RuntimeFailure, match=r"cannot build the engine: .*one_only") as caught:
        build_engine(made.onnx(output, "batch"), EngineRequest(("86",), BatchProfile(2, 4, 8), where="small.onnx"))
    assert caught.value.where == "small.onnx"


@pytest.mark.parametrize("sizes", [(0, 1, 1), (2, 1, 2), (1, 4, 2)])
def test_a_batch_profile_out_of_order_is_refused(sizes):
    with pytest.raises(InputError, match="not in order"):
        BatchProfile(*sizes)
