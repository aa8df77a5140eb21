"""The layerwise comparison finds where a model goes wrong, in every runtime that shows its tensors."""

from __future__ import annotations

import pytest

from edgeface.backends import target
from edgeface.backends.onnx.runner import OrtRunner
from edgeface.backends.target import EmitOptions
from edgeface.graph.ops.activations import Sigmoid
from edgeface.graph.ops.conv import Conv
from edgeface.passes import run_passes
from edgeface.quantize.build_plan import build_plan
from edgeface.quantize.observe import observe, observed_onnx
from edgeface.quantize.plan import QuantPlan
from edgeface.quantize.ranges import RangeRule
from edgeface.validate.layerwise import BAD_DB, Layer, explain, first_bad, layer_agreement, worst
from edgeface.validate.tensors import TensorAgreement

IMAGE = (1, 3, 8, 10)
SAME = (1, 1, 1, 1)
NAMES = ["a", "b", "c", "d", "y"]
FLOAT, INT8 = ("onnx-fp32", "tflite-fp32"), ("onnx-int8", "tflite-int8")


@pytest.fixture
def chain(make_graph, normal):
    """Four convolutions and a sigmoid, one after another; `chain(scale)` multiplies the weights of the third, "c"."""

    def build(scale=1.0):
        rows = [
            (Conv(pads=SAME, activation="relu"), "x w0", "a"),
            (Conv(pads=SAME, activation="relu"), "a w1", "b"),
            (Conv(pads=SAME), "b w2", "c"),
            (Conv(), "c w3", "d"),
            (Sigmoid(), "d", "y"),
        ]
        shapes = [(8, 3, 3, 3), (8, 8, 3, 3), (8, 8, 3, 3), (4, 8, 1, 1)]
        weights = {f"w{index}": normal(*shape, seed=index, scale=0.2) for index, shape in enumerate(shapes)}
        weights["w2"] = weights["w2"] * scale
        return make_graph({"x": IMAGE}, rows, weights)

    return build


@pytest.fixture
def compared(tmp_path, normal):
    """Layers of a target's model of one graph, compared with another graph: `compared(name, emitted, exact)`."""

    def run(name, emitted, exact):
        wanted = target(name)
        emitted, exact = (run_passes(graph, wanted.legalize) for graph in (emitted, exact))
        plan = QuantPlan()
        if wanted.scheme is not None:
            feeds = [{"x": normal(*IMAGE, seed=seed)} for seed in range(4)]
            stats = observe(emitted, OrtRunner(observed_onnx(emitted), optimize=False).run, feeds)
            plan = build_plan(emitted, stats, wanted.scheme, RangeRule("minmax"))
        for file, content in wanted.emit(emitted, plan, EmitOptions()).items():
            (tmp_path / file).write_bytes(content)
        return layer_agreement(exact, tmp_path / wanted.model_file, {"x": normal(*IMAGE, seed=0)})

    return run


@pytest.mark.parametrize("name", [*FLOAT, *INT8])
def test_a_good_model_has_no_bad_tensor(chain, compared, name):
    layers = compared(name, chain(), chain())
    assert [layer.name for layer in layers] == NAMES
    least = 100 if name in FLOAT else BAD_DB
    assert min(layer.agreement.snr_db for layer in layers) > least
    assert explain(layers).startswith("no tensor is below 20 dB; the largest drops are at ")


@pytest.mark.parametrize("name", [*FLOAT, *INT8])
def test_the_first_bad_tensor_is_the_damaged_node_s(chain, compared, name):
    layers = {layer.name: layer for layer in compared(name, chain(scale=-1.0), chain())}
    assert [name for name, layer in layers.items() if layer.agreement.snr_db < BAD_DB] == ["c", "d", "y"]
    assert explain(list(layers.values())).startswith(
        f"first bad tensor: {layers['c'].node} (-6.0 dB); the largest drops are at "
    )
    assert layers["c"].inputs_db == layers["b"].agreement.snr_db
    assert max(layers["d"].drop_db, layers["y"].drop_db) < 1 < layers["c"].drop_db  # they only hand it on


@pytest.mark.parametrize("name", FLOAT)
def test_slight_damage_is_the_largest_drop_but_not_a_bad_tensor(chain, compared, name):
    layers = compared(name, chain(scale=1.01), chain())
    assert layers[2].drop_db == max(layer.drop_db for layer in layers)
    assert explain(layers).startswith(f"no tensor is below 20 dB; the largest drops are at {layers[2].node}: 40.0 dB")


def layer(name, node, snr_db, inputs_db, computed_by=None):
    agreement = TensorAgreement(signal=10 ** (snr_db / 10), candidate=1.0, noise=1.0, product=1.0)
    return Layer(name, node, agreement, inputs_db, computed_by or name, f"Conv '{computed_by or name}'")


MOVED = [
    layer("a", "Conv 'a'", 40.0, 100.0),
    layer("b", "Conv 'b'", 24.0, 40.0),
    layer("c", "Reshape 'c'", 12.0, 24.0, computed_by="b"),
    layer("d", "Transpose 'd'", 12.0, 12.0, computed_by="b"),
    layer("e", "Conv 'e'", 11.0, 12.0),
]


def test_what_only_moves_numbers_is_never_blamed():
    assert first_bad(MOVED) is MOVED[1]
    assert [each.name for each in worst(MOVED, 5)] == ["b", "e", "a"]
    assert "Reshape" not in explain(MOVED) + explain(MOVED[2:])
    assert "Transpose" not in explain(MOVED)


def test_rounding_of_an_exact_input_is_no_large_loss():
    first, second = layer("a", "Conv 'a'", 40.0, 100.0), layer("b", "Conv 'b'", 25.0, 40.0)
    assert first.drop_db > second.drop_db
    assert worst([first, second], 1) == [second]


def test_a_model_without_readable_tensors_is_reported():
    assert explain([]) == "no intermediate tensor can be read back"
