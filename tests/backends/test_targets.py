from __future__ import annotations

import numpy as np
import onnx
import pytest

from edgeface.backends import target, targets
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.target import EmitOptions
from edgeface.errors import GraphError, InputError
from edgeface.quantize.plan import QParams, QuantPlan, Stated


def test_targets_are_found_by_filename_and_sorted():
    names = list(targets())
    assert names == sorted(names)
    onnx = {"onnx-fp32", "onnx-fp16", "onnx-int8", "tensorrt-fp32", "tensorrt-fp16", "tensorrt-int8"}
    tflite = {"tflite-fp32", "tflite-fp16", "tflite-dynamic", "tflite-int8"}
    ncnn = {"ncnn-fp32", "ncnn-bf16", "ncnn-int8"}
    openvino = {"openvino-fp32", "openvino-fp16", "openvino-int8"}
    assert set(names) == onnx | tflite | ncnn | openvino
    files = {**dict.fromkeys(onnx, "model.onnx"), **dict.fromkeys(tflite, "model.tflite")}
    files |= dict.fromkeys(openvino, "model.xml")
    for name, found in targets().items():
        assert found.name == name
        assert found.model_file == files.get(name, "model.param")


def test_an_unknown_target_offers_the_nearest():
    with pytest.raises(InputError, match="unknown target") as caught:
        target("tflite-int4")
    assert "did you mean tflite-int8?" in caught.value.fix


@pytest.mark.parametrize("name", sorted(targets()))
def test_the_same_graph_and_plan_give_the_same_bytes(network, plan_of, name):
    scheme = target(name).scheme
    plan = plan_of(network, scheme=scheme) if scheme else target(name).float_plan()
    options = EmitOptions(metadata={"b": "2", "a": "1"})
    assert target(name).emit(network, plan, options) == target(name).emit(network.rebuild(), plan, options)


WIDE = {"y": QParams((0.1,), 0, None, -32_767, 32_767)}


@pytest.mark.parametrize("name", sorted(targets()))
def test_a_dtype_that_a_target_cannot_express_is_refused_by_value(network, name):
    plan = QuantPlan(WIDE, {"y": Stated("int16", "boxes need it")})
    with pytest.raises(GraphError, match="does not support values in int16") as caught:
        target(name).emit(network, plan, EmitOptions())
    assert caught.value.where == "tensor 'y', requested because: boxes need it"
    assert "another target" in caught.value.fix


@pytest.mark.parametrize("name", [name for name, found in targets().items() if "float16" not in found.dtypes])
def test_float16_is_refused_where_nothing_computes_in_it(network, name):
    with pytest.raises(GraphError, match="does not support values in float16"):
        target(name).emit(network, QuantPlan(default="float16"), EmitOptions())


@pytest.mark.parametrize("name", sorted(targets()))
def test_targets_emit_all_their_dtypes(network, plan_of, name):
    found = target(name)
    assert "float32" in found.dtypes
    assert ("int8" in found.dtypes) == (found.scheme is not None)
    assert ("float16" in found.dtypes) == found.half
    for dtype in found.dtypes:
        if dtype in ("float16", "float32"):
            found.emit(network, QuantPlan(default=dtype), EmitOptions())


def test_onnx_carries_metadata_and_computes_the_graph(network, normal, evaluate):
    model = target("onnx-fp32").emit_model(network, QuantPlan(), EmitOptions(metadata={"contract": "{}"}))
    assert [(p.key, p.value) for p in onnx.load_from_string(model).metadata_props] == [("contract", "{}")]
    feed = {"x": normal(1, 3, 11, 9)}
    found, expected = OrtRunner(model).run(feed), evaluate(network, feed)
    for name in ("y", "d"):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-6)
