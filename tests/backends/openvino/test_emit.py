from __future__ import annotations

import json
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.open import open_runner
from edgeface.backends.openvino.ir_text import canonical
from edgeface.backends.openvino.library import core
from edgeface.backends.target import EmitOptions

BY_DEFAULT = """
import json, sys
from edgeface.backends.openvino.library import core
notes = [n.get_rt_info() for n in core().compile_model(sys.argv[1], "CPU").get_runtime_model().get_ordered_ops()]
print(json.dumps([[str(n[key].astype(str)) for key in ("layerType", "runtimePrecision")] for n in notes]))
"""


@pytest.mark.parametrize(("name", "atol"), [("openvino-fp32", 1e-5), ("openvino-fp16", 0.02)])
def test_float_targets_compute_the_graph(network, written, normal, evaluate, name, atol):
    feed = {"x": normal(1, 3, 11, 9)}
    found, expected = open_runner(written(name)).run(feed), evaluate(network, feed)
    assert found.keys() == expected.keys()
    for key, wanted in expected.items():
        np.testing.assert_allclose(found[key], wanted, atol=atol)


def test_integers_stay_close_to_the_graph(network, written, normal, evaluate):
    feed = {"x": normal(1, 3, 11, 9)}
    runner = FloatRunner(open_runner(written("openvino-int8")), target("openvino-int8").layout)
    found, expected = runner.run(feed), evaluate(network, feed)
    for key, wanted in expected.items():
        assert np.abs(found[key] - wanted).max() < 0.1 * np.abs(wanted).max()


def test_weights_take_as_many_bytes_as_their_type(written):
    sizes = {name: written(name).with_suffix(".bin").stat().st_size for name in ("openvino-fp32", "openvino-fp16")}
    assert sizes["openvino-fp16"] < 0.55 * sizes["openvino-fp32"]


def test_metadata_is_where_openvino_s_users_look_for_it(written):
    model = written(metadata={"contract": '{"a": "<b>"}'})
    assert str(core().read_model(str(model)).get_rt_info(["edgeface", "contract"]).astype(str)) == '{"a": "<b>"}'


def test_every_layer_that_computes_is_marked_so_that_no_processor_computes_it_in_bfloat16(written):
    layers = ElementTree.fromstring(written().read_bytes()).findall("layers/layer")
    marked = {layer.get("type") for layer in layers if layer.find("rt_info/attribute[@name='precise']") is not None}
    plain = {layer.get("type") for layer in layers} - marked
    assert {"Convolution", "GroupConvolution", "Sigmoid", "Concat"} <= marked
    assert plain == {"Parameter", "Const", "Result"}


def test_a_program_that_asks_for_no_precision_gets_float32(written):
    """Also on processors with bfloat16; on others this is so anyway."""
    command = [sys.executable, "-c", BY_DEFAULT, str(written())]
    layers = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert {precision for kind, precision in layers if kind == "Convolution"} == {"f32"}


def layer(number, name):
    return f'<layer id="{number}" name="{name}" type="Add" version="opset1"><data/></layer>'


def test_names_of_a_counter_are_replaced_and_the_network_s_own_stay():
    names = ["Add_7", "Add_7/WithoutBiases", "Add_2380", "Multiply_12/fq", "conv", "Add/0"]
    text = "".join(layer(number, name) for number, name in enumerate(names))
    made = canonical(f"<net><layers>{text}</layers></net>".encode(), {"Add_7", "conv", "Add/0"}, {})
    found = [each.get("name") for each in ElementTree.fromstring(made).iterfind("layers/layer")]
    assert found == ["Add_7", "Add_7/WithoutBiases", "Add/1", "Add/2", "conv", "Add/0"]


def test_what_the_process_did_before_changes_no_byte(network, normal):
    wanted = target("openvino-fp32")
    first = wanted.emit(network, wanted.float_plan(), EmitOptions())
    assert wanted.emit(network, wanted.float_plan(), EmitOptions()) == first
