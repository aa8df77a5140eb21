from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from edgeface.backends.openvino.kernels import ATTRIBUTE, WANTED, prefer_kernels, with_slow_slopes
from edgeface.backends.openvino.scheme import OPENVINO_INT8
from edgeface.graph.ops.activations import LeakyRelu, PRelu
from edgeface.graph.ops.arithmetic import Add
from edgeface.graph.ops.conv import Conv
from edgeface.quantize.plan import QuantPlan, in_float32

SLOPES = np.full((4, 1, 1), 0.2, np.float32)


@pytest.mark.parametrize(
    ("op", "inputs", "more", "found"),
    [
        (PRelu(), "c slope", [], {"c"}),
        (PRelu(), "c one", [], set()),
        (LeakyRelu(0.2), "c", [], set()),
        (PRelu(), "c slope", [(Add(), "c a", "y")], set()),
    ],
    ids=["a slope for each channel", "one for all", "leaky", "another reader"],
)
def test_convolutions_before_slopes_that_only_those_read(make_graph, plan_of, normal, op, inputs, more, found):
    held = {"w": normal(4, 3, 1, 1), "b": normal(4)}
    held |= {name: data for name, data in {"slope": SLOPES, "one": SLOPES[:1]}.items() if name in inputs}
    rows = [(Conv(), "x w b", "c"), (op, inputs, "a"), *more]
    graph = make_graph({"x": (1, 3, 4, 4)}, rows, held, [rows[-1][2]])
    assert with_slow_slopes(graph, plan_of(graph, scheme=OPENVINO_INT8)) == found


def test_convolutions_in_float_keep_openvino_s_choice(make_graph, plan_of, normal):
    rows = [(Conv(), "x w b", "c"), (PRelu(), "c slope", "a")]
    graph = make_graph({"x": (1, 3, 4, 4)}, rows, {"w": normal(4, 3, 1, 1), "b": normal(4), "slope": SLOPES}, ["a"])
    planned = plan_of(graph, scheme=OPENVINO_INT8)
    assert with_slow_slopes(graph, QuantPlan(planned.params, in_float32({"c": "asked"}))) == set()


def test_only_convolutions_of_these_names_ask():
    kinds = {"c/WithoutBiases": "Convolution", "d": "GroupConvolution", "c": "Add", "e": "Convolution"}
    text = "".join(f'<layer name="{name}" type="{kind}"><data/></layer>' for name, kind in kinds.items())
    root = ElementTree.fromstring(f"<net><layers>{text}</layers></net>")
    prefer_kernels(root, {"c", "d"})
    asked = [layer.get("name") for layer in root.iter("layer") if layer.find("data").get(ATTRIBUTE) == WANTED]
    assert asked == ["c/WithoutBiases", "d"]
