from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends.onnx.as_typed import open_as_typed
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.qdq.half import to_half
from edgeface.errors import InputError, RuntimeFailure
from edgeface.graph.onnx_writer import write_onnx
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.plan import QuantPlan

IMAGE = (1, 3, 5, 7)


@pytest.fixture
def network(make_graph, normal):
    rows = [(Conv(), "x w", "a"), (Conv(activation="relu"), "a v", "b"), (Add(), "b b", "y")]
    return make_graph({"x": IMAGE}, rows, {"w": normal(4, 3, 1, 1), "v": normal(4, 4, 1, 1)})


def rounded(data):
    return data.astype(np.float16).astype(np.float32)


def by_hand(network, x):
    """Every value rounded to float16, sums in float64."""
    found = rounded(x)
    for name in ("w", "v"):
        weight = rounded(network.constants[name])[:, :, 0, 0].astype(np.float64)
        found = rounded(np.einsum("oc,nchw->nohw", weight, found))
    return rounded(2 * np.maximum(found, 0))


def test_every_float16_value_is_rounded_on_the_way(network, normal, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(write_onnx(to_half(network, QuantPlan(default="float16"))))
    x = normal(*IMAGE)
    found, wanted = open_as_typed(path).run({"x": x})["y"], by_hand(network, x)
    np.testing.assert_array_equal(found, rounded(found))
    # The order of a sum may decide a rounding, but of few numbers only.
    assert (found == wanted).mean() > 0.98
    np.testing.assert_allclose(found, wanted, rtol=0, atol=0.01)
    unrounded = OrtRunner(path, optimize=False).run({"x": x})["y"]
    assert (unrounded == wanted).mean() < 0.7


def test_float32_models_give_every_bit_that_the_graph_gives(network, normal, evaluate, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(write_onnx(network))
    feeds = {"x": normal(*IMAGE)}
    np.testing.assert_array_equal(open_as_typed(path).run(feeds)["y"], evaluate(network, feeds)["y"])


def test_inputs_and_outputs_and_the_name_are_the_file_s(network, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(write_onnx(to_half(network, QuantPlan(default="float16"))))
    runner, plain = open_as_typed(path), OrtRunner(path)
    assert (runner.inputs, runner.outputs, runner.where) == (plain.inputs, plain.outputs, str(path))


@pytest.mark.parametrize("content", [b"", b"no model", None], ids=["empty", "noise", "missing"])
def test_a_file_that_is_not_a_model_is_refused_with_its_path(tmp_path, content):
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises((InputError, RuntimeFailure)) as caught:
        open_as_typed(path)
    assert caught.value.where == str(path)
