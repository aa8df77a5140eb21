"""Write GroupNormalization of opset 18 as InstanceNormalization: onnx has withdrawn it, so that nothing folds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeface.graph.onnx_steps.walk import STANDARD, attribute_of, expand_nodes, opset_of

if TYPE_CHECKING:
    import onnx

_PER_CHANNEL = 21  # the opset from which scale and bias are of channels, no longer of groups


def expand_group_norm(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model, changed in place, without GroupNormalization of opsets 18 to 20, whose scale has a number a group."""
    return model if opset_of(model) >= _PER_CHANNEL else expand_nodes(model, _expand)


def _expand(node: onnx.NodeProto) -> list[onnx.NodeProto] | None:
    from onnx import helper, numpy_helper

    groups = attribute_of(node, "num_groups")
    if node.op_type != "GroupNormalization" or node.domain not in STANDARD or groups is None:
        return None
    if len(node.input) != 3 or not node.output:
        return None
    (x, scale, bias), y = node.input, node.output[0]
    epsilon = attribute_of(node, "epsilon")
    shape = numpy_helper.from_array(np.array([0, groups.i, -1], np.int64))
    name = node.name or y
    return [
        helper.make_node("Shape", [x], [f"{y}/shape"], name=f"{name}/shape"),
        helper.make_node("Constant", [], [f"{y}/groups"], name=f"{name}/groups", value=shape),
        helper.make_node("Reshape", [x, f"{y}/groups"], [f"{y}/grouped"], name=f"{name}/grouped"),
        helper.make_node(
            "InstanceNormalization",
            [f"{y}/grouped", scale, bias],
            [f"{y}/normal"],
            name=name,
            epsilon=1e-5 if epsilon is None else epsilon.f,
        ),
        helper.make_node("Reshape", [f"{y}/normal", f"{y}/shape"], [y], name=f"{name}/back"),
    ]
