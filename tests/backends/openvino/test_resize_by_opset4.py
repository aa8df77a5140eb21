from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from edgeface.backends.open import open_runner
from edgeface.graph.ops.activations import Relu
from edgeface.graph.ops.spatial import Resize


@pytest.mark.parametrize("op", [Resize((8, 6)), Resize((7, 9), mode="linear")], ids=str)
def test_a_resize_computes_the_same_and_keeps_its_mark(make_graph, written, normal, evaluate, op):
    graph = make_graph({"x": (1, 3, 4, 3)}, [(op, "x", "u"), (Relu(), "u", "y")], {}, ["y"])
    model, feed = written(graph=graph), {"x": normal(1, 3, 4, 3)}
    np.testing.assert_allclose(open_runner(model).run(feed)["y"], evaluate(graph, feed)["y"], atol=1e-5)
    (layer,) = ElementTree.parse(model).findall("layers/layer[@type='Interpolate']")
    assert (layer.get("version"), layer.get("name")) == ("opset4", "u")
