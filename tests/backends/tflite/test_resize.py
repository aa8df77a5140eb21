"""The form of resizing: what other compilers read as LiteRT does."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgeface.backends import target
from edgeface.backends.float_io import FloatRunner
from edgeface.backends.target import EmitOptions
from edgeface.backends.tflite.runner import LiteRtRunner
from edgeface.graph.ops.spatial import Resize
from edgeface.quantize.plan import QuantPlan

BEFORE = (3, 5)
SIZES = {(6, 10): True, (9, 5): True, (3, 5): True, (12, 20): True, (5, 10): False, (6, 9): False, (1, 5): False}
"""Whole factors, and sizes whose pixels half-pixel centers would choose otherwise."""


@pytest.mark.parametrize("name", ["tflite-fp32", "tflite-int8"])
@pytest.mark.parametrize("size", SIZES)
def test_nearest_by_whole_factors_says_half_pixel_centers_in_int8_and_all_choose_the_same_pixels(
    make_graph, normal, plan_of, name, size
):
    graph = make_graph({"x": (1, 2, *BEFORE)}, [(Resize(size), "x", "y")])
    plan = plan_of(graph) if target(name).scheme else QuantPlan()
    content = target(name).emit_model(graph, plan, EmitOptions())
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(content, 0))
    said = [op.builtinOptions for op in model.subgraphs[0].operators]
    (options,) = [each for each in said if isinstance(each, schema.ResizeNearestNeighborOptionsT)]
    centered = SIZES[size] and name == "tflite-int8"
    assert (bool(options.halfPixelCenters), bool(options.alignCorners)) == (centered, False)
    feed = normal(1, 2, *BEFORE)
    found = FloatRunner(LiteRtRunner(content), "nhwc").run({"x": feed})["y"]
    rows, columns = ([i * old // new for i in range(new)] for old, new in zip(BEFORE, size, strict=True))
    wanted = feed[:, :, rows][..., columns]
    np.testing.assert_allclose(found, wanted, atol=0.03 if target(name).scheme else 0)
