"""What OpenVINO makes of our int8: integers everywhere, and nothing stands between convolutions."""

from __future__ import annotations

import numpy as np
import pytest

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.open import open_runner
from edgeface.backends.openvino.compiled import compile_network, read_network
from edgeface.backends.openvino.inspect import executed
from edgeface.backends.openvino.own_slopes import own_slopes
from edgeface.backends.openvino.values import openvino_values
from edgeface.graph.ops.activations import LeakyRelu, PRelu, Relu
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.conv import Conv


@pytest.fixture
def activated(make_graph, normal):
    """Dense and depthwise, each before an activation of the same slopes, and a sum; 16 channels."""

    def make(op, slopes):
        rows = [
            (Conv(pads=(1, 1, 1, 1)), "x w1 b1", "c1"),
            (op, f"c1 {slopes}".strip(), "a1"),
            (Conv(pads=(1, 1, 1, 1), groups=16), "a1 w2 b2", "c2"),
            (op, f"c2 {slopes}".strip(), "a2"),
            (Conv(), "a2 w3 b3", "c3"),
            (Add(), "c3 a1", "s"),
            (Conv(), "s w4 b4", "y"),
        ]
        held = {
            "w1": normal(16, 3, 3, 3),
            "w2": normal(16, 1, 3, 3),
            "w3": normal(16, 16, 1, 1),
            "w4": normal(8, 16, 1, 1),
            "slope": np.linspace(0.05, 0.9, 16, dtype=np.float32).reshape(16, 1, 1),
            **{f"b{number}": normal(8 if number == 4 else 16) for number in (1, 2, 3, 4)},
        }
        used = {name for _, inputs, _ in rows for name in inputs.split()}
        return make_graph({"x": (1, 3, 12, 10)}, rows, {k: v for k, v in held.items() if k in used}, ["y"])

    return make


def layers(model):
    found = executed(compile_network(read_network(model), str(model)))
    return [layer for layer in found if layer.kind not in {"Const", "Input", "Output"}]


@pytest.mark.parametrize(("op", "slopes"), [(PRelu(), "slope"), (LeakyRelu(0.1), ""), (Relu(), "")])
def test_activations_and_rounding_are_part_of_integer_convolutions(activated, written, op, slopes):
    found = layers(written("openvino-int8", graph=own_slopes(activated(op, slopes))))
    convolutions = [layer for layer in found if layer.kind in {"Convolution", "GroupConvolution"}]
    assert [layer.precision in {"u8", "i8"} for layer in convolutions] == [True] * 4
    assert not [layer for layer in found if "elu" in layer.kind.lower()]
    between = found[found.index(convolutions[0]) : found.index(convolutions[2])]
    assert [layer for layer in between if layer.kind != "Reshape"] == convolutions[:2]  # of weights, once


def test_slopes_per_channel_run_in_a_kernel_that_has_them_at_hand(activated, written):
    """With AVX-512; other processors have no such kernel."""
    found = layers(written("openvino-int8", graph=own_slopes(activated(PRelu(), "slope"))))
    sloped = [layer.kernel for layer in found if layer.kind in {"Convolution", "GroupConvolution"}][:2]
    assert not [kernel for kernel in sloped if "avx512" in kernel and kernel.startswith("brg") and "amx" not in kernel]


def test_images_lie_channels_last_and_are_not_turned(activated, written):
    model = written("openvino-int8", graph=activated(Relu(), ""))
    assert target("openvino-int8").layout == "nhwc"
    runner = open_runner(model)
    assert (runner.inputs[0].shape, runner.outputs[0].shape) == ((1, 12, 10, 3), (1, 12, 10, 8))
    turned = [layer.name for layer in layers(model) if layer.kind in {"Reorder", "Transpose"}]
    assert not [name for name in turned if not name.endswith("_fake")]  # these do nothing


def test_values_are_read_in_the_graph_s_layout(activated, written, normal, evaluate):
    graph, feed = activated(PRelu(), "slope"), {"x": normal(1, 3, 12, 10)}
    model = written("openvino-int8", graph=graph)
    values = openvino_values(graph, model, feed)
    outputs = FloatRunner(open_runner(model), "nhwc").run(feed)
    for found in (values["y"], outputs["y"]):
        wanted = evaluate(graph, feed)["y"]
        assert found.shape == wanted.shape
        assert np.abs(found - wanted).max() < 0.1 * np.abs(wanted).max()


def test_each_prelu_gets_slopes_of_its_own_and_others_stay(activated, normal, evaluate):
    shared, feed = activated(PRelu(), "slope"), {"x": normal(1, 3, 12, 10)}
    alone = own_slopes(shared)
    read = [node.inputs[1] for node in alone.nodes if isinstance(node.op, PRelu)]
    assert len(set(read)) == 2
    np.testing.assert_array_equal(evaluate(alone, feed)["y"], evaluate(shared, feed)["y"])
    assert own_slopes(alone) is alone
